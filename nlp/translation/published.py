"""Published figures of translators, to stand beside ours; each with its protocol, because BLEU depends on it."""

# data -> (from, to) -> who and how -> BLEU
TRANSLATION: dict[str, dict[tuple[str, str], dict[str, float]]] = {
    "multi30k": {
        # bentrevett/pytorch-seq2seq, notebooks 1-3 and legacy notebook 6: words by spaCy, in small letters.
        ("de", "en"): {
            "published LSTM, 13.9 M parameters (words, small letters)": 13.8,
            "published GRU with attention, 20.5 M (words, small letters)": 28.3,
            "published transformer 3+3, 9.0 M (words, small letters, greedy)": 36.52,
        },
        # LividWo/Revisit-MMT, README-baseline: fairseq's transformer_tiny, byte pairs taken back, beam 5.
        ("en", "de"): {
            "published transformer 4+4, 2.6 M (tokenised, beam 5)": 41.02,
        },
    }
}


def published_bleu(data: str, source: str, target: str) -> dict[str, float]:
    """What others reached from one language to another, by who and how; empty where nobody is known."""
    return TRANSLATION.get(data, {}).get((source, target), {})
