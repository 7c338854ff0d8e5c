"""`ludus check`: does a vector environment keep the rules?"""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from ludus import __version__
from ludus.envs.checks.checker import PROFILES, Report, check_vector_env
from ludus.envs.checks.fuzz import Failure
from ludus.envs.checks.lockstep import Fault
from ludus.envs.checks.trial import STEPS, is_on_trial, try_out
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party.trust import with_checks, write_verdict
from ludus.envs.registered import find_spec, is_ludus
from ludus.scripts.options import environment, key_values, parse

DESCRIPTION = """Check a vector environment, rule by rule: spaces, dtypes, masks, autoreset, seeding, memory, frames,
actions, closing; for Ludus' own also both faces, independence of num_envs, and snapshots.

  ludus check ludus/Snake-v1                  # profile ludus, in all three autoreset modes
  ludus check ludus/Snake-v1 --set size=6
  ludus check CartPole-v1                     # profile gymnasium, as gymnasium.make_vec makes it
  ludus check Pendulum-v1 --set max_episode_steps=50

Where a rule is broken: what came, what was expected, the remedy and a link, and exit status 1. From Python, and for
environments without an id: ludus.check_vector_env.

An environment file of somebody else's is first played with checks: fuzzed, drawn, advised, its slots filled. A mistake
in it is one line with file and line, and exit status 2. If it passes, it is compiled without checks from then on, until
it is edited (docs/third-party.md)."""

COLOURS = {"ok": "green", "failed": "red", "not applicable": "dim"}


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; of another package MODULE:ID."""
    profile: str | None = None
    """ludus or gymnasium; by default ludus for Ludus' own environments and gymnasium for others."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment."""
    num_envs: int = 3
    """How many environments in a batch."""
    steps: int = 250
    """Length of a play; three episodes should end within it."""
    fuzz: int = STEPS
    """Steps of the fuzzer in an environment file of somebody else's."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "check", DESCRIPTION, arguments)
    console = Console(highlight=False)
    settings = key_values(options.set, "--set")
    spec = find_spec(environment(options.id))
    profile = options.profile or ("ludus" if is_ludus(spec) else "gymnasium")
    if options.fuzz < 1:
        raise ValueError(f"--fuzz must be a whole number >= 1, got {options.fuzz}")
    on_trial = is_ludus(spec) and is_on_trial(load(spec.kwargs["module"])[0])
    seen = None
    try:
        with console.status(f"Checking {spec.id}") as status, with_checks() if on_trial else nullcontext():
            if on_trial:
                tell = lambda so_far: status.update(f"Checking {spec.id}: {so_far.steps:,} steps")  # noqa: E731
                seen = try_out(spec.kwargs["module"], spec.max_episode_steps, options.fuzz, tell)
            report = check_vector_env(
                spec.id,
                profile,
                steps=options.steps,
                num_envs=options.num_envs,
                raises=False,
                **settings,
            )
    except (Failure, Fault) as fault:
        console.print(f"FAULT in {spec.id}: {fault}", markup=False, soft_wrap=True)
        return 1
    show(console, report, spec.id, profile)
    if seen is not None and profile == "ludus" and not report.problems:
        module, simulation = load(spec.kwargs["module"])
        write_verdict(module, simulation, {"seen": str(seen), "ludus": __version__})
        passed = f"{Path(str(module.__file__)).name} has passed with checks on ({seen})"
        text = f"{passed}: it is compiled without them from now on, until it is edited"
        console.print(text, markup=False, soft_wrap=True)
    return 1 if report.problems else 0


def show(console: Console, report: Report, id: str, profile: str) -> None:
    """A line per rule, then the problems, then why rules did not apply."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("rule", no_wrap=True)
    table.add_column("result", no_wrap=True)
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
