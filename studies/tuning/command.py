"""The options of `ludus tune` and what it prints: shared by its subcommands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ...utils.command_line import Imports

TOP = 10  # trials in a table
FIRST_ASKED = {"trials": 40, "seeds": 1}  # of a search of which nobody says it
FITS = """Search the settings of a fit; what --set and the other options of the task say is the same in all trials."""
FIT = """Search the settings of `ludus fit {name}`; all of its options are here, and say what is the same in all trials.

  ludus tune fit {name} … --trials 40 --out runs/tune
  ludus tune fit {name} … --search 'lr=1e-3..1e-1 log' --search 'batch_size=64|128|256' --out runs/tune
  ludus tune fit {name} … --search ranges.yaml --workers 2 --out runs/tune

A range may be of multiples of what the recipe says: lr='x0.1..x10 log'. The trial 0 is the recipe itself."""
TRAIN = """Search the hyperparameters of an agent; all options of `ludus train` say what is the same in all trials.

  ludus tune train ludus/Elevator-v0 --agent pqn --steps 500000 --trials 20 --out runs/tune
  ludus tune train ludus/CartPole-v1 --agent ppo --search 'learning_rate=1e-4..1e-2 log' --out runs/tune

The trial 0 is the preset itself. Trials are judged by the mean return of 64 episodes that no test plays."""
RESUME = """Go on with a search where it stopped, or add trials to it.

  ludus tune resume runs/tune --trials 80 --workers 2"""
SHOW = """Show the best trials of a search, what mattered, the winner and what the test said. Nothing is trained.

  ludus tune show runs/tune --markdown"""


@dataclass(kw_only=True)
class WorkArguments:
    """How far a search goes."""

    trials: int | None = None
    """Trials in all, those that have ended included (default: as many as were asked for before; of a new search 40)."""
    workers: int | None = None
    """Processes that train trials beside each other (default: 1; on Ray one per core of the cluster). More may be begun
    with the same command at any time."""
    seeds: int | None = None
    """Trainings of the default and of the winner in the end, on all training data, judged by the test; 0: none
    (default: as many as were asked for before; of a new search 1)."""
    ray: str | None = None
    """Train the trials on a Ray cluster: its address, auto for the one this machine is in, local for one of its own."""

    def check(self) -> None:
        """``ValueError`` for numbers that cannot be."""
        for name, least in (("trials", 1), ("workers", 1), ("seeds", 0)):
            if getattr(self, name) is not None and not least <= getattr(self, name) <= 1_000_000:
                raise ValueError(f"--{name} must be {least} … 1,000,000, got {getattr(self, name)}")


@dataclass(kw_only=True)
class TuneArguments(WorkArguments):
    """What every search takes beside the options of what is searched."""

    out: str | None = None
    """Folder of the search. The same command again goes on with it, beside others that do, too."""
    search: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=LOW..HIGH, NAME='LOW..HIGH log' or NAME=A|B|C: a setting and where it is searched; or a YAML file of such
    lines. Without any, all that has a range of its own."""
    prune: bool = True
    """End trials that are behind the median of the others."""
    resume: Annotated[bool, tyro.conf.Suppress, tyro.conf.Fixed] = False  # the same command goes on; see ``begin``

    @property
    def folder(self) -> Path:
        """Where the search lives; ``ValueError`` if that was not said."""
        if not self.out:
            raise ValueError("where to? --out FOLDER, such as --out runs/tune")
        return Path(self.out)


@dataclass(kw_only=True)
class ResumeArguments(WorkArguments):
    """The options of `ludus tune resume`."""

    folder: Annotated[str, tyro.conf.Positional]
    """Folder of the search."""
    imports: Imports = ()


@dataclass(kw_only=True)
class ShowArguments:
    """The options of `ludus tune show`."""

    folder: Annotated[str, tyro.conf.Positional]
    """Folder of the search."""
    top: int = TOP
    """Trials that are shown, the best first."""
    markdown: bool = False
    """Print the table as Markdown."""
    imports: Imports = ()
