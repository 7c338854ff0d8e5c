"""Speeds of models of language, and how far back they look; of one core, by its own time, whatever else it does."""

import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from ...nlp.models.language_model import LanguageModel
from ...nlp.writing import Choosing, write
from ...training.batches import generator

LENGTHS = (16, 64, 256, 1024)  # tokens in a row
REACHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # tokens before the one that is asked for
ASKED = 512  # places of the test at which it is
REPEATS = 3  # of which the fastest counts
BEGUN, WRITTEN = 100, 60  # tokens


def training_speed(net: LanguageModel, length: int, bf16: bool) -> float:
    """Tokens per second of a core, forward and back, of one sequence of ``length`` tokens."""
    ids = torch.randint(4, net.vocabulary, (1, length + 1), generator=generator(0, "speed"))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits, _ = net.read(ids[:, :-1])
            loss = F.cross_entropy(logits.float().flatten(0, 1), ids[0, 1:])
        loss.backward()
        net.zero_grad(set_to_none=True)

    net.train()
    return length / _fastest(step)


def writing_speed(net: LanguageModel) -> float:
    """Tokens per second of a core in which it goes on with a text of ``BEGUN`` tokens, one after the other."""
    ids = torch.randint(4, net.vocabulary, (BEGUN,), generator=generator(0, "speed")).tolist()
    return WRITTEN / _fastest(lambda: list(write(net, ids, WRITTEN, Choosing(temperature=0.0))))


def _fastest(work: Callable[[], object]) -> float:
    work()  # the first one finds nothing in its place
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return max(min(times), 1e-9)


def check_reach(test: torch.Tensor) -> None:
    """``ValueError`` if the test is too short for the longest of ``REACHES``."""
    longest = max(REACHES)
    if len(test) <= longest + 1:
        raise ValueError(f"the test has {len(test):,} tokens, the study looks {longest} back; take a longer text")


@torch.no_grad()
def reach_losses(net: LanguageModel, test: torch.Tensor) -> list[float]:
    """Nats per token of the same tokens of the test, where a model sees so many of ``REACHES`` before each, no more.

    A model that looks back no further than ten tokens gains nothing by the eleventh. Raises as ``check_reach``.
    """
    check_reach(test)
    longest = max(REACHES)
    net.eval()
    places = torch.linspace(longest, len(test) - 1, min(ASKED, len(test) - longest)).long()
    losses = []
    for reach in REACHES:
        total = 0.0
        for some in places.split(max(1, 8192 // reach)):
            read = test[some[:, None] + torch.arange(-reach, 0)]
            logits, _ = net.read(read)
            total += float(F.cross_entropy(logits[:, -1].float(), test[some], reduction="sum"))
        losses.append(total / len(places))
    return losses
