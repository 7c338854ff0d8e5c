"""Wording shared by error messages: what came, what was expected, the remedy."""

import difflib
from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    if not names:
        return "; it has none"
    near = difflib.get_close_matches(str(given), names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"
