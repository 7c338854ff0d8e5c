"""A fit as a subcommand of `ludus fit`: the options that all have.

A task is a module beside its model's training that offers these, and a line in `scripts/fit.py`. It imports torch
inside its functions, because a help needs none of it.

    DESCRIPTION                       what `ludus fit TASK --help` says first
    Arguments                         a dataclass, its options; a ``FitArguments``
    start_fit(arguments, out) -> Fit  a new training into the folder ``out``
    fit_class() -> type[Fit]          the training itself, to open one that was stopped
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from ..utils.command_line import Imports, key_values

if TYPE_CHECKING:
    from .fit import Fit


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
    recipe: str | None = None
    """File with a recipe: winner.yaml of `ludus tune`, or the fit.yaml of a training. Other options change it."""
    resume: bool = False
    """Go on with the training of --out; takes no other options but --import."""
    imports: Imports = ()

    @property
    def settings(self) -> dict[str, Any]:
        """What --set and --epochs ask for, by name; ``ValueError`` for what is no key=value."""
        return key_values(self.set, "--set") | ({} if self.epochs is None else {"epochs": self.epochs})

    def start_from_recipe(self, kind: "type[Fit]", out: Path) -> "Fit":
        """A new training by the file of --recipe, in which what else was typed takes the place of what stands there.

        Raises:
            FileNotFoundError: no such file.
            ValueError: it is no recipe of this task; an option that is no part of one.
        """
        from .recipe import read_recipe, with_settings

        path = Path(str(self.recipe))
        recipe: Any = read_recipe(path, kind.TASK, kind.RECIPE, "give another --recipe")
        known, changed = {entry.name for entry in fields(recipe)}, {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name in {"out", "set", "epochs", "recipe", "imports"} or value == entry.default:
                continue
            if entry.name not in known:
                raise ValueError(
                    f"--recipe {path} says all but the settings; leave out --{entry.name.replace('_', '-')}"
                )
            changed[entry.name] = value
        return kind.start(out, replace(with_settings(recipe, self.settings), **changed))

    def check_resume(self) -> None:
        """``ValueError`` if more is given than a training that goes on can take."""
        taken = {"out", "resume", "imports"}
        if any(getattr(self, entry.name) != entry.default for entry in fields(self) if entry.name not in taken):
            raise ValueError(
                "--resume takes everything from OUT.training/fit.yaml; give it with --out alone, or with --import, too"
            )
