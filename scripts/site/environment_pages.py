"""The page of an environment: its card, its actions and observation by name, parameters, scores and speed."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from gymnasium import Space, spaces

from ludus.envs.card_text import SECTION, in_two_columns
from ludus.envs.cards import Card
from ludus.envs.engine.slots.resolve import NAMED
from ludus.envs.engine.space_layout import WHOLE, action_bounds, bounds_of
from ludus.envs.names import grouped, names_by_key
from ludus.scripts.site.environment_pictures import REFERENCE, who_plays
from ludus.studies import presets
from ludus.utils.wording import format_score

TERM = re.compile(r"`\w+`(:| {2,})")  # of the reward, where it begins a line
DEEPER = 4  # a line so much further in than the one before is a formula or a drawing
NAMED_BY = (
    "From Python: `ludus.envs.names.observation_names(env)`. Names that differ behind the colon alone share a row."
)
MOST_ACTIONS = 60  # that a table lists
FAMILIES = {"robotics": "Robotics and control", "games": "Games and grids", "automation": "Automation"}


def short_name(id: str) -> str:
    """``ludus/Snake-v1`` -> ``Snake-v1``: the name of its page and of its pictures."""
    return id.rpartition("/")[2]


def environment_page(card: Card, root: Path, has_picture: bool) -> str:
    """The page of one environment in Markdown; figures come from the CSVs in ``root``/results.

    Args:
        has_picture: Its moving picture lies beside the page; else the still one is shown, of the reference policy.
    """
    name = short_name(card.id)
    picture = f"{name}.webp" if has_picture else f"{name}.png"
    who = who_plays(card.id) if has_picture else REFERENCE
    parts = [
        f"# {name}",
        f"*{card.task[:1].upper()}{card.task[1:]}.*",
        f"![{name} at play]({picture})",
        f"Played by {who}.",
        f"```\nludus watch {card.id}\nludus train {card.id} --run runs/{name.lower()}\n```",
        f'```python\nimport gymnasium as gym\nimport ludus\n\nenv = gym.make("{card.id}")\n```',
        "## The world",
        *(f"### {label}\n\n{text}" if label else text for label, text in sections(card.text)),
        "## Actions",
        actions_table(card),
        "## Observation by name",
        observation_table(card),
        *slots_part(card),
        "## Parameters and sizes",
        parameters_table(card),
        "## Scores",
        scores_table(card, root / "results" / "presets.csv"),
        "## Speed",
        speed_table(card, root / "results" / "speed-environments.csv"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(card: str) -> list[tuple[str, str]]:
    """The sections of a card's text, (name, text in Markdown) each; its first line, the task, is left out.

    A card that is not laid out in two columns is one section without a name.
    """
    found: list[tuple[str, list[str]]] = []
    lines = card.splitlines()[1:]
    if not in_two_columns(lines):
        return [("", "\n".join(lines).strip())]
    for line in lines:
        label, rest = line[:SECTION].strip(), line[SECTION:].rstrip()
        if label:
            found.append((label, []))
        if found:
            found[-1][1].append(rest)
    return [(label, "\n".join(_markdown(label, lines))) for label, lines in found]


def _markdown(label: str, lines: list[str]) -> list[str]:
    """The lines of a section, with the empty lines that tables, lists and formulas need around them in Markdown."""
    out: list[str] = []
    before = 0  # indentation of the line before
    terms = [line for line in lines if TERM.match(line)] if not any(" · `" in line for line in lines) else []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        was_table = bool(out) and out[-1].startswith("|")
        if text.startswith("|"):
            out += _table_row(text, out, was_table)
            before = indent
            continue
        is_item = text.startswith("- ")
        if label == "Reward" and len(terms) > 1 and line in terms:  # each on a line of its own
            text, is_item = "- " + re.sub(r"^(`\w+`) {2,}", r"\1: ", text), True
        if label == "Profiles":
            text, is_item = "- " + re.sub(r"^([\w-]+) +(--set .*?)( {2,}.*)?$", r"\1: `\2`\3", text), True
        deeper = indent >= before + DEEPER and not is_item
        first_item = is_item and bool(out) and not out[-1].startswith(("- ", "  "))
        in_list = bool(out) and out[-1].startswith(("- ", "  "))
        back = not is_item and indent < before if before >= DEEPER else in_list and not is_item and indent == 0
        if was_table or first_item or deeper or back:
            out.append("")
        out.append(" " * indent + text)
        before = before if deeper and not text else indent
    return out


def _table_row(text: str, out: list[str], was_table: bool) -> list[str]:
    cells = [cell.strip() for cell in text.strip("|").split("|")]
    if was_table and not cells[0]:  # goes on with the row above
        above = [cell.strip() for cell in out.pop().strip("|").split("|")]
        cells = [f"{one} {other}".strip() for one, other in zip(above, cells, strict=True)]
    return [*([] if was_table else [""]), f"| {' | '.join(cells)} |"]


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[str, ...] = ()) -> str:
    """A table in Markdown; the columns named in ``right`` are aligned to the right."""
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join('---:' if head in right else '---' for head in heads)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)])


def actions_table(card: Card) -> str:
    sizes = card.simulation.resolve_sizes({}, card.id)
    space, names = card.simulation.spaces(**sizes)[1], card.simulation.action_names
    if isinstance(space, spaces.Discrete):
        if space.n > MOST_ACTIONS:
            return f"{space.n} actions; the card says how they are counted."
        return table(("action", "name"), [(str(k), names[k]) for k in range(int(space.n))], right=("action",))
    low, high = action_bounds(space, card.id)
    rows = [(str(k), names[k], f"{low[k]:g}", f"{high[k]:g}") for k in range(len(low))]
    whole = "Whole numbers, one for each component.\n\n" if isinstance(space, WHOLE) else ""
    return whole + table(("#", "name", "low", "high"), rows, right=("#", "low", "high"))


def observation_table(card: Card) -> str:
    sizes = card.simulation.resolve_sizes({}, card.id)
    space, names = card.simulation.spaces(**sizes)[0], names_by_key(card.simulation, None, sizes)
    if isinstance(space, spaces.Dict):
        parts = [NAMED_BY, "A dict; slots that are filled join it."]
        for key, part in space.items():
            parts.append(f"### `{key}`: {part.dtype} {part.shape}\n\n{_numbers_table(part, names[key])}")
        return "\n\n".join(parts)
    if isinstance(space, spaces.Discrete):
        return f"One whole number, {space.start} … {space.start + space.n - 1}: `{next(iter(names['']), 'the state')}`."
    where = "" if len(space.shape or ()) == 1 else f" They are the planes of `{space.dtype} {space.shape}`."
    return f"{NAMED_BY}{where}\n\n{_numbers_table(space, names[''])}"


def _numbers_table(space: Space, names: Mapping[str, str]) -> str:
    """The numbers of a Box by name, of more than one axis along the last; where they have none, the bounds of all."""
    if not names:
        low, high = _bounds(space, slice(None))
        return f"Numbers without names, {low} … {high}."
    rows = []
    for places, name, unit in grouped(names):
        first, _, last = places.partition(" … ")
        rows.append((places, name, unit, *_bounds(space, slice(int(first), int(last or first) + 1))))
    return table(("#", "name", "unit", "low", "high"), rows, right=("#", "low", "high"))


def _bounds(space: Space, numbers: slice) -> tuple[str, str]:
    """The least and the greatest value of some ``numbers`` along the last axis."""
    low, high = (np.atleast_1d(limit)[..., numbers] for limit in bounds_of(space))
    return f"{np.min(low):.4g}", f"{np.max(high):.4g}"


def slots_part(card: Card) -> list[str]:
    if not card.simulation.slots:
        return []
    parts = ["## Slots", "What can fill a slot, and what that is worth: [slots](../slots.md)."]
    sizes = card.simulation.resolve_sizes({}, card.id)
    for name, slot in card.simulation.slots.items():
        fillings = ", ".join(f"`{filling}`" for filling in (*NAMED, *slot.baselines, *slot.tables))
        default = f"filled with `{slot.default}`" if slot.default else "off"
        parts += [
            f"### `{name}`: {slot.meaning}",
            f"By default {default}. Fillings: {fillings}, or the folder of a component.",
            f"Raw signal: `{slot.raw(**sizes)}`.",
        ]
        if slot.layout is not None:
            columns = [(p.name, str(p.shape), ", ".join(p.columns), p.step) for p in slot.layout(**sizes).parts]
            parts.append(table(("part of the raw signal", "shape", "columns", "step"), columns))
        names = card.simulation.names_of(name, sizes)
        if not slot.replaces_state and names:
            parts.append(table(("#", "name of the truth's number", "unit"), grouped(names), right=("#",)))
    return parts


def parameters_table(card: Card) -> str:
    simulation = card.simulation
    rows = [
        (f"`{k}`", f"{p.default:g}", f"{p.low:g}", f"{p.high:g}", p.unit, p.meaning)
        for k, p in simulation.parameters.items()
    ]
    rows += [(f"`{k}`", str(s.default), str(s.low), str(s.high), "", s.meaning) for k, s in simulation.sizes.items()]
    rows += [(f"`{k}`", f"`{c.default}`", "", "", "", c.meaning) for k, c in simulation.choices.items()]
    if not rows:
        return "None."
    heads = ("name", "default", "low", "high", "unit", "meaning")
    intro = "Set with `--set NAME=VALUE`, in Python by keyword; numbers with `randomize=` and `drift=`, too."
    return f"{intro}\n\n{table(heads, rows, right=('default', 'low', 'high'))}"


def scores_table(card: Card, csv_path: Path) -> str:
    scores = [(f"`{name}`", format_score(value)) for name, value in card.simulation.scores.items()]
    parts = ["Mean return of the reference policies:", table(("policy", "return"), scores, right=("return",))]
    if not scores:
        parts = ["None was measured."]
    rows = [row for row in presets.read(csv_path) if row.env == card.id]
    if rows:
        heads = (
            "agent",
            "seeds",
            "steps",
            "return",
            "95 % interval",
            "worst … best seed",
            "normalised",
            "success",
            "s",
        )
        agents = sorted({row.agent for row in rows})
        by_agent = [[row for row in rows if row.agent == agent] for agent in agents]
        lines = [(f"`{agent}`", str(len(of)), *presets.summary(of)) for agent, of in zip(agents, by_agent, strict=True)]
        parts += [
            "Agents with their presets ([how they are trained and judged](../agents.md)):",
            table(heads, lines, right=heads[1:]),
        ]
    return "\n\n".join(parts)


def speed_table(card: Card, csv_path: Path) -> str:
    with csv_path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if card.id in row["work"]]
    if not rows:
        return ""
    lines = [
        (
            row["work"].replace(f"{card.id}, ", ""),
            row["side"],
            f"{int(row['num_envs']):,}",
            f"{float(row['value']):,.0f} {row['unit']}",
            f"{float(row['lowest']):,.0f} … {float(row['highest']):,.0f}",
        )
        for row in rows
    ]
    machine = f"{rows[0]['processor']}, {rows[0]['cores']} cores; see [performance](../performance.md)."
    heads = ("work", "side", "environments", "median", "lowest … highest round")
    return f"{table(heads, lines, right=heads[2:])}\n\n{machine}"


def environments_index(shown: list[Card]) -> str:
    """The page that lists all environments by family, with their pictures."""
    parts = ["# Environments", "`ludus envs` prints the same table, `ludus envs ID` a card."]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}")
        rows = []
        for card in (card for card in shown if f".{family}." in _module_of(card)):
            name = short_name(card.id)
            picture = f"![{name}]({name}.png){{.thumbnail}}"
            figures = (card.observation, card.actions, format_score(card.random), format_score(card.reference))
            rows.append((picture, f"[**{name}**]({name}.md): {card.task}", *figures))
        parts.append(table(("", "environment", "observation", "actions", "random", "reference"), rows))
    parts.append("```{toctree}\n:hidden:\n\n" + "\n".join(short_name(card.id) for card in shown) + "\n```")
    return "\n\n".join(parts) + "\n"


def _module_of(card: Card) -> str:
    from ludus.envs import ENVIRONMENTS

    return ENVIRONMENTS[card.id][0] + "."
