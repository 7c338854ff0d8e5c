"""An examination as `ludus check` makes it: the rules; of a third party's file first the trial, then the verdict."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..engine.mistakes import shown_name
from ..engine.simulation import load
from ..engine.third_party.trust import with_checks, write_verdict
from ..ids import find_spec, is_ludus
from .checker import Report, check_vector_env
from .trial import STEPS, Seen, is_on_trial, try_out


@dataclass(frozen=True)
class Amount:
    """How much is played; less than the defaults is too little for a verdict."""

    fuzz: int = STEPS  # steps of the fuzzer in a third party's file
    steps: int = 250  # length of a play; three episodes should end within it
    num_envs: int = 3  # environments in a batch

    def __post_init__(self) -> None:
        if self.fuzz < 1:
            raise ValueError(f"--fuzz must be a whole number >= 1, got {self.fuzz}")


@dataclass(frozen=True)
class Examined:
    """What an examination found."""

    report: Report
    verdict: str  # on a third party's file, for a person; empty where there is none to give


def default_profile(id: str) -> str:
    """The profile of rules that an environment is held to if none is asked for."""
    return "ludus" if is_ludus(find_spec(id)) else "gymnasium"


def examine(
    id: str, profile: str, settings: Mapping[str, Any], amount: Amount, tell: Callable[[Seen], None] | None = None
) -> Examined:
    """Check a vector environment; a third party's file that passes is compiled without checks from then on.

    Args:
        settings: Keywords of the environment. Its sizes and choices are played in the trial, too.
        tell: Called now and then while a trial goes on.

    Raises:
        Mistake: a kernel of a third party's file does something wrong.
        fuzz.Failure, fuzz_demands.Fault: something does not hold in its trial.
        ValueError: an unknown profile or setting.
    """
    spec = find_spec(id)
    on_trial = is_ludus(spec) and is_on_trial(load(spec.kwargs["module"])[0])
    shape = _shape(spec.kwargs["module"], settings) if on_trial else {}
    seen = None
    with with_checks() if on_trial else nullcontext(set[Path]()) as tried:
        if on_trial:
            seen = try_out(spec.kwargs["module"], spec.max_episode_steps, amount.fuzz, tell, shape)
        report = check_vector_env(
            spec.id, profile, steps=amount.steps, num_envs=amount.num_envs, raises=False, **settings
        )
    if seen is None or report.problems:
        return Examined(report, "")
    module = load(spec.kwargs["module"])[0]
    text = f"{shown_name(module.__file__)} has passed with checks on ({seen})"
    too_little = _too_little(amount, profile, settings, shape)
    if too_little:
        return Examined(report, f"{text}; no verdict is given, and it is still compiled with checks: {too_little}")
    write_verdict(tried, module, {"seen": str(seen)})
    return Examined(report, f"{text}: it is compiled without them from now on, until it is edited")


def _shape(module: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``settings`` that are sizes or choices: the trial plays them besides its own."""
    simulation = load(module)[1]
    return {key: value for key, value in settings.items() if key in {**simulation.sizes, **simulation.choices}}


def _too_little(amount: Amount, profile: str, settings: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    """Why a check that found nothing has seen too little for a verdict; "" if it has seen enough."""
    for entry in fields(Amount):
        given = getattr(amount, entry.name)
        if given < entry.default:
            return f"--{entry.name.replace('_', '-')} {given} is below {entry.default}"
    if profile != "ludus":
        return f"--profile {profile} asks for less than ludus"
    others = [key for key in settings if key not in shape]
    return f"--set {others[0]} leaves out the default world" if others else ""
