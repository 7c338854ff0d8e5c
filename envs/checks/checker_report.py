"""The checker's report: a problem per broken rule, the rules that held, and those that did not apply."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .checker_rules import RULES


@dataclass(frozen=True)
class Problem:
    """A broken rule: what came, what was expected, the remedy, and where the rule is written."""

    rule: str
    came: str

    @property
    def expected(self) -> str:
        return RULES[self.rule].expected

    @property
    def remedy(self) -> str:
        return RULES[self.rule].remedy

    @property
    def link(self) -> str:
        return RULES[self.rule].link

    def __str__(self) -> str:
        return f"{self.rule}: got {self.came}; expected {self.expected}; remedy: {self.remedy}; see {self.link}"


@dataclass
class Report:
    """What a check found: ``problems`` (the first of each rule), rules that held, rules that did not apply and why."""

    problems: list[Problem] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    where: str = ""  # stands in front of what came, such as the autoreset mode

    def check(self, rule: str, holds: object, came: str = "") -> bool:
        """Note that ``rule`` was looked at; ``came`` is told if it does not hold."""
        assert rule in RULES, rule
        if holds:
            self.held.add(rule)
        elif rule not in self.broken:
            self.problems.append(Problem(rule, f"{self.where}{came}"))
        return bool(holds)

    def skip(self, rules: str | Iterable[str], why: str) -> None:
        """Note why rules do not apply here, or cannot be checked."""
        for rule in [rules] if isinstance(rules, str) else rules:
            assert rule in RULES, rule
            self.skipped.setdefault(rule, f"{self.where}{why}")

    @property
    def broken(self) -> list[str]:
        """The ids of the broken rules, in the order in which they were found."""
        return [problem.rule for problem in self.problems]

    def status(self, rule: str) -> str:
        """``failed``, ``ok`` or ``not applicable``."""
        return "failed" if rule in self.broken else "ok" if rule in self.held else "not applicable"


class VectorEnvError(ValueError):
    """The environment breaks rules of the profile; ``report.problems`` holds them."""

    def __init__(self, report: Report, name: str, profile: str) -> None:
        self.report = report
        count = len(report.problems)
        name = "the environment" if name == "<lambda>" else name
        head = f"{name} breaks {count} rule{'s' * (count != 1)} of the profile {profile!r}:"
        super().__init__("\n  ".join([head, *map(str, report.problems)]))
