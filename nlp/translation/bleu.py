"""BLEU and chrF of translations by sacrebleu, on raw texts, with the signature that says how they were counted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...utils.extras import install


class Scores(NamedTuple):
    """How near translations are to the references, 0 … 100, and how that was counted."""

    bleu: float  # of the whole corpus (Papineni et al. 2002)
    chrf: float  # character n-grams up to 6 (Popović 2015)
    ratio: float  # words of the translations, per word of the references
    signature: str  # of BLEU
    chrf_signature: str


def import_metrics() -> Any:
    """sacrebleu's metrics; ``ImportError`` with the remedy if it is not installed."""
    try:
        from sacrebleu import metrics
    except ImportError:
        raise ImportError(f"BLEU needs sacrebleu: {install('nlp')}") from None
    return metrics


def score(translations: Sequence[str], references: Sequence[str]) -> Scores:
    """BLEU and chrF of raw texts, one reference each: case kept, tokens by sacrebleu's own 13a.

    Raises:
        ImportError: sacrebleu is not installed.
        ValueError: other numbers of translations and references, or none.
    """
    if len(translations) != len(references) or not references:
        raise ValueError(f"expected a translation for each reference, got {len(translations)} for {len(references)}")
    metrics = import_metrics()
    bleu, chrf = metrics.BLEU(), metrics.CHRF()
    found = bleu.corpus_score(list(translations), [list(references)])
    letters = chrf.corpus_score(list(translations), [list(references)])
    ratio = found.sys_len / max(found.ref_len, 1)
    return Scores(found.score, letters.score, ratio, str(bleu.get_signature()), str(chrf.get_signature()))
