"""What tests of translation share: sentences of numbers in two languages, and a tiny translator."""

import itertools

import torch

from ludus.data.pairs.parallel import Parallel
from ludus.nlp.models.translator import Translator, spaces_of
from ludus.nlp.tokenizer import Tokenizer

WORDS = {"eins": "one", "zwei": "two", "drei": "three", "vier": "four", "fünf": "five", "sechs": "six"}
TINY = {
    "width": 32, "layers": 1, "heads": 2, "hidden": 64, "dropout": 0.0, "vocabulary": 290, "length": 24, "epochs": 2,
    "batch_size": 16, "threads": 1, "precision": "fp32", "checkpoint_seconds": 0.0, "watched": 4, "beam": 2,
    "ema": 0.9,
}  # fmt: skip


def sentences(count: int, skip: int = 0) -> Parallel:
    """Four different words each; no sentence comes twice, whatever is skipped."""
    every = list(itertools.permutations(WORDS, 4))
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(0)).tolist()
    chosen = [every[i] for i in order[skip : skip + count]]
    return Parallel(
        tuple(" ".join(words) for words in chosen), tuple(" ".join(WORDS[word] for word in words) for words in chosen)
    )


def tokenizer() -> Tokenizer:
    pairs = sentences(60)
    return Tokenizer.learn([*pairs.sources, *pairs.targets], "bpe", 290)


def translator(seed: int = 0, sharp: float = 1.0, **config) -> Translator:
    """An untrained translator in float32; ``sharp`` makes it surer of what it says."""
    tokens = tokenizer()
    sizes = {"width": 16, "layers": 2, "heads": 2, "hidden": 32, "dropout": 0.1, **config}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Translator(*spaces_of(12, 12, tokens.size), **sizes, vocabulary=tokens.size, source="de", target="en")
        for weight in net.parameters():
            if weight.ndim == 2:
                weight.data.normal_(std=sharp * weight.shape[1] ** -0.5)
    net.tokenizer = tokens
    return net.eval()
