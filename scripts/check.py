"""`ludus check`: does a vector environment keep the rules?"""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.console import Console

from ludus.envs.checks.checker import PROFILES, Report
from ludus.envs.checks.fuzz import Failure
from ludus.envs.checks.fuzz_demands import Fault
from ludus.envs.checks.verdicts import Amount, default_profile, examine
from ludus.envs.command_line import environment
from ludus.utils.command_line import key_values, parse
from ludus.utils.tables import results_table

DESCRIPTION = """Check a vector environment, rule by rule: spaces, dtypes, masks, autoreset, seeding, memory, frames,
actions, closing; for Ludus' own also both wrappers, independence of num_envs, and snapshots.

  ludus check ludus/Snake-v1                  # profile ludus, in all three autoreset modes
  ludus check ludus/Snake-v1 --set size=6
  ludus check CartPole-v1                     # profile gymnasium, as gymnasium.make_vec makes it
  ludus check Pendulum-v1 --set max_episode_steps=50

Where a rule is broken: what came, what was expected, the remedy and a link, and exit status 1. From Python, and for
environments without an id: ludus.check_vector_env.

An environment file of somebody else's is first played with checks: fuzzed, rendered, advised, its slots filled. A
mistake in it is one line with file and line, and exit status 2. If it passes, it is compiled without checks from then
on, until it is edited, in the sizes that were played; --set cells=5 plays these, too (docs/third-party.md)."""

COLOURS = {"ok": "green", "failed": "red", "not applicable": "dim"}


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; of another package MODULE:ID."""
    profile: str | None = None
    """ludus or gymnasium; by default ludus for Ludus' own environments and gymnasium for others."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment."""
    num_envs: int = Amount.num_envs
    """How many environments in a batch."""
    steps: int = Amount.steps
    """Length of a play; three episodes should end within it."""
    fuzz: int = Amount.fuzz
    """Steps of the fuzzer in an environment file of somebody else's."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "check", DESCRIPTION, arguments)
    console = Console(highlight=False)
    settings = key_values(options.set, "--set")
    id = environment(options.id)
    profile = options.profile or default_profile(id)
    amount = Amount(options.fuzz, options.steps, options.num_envs)
    try:
        with console.status(f"Checking {id}") as status:
            tell = lambda so_far: status.update(f"Checking {id}: {so_far.steps:,} steps")  # noqa: E731
            examined = examine(id, profile, settings, amount, tell)
    except (Failure, Fault) as fault:
        console.print(f"FAULT in {id}: {fault}", markup=False, soft_wrap=True)
        return 1
    show(console, examined.report, id, profile)
    if examined.verdict:
        console.print(examined.verdict, markup=False, soft_wrap=True)
    return 1 if examined.report.problems else 0


def show(console: Console, report: Report, id: str, profile: str) -> None:
    """A line per rule, then the problems, then why rules did not apply."""
    table = results_table(("rule", "result"), ())
    results = {rule: report.status(rule) for rule in PROFILES[profile]}
    for rule, result in results.items():
        table.add_row(rule, f"[{COLOURS[result]}]{result}[/]")
    console.print(table)
    for problem in report.problems:
        console.print(f"[red]{problem.rule}[/]", highlight=False)
        for name in ("came", "expected", "remedy", "link"):
            console.print(f"  {name + ':':9} {getattr(problem, name)}", markup=False, soft_wrap=True)
    reasons: dict[str, list[str]] = {}
    for rule, result in results.items():
        if result == "not applicable":
            reasons.setdefault(report.skipped[rule], []).append(rule)
    for reason, rules in reasons.items():
        console.print(f"Not applicable ({reason}): {', '.join(rules)}", markup=False)
    counts = ", ".join(f"{list(results.values()).count(result)} {result}" for result in COLOURS)
    console.print(f"\n{id}, profile {profile}: {counts}")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
