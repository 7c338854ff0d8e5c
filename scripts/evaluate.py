"""`ludus evaluate`: measure an agent or a policy over many episodes."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.markup import escape

from ludus.agents.evaluation import EVALUATION_SEED, episodes_of
from ludus.envs.command_line import import_all, slot_fillings
from ludus.scripts.support.subcommands import refuse
from ludus.utils.command_line import Imports, key_values, parse
from ludus.utils.wording import counted

DESCRIPTION = """Measure agents and policies over a fixed number of episodes, side by side.

  ludus evaluate runs/snake --episodes 256
  ludus evaluate ludus/Snake-v1 --policy heuristic
  ludus evaluate runs/a runs/b --policy random,heuristic    # four rows, in the same episodes
  ludus evaluate runs/cartpole --set gravity=3.7            # in another world than it was trained in
  ludus evaluate runs/sorter --slot perception=truth,models/garments,noisy:0.1,blind     # what a sense is worth

All meet the same episodes, so what one earns more than the first has an interval of its own: ± is half of it. Intervals
are 95 % bootstrap intervals of the mean. The normalised score is 0 for the random policy and 1 for the environment's
reference. With several fillings of a slot, all are met in the same episodes: the regret is the return that is lost
against the truth, the share how much of the gap from blind to truth a filling gains."""


@dataclass
class Arguments:
    what: Annotated[tuple[str, ...], tyro.conf.Positional]
    """The folders of runs, or an environment id, of another package MODULE:ID (then with --policy)."""
    policy: str | None = None
    """random, heuristic, or another reference policy by name (see `ludus envs ID`); several with commas between them.
    With several fillings of a slot it plays instead of the run's agent."""
    checkpoint: str = "last"
    """Of a run: last, best (by the evaluations on its way), or a number of steps that is kept."""
    episodes: int | None = None
    """How many episodes (default: each numbered start once, where an environment has such; else 256)."""
    seed: int = EVALUATION_SEED
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
    if not options.what:
        refuse("evaluate", "what? a RUN, or an ID with --policy, such as ludus/Snake-v1 --policy heuristic")
    names = [] if options.policy is None else options.policy.split(",")
    if lists:
        compare_fillings(options, names, lists, settings, console)
    else:
        compare_policies(options, names, settings, console)
    return 0


def compare_policies(options: Arguments, names: list[str], settings: dict[str, Any], console: Console) -> None:
    """A table with a row for each run and for each policy by name."""
    from ludus.agents.api.comparing import compare
    from ludus.agents.api.players import typed_players
    from ludus.agents.evaluation_tables import comparison_table

    players = typed_players(options.what, names, options.seed, settings, options.checkpoint)
    for note in dict.fromkeys(note for player in players.values() for note in player.notes):
        console.print(f"Note: {note}")
    with console.status("") as status:
        found = compare(
            players, options.episodes, options.seed, lambda name, share: status.update(f"{escape(name)}: {share:.0%}")
        )
    agents = [f"{name}: {player.name}" for name, player in players.items() if player.name != name]
    caption = f"{found.env}, {counted(found.episodes, 'episode')}, seed {found.seed}"
    console.print(comparison_table(found, "\n".join([caption, *agents])))


def compare_fillings(
    options: Arguments, names: list[str], lists: dict[str, list[str]], settings: dict[str, Any], console: Console
) -> None:
    """A table with a row for each filling of a slot."""
    from ludus.agents.api.comparing import DEFAULT_EPISODES
    from ludus.agents.evaluation_tables import regret_table
    from ludus.agents.regret import compare
    from ludus.agents.runs.player import find_player

    if len(options.what) > 1 or len(names) > 1:
        raise ValueError("several fillings of a slot are compared for one policy; give one run, or an id and a policy")
    player = find_player(options.what[0], options.policy, options.seed, settings, options.checkpoint)
    episodes, every_start = options.episodes, False
    if episodes is None:
        episodes, every_start = episodes_of(player.make, DEFAULT_EPISODES)
    for note in player.notes:
        console.print(f"Note: {note}")
    ((slot, fillings),) = lists.items()
    if options.policy is None:
        player.check_fillings(slot, fillings)
    with console.status("") as status:
        rows = compare(
            player.make, player.policy, slot, fillings, episodes, options.seed, player.age,
            lambda filling, share: status.update(f"{slot}={filling}: {share:.0%}"), every_start,
        )  # fmt: skip
    asked = f"{counted(episodes, 'episode')}, seed {options.seed}"
    console.print(regret_table(rows, f"{player.title}; slot {slot}, {asked}"))


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
