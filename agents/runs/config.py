"""The configuration of a run: presets, defaults, and config.yaml."""

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
import yaml

from ...envs.engine.batch import check_seed
from ...envs.ids import check_entries, check_registered, find_spec, import_named, is_ludus, module_of
from ...envs.make import choices_of, pin_component, pin_components, slots_of
from ...training.settings import check_range, check_types, comment, read_settings, write_settings
from ...utils.files import quote
from ...utils.untrusted import MOST_YAML, is_number, is_whole, parse_yaml, read_regular
from ...utils.wording import did_you_mean, in_line, in_one_line
from .. import registry
from ..evaluation import EVALUATION_SEED, MOST_EPISODES
from .curriculum import check_curriculum, fitting
from .places import no_run

CONFIG_FORMAT = 2
REMEDY = "restore it or start a new run"
MOST_STEPS = 10**15  # what the name of a checkpoint, and whoever counts in 64 bits, can say
MOST_SECONDS = 10**9
# What is younger than some runs and results (hyperparameters, and an entry of `RunConfig`): at these values it changes
# nothing.
LATER: dict[str, Any] = {
    **{"encoder": None, "freeze": False, "conv_norm": False, "set_hidden": 0, "noise_type": "normal", "module": ""},
    "evaluation_seed": EVALUATION_SEED,
    "data": {},
    "until": None,
    "extended": {},
    "curriculum": {},
}
PRESETS = Path(__file__).parents[1] / "presets"
OF_THE_STATE = {"center", "view_radius", "input_scale", "bins", "low", "high"}  # say how an observation is laid out


@dataclass(frozen=True)
class RunConfig:
    """What decides a run; written to config.yaml."""

    env: str  # id of a registered environment, without a module
    module: str = ""  # what has to be imported before the id is registered; said to a person, never imported by itself
    agent: str = "pqn"
    steps: int = 1_000_000  # environment steps in all
    seed: int = 0
    environment: dict[str, Any] = field(default_factory=dict)  # keywords: parameters, sizes, randomize, drift
    curriculum: dict[str, Any] = field(default_factory=dict)  # of the training alone, see `curriculum.py`
    data: dict[str, str] = field(default_factory=dict)  # SHA-256 of what those keywords name, see `data_seen.py`
    hyperparameters: dict[str, Any] = field(default_factory=dict)  # all of the agent's, defaults and preset included
    device: str = "cpu"
    evaluate_every: int = 100_000  # steps between two evaluations; 0 for none before the end
    evaluation_episodes: int = 64
    evaluation_seed: int = EVALUATION_SEED  # of those episodes; `ludus tune` compares its trials in others
    checkpoint_seconds: float = 30.0  # between two checkpoints
    until: float | None = None  # the training ends once an evaluation on the way has this mean return, or more
    # Steps in all that it was to have before `ludus train --resume RUN --steps N`, by the steps that were done then.
    extended: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_types(self)
        check_entries(self.env, self.module)
        registry.find(self.agent)
        check_seed(self.seed)
        check_seed(self.evaluation_seed)
        check_range(self, 1, MOST_STEPS, "steps")
        check_range(self, 0, MOST_STEPS, "evaluate_every")
        check_range(self, 1, MOST_EPISODES, "evaluation_episodes")
        check_range(self, 0, MOST_SECONDS, "checkpoint_seconds")
        check_curriculum(self.curriculum)
        if self.until is not None and not is_number(self.until):
            raise ValueError(f"until must be a finite number, got {in_line(self.until, 60)}")
        if self.until is not None and not self.evaluate_every:
            raise ValueError("until is judged by the evaluations on the way, and evaluate_every is 0: there are none")
        if not all(key.isdigit() and is_whole(value, 1, MOST_STEPS) for key, value in self.extended.items()):
            raise ValueError(f"extended must be a map from steps to steps, got {in_line(self.extended, 60)}")
        if not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", self.device):
            raise ValueError(f"device must be cpu or cuda, got {self.device!r}")

    @property
    def rollout(self) -> int:
        """Environment steps between two moments at which the agent can stop."""
        h = self.hyperparameters
        each = next((h[name] for name in ("rollout_steps", "train_freq", "n_steps") if h.get(name)), 1)
        return h["num_envs"] * each

    @property
    def is_exact(self) -> bool:
        """Whether a resumed run has the same bits as one that was never stopped."""
        return registry.find(self.agent).exact and self.device == "cpu" and is_ludus(find_spec(self.env))


def preset(env: str, agent: str, environment: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The tuned hyperparameters of ``agent`` on ``env``; empty where there are none.

    An ``environment`` (keywords) that shows its picture as the observation has little in common with the one that shows
    its state: agents for which there is a preset for pictures take that, the others what of their own fits any shape.
    """
    values = _read(PRESETS / f"{env.replace('/', '-')}.yaml").get(agent, {})
    if not _shows_pictures(env, environment or {}):
        return values
    fitting = {key: value for key, value in values.items() if key not in OF_THE_STATE}
    return _read(PRESETS / "pictures.yaml").get(agent, fitting)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(path.read_bytes()) if path.exists() else {}


def _shows_pictures(env: str, environment: Mapping[str, Any]) -> bool:
    """Whether a slot that shows raw pixels replaces the state."""
    return any(slot.replaces_state and environment.get(name) == "raw" for name, slot in slots_of(env).items())


def read_preset(path: Path, agent: str) -> dict[str, Any]:
    """What a file in the form of those in presets/ says of ``agent``; the values are to be checked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it cannot be read, is no preset, or none of this agent's.
    """
    try:
        content = parse_yaml(read_regular(path, MOST_YAML))
    except FileNotFoundError:
        raise FileNotFoundError(f"--preset {path} does not exist") from None
    except ValueError as fault:
        raise ValueError(f"--preset {path} cannot be read: {in_one_line(fault)}") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ValueError(f"--preset {path} is no map of agents to their hyperparameters")
    values = content.get(agent)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ValueError(f"--preset {path} has nothing for {agent}{did_you_mean(agent, content)}")
    return values


def preset_text(config: RunConfig, said: str) -> str:
    """What ``read_preset`` reads, with what is ``said`` of it: all in which ``config`` differs from the defaults."""
    defaults = registry.resolve(config.agent, {})
    own = {key: value for key, value in config.hyperparameters.items() if value != defaults[key]}
    values = {"steps": config.steps, "evaluate_every": config.evaluate_every, **own}
    if config.curriculum:
        values["curriculum"] = config.curriculum
    return comment(said) + yaml.safe_dump({config.agent: _plain(values)}, sort_keys=False, allow_unicode=True)


def configure(
    env: str,
    agent: str = "pqn",
    hyperparameters: dict[str, Any] | None = None,
    tuned: Mapping[str, Any] | None = None,
    **keywords: Any,
) -> RunConfig:
    """A ``RunConfig`` with preset and defaults filled in; ``hyperparameters`` override the preset's.

    Args:
        env: An environment id, or MODULE:ID for one that a module registers, which is imported.
        tuned: Takes the place of the preset.
    """
    env = import_named(env)
    registry.find(agent)
    device = keywords.get("device", "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"device {device!r} was asked for, but torch sees no CUDA device; use --device cpu")
    if keywords.get("environment"):
        keywords["environment"] = pin_components(env, keywords["environment"])
    if tuned is None:
        tuned = preset(env, agent, keywords.get("environment"))
    given = {**tuned, **(hyperparameters or {})}
    if "steps" in keywords and "evaluate_every" not in given:
        given["evaluate_every"] = max(keywords["steps"] // 10, 1)
    defaults: dict[str, Any] = {
        key: given.pop(key) for key in ("evaluate_every", "steps", "curriculum") if key in given
    }
    if isinstance(lessons := defaults.get("curriculum"), Mapping):
        defaults["curriculum"] = fitting(lessons, keywords.get("environment") or {})
    resolved = registry.resolve(agent, given)
    if resolved.get("encoder") is not None:
        resolved["encoder"] = pin_component(resolved["encoder"])
    return RunConfig(env=env, module=module_of(env), agent=agent, hyperparameters=resolved, **{**defaults, **keywords})


def versions() -> dict[str, str]:
    """Of everything that decides the bits of a run."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": str(torch.__version__),
        "gymnasium": gymnasium.__version__,
    }


def write_config(config: RunConfig, path: Path, began: Mapping[str, str] | None = None) -> None:
    """Write ``config`` as YAML, with the versions with which the run ``began`` (by default those of now)."""
    content = {**_plain(asdict(config)), "versions": dict(began or versions())}
    for name in ("module", "data", "until", "extended", "curriculum"):
        if content[name] in ("", None, {}):
            del content[name]
    write_settings(path, CONFIG_FORMAT, content)


def versions_of(folder: Path) -> dict[str, str]:
    """Those with which the run in ``folder`` began."""
    began = _content(folder).get("versions")
    return {str(name): str(value) for name, value in began.items()} if isinstance(began, dict) else {}


def other_versions(folder: Path) -> list[str]:
    """A line for each library that is of another version than when the run in ``folder`` began."""
    began = versions_of(folder)
    return [
        f"the run began with {name} {in_line(began.get(name), 40)}, this is {now}: going on may not be exact to the bit"
        for name, now in versions().items()
        if began.get(name) != now
    ]


def what_decides(config: RunConfig) -> dict[str, Any]:
    """What of ``config`` a checkpoint depends on, as flat JSON: name -> value; kept in each checkpoint."""
    world = {f"environment.{key}": value for key, value in config.environment.items()}
    lessons = {"curriculum": config.curriculum} if config.curriculum else {}
    flat = {"env": config.env, "agent": config.agent, **world, **lessons, **config.hyperparameters}
    return dict(json.loads(json.dumps(_plain(flat), default=str)))


def changes(saved: dict[str, Any] | None, config: RunConfig) -> dict[str, str]:
    """What ``config`` says otherwise than ``saved`` (``what_decides`` of a checkpoint; old ones have ``None``).

    Returns:
        By name, a few words with both values.
    """
    if saved is None:
        return {}
    now = what_decides(config)
    saved = {**{key: value for key, value in LATER.items() if key in now}, **saved}
    for key, choice in choices_of(config.env).items():
        name = f"environment.{key}"
        if choice.pin and name in now and saved.get(name, choice.default) == choice.default:
            saved[name] = now[name]  # what the default meant was written down since, by `ludus upgrade`
    return {
        in_line(key): f"{in_line(key)} {in_line(saved.get(key))}, config.yaml says {in_line(now.get(key))}"
        for key in dict.fromkeys([*saved, *now])
        if saved.get(key) != now.get(key)
    }


def read_config(folder: Path) -> RunConfig:
    """The configuration of the run in ``folder``.

    Raises:
        FileNotFoundError: there is no run.
        ValueError: its config.yaml is damaged, incomplete or of another version; or its environment is not registered.
            Nothing is imported for what stands in it.
    """
    path, values = folder / "config.yaml", _content(folder)
    values.pop("versions", None)
    known = [f.name for f in fields(RunConfig)]
    for key in values:
        if key not in known:
            raise ValueError(f"{path} has an unknown entry {key!r}{did_you_mean(key, known)}")
    missing = [key for key in ("env", "agent", "steps", "hyperparameters") if key not in values]
    if missing:
        raise ValueError(f"{path} lacks the entry {missing[0]!r}; {REMEDY}")
    try:
        found = RunConfig(**values)
        resolved = registry.resolve(found.agent, found.hyperparameters)
        later = {key: value for key, value in LATER.items() if key in resolved}
        found = replace(found, hyperparameters={**later, **found.hyperparameters})
        lost = [key for key in resolved if key not in found.hyperparameters]
        if lost:
            raise ValueError(f"it lacks the hyperparameter {lost[0]!r}")
    except Exception as fault:  # whatever an agent raises at hyperparameters that nobody ever gave it
        raise ValueError(f"{path}: {in_one_line(fault)}; {REMEDY}") from None
    check_registered(found.env, found.module, f"{folder} is a run of")
    return found


def _content(folder: Path) -> dict[Any, Any]:
    path = folder / "config.yaml"
    old = {1: f"whose env could name a module to import; rewrite it: ludus upgrade {quote(folder)}"}
    try:
        return read_settings(path, CONFIG_FORMAT, "the config of a run", REMEDY, old)
    except FileNotFoundError:
        raise no_run(folder) from None


def _plain(value: Any) -> Any:
    """Tuples as lists, NumPy numbers as Python's: what YAML can say."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
