"""Cards of the environments: one source for `ludus envs`, the table of environments and its pictures."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gymnasium import Space, spaces

from ..utils.files import write_atomically
from ..utils.wording import format_score
from . import ENVIRONMENTS
from .engine.simulation import Simulation, load
from .engine.space_layout import WHOLE, values_of
from .ids import find_spec, is_ludus
from .make import make_batch

PICTURE_HEIGHT = 320  # pixels; the table shows it at half of that, so that it is sharp on dense screens
PICTURE_STEPS = 60  # of the reference policy, before the picture is taken


@dataclass(frozen=True)
class Card:
    """An environment in short."""

    id: str
    task: str  # the first line of its file
    text: str  # all of its card
    observation: str
    actions: str
    limit: int | None  # steps
    random: float | None  # mean return of the random policy
    reference: float | None  # … of the optimum or the heuristic
    simulation: Simulation


def read_card(id: str) -> Card:
    """The card of a Ludus environment; ``ValueError`` for any other."""
    spec = find_spec(id)
    if not is_ludus(spec):
        raise ValueError(f"{id} is not an environment of Ludus; `ludus envs` lists those that have a card")
    module, simulation = load(spec.kwargs["module"])
    text = (module.__doc__ or "").strip()
    observation, actions = simulation.spaces(**simulation.resolve_sizes({}, id))
    scores = simulation.scores
    return Card(
        id=spec.id,
        task=text.partition("\n")[0].partition(": ")[2].rstrip("."),
        text=text,
        observation=_observation(observation) + "".join(f" + {name}" for name in _always_on(simulation)),
        actions=_actions(actions) + (", masked" if simulation.mask is not None else ""),
        limit=spec.max_episode_steps,
        random=scores.get("random"),
        reference=scores.get("optimum", scores.get("heuristic")),
        simulation=simulation,
    )


def _always_on(simulation: Simulation) -> list[str]:
    """The slots that are filled where nothing is said."""
    return [name for name, slot in simulation.slots.items() if slot.default is not None]


def cards() -> list[Card]:
    """All of Ludus' environments, in the order of the table."""
    return [read_card(id) for id in ENVIRONMENTS]


def _observation(space: Space) -> str:
    if isinstance(space, spaces.Dict):
        return ", ".join(f"{key} {_observation(part)}" for key, part in space.items())
    return str(space) if isinstance(space, spaces.Discrete) else f"{space.dtype} {space.shape}"


def _actions(space: Space) -> str:
    if isinstance(space, WHOLE):
        return " x ".join(map(str, values_of(space)))
    low, high = (f"{end.flat[0]:g}" if np.all(end == end.flat[0]) else "…" for end in (space.low, space.high))  # type: ignore[attr-defined]
    count = int(np.prod(space.shape or ()))
    return f"{count} x [{low}, {high}]"


def markdown(shown: Sequence[Card]) -> str:
    """The table of docs/environments/README.md."""
    lines = ["| | id | task | observation | actions | random | reference |", "|---|---|---|---|---|---|---|"]
    for card in shown:
        picture = f'<img src="{picture_name(card.id)}" height="{PICTURE_HEIGHT // 2}" alt="{card.id}">'
        cells = (picture, f"`{card.id}`", card.task, card.observation, card.actions)
        lines.append(f"| {' | '.join(cells)} | {format_score(card.random)} | {format_score(card.reference)} |")
    return "\n".join(lines)


def picture_name(id: str) -> str:
    return f"{id.rpartition('/')[2]}.png"


def render_picture(id: str, path: Path) -> None:
    """A PNG of the environment in the hands of its reference policy (seed 0), ``PICTURE_HEIGHT`` pixels high."""
    from PIL import Image

    batch = make_batch(id, 1)
    batch.seed_from(0)
    height, width = batch.frame_size or (1, 1)
    frame = np.zeros((PICTURE_HEIGHT, PICTURE_HEIGHT * width // height, 3), np.uint8)
    for _ in range(PICTURE_STEPS):
        batch.render_many(np.array([0]), frame[None])
        actions = batch.heuristic()
        if batch.step(actions):  # the picture before the end stands
            break
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG", optimize=True)
    write_atomically(path, data.getvalue())
    batch.close()
