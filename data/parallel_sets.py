"""The table of public parallel texts: sentences of two languages, line by line, as they were published."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .datasets import Dataset

RAW = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"


@dataclass(frozen=True, kw_only=True)
class ParallelSet(Dataset):
    """A public parallel text: of each split a file for each language."""

    languages: tuple[str, ...]
    endings: Mapping[str, str]  # language -> how the names of its files end


MULTI30K_SUMS = {
    "train": {
        "train.de": ("2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",),
        "train.en": ("460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",),
    },
    "val": {
        "val.de": ("660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",),
        "val.en": ("1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",),
    },
    "test": {
        "test_2016_flickr.de": ("4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",),
        "test_2016_flickr.en": ("399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",),
    },
}

PARALLEL_SETS: dict[str, ParallelSet] = {
    "multi30k": ParallelSet(
        title="Multi30k, task 1: captions of photographs, English and German (Elliott et al. 2016)",
        licence="non-commercial research and education alone; its texts partly come from Flickr30k",
        folders=("multi30k",),
        urls=tuple(f"{RAW}{file}.gz" for files in MULTI30K_SUMS.values() for file in files),
        archive=None,
        files=MULTI30K_SUMS,
        languages=("de", "en"),
        endings=MappingProxyType({"de": ".de", "en": ".en"}),
    ),
}
