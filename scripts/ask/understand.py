"""`ludus understand`: what is meant by a text, by a model that `ludus fit nlp/understand` made."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.text import Text

from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import check_output, parse
from ludus.utils.files import quote, write_atomically
from ludus.utils.wording import in_line

DESCRIPTION = """Say what is meant by a text: the intent, and which words say what.

  ludus understand models/snips "play blue train by john coltrane"
  ludus understand models/snips "book a table for two in oxford" --explain --picture why.png
  ludus understand models/waiter "i don't care" --last "request area"
  ludus understand models/snips < texts.txt                         # a text in each line

With --explain the words that speak for the answer stand on green ground, those against it on red."""

MOST_LINES = 10_000
MOST_LETTERS = 20_000  # of a text, of which the first words are read anyway
MOST_SHOWN = 100  # texts in a picture


@dataclass(kw_only=True)
class Arguments:
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the model."""
    text: Annotated[str | None, tyro.conf.Positional] = None
    """What was said (default: each line of the standard input)."""
    last: str | None = None
    """Of a model of a help desk's turns: what the clerk did last, such as "request food" (default: greet)."""
    explain: bool = False
    """Show which words moved the answer (integrated gradients)."""
    picture: Path | None = None
    """File of a picture of that, a PNG."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "understand", DESCRIPTION, arguments)
    if options.picture is not None:
        check_output("--picture", options.picture, ".png")
    from ludus.explain.words import coloured, plain, words_picture
    from ludus.nlp.models.turn_understander import TurnUnderstander
    from ludus.nlp.open_understander import open_understander
    from ludus.nlp.tokenizer import BROKEN, readable
    from ludus.nlp.weighing import weigh_intent, weigh_turn
    from ludus.vision.sheets import encode_png

    net: Any = open_understander(Path(options.model))
    of_turns = isinstance(net, TurnUnderstander)
    if options.last is not None and not of_turns:
        raise ValueError(f"--last is for models of a help desk's turns; {options.model} is none, leave it out")
    texts = [options.text] if options.text is not None else lines()
    if options.picture is not None and len(texts) > MOST_SHOWN:
        raise ValueError(f"--picture shows at most {MOST_SHOWN} texts, got {len(texts):,}; give it some of them")
    console = plain_console()
    weighed = []
    for given in texts:
        text = readable(given[:MOST_LETTERS])
        if text != given[:MOST_LETTERS]:
            print(f"Note: the text {BROKEN}", file=sys.stderr)
        if of_turns:
            console.print(Text(in_line(net.understand(text, options.last)), "bold"), soft_wrap=True)
        else:
            show(net.understand(text), console)
        if options.explain or options.picture is not None:
            weighed.append(weigh_turn(net, text, options.last) if of_turns else weigh_intent(net, text))
        if options.explain:
            shown = coloured(weighed[-1]) if console.color_system else Text(plain(weighed[-1]))
            console.print(Text(f"  why: {in_line(weighed[-1].answer)}: ").append_text(shown), soft_wrap=True)
    if options.picture is not None:
        write_atomically(options.picture, encode_png(words_picture(weighed)))
        console.print(quote(options.picture), soft_wrap=True)
    return 0


def show(said: Any, console: Console) -> None:
    """The intent, and a line for each slot."""
    console.print(Text(f"{in_line(said.intent)} {said.probability:.0%}", "bold"), soft_wrap=True)
    for span in said.spans:
        words = in_line(" ".join(said.words[span.start : span.stop]))
        console.print(Text(f"  {in_line(span.name)}: {words}"), soft_wrap=True)


def lines() -> list[str]:
    """The lines of the standard input that say something; ``ValueError`` for none, or for too many."""
    if sys.stdin is None or sys.stdin.isatty():
        raise ValueError('what was said? ludus understand MODEL "TEXT", or a text in each line of the standard input')
    data = sys.stdin.buffer.read(MOST_LINES * MOST_LETTERS + 1).decode(errors="replace")
    found = [line for line in data.splitlines() if line.strip()]
    if not 0 < len(found) <= MOST_LINES:
        raise ValueError(f"the standard input has {len(found):,} lines of text, expected 1 … {MOST_LINES:,}")
    return found


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
