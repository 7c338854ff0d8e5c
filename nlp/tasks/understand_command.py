"""The options and the start of `ludus fit nlp/understand`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...data.dialogue.turns import CORPUS, GRAMMAR
from ...data.utterance_sets import UTTERANCE_SETS
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a model that understands what is said: what is meant as a whole, and which words say what.

  ludus fit nlp/understand --data snips --out models/snips
  ludus fit nlp/understand --data snips --model gru --epochs 2 --out models/trial
  ludus fit nlp/understand --data camrest --out models/waiter           # what guests of ludus/Helpdesk-v0 mean
  ludus fit nlp/understand --data orders.jsonl --out models/orders     # {"text": "...", "intent": "...", "tags": "..."}

The epoch that is best on the validation part is kept; --set holdout=false learns from that part, too, and keeps the
last one. Then: ludus understand models/snips "play blue train by john coltrane" """


DIALOGUES = (CORPUS, GRAMMAR, "ludus/Helpdesk-v0")


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Annotated[
        str | None,
        tyro.conf.arg(
            help=f"A set of utterances ({', '.join(UTTERANCE_SETS)}), guests of a help desk ({', '.join(DIALOGUES)}), "
            "or a JSONL or TSV file."
        ),
    ] = None
    model: str | None = None
    """rnn (the textbook's), gru, lstm or transformer (default: lstm; of what guests mean, gru)."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.data is None:
        raise ValueError(
            f"which data? --data NAME, one of {', '.join((*UTTERANCE_SETS, *DIALOGUES))}, or a JSONL or TSV file"
        )
    from .understand import Understand
    from .understand_recipe import compose

    return Understand.start(out, compose(arguments.data, arguments.model, arguments.seed, arguments.settings))


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .understand import Understand

    return Understand
