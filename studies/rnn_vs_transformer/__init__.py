"""The study of recurrent networks and the transformer: what each makes of a text, how fast, how far it looks back."""

from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.console import Console

from ...data.texts import NAMES, fetch_text
from ...utils.command_line import key_values, output_folder
from ...utils.interrupts import Interrupted
from ...utils.wording import did_you_mean
from ..command import StudyArguments, tell_files, tell_stopped

DESCRIPTION = """Recurrent networks and the transformer on the same text, with as many parameters and as much time.

  ludus study rnn-vs-transformer                              # an hour on a core
  ludus study rnn-vs-transformer --minutes 0.5 --seeds 3      # a tenth of it, three seeds
  ludus study rnn-vs-transformer --data generated --models lstm transformer --minutes 0.1    # a trial

Each training is a row of OUT/rnn-vs-transformer.csv: loss per character, tokens per second in training (by how many
are in a row) and in writing, and how much further back each still gains. The same command goes on after Ctrl-C."""

MODELS = ("rnn", "gru", "lstm", "transformer")


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    data: Annotated[str, tyro.conf.arg(help=f"A text ({', '.join(NAMES)}), or a file in UTF-8.")] = "shakespeare"
    models: tuple[str, ...] = MODELS
    """Some of rnn, gru, lstm, transformer."""
    minutes: float = 5.0
    """A core's time for each training, in whole passes over the text, one at least."""
    seeds: int = 1
    """Trainings of each."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a setting that all have, as `ludus fit nlp/complete` takes it (tokens, context, width ...)."""
    jobs: int = 1
    """Processes that train, each on one core; speeds are only true where each has its core."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study rnn-vs-transformer`."""
    from ..trainings import complete
    from .plot import plot
    from .study import plan, work_of
    from .table import findings, quality_table, speed_table

    for model in arguments.models:
        if model not in MODELS:
            raise ValueError(f"unknown model {model!r}{did_you_mean(model, MODELS)}")
    for name, value in (("--minutes", arguments.minutes), ("--seeds", arguments.seeds)):
        if not 0 < value <= 10_000:
            raise ValueError(f"{name} must be above 0 and at most 10,000, got {value}")
    settings = key_values(arguments.set, "--set")
    fetch_text(arguments.data)
    work = work_of(output_folder(arguments.out))
    wanted = plan(arguments.data, arguments.models, arguments.minutes, arguments.seeds, settings)
    try:
        rows = complete(work, wanted, arguments.jobs, console)
    except Interrupted as signal:
        return tell_stopped(console, signal)
    if rows:
        console.print(quality_table(rows))
        console.print(speed_table(rows))
        for sentence in findings(rows):
            console.print(sentence)
        png = work.path.with_suffix(".png")
        plot(rows, png)
        tell_files(console, png, work.path)
    return 0
