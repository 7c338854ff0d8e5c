"""`ludus tune`: a search for hyperparameters, of a fit or of an agent."""

import dataclasses
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from ludus.agents.runs.data_seen import with_data
from ludus.envs.command_line import import_all
from ludus.scripts import train as train_script
from ludus.scripts.fit import TASKS, begin
from ludus.scripts.support.progress import train_with_bar
from ludus.scripts.support.subcommands import choose
from ludus.studies.tuning import command
from ludus.studies.tuning.command import TuneArguments
from ludus.utils.command_line import parse
from ludus.utils.files import quote
from ludus.utils.help_text import flowing, listing
from ludus.utils.memory import keep_memory
from ludus.utils.wording import did_you_mean

DESCRIPTION = """Search the settings of a fit or an agent for those that do best on held-out training data.

  ludus tune fit vision/classify --data cifar-100 --set share=0.1 --trials 40 --out runs/tune
  ludus tune fit vision/classify --data pictures/ --search 'lr=1e-3..1e-1 log' --search 'cutmix=0|1' --out runs/tune
  ludus tune train ludus/Elevator-v0 --agent pqn --steps 500000 --trials 20 --workers 2 --out runs/tune-elevator
  ludus tune resume runs/tune --trials 80
  ludus tune show runs/tune --markdown

Trials are compared on a part of the training data, agents in episodes that no test plays; the test is asked once, in
the end, about the winner and the default. Ctrl-C saves and stops; the same command, or `resume`, goes on, also beside a
search that runs. OUT holds trials.db (SQLite), pictures of the history and of what mattered, and winner.yaml, which
`ludus fit --recipe` or `ludus train --preset` take. Curves: tensorboard --logdir OUT"""
SUBCOMMANDS = {
    "fit": "the settings of a task of `ludus fit`",
    "train": "the hyperparameters of an agent of `ludus train`",
    "resume": "go on with a search, or add trials to it",
    "show": "the best trials of a search, its winner and its test",
}
EVALUATIONS = 10  # of a trial of an agent, where nobody says how often
WIDE = 140  # columns of the table


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in SUBCOMMANDS:
        return {"fit": fit, "train": train, "resume": resume, "show": show}[arguments[0]](arguments[1:])
    if {"-h", "--help"} & set(arguments):
        print(usage())
        raise SystemExit(0)  # as the other commands' parser does
    given = arguments[0] if arguments else ""
    what = (
        f"unknown search {given!r}{did_you_mean(given, SUBCOMMANDS)}"
        if given
        else f"what? One of {', '.join(SUBCOMMANDS)}"
    )
    print(f"ludus: {what}; see ludus tune --help", file=sys.stderr)
    return 2


def usage() -> str:
    """The description, and a line per subcommand."""
    lines = listing((f"ludus tune {name}", what) for name, what in SUBCOMMANDS.items())
    more = "`ludus tune fit --help` lists the tasks; each has a --help, too."
    return "\n".join([flowing(DESCRIPTION), "", lines, "", more])


class TunedTask:
    """A task of `ludus fit` with the options of a search."""

    def __init__(self, task: Any, name: str) -> None:
        self.task = task
        self.Arguments = dataclasses.make_dataclass(
            "Arguments", [], bases=(TuneArguments, task.Arguments), kw_only=True
        )
        self.DESCRIPTION = command.FIT.format(name=name)


def fit(arguments: list[str]) -> int:
    """`ludus tune fit TASK`."""
    tuned, options = choose("tune fit", "task", command.FITS, TASKS, arguments, TunedTask)
    options.check()
    import_all(options.imports)
    with tempfile.TemporaryDirectory() as folder:
        started = begin(tuned.task, options, Path(folder) / "default")
        from ludus.studies.tuning.fits import FitSubject

        subject = FitSubject(type(started), started.recipe)
    return work(start(subject, options), options)


def train(arguments: list[str]) -> int:
    """`ludus tune train ENV`."""
    hidden = [("run", Annotated[str | None, tyro.conf.Suppress, tyro.conf.Fixed], None)]
    kind = dataclasses.make_dataclass("Arguments", hidden, bases=(TuneArguments, train_script.Arguments), kw_only=True)
    options: Any = parse(kind, "tune train", command.TRAIN, arguments)
    options.check()
    import_all(options.imports)
    if len(options.seed) > 1 or options.until is not None:
        raise ValueError("a search takes one --seed, and no --until")
    _, config = train_script.new_run(options)
    (options.seed,) = options.seed
    config = with_data(config)
    if options.evaluate_every is None:
        config = dataclasses.replace(config, evaluate_every=max(config.steps // EVALUATIONS, 1))
    from ludus.studies.tuning.agents import AgentSubject

    return work(start(AgentSubject(config), options), options)


def start(subject: Any, options: Any) -> Any:
    """The new search, or the one that is there."""
    from ludus.studies.tuning.search import Search
    from ludus.studies.tuning.space import read_texts

    return Search.start(options.folder, subject, read_texts(options.search), options.seed, options.prune)


def resume(arguments: list[str]) -> int:
    """`ludus tune resume OUT`."""
    options: Any = parse(command.ResumeArguments, "tune resume", command.RESUME, arguments)
    options.check()
    import_all(options.imports)
    from ludus.studies.tuning.search import Search

    return work(Search.open(Path(options.folder), TASKS), options)


def show(arguments: list[str]) -> int:
    """`ludus tune show OUT`."""
    options: Any = parse(command.ShowArguments, "tune show", command.SHOW, arguments)
    import_all(options.imports)
    from ludus.studies.tuning.search import Search

    search = Search.open(Path(options.folder), TASKS)
    tell(search, search.trials(), options.top, options.markdown, Console(highlight=False))
    return 0


def work(search: Any, options: Any) -> int:
    """Train trials until there are enough, then ask the test; says what came of it and what can be done next."""
    from ludus.studies.tuning.work import Work

    keep_memory()
    console = Console(highlight=False)
    workers = options.workers or (0 if options.ray else 1)
    given = {name: getattr(options, name) for name in command.FIRST_ASKED}
    asked = search.trials().ask_for(given, command.FIRST_ASKED)
    doing = Work(search, asked["trials"], workers, asked["seeds"], TASKS, options.imports, options.ray)
    status, _ = train_with_bar(doing, search.subject.command, console)
    if status:
        return status
    tell(search, doing.trials, command.TOP, False, console)
    return 0


def tell(search: Any, trials: Any, top: int, markdown: bool, console: Console) -> None:
    """The best trials, what mattered, the test, and the command that takes the winner."""
    from ludus.studies.tuning import final, report

    if markdown:
        print(report.markdown(search, trials, top))
    else:
        wide = Console(width=max(console.width, WIDE), highlight=False)
        wide.print(report.table(search, trials, top))
    for line in [*report.in_words(search, trials), *final.in_words(search, trials)]:
        console.print(line, soft_wrap=True)
    if (said := report.write_winner(search, trials)) is not None:
        console.print(f"Winner: {said}", soft_wrap=True)
    console.print(f"Curves: tensorboard --logdir {quote(search.folder)}", soft_wrap=True)


if __name__ == "__main__":
    from ludus.scripts.main import run as run_script

    sys.exit(run_script(main, sys.argv[1:]))
