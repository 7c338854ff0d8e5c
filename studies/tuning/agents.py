"""Agents as the subject of a search: trials are runs, judged in episodes that no test plays."""

import json
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...agents import registry
from ...agents.runs.config import RunConfig, preset_text, read_config, write_config
from ...agents.runs.run import Run
from ...envs.ids import import_option
from ...training.progress import Diverged
from ...utils.files import own_folder, quote, write_atomically
from ...utils.untrusted import is_number
from ...utils.wording import did_you_mean, in_line
from .space import LINEAR, text_of
from .subject import Aim, Judged, Show

DEFAULT = "default"  # the folder with the configuration without a search
WINNER = "winner.yaml"
TRIAL_SEED = 1_500_000_003  # of the episodes that trials are compared by: neither the training's nor the test's
TEST_EPISODES = 256


class AgentSubject:
    """An agent on an environment, as a run of ``config`` trains it."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.command = f"train {config.env} --agent {config.agent}"
        self.judged_by = "mean of episodes that no test plays"
        self.rounds = -(-config.steps // config.evaluate_every) if config.evaluate_every else 1
        self.device = config.device
        self.aim = Aim("return", True)

    @classmethod
    def read(cls, folder: Path) -> "AgentSubject":
        """What ``write`` kept; errors as of ``read_config``."""
        return cls(read_config(folder / DEFAULT))

    def write(self, folder: Path) -> None:
        (folder / DEFAULT).mkdir(exist_ok=True)
        write_config(self.config, folder / DEFAULT / "config.yaml")

    def differs(self, folder: Path) -> str:
        before, now = (_flat(config) for config in (read_config(folder / DEFAULT), self.config))
        other = [key for key in now if now[key] != before.get(key)]
        return ", ".join(f"{key} {in_line(before.get(key), 60)}, not {in_line(now[key], 60)}" for key in other)

    @property
    def searched(self) -> Mapping[str, str]:
        return registry.searched(self.config.agent)

    def default(self, name: str) -> Any:
        known = self.config.hyperparameters
        if name not in known:
            raise ValueError(f"unknown hyperparameter {name!r} of {self.config.agent}{did_you_mean(name, known)}")
        value, usual = known[name], registry.resolve(self.config.agent, {})[name]
        return float(value) if type(usual) is float and type(value) is int else value

    def check(self, name: str, value: Any) -> None:
        self.config_with({name: value})

    def config_with(self, values: Mapping[str, Any], **more: Any) -> RunConfig:
        """The configuration with other hyperparameters; ``ValueError`` for what does not fit."""
        known = self.config.hyperparameters
        given = {
            name: f"{LINEAR}{value!r}" if str(known[name]).startswith(LINEAR) and is_number(value) else value
            for name, value in values.items()
        }
        resolved = registry.resolve(self.config.agent, {**known, **given})
        return replace(self.config, hyperparameters=resolved, **more)

    def share(self, workers: int) -> None:
        """An agent says itself how many threads it takes, one unless it was asked for more."""

    def begin(self, place: Path, values: Mapping[str, Any]) -> None:
        Run.start(place, self.config_with(values, evaluation_seed=TRIAL_SEED))

    def has_begun(self, place: Path) -> bool:
        return (place / "config.yaml").exists()

    def train(self, place: Path, judged: Judged, show: Show) -> tuple[float, dict[str, str]]:
        run, seen = Run.open(place), 0

        def watch(progress: Any) -> None:
            nonlocal seen
            if progress.evaluation is not None and progress.evaluated_at > seen and run.config.evaluate_every:
                seen = progress.evaluated_at
                judged(-(-seen // run.config.evaluate_every), progress.evaluation.mean)
            show(progress)

        value = run.train(watch).mean
        if not is_number(value):
            raise Diverged(f"the return is {value} in the end")
        return value, {}

    def clear(self, place: Path) -> None:
        for name in ("checkpoints", "replay"):
            if own_folder(place / name).exists():
                shutil.rmtree(place / name)

    def test(self, place: Path, values: Mapping[str, Any], seed: int, show: Show) -> float:
        if not self.has_begun(place):
            Run.start(place, self.config_with(values, seed=seed, evaluation_episodes=TEST_EPISODES))
        return Run.open(place).train(show).mean

    def write_winner(self, folder: Path, values: Mapping[str, Any], said: str) -> tuple[Path, str]:
        path, config = folder / WINNER, self.config_with(values)
        write_atomically(path, preset_text(config, said).encode())
        world = "".join(f" --set {shlex.quote(f'{key}={text_of(value)}')}" for key, value in config.environment.items())
        return path, (
            f"ludus {self.command} --preset {quote(path)}{world}{import_option(config.module)} --run runs/winner"
        )


def _flat(config: RunConfig) -> dict[str, Any]:
    """All that decides, by name, as a file keeps it."""
    own = asdict(config)
    return dict(json.loads(json.dumps({**own.pop("hyperparameters"), **own}, default=str)))
