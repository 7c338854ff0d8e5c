"""`ludus evaluate`: measure an agent or a policy over many episodes."""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from ludus.agents.evaluation import Evaluation, envs_for, evaluate
from ludus.scripts.options import key_values, parse, subject

DESCRIPTION = """Measure an agent, or a policy, over a fixed number of episodes.

  ludus evaluate runs/snake --episodes 256
  ludus evaluate ludus/Snake-v1 --policy heuristic
  ludus evaluate runs/cartpole --set gravity=3.7            # in another world than it was trained in

Every environment of the batch plays the same number of episodes, so that short ones do not weigh more. The interval is
a 95 % bootstrap interval of the mean. The normalised score is 0 for the random policy and 1 for the environment's
reference."""


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id (then with --policy)."""
    policy: str | None = None
    """random, heuristic, or another reference policy by name (see `ludus envs ID`), instead of the run's agent."""
    episodes: int = 256
    """How many episodes."""
    seed: int = 1_000_000_007
    """Seed of the first environment; two policies with the same seed meet the same starts."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment, other than in training."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "evaluate", DESCRIPTION, arguments)
    console = Console(highlight=False)
    settings = key_values(options.set, "--set")
    make, policy, title, notes, age = subject(options.what, options.policy, options.seed, settings)
    for note in notes:
        console.print(f"Note: {note}")
    batch = make(envs_for(options.episodes))
    with console.status(f"{title}: playing {options.episodes} episodes"):
        result = evaluate(batch, policy, options.episodes, options.seed, age)
    name, _, player = title.partition(" · ")
    console.print(table([(player, result)], f"{name}, {options.episodes} episodes, seed {options.seed}"))
    return 0


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


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
