"""Public sets of utterances with intents and tags: where they come from, and the lines of their files.

A set lies in a data folder as the tar that is named here, or as the files that are in it, which are then below the
set's own folder. A tar is never unpacked onto a disk: of its members those are read whose names stand here, each of a
stated number of bytes at most.
"""

from ..utils.wording import did_you_mean
from .datasets import Dataset, locate, read_files, read_members

PARTS = {"train": "train", "validation": "valid", "test": "test"}  # split -> folder
FILES = ("seq.in", "seq.out", "label")  # utterances, tags, intents: a line each

_WHERE = "https://github.com/MiuLab/SlotGated-SLU/tree/master/data/snips"
_BY_HAND = "Ludus has no address of single files for it; lay its folders train, valid and test there"
_TITLE = "SNIPS (Coucke et al. 2018; split of Goo et al. 2018)"
_LICENCE = "CC0 1.0"

UTTERANCE_SETS = {
    "snips": Dataset(
        _TITLE,
        _LICENCE,
        ("snips", "nlu/snips"),
        (_WHERE,),
        None,
        {
            "train": {
                "train/seq.in": ("04ad1e3f2121d83c6478f9a4b17d2dbdc21d06d6127f73cb7af835ed733f9855",),
                "train/seq.out": ("fd5f2121d8055827e5d6b3d3bac30f3d7e94e82a5d437751960cbdd9e1b4f6d3",),
                "train/label": ("bfd7df6cf9dd76c5da5d8b61bc85f90386197bdd3d7510c1d324c051537b962f",),
            },
            "validation": {
                "valid/seq.in": ("64e0f6d8ad8aab3a3828164d7d53731a0993d3ca1aed437ceaca6d3d568d410e",),
                "valid/seq.out": ("712e6d34feb8d52d208b820a5f8bae6e6ff990f08374507dfde22de389088319",),
                "valid/label": ("9c1dd041216f647bcfca838aaf1a48eb5781e4404256d31ff07cd38a5436c52f",),
            },
            "test": {
                "test/seq.in": ("c1e341173fcea2951a8ca371956a6f81c76de87b9583c62eb87edd6158fa3a7c",),
                "test/seq.out": ("58c07c9097d5e1f78889765c2a535a160f6455b90b3142055c8051847afcca47",),
                "test/label": ("37a26da3ad079bb41c42c85a3a8f827eb47efec4c5917ce5d08f4b2736e4f830",),
            },
        },
        by_hand=_BY_HAND,
    )
}
_TAR_SUM = "954f7a2f70aa2689deadf910e508d8b1f320aea4983228352cce634f2d3e0979"
TARS = {  # set -> the tar that holds its files, below the folder that is named like the set
    "snips": Dataset(
        _TITLE,
        _LICENCE,
        ("nlu", "snips"),
        (_WHERE,),
        None,
        {"all": {"snips_slotgated.tar.gz": (_TAR_SUM,)}},
        by_hand=_BY_HAND,
    )
}


def is_at_hand(name: str) -> bool:
    """Whether a set can be read."""
    return locate(TARS[name], "all") is not None or all(
        locate(UTTERANCE_SETS[name], split) is not None for split in PARTS
    )


def read_lines(name: str, split: str) -> tuple[list[str], list[str], list[str]]:
    """Utterances, tags and intents of a split, a line each.

    Raises:
        FileNotFoundError: the set is not at hand; the message names the address, the folder and the variable.
        ValueError: an unknown name; a file is damaged.
    """
    if name not in UTTERANCE_SETS:
        raise ValueError(f"unknown set of utterances {name!r}{did_you_mean(name, UTTERANCE_SETS)}")
    if locate(TARS[name], "all") is None:
        contents = [*read_files(UTTERANCE_SETS[name], split).values()]
    else:
        ((path, data),) = read_files(TARS[name], "all").items()
        wanted = [f"{name}/{PARTS[split]}/{file}" for file in FILES]
        found = read_members(data, wanted, str(path))
        contents = [found[member] for member in wanted]
    words, tags, intents = (data.decode().removesuffix("\n").split("\n") for data in contents)
    return words, tags, [intent.strip() for intent in intents]
