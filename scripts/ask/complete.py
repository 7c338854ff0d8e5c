"""`ludus complete`: a model of language that `ludus fit nlp/complete` made goes on with a text."""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from ludus.utils.command_line import parse
from ludus.utils.wording import printable

DESCRIPTION = """Let a model of language that `ludus fit nlp/complete` made go on with a text.

  ludus complete models/shakespeare "To be"
  ludus complete models/shakespeare "To be" --temperature 0             # always the most probable token
  ludus complete models/shakespeare "ROMEO:" --count 3 --seed 7 --length 300

The text is printed as it comes. The same seed writes the same texts, whatever the count."""

MOST_LENGTH, MOST_COUNT = 100_000, 1000


@dataclass(kw_only=True)
class Arguments:
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the model."""
    text: Annotated[str, tyro.conf.Positional]
    """What it is to go on with."""
    length: int = 200
    """Tokens that are written."""
    temperature: float = 0.8
    """Below 1 probable tokens become more probable; 0: always the most probable one."""
    top_p: float = 0.95
    """Draw from the most probable tokens only, whose probabilities reach this sum."""
    seed: int = 0
    """Seed of what is drawn."""
    count: int = 1
    """Texts."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "complete", DESCRIPTION, arguments)
    for name, value, most in (("--length", options.length, MOST_LENGTH), ("--count", options.count, MOST_COUNT)):
        if not 1 <= value <= most:
            raise ValueError(f"{name} must be 1 … {most:,}, got {value:,}")
    from ludus.nlp.models.language_model import LanguageModel
    from ludus.nlp.open_model import open_model
    from ludus.nlp.tokenizer import BROKEN, readable
    from ludus.nlp.writing import Choosing, check_beginning, write

    choosing = Choosing(options.temperature, options.top_p, options.seed)
    net = open_model(options.model, LanguageModel, "goes on with no text", "nlp/complete")
    text = readable(options.text)
    beginning = check_beginning(net.tokenizer, text)
    if text != options.text:
        print(f"Note: the text {BROKEN}", file=sys.stderr)
    if net.windowed and len(beginning) > net.context:
        print(
            f"Note: the text has {len(beginning):,} tokens, of which the model reads the last {net.context:,}",
            file=sys.stderr,
        )
    for number in range(options.count):
        if options.count > 1:
            print(f"--- {number + 1} ---")
        print(printable(text, "\n\t"), end="", flush=True)
        for piece in net.tokenizer.stream(write(net, beginning, options.length, choosing, number)):
            print(printable(piece, "\n\t"), end="", flush=True)
        print(flush=True)
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
