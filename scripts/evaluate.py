"""`ludus evaluate`: measure an agent or a policy over many episodes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from ludus.agents.evaluation import Evaluation, envs_for, evaluate
from ludus.agents.regret import BLIND, TRUTH, Regret, compare
from ludus.scripts.options import Imports, check_fit, import_all, key_values, parse, slot_fillings, subject
from ludus.utils.wording import counted

DESCRIPTION = """Measure an agent, or a policy, over a fixed number of episodes.

  ludus evaluate runs/snake --episodes 256
  ludus evaluate ludus/Snake-v1 --policy heuristic
  ludus evaluate runs/cartpole --set gravity=3.7            # in another world than it was trained in
  ludus evaluate runs/sorter --slot perception=truth,models/garments,noisy:0.1,blind     # what a sense is worth

Every environment of the batch plays the same number of episodes, so that short ones do not weigh more. The interval is
a 95 % bootstrap interval of the mean. The normalised score is 0 for the random policy and 1 for the environment's
reference. With several fillings of a slot, all are met in the same episodes: the regret is the return that is lost
against the truth, the share how much of the gap from blind to truth a filling gains."""


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id, of another package MODULE:ID (then with --policy)."""
    policy: str | None = None
    """random, heuristic, or another reference policy by name (see `ludus envs ID`), instead of the run's agent."""
    episodes: int = 256
    """How many episodes."""
    seed: int = 1_000_000_007
    """Seed of the first environment; two policies with the same seed meet the same starts."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment, other than in training."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=FILLING: what a slot shows, other than in training. One slot may have several, with commas between them."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "evaluate", DESCRIPTION, arguments)
    import_all(options.imports)
    console = Console(highlight=False)
    settings = {**key_values(options.set, "--set"), **slot_fillings(options.slot)}
    lists = {name: str(value).split(",") for name, value in slot_fillings(options.slot).items() if "," in str(value)}
    if len(lists) > 1:
        raise ValueError(f"one slot can have several fillings, got {' and '.join(lists)}; compare one at a time")
    for name in lists:
        del settings[name]
    make, policy, title, notes, age = subject(options.what, options.policy, options.seed, settings)
    for note in notes:
        console.print(f"Note: {note}")
    if lists:
        ((slot, fillings),) = lists.items()
        if options.policy is None:
            check_fillings(make, slot, fillings)
        with console.status("") as status:
            rows = compare(
                make, policy, slot, fillings, options.episodes, options.seed, age,
                lambda filling, share: status.update(f"{slot}={filling}: {share:.0%}"),
            )  # fmt: skip
        console.print(
            regret_table(rows, f"{title}; slot {slot}, {counted(options.episodes, 'episode')}, seed {options.seed}")
        )
        return 0
    batch = make(envs_for(options.episodes))
    with console.status(f"{title}: playing {counted(options.episodes, 'episode')}"):
        result = evaluate(batch, policy, options.episodes, options.seed, age)
    name, _, player = title.partition(" · ")
    console.print(table([(player, result)], f"{name}, {counted(options.episodes, 'episode')}, seed {options.seed}"))
    return 0


def check_fillings(make: Any, slot: str, fillings: Sequence[str]) -> None:
    """``ValueError`` unless an agent that was trained in the worlds of ``make`` can see what each filling shows."""
    trained = make(1)
    for filling in dict.fromkeys([*fillings, TRUTH, BLIND]):  # the ends of the scale are played in any case
        other = make(1, **{slot: filling})
        check_fit(trained, other, any_board=False)
        other.close()
    trained.close()


def table(results: list[tuple[str, Evaluation]], caption: str) -> Table:
    """A row per policy."""
    shown = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    shown.add_column("policy")
    for column in ("return", "95 % interval", "normalised", "success", "length"):
        shown.add_column(column, justify="right", no_wrap=True)
    for title, result in results:
        low, high = result.interval
        shown.add_row(
            title,
            f"{result.mean:.2f}",
            f"{low:.2f} … {high:.2f}",
            "–" if result.normalised is None else f"{result.normalised:.3f}",
            f"{result.success:.1%}" if result.succeeds else "–",
            f"{result.lengths.mean():.1f}",
        )
    return shown


def half(interval: tuple[float, float]) -> float:
    return 0.5 * (interval[1] - interval[0])


def regret_table(rows: list[Regret], caption: str) -> Table:
    """A row per filling; ± is half of a 95 % bootstrap interval."""
    shown = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    shown.add_column("filling", overflow="fold")
    for column in (rows[0].measure, "return", "regret", "of the gap"):
        shown.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(
            row.filling,
            "–" if row.metric != row.metric else f"{row.metric:.3f}",
            f"{row.evaluation.mean:.2f} ± {half(row.evaluation.interval):.2f}",
            f"{row.regret:.2f} ± {half(row.interval):.2f}",
            "–" if row.share != row.share else f"{row.share:.2f}",
        )
    return shown


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
