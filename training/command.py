"""A fit as a subcommand of `ludus fit`: the options that all have.

A task is a module beside its model's training that offers these, and a line in `scripts/fit.py`. It imports torch
inside its functions, because a help needs none of it.

    DESCRIPTION                       what `ludus fit TASK --help` says first
    Arguments                         a dataclass, its options; a ``FitArguments``
    start_fit(arguments, out) -> Fit  a new training into the folder ``out``
    open_fit(out) -> Fit              one that was stopped
"""

from dataclasses import dataclass, fields
from typing import Any

import tyro

from ..utils.command_line import Imports, key_values


@dataclass(kw_only=True)
class FitArguments:
    """What every task takes."""

    out: str | None = None
    """Folder of the finished component."""
    epochs: int | None = None
    """Passes over the training data (default: what they need)."""
    seed: int = 0
    """Seed of the weights, of the order of the data, and of all else that is random."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a setting of the recipe (lr, batch_size ...) or of the model (widths ...)."""
    resume: bool = False
    """Go on with the training of --out; takes no other options but --import."""
    imports: Imports = ()

    @property
    def settings(self) -> dict[str, Any]:
        """What --set and --epochs ask for, by name; ``ValueError`` for what is no key=value."""
        return key_values(self.set, "--set") | ({} if self.epochs is None else {"epochs": self.epochs})

    def check_resume(self) -> None:
        """``ValueError`` if more is given than a training that goes on can take."""
        taken = {"out", "resume", "imports"}
        if any(getattr(self, entry.name) != entry.default for entry in fields(self) if entry.name not in taken):
            raise ValueError(
                "--resume takes everything from OUT.training/fit.yaml; give it with --out alone, or with --import, too"
            )
