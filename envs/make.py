"""The making of a batch, or of a game for a person, from an id."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from ..components.names import is_component
from .engine.compile.first_frame import first_frame
from .engine.gymnasium_batch import GymnasiumBatch, create
from .engine.kernel_batch import KernelBatch
from .engine.simulation import Choice, Parameter, Slot, load
from .engine.slots.resolve import hash_of_table, is_folder, is_table
from .engine.slots.slotted_batch import open_batch
from .human.game import Game
from .human.recording import Recording
from .ids import check_registered, find_spec, import_named, is_ludus

MOST_ENVS = 10_000_000  # of a batch; more is a slip of the keyboard, and NumPy's message about it fills the screen


def make_batch(id: str, num_envs: int, /, rendered: bool = False, **keywords: Any) -> KernelBatch | GymnasiumBatch:
    """``num_envs`` environments of any registered id, under SAME_STEP autoreset.

    Args:
        id: A Ludus id such as ``ludus/Snake-v1``, any other that Gymnasium knows, or MODULE:ID.
        rendered: It will be rendered. Ludus' own environments always can be.
        **keywords: Parameters, sizes, ``randomize``, ``drift``, ``threads``, ``max_episode_steps``; for other
            environments whatever they take.

    Raises:
        ValueError: unknown id or parameter, spaces that no agent can use, no frames where they are asked for.
    """
    spec = find_spec(import_named(id))
    if num_envs > MOST_ENVS:
        raise ValueError(f"num_envs must be 1 … {MOST_ENVS:,}, got {num_envs:,}")
    for key in ("autoreset_mode", "module", "num_envs"):
        if key in keywords:
            raise ValueError(f"{key} is not a parameter of the environment and cannot be set here")
    if not is_ludus(spec):
        if rendered:
            check_frames(spec, keywords)
        return GymnasiumBatch(spec.id, num_envs, rendered, **keywords)
    keywords.setdefault("max_episode_steps", spec.max_episode_steps)
    batch = open_batch(num_envs=num_envs, **{**spec.kwargs, **keywords})
    batch.is_default &= keywords["max_episode_steps"] == spec.max_episode_steps
    return batch


def slots_of(id: str) -> dict[str, Slot]:
    """The slots of an environment, by name; none for environments that are not Ludus'."""
    spec = find_spec(id)
    return dict(load(spec.kwargs["module"])[1].slots) if is_ludus(spec) else {}


def choices_of(id: str) -> dict[str, Choice]:
    """The choices of an environment, by name; none for environments that are not Ludus'."""
    spec = find_spec(id)
    return dict(load(spec.kwargs["module"])[1].choices) if is_ludus(spec) else {}


def parameters_of(id: str) -> dict[str, Parameter]:
    """The parameters of an environment, by name; none for environments that are not Ludus'."""
    spec = find_spec(id)
    return dict(load(spec.kwargs["module"])[1].parameters) if is_ludus(spec) else {}


def watched_with(id: str, settings: Collection[str] = ()) -> tuple[dict[str, float], int | None]:
    """Parameters with which rollouts of an environment are shown, and steps per second; nothing where any will do.

    Args:
        settings: Names of what somebody has set, who wants to see just that if one of these parameters is among them.
    """
    spec = find_spec(id)
    if not is_ludus(spec):
        return {}, None
    simulation = load(spec.kwargs["module"])[1]
    if simulation.watching.keys() & set(settings):
        return {}, None
    return dict(simulation.watching), simulation.watching_fps


def first_picture(id: str, keywords: Mapping[str, Any], seed: int, age: int = 0) -> np.ndarray | None:
    """What ``first_frame`` draws of an environment of Ludus' engine, by its id."""
    kwargs = find_spec(import_named(id)).kwargs
    return first_frame(kwargs["module"], {**kwargs, **keywords}, seed, age)


def pin_components(id: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """``keywords`` with each component that fills a slot, or is a choice, named so that it will be the same next time.

    In a slot a folder becomes ``{"component": absolute path, "fingerprint": SHA-256}``, a table's file ``{"table":
    absolute path, "sha256": …}``; as a choice, which is a text, it becomes FOLDER@FINGERPRINT.

    Raises:
        FileNotFoundError, ValueError: a folder without a component, or with a damaged one.
    """
    pinned = dict(keywords)
    for name, slot in slots_of(id).items():
        given = keywords.get(name)
        if given is not None and is_table(given, slot):
            pinned[name] = {"table": str(Path(given).resolve()), "sha256": hash_of_table(given)}
            continue
        folder = given.get("component") if isinstance(given, Mapping) else given if is_folder(given, slot) else None
        if folder is not None and Path(folder).exists():
            pinned[name] = pin_component(given)
    for name, choice in choices_of(id).items():
        given = keywords.get(name)
        if choice.takes_component and isinstance(given, str) and is_component(given):
            from ..components.component import pin

            pinned[name] = pin(given)
    return pinned


def pin_data(id: str, keywords: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """What the choices of an environment that name data (``Choice.pin``) mean on this machine today.

    Returns:
        Those that will mean the same tomorrow, where they are not what is given, or the default, already; and the
        SHA-256 of the data, for all that are no work of the environment's own. Both by the choice's name.

    Raises:
        FileNotFoundError, ValueError: there are no such data; whatever a choice says of what it is given.
    """
    words, sums = {}, {}
    for name, choice in choices_of(id).items():
        if choice.pin is None:
            continue
        given = keywords.get(name, choice.default)
        word, found = choice.pin(given)
        if word != given:
            words[name] = word
        if found:
            sums[name] = found
    return words, sums


def pin_component(given: Any) -> dict[str, Any]:
    """A component's folder, or a dict that names it as ``component``, with absolute path and fingerprint.

    A fingerprint that is given already stays.

    Raises:
        FileNotFoundError, ValueError: there is no component, or it is damaged.
    """
    from ..components.component import fingerprint_of

    named = dict(given) if isinstance(given, Mapping) else {"component": given}
    folder = named["component"]
    return {"fingerprint": fingerprint_of(folder), **named, "component": str(Path(folder).resolve())}


def make_game(id: str, **keywords: Any) -> Game:
    """A registered environment, any one, as a person plays it.

    Args:
        **keywords: Parameters, sizes, ``randomize``, ``drift``, ``max_episode_steps`` (-1 for no limit); for other
            environments whatever they take.

    Raises:
        ValueError: unknown id or parameter, actions that no keys can play, no frames to show.
    """
    spec = find_spec(import_named(id))
    for key in ("autoreset_mode", "module", "num_envs", "render_mode"):
        if key in keywords:
            raise ValueError(f"{key} is not a parameter of the environment and cannot be set here")
    if is_ludus(spec):
        keywords = pin_components(spec.id, keywords)  # a recording is of this very component
        return Game(gymnasium.make(spec, **keywords), keywords)
    check_frames(spec, keywords)
    # The checks of Gymnasium's wrapper are for authors; a player would see their warnings.
    how = {"disable_env_checker": True, "render_mode": "rgb_array"}
    return Game(create(gymnasium.make, spec.id, keywords, **how), keywords)


def check_frames(spec: gymnasium.envs.registration.EnvSpec, keywords: dict[str, Any]) -> None:
    """``ValueError`` unless a third party's environment gives frames."""
    env = create(gymnasium.make, spec.id, keywords, disable_env_checker=True)
    modes = env.metadata.get("render_modes") or []
    env.close()
    if "rgb_array" not in modes:
        raise ValueError(
            f"{spec.id} cannot be shown: it renders {sorted(modes) or 'nothing'}, and a window needs rgb_array"
        )


def make_recorded(recording: Recording) -> Game:
    """The game in which ``recording`` was played.

    Raises:
        ValueError: an id that is not registered, or settings that it does not take.
    """
    check_registered(recording.id, recording.module, f"{recording.path} was played in")
    try:
        return make_game(recording.id, **recording.keywords)
    except (TypeError, ValueError) as problem:
        raise ValueError(
            f"{recording.path} cannot be replayed: {problem}; it was recorded with ludus "
            f"{recording.versions.get('ludus')}, so watch it with that version"
        ) from None
