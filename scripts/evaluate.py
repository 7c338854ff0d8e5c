"""`ludus evaluate`: measure an agent or a policy over many episodes."""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.console import Console

from ludus.agents.evaluation import EVALUATION_SEED, envs_for, episodes_of, evaluate
from ludus.envs.command_line import import_all, slot_fillings
from ludus.utils.command_line import Imports, key_values, parse
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


DEFAULT_EPISODES = 256


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id, of another package MODULE:ID (then with --policy)."""
    policy: str | None = None
    """random, heuristic, or another reference policy by name (see `ludus envs ID`), instead of the run's agent."""
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
    from ludus.agents.evaluation_tables import evaluation_table, regret_table
    from ludus.agents.regret import compare
    from ludus.agents.runs.player import find_player

    player = find_player(options.what, options.policy, options.seed, settings, options.checkpoint)
    episodes, every_start = options.episodes, False
    if episodes is None:
        episodes, every_start = episodes_of(player.make, DEFAULT_EPISODES)
    for note in player.notes:
        console.print(f"Note: {note}")
    asked = f"{counted(episodes, 'episode')}, seed {options.seed}"
    if lists:
        ((slot, fillings),) = lists.items()
        if options.policy is None:
            player.check_fillings(slot, fillings)
        with console.status("") as status:
            rows = compare(
                player.make, player.policy, slot, fillings, episodes, options.seed, player.age,
                lambda filling, share: status.update(f"{slot}={filling}: {share:.0%}"), every_start,
            )  # fmt: skip
        console.print(regret_table(rows, f"{player.title}; slot {slot}, {asked}"))
        return 0
    batch = player.make(envs_for(episodes))
    with console.status(f"{player.title}: playing {counted(episodes, 'episode')}"):
        result = evaluate(batch, player.policy, episodes, options.seed, player.age, every_start=every_start)
    console.print(evaluation_table([(player.name, result)], f"{player.env}, {asked}"))
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
