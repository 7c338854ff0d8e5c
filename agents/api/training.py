"""Training from a program: a new run, or one that was stopped, up to the policy that it has learned."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ...envs.engine.parameters import settings_as
from ...envs.ids import import_named
from ...utils.interrupts import Interrupted
from ...utils.whole_numbers import Whole, as_whole
from ..runs.callback import RunProgress
from ..runs.config import configure
from ..runs.places import RUNS
from ..runs.run import Run
from .players import SETTINGS, as_settings
from .policy import TrainedPolicy

Progress = Callable[[RunProgress], Any]


@settings_as(SETTINGS)
def train(
    env: str,
    agent: str = "pqn",
    *,
    steps: Whole | None = None,
    seed: Whole = 0,
    run: str | Path | None = None,
    slots: Mapping[str, Any] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    device: str = "cpu",
    evaluate_every: Whole | None = None,
    curriculum: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    **parameters: Any,
) -> TrainedPolicy:
    """Train an agent on an environment, in a new run: what `ludus train` does.

    Whole numbers may be typed as on the command line: ``steps=1e6``, ``steps="3k"``.

    Args:
        env: An environment id such as ``"ludus/Snake-v1"``, any other that Gymnasium knows, or MODULE:ID.
        agent: pqn, tabular, ppo, maskable_ppo, a2c, dqn, sac or td3.
        steps: Environment steps in all; by default the preset's, or 1,000,000.
        seed: Of the environments, the network and the exploration.
        run: The folder of the run, which must be new; by default runs/ENV-AGENT-SEED.
        slots: What slots show, by their names, such as ``{"perception": "models/garments"}``.
        hyperparameters: The agent's, other than the preset's: ``num_envs``, ``learning_rate``, ``encoder`` …
        device: cpu or cuda.
        evaluate_every: Steps between two evaluations; 0 for none before the end.
        curriculum: ``{parameter: {"begin": value, "at": share, "over": share}}``: parameters of the environment that
            begin elsewhere, and leave that at a share of the steps, over another share; by default the preset's.
        progress: Called about once a second with how far the training is; ``print`` will do.
        **parameters: Of the environment: parameters, sizes, ``randomize``, ``drift``, ``max_episode_steps``.

    Returns:
        The policy at the end of the training. Its run is a folder that `ludus watch` and TensorBoard read.

    Raises:
        ValueError: no such environment, agent, parameter or hyperparameter; an agent that cannot act there; a folder
            that holds a run already.
        KeyboardInterrupt: Ctrl-C; all was saved, and ``ludus.resume(folder)`` goes on.
    """
    id = import_named(env)
    asked = (("steps", steps, 1), ("evaluate_every", evaluate_every, 0))
    given: dict[str, Any] = {name: as_whole(name, value, least) for name, value, least in asked if value is not None}
    seed = as_whole("seed", seed, 0)
    if curriculum is not None:
        given["curriculum"] = dict(curriculum)
    for name, filling in (slots or {}).items():
        if not isinstance(filling, (str, Path, Mapping)):
            raise ValueError(
                f"slot {name} must be a text or a folder, which config.yaml can name, got a {type(filling).__name__}; "
                "save a component with save(folder) and give the folder"
            )
    world = as_settings(parameters, slots)
    config = configure(id, agent, dict(hyperparameters or {}), seed=seed, environment=world, device=device, **given)
    folder = Path(run) if run is not None else default_folder(config.env, agent, seed)
    if (folder / "config.yaml").exists():
        raise ValueError(
            f"{folder} already holds a run: ludus.resume({str(folder)!r}) goes on with it, ludus.load({str(folder)!r}) "
            "takes what it has learned; or choose another run="
        )
    return _trained(Run.start(folder, config), progress)


def resume(run: str | Path, *, progress: Progress | None = None) -> TrainedPolicy:
    """Go on with a run that was stopped, to the end of its training; one that is at its end is loaded.

    Args:
        run: Its folder.
        progress: As for ``train``.

    Raises:
        FileNotFoundError: there is no run.
        ValueError: it is damaged, or another process trains it.
        KeyboardInterrupt: Ctrl-C; all was saved.
    """
    return _trained(Run.open(Path(run)), progress)


def default_folder(env: str, agent: str, seed: int | None) -> Path:
    """Where a run lies if nobody says it: runs/ENV-AGENT-SEED, without the seed where there are several."""
    name = f"{env.removeprefix('ludus/').replace('/', '-')}-{agent}" + ("" if seed is None else f"-{seed}")
    return RUNS / name.lower()


def _trained(run: Run, progress: Progress | None) -> TrainedPolicy:
    try:
        run.train(progress)
    except Interrupted as signal:
        _stop(run, str(signal))
    return TrainedPolicy(run, run.agent())


def _stop(run: Run, signal: str) -> NoReturn:
    told = f"stopped by {signal}, and everything is saved; go on with ludus.resume({str(run.folder)!r})"
    raise KeyboardInterrupt(told) if signal == "SIGINT" else SystemExit(told)
