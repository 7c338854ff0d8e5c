"""WordLlama: pretrained text vectors that lie in their wheel, adapted as they are.

Source: the package ``wordllama`` (MIT; a table of 32,000 tokens by 256 numbers, `l2_supercat`, distilled from the
embeddings of large models of language; the extra ``pretrained``). A text is the mean of its tokens' vectors,
whatever their order. Of the package the two files are read, and none of its code runs: nothing is ever fetched. A
component's folder holds no weights: it names the package, its version and the SHA-256 of the files, and is refused
where another one is installed.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import Space

from ...utils.extras import install
from ...utils.untrusted import MOST_JSON, MOST_WEIGHTS, parse_tensors, read_regular
from .text_component import TextComponent, text_of, text_space
from .text_encoder import vector_space

PACKAGE, VERSION = "wordllama", "0.4.0.post1"
WEIGHTS, TOKENIZER = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
SHA256 = "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"  # of the weights
TOKENIZER_SHA256 = "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68"
WIDTH = 256  # numbers of a vector
REMEDY = f"pip install '{PACKAGE}=={VERSION}'"


class WordLlama(TextComponent):
    """The pretrained vectors: text -> (256,).

    Args:
        package, version, sha256: What the encoder is.

    Raises:
        ValueError: another package, version or file is installed than these, or none.
        ImportError: the library `tokenizers` is not installed.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        package: str = PACKAGE,
        version: str = VERSION,
        sha256: str = SHA256,
    ) -> None:
        super().__init__(input_space, output_space, {"package": package, "version": version, "sha256": sha256})
        if (package, version, sha256) != (PACKAGE, VERSION, SHA256):
            raise ValueError(
                f"it is {ascii(package)[:40]} {ascii(version)[:40]} with weights {ascii(sha256)[:14]}, this version of "
                f"Ludus adapts {PACKAGE} {VERSION} with {SHA256[:12]}; use the version of Ludus that made it"
            )
        installed()

    def row_of(self, raw: np.ndarray) -> list[int]:
        return installed()[0].encode(text_of(raw) or " ", add_special_tokens=False).ids

    def answers(self, rows: Sequence[list[int]]) -> list[np.ndarray]:
        table = installed()[1]
        return [table[ids].mean(dim=0).numpy() if ids else np.zeros(WIDTH, np.float32) for ids in rows]


def make_wordllama() -> WordLlama:
    """The pretrained vectors as a component; raises as ``WordLlama``."""
    return WordLlama(text_space(), vector_space(WIDTH)).eval()


@lru_cache(maxsize=1)
def installed() -> tuple[Any, torch.Tensor]:
    """The tokenizer and the table (32,000, 256) float32.

    Raises:
        ValueError: the package is not installed as it is expected.
        ImportError: the library `tokenizers` is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise ImportError(f"its tokens need the library tokenizers: {install('nlp')}") from None
    found = util.find_spec(PACKAGE)  # which imports nothing of it
    if found is None or found.origin is None:
        raise ValueError(f"it needs the package {PACKAGE} {VERSION}: {REMEDY}")
    folder, version = Path(found.origin).parent, metadata.version(PACKAGE)
    weights, words = read_regular(folder / WEIGHTS, MOST_WEIGHTS), read_regular(folder / TOKENIZER, MOST_JSON)
    sums = [hashlib.sha256(data).hexdigest() for data in (weights, words)]
    if (version, *sums) != (VERSION, SHA256, TOKENIZER_SHA256):
        raise ValueError(
            f"{PACKAGE} {version} with weights {sums[0][:12]} and tokenizer {sums[1][:12]} is installed, expected "
            f"{VERSION} with {SHA256[:12]} and {TOKENIZER_SHA256[:12]}: {REMEDY}"
        )
    tokenizer: Any = Tokenizer.from_str(words.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, parse_tensors(weights)["embedding.weight"].float()
