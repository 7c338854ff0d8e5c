"""The table of public texts: where each comes from, and how it is divided."""

from dataclasses import dataclass

from .datasets import Dataset

RAW = "https://raw.githubusercontent.com/"
WIKITEXT = f"{RAW}pytorch/examples/main/word_language_model/data/wikitext-2/"


@dataclass(frozen=True)
class TextSet(Dataset):
    """A public text, whose splits are ``all``, or ``train``, ``validation`` and ``test``."""


TEXT_SETS: dict[str, TextSet] = {
    "shakespeare": TextSet(
        title="Plays by Shakespeare, 1.1 million characters (tinyshakespeare, Karpathy 2015)",
        licence="public domain",
        folders=("text",),
        urls=(f"{RAW}karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
        archive=None,
        files={
            "all": {"tinyshakespeare.txt": ("86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",)},
        },
    ),
    "wikitext-2": TextSet(
        title="Good articles of Wikipedia, 2 million words, rare ones as <unk> (Merity et al. 2016)",
        licence="CC BY-SA 3.0",
        folders=("text",),
        urls=tuple(f"{WIKITEXT}{part}.txt" for part in ("train", "valid", "test")),
        archive=None,
        files={
            "train": {"wikitext-2.train.txt": ("9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",)},
            "validation": {
                "wikitext-2.valid.txt": ("f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",)
            },
            "test": {"wikitext-2.test.txt": ("d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",)},
        },
    ),
}
