"""`ludus check`: does a vector environment keep the rules?"""

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from gymnasium.envs.registration import EnvSpec
from rich import box
from rich.console import Console
from rich.table import Table

from ludus import __version__
from ludus.envs.checks.checker import PROFILES, Report, check_vector_env
from ludus.envs.checks.fuzz import Failure
from ludus.envs.checks.lockstep import Fault
from ludus.envs.checks.trial import STEPS, is_on_trial, try_out
from ludus.envs.command_line import environment
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party.mistakes import shown_name
from ludus.envs.engine.third_party.trust import with_checks, write_verdict
from ludus.envs.registry import find_spec, is_ludus
from ludus.utils.command_line import key_values, parse

DESCRIPTION = """Check a vector environment, rule by rule: spaces, dtypes, masks, autoreset, seeding, memory, frames,
actions, closing; for Ludus' own also both faces, independence of num_envs, and snapshots.

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
    shape = _shape(spec, settings) if on_trial else {}
    seen, checks = None, with_checks() if on_trial else nullcontext(set[Path]())
    try:
        with console.status(f"Checking {spec.id}") as status, checks as tried:
            if on_trial:
                tell = lambda so_far: status.update(f"Checking {spec.id}: {so_far.steps:,} steps")  # noqa: E731
                seen = try_out(spec.kwargs["module"], spec.max_episode_steps, options.fuzz, tell, shape)
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
    if seen is not None and not report.problems:
        module = load(spec.kwargs["module"])[0]
        text = f"{shown_name(module.__file__)} has passed with checks on ({seen})"
        narrowed = _narrowed(options, profile, settings, shape)
        if narrowed:
            text += f"; no verdict is given, and it is still compiled with checks: {narrowed}"
        else:
            write_verdict(tried, module, {"seen": str(seen), "ludus": __version__})
            text += ": it is compiled without them from now on, until it is edited"
        console.print(text, markup=False, soft_wrap=True)
    return 1 if report.problems else 0


def _shape(spec: EnvSpec, settings: dict[str, Any]) -> dict[str, Any]:
    """Those of ``settings`` that are sizes or choices: the trial plays them besides its own."""
    simulation = load(spec.kwargs["module"])[1]
    return {key: value for key, value in settings.items() if key in {**simulation.sizes, **simulation.choices}}


def _narrowed(options: Arguments, profile: str, settings: dict[str, Any], shape: dict[str, Any]) -> str:
    """Why a check that found nothing has seen too little for a verdict; "" if it has seen enough."""
    for name, least in (("fuzz", STEPS), ("steps", Arguments.steps), ("num_envs", Arguments.num_envs)):
        given = getattr(options, name)
        if given < least:
            return f"--{name.replace('_', '-')} {given} is below {least}"
    if profile != "ludus":
        return f"--profile {profile} asks for less than ludus"
    others = [key for key in settings if key not in shape]
    return f"--set {others[0]} leaves out the default world" if others else ""


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
