"""`ludus translate`: sentences through a translator that `ludus fit nlp/translate` made."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ludus.utils.command_line import check_output, parse
from ludus.utils.files import quote
from ludus.utils.wording import printable

DESCRIPTION = """Translate with a translator that `ludus fit nlp/translate` made.

  ludus translate models/de-en "Ein Hund läuft." "Zwei Kinder spielen im Schnee."
  ludus translate models/de-en --file sentences.txt > translations.txt
  cat sentences.txt | ludus translate models/de-en
  ludus translate models/de-en "Ein Hund läuft." --explain attention.png
  ludus translate models/de-en "Ein Hund läuft." --explain heads.png --head all --layer 2

A line for each sentence. An empty one stays empty; one that is too long is cut, which a note says. The translator knows
the language that it learned, and nothing of others: what it is given in them, it translates all the same."""


@dataclass(kw_only=True)
class Arguments:
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the translator."""
    texts: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Sentences (default: the lines of --file, or those that are typed or piped in)."""
    file: str | None = None
    """A text in UTF-8 with a sentence in each line."""
    beam: int = 5
    """Translations that are kept in mind at each word; 1: always the likeliest word."""
    power: float = 1.0
    """Of the length, by which likelihoods are divided: above 1 for longer translations."""
    explain: str | None = None
    """PNG of what the translator looked at: words of the translation from above, of the sentence from the left."""
    attention: str = "translation"
    """What looks at what: translation (at the sentence), source (at itself), written (the translation at itself)."""
    layer: int = 0
    """Whose attention is shown, 1 for the first; 0: the last one."""
    head: str = "mean"
    """Whose: a number, 1 for the first; mean of all heads; all in a panel each."""
    pair: str = ""
    """A translation that is explained in the place of the translator's own."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "translate", DESCRIPTION, arguments)
    texts = texts_of(options)
    if options.explain is not None:
        check_picture(options.explain, texts)
    elif options.pair:
        raise ValueError("--pair is what --explain shows; give it a PNG: --explain attention.png")
    from ludus.nlp.models.translator import Translator
    from ludus.nlp.open_model import open_model
    from ludus.nlp.translation.translating import check_search, translate

    check_search(options.beam, options.power)
    net = open_model(options.model, Translator, "translates nothing", "nlp/translate")

    def note(text: str) -> None:
        print(f"Note: {text}", file=sys.stderr)

    for line in translate(net, texts, options.beam, options.power, note):
        print(printable(line, "\n\t").replace("\n", " "))
    if options.explain is not None:
        from ludus.nlp.translation.attention import look
        from ludus.utils.plotting import save_figure

        seen = look(net, texts[0], options.pair, options.beam)
        save_figure(seen.figure(options.attention, options.layer, options.head), Path(options.explain))
        print(f"Picture: {quote(Path(options.explain))}", file=sys.stderr)
    return 0


def texts_of(options: Arguments) -> list[str]:
    """The sentences that are to be translated: as they were typed, from a file, or from standard input."""
    from ludus.data.pairs.parallel import MOST_FILE, read_lines
    from ludus.utils.untrusted import read_regular

    if options.texts and options.file is not None:
        raise ValueError("sentences and --file do not go together; give one of the two")
    if options.texts:
        return list(options.texts)
    if options.file is not None:
        return read_lines(read_regular(Path(options.file), MOST_FILE), options.file, longest=None)
    if sys.stdin is None or sys.stdin.isatty():
        raise ValueError('which sentences? ludus translate MODEL "Ein Hund läuft.", or --file FILE, or lines by a pipe')
    data = sys.stdin.buffer.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        raise ValueError(f"standard input has more than {MOST_FILE:,} bytes; translate it in parts")
    return read_lines(data, "standard input", longest=None)


def check_picture(path: str, texts: list[str]) -> None:
    """``ValueError`` unless a picture of one sentence can be written there."""
    check_output("--explain", path, ".png")
    if len(texts) != 1:
        raise ValueError(f"--explain shows one sentence, got {len(texts):,}; give it alone")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
