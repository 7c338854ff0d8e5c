"""The regret study: what every filling of a slot is worth in decisions, over several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from ...agents.evaluation_tables import regret_table
from ...agents.regret import BLIND, TRUTH
from ...envs.command_line import check_slots, environment, slot_fillings
from ...envs.make import slots_of
from ...utils.command_line import key_values, output_folder
from ...utils.wording import counted
from ..command import StudyArguments, tell_files
from ..rows import write_rows
from .plot import plot
from .policy import PolicyRow, judge_policy
from .study import PROTOCOLS, TRAINED, check_seeds, compose, file_of, name_of, read, regret_study
from .table import caption, markdown, summarise, table

DESCRIPTION = """What a sense is worth in decisions: to a policy that learned with the truth, and to its own.

  ludus study regret ludus/Sorter-v0 --slot perception=truth,models/garments,noisy:0.1,noisy:0.3,blind
  ludus study regret ludus/Sorter-v0 --slot perception --markdown      # the tables of docs/slots.md
  ludus study regret ludus/Battery-v0 --policy plan --set data=epf-de --judge split=test \
      --slot forecast=truth,published-dnn,naive,blind    # a policy of the environment's, nothing trained
  ludus study regret ludus/Helpdesk-v0 --policy desk --slot utterance=keywords,noisy:0.3 \
      --mend act,food+area+pricerange,wishes             # and what which errors cost"""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    env: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ENV")]
    """Environment id; of another package MODULE:ID."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=FILLING,FILLING,…: the slot, and what fills it in turn (truth and blind do in any case)."""
    agent: str = "pqn"
    """Which agent learns."""
    policy: str | None = None
    """A reference policy plays instead of agents that learn; its intervals are over the episodes."""
    mend: str = ""
    """PART,PART+PART,…: with --policy, play each filling again with these parts of it right; what its errors cost."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter or a choice of the environment."""
    judge: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: another one where is judged than where is trained, such as split=test."""
    train: str = ""
    """FILLING,FILLING,…: with which fillings policies of their own are trained (default: all)."""
    seeds: int = 5
    """Trainings of each filling."""
    steps: int | None = None
    """Environment steps of each training (default: the preset's)."""
    markdown: bool = False
    """Train nothing, print the CSV as the tables of the README; --slot NAME is then enough."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study regret`."""
    env = environment(arguments.env)
    slot, fillings = asked_slot(env, arguments.slot, arguments.markdown)
    base = arguments.out / file_of(env, slot)
    csv, png = base.with_name(f"{base.name}.csv"), base.with_name(f"{base.name}.png")
    if arguments.markdown:
        rows = [row for row in read(csv) if row.agent == arguments.agent]
        names = {name_of(given) for given in fillings} | {TRUTH, BLIND}
        print(markdown([row for row in rows if not fillings or row.filling in names]))
        return 0
    world, judged_in = key_values(arguments.set, "--set"), key_values(arguments.judge, "--judge")
    mended = [parts for parts in arguments.mend.split(",") if parts]
    if arguments.policy is not None:
        return run_policy(env, arguments.policy, slot, fillings, {**world, **judged_in}, csv, console, mended)
    if mended:
        raise ValueError("--mend needs a policy that plays with whatever it is shown: give --policy, too")
    seeds = arguments.seeds
    check_seeds(seeds)
    trained = [name for name in arguments.train.split(",") if name]
    setup = compose(env, arguments.agent, slot, fillings, arguments.steps, world, judged_in, trained)
    output_folder(arguments.out)
    with console.status("") as status:
        rows = regret_study(
            setup, seeds, csv, lambda seed, what, share: status.update(f"seed {seed}, {what}: {share:.0%}")
        )
    lines = {protocol: summarise(rows, protocol) for protocol in PROTOCOLS}
    for protocol, own in lines.items():
        console.print(table(own, caption(rows, protocol)))
    plot(lines, f"{setup.env}, {slot}, {setup.agent}: mean of {counted(seeds, 'seed')} and its 95 % interval", png)
    took = sum(row.seconds for row in rows if row.protocol == TRAINED)
    console.print(f"All trainings: {took:.0f} s.")
    tell_files(console, png, csv)
    return 0


def run_policy(
    env: str,
    policy: str,
    slot: str,
    fillings: list[str],
    world: dict[str, Any],
    csv: Path,
    console: Console,
    mended: Sequence[str],
) -> int:
    """The fillings judged by a reference policy of the environment."""
    output_folder(csv.parent)
    with console.status("") as status:
        rows = judge_policy(
            env,
            policy,
            slot,
            fillings,
            world,
            lambda filling, share: status.update(f"{slot}={filling}: {share:.0%}"),
            mended,
        )
    where = ", ".join(f"{key}={value}" for key, value in world.items())
    episodes = counted(len(rows[0].evaluation.returns), "episode")
    console.print(regret_table(rows, f"{env} · {policy}; slot {slot}, {episodes}{f', {where}' if where else ''}"))
    path = csv.with_name(f"{csv.stem}-{policy}.csv")
    write_rows(path, PolicyRow, [PolicyRow.of(row) for row in rows])
    tell_files(console, path)
    return 0


def asked_slot(id: str, given: Sequence[str], only_name: bool) -> tuple[str, list[str]]:
    """The slot of --slot and the fillings; ``only_name``: there need not be any."""
    known = slots_of(id)
    if len(given) != 1:
        what = "got none" if not given else f"got {' and '.join(given)}"
        has = f"{id} has {', '.join(known)}" if known else f"{id} has no slots"
        raise ValueError(f"the study of regret needs one --slot NAME=FILLING,FILLING,…, {what}; {has}")
    if only_name and "=" not in given[0]:
        check_slots(id, given)
        return given[0], []
    ((slot, fillings),) = slot_fillings(given).items()
    check_slots(id, [slot])
    return slot, fillings.split(",")
