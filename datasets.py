"""Public sets of labelled images, by name: where they lie, how they are checked and read.

A set is looked for in the folders that the variable ``LUDUS_DATA`` names (several are separated as in ``PATH``), then
in the user's cache, ``~/.cache/ludus``. ``fetch`` downloads it into the latter. Every file is checked by its SHA-256
before it is read; what was read is kept in the cache as a plain array, which all processes of a machine share.
"""

import gzip
import hashlib
import os
import struct
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from .errors import did_you_mean
from .files import write_atomically

SPLITS = ("train", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
FOLDER_SIDE = 32  # pixels, to which the images of a folder are scaled
TEST_SHARE = 0.2  # of the images of a folder that is not split into train and test


@dataclass(frozen=True)
class LabelledImages:
    """Images (N, height, width, channels) uint8, labels (N,) int64, and the names of the classes."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]


@dataclass(frozen=True)
class ImageSet:
    """A public set of images."""

    title: str
    licence: str
    folders: tuple[str, ...]  # names under which it lies in a data folder
    urls: tuple[str, ...]  # of the files, or of an archive that holds them
    archive: str | None  # SHA-256 of that archive
    files: dict[str, dict[str, tuple[str, ...]]]  # split -> file -> the SHA-256 sums of its known editions
    read: Callable[[list[bytes]], tuple[np.ndarray, np.ndarray]]  # contents of a split's files -> images, labels
    classes: tuple[str, ...]


# --- Formats ---------------------------------------------------------------------------------------------------------


def read_idx(data: bytes) -> np.ndarray:
    """An array of bytes in the idx format (LeCun's, of MNIST), gzipped or not; ``ValueError`` for anything else."""
    try:
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError) as fault:
        raise ValueError(f"its compression is damaged: {fault}") from None
    if len(data) < 4 or data[:3] != b"\x00\x00\x08" or len(data) < 4 + 4 * data[3]:
        raise ValueError(f"it is no idx file of bytes: it begins with {data[:4]!r}, expected 00 00 08 and the axes")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    body = data[4 + 4 * data[3] :]
    if len(body) != int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"it holds {len(body)} bytes of data, expected {shape}")
    return np.frombuffer(body, np.uint8).reshape(shape)


def read_idx_pair(contents: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (read_idx(data) for data in contents)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(f"images {images.shape} and labels {labels.shape} do not belong together")
    return images[..., None], labels.astype(np.int64)


def read_cifar(contents: list[bytes], label_bytes: int, label: int) -> tuple[np.ndarray, np.ndarray]:
    """The binary layout of CIFAR: per row ``label_bytes`` labels, then the red, green and blue plane of 32 x 32.

    ``label`` says which of the labels counts.
    """
    size = label_bytes + 3 * 32 * 32
    for data in contents:
        if not data or len(data) % size:
            raise ValueError(f"it holds {len(data)} bytes, expected a multiple of {size}")
    rows = np.frombuffer(b"".join(contents), np.uint8).reshape(-1, size)
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, label].astype(np.int64)


FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
CIFAR_10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_100_COARSE = (
    "aquatic mammals", "fish", "flowers", "food containers", "fruit and vegetables", "household electrical devices",
    "household furniture", "insects", "large carnivores", "large man-made outdoor things",
    "large natural outdoor scenes", "large omnivores and herbivores", "medium-sized mammals",
    "non-insect invertebrates", "people", "reptiles", "small mammals", "trees", "vehicles 1", "vehicles 2",
)  # fmt: skip
CIFAR_100_FINE = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
    "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard",
    "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid",
    "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum",
    "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper",
    "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone",
    "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf",
    "woman", "worm",
)  # fmt: skip
FASHION_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
CIFAR_URL = "https://www.cs.toronto.edu/~kriz/"
# The official files, and those that LUDUS_DATA's compact copy is unpacked to: the same images in another order.
CIFAR_100_FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "train": {
        "train.bin": (
            "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
            "cccefae6c39c0541e74ac09c7338278d068e4e02e79504612da331dec944baf4",
        )
    },
    "test": {
        "test.bin": (
            "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
            "b7fb9496c967a250d08a28bcf9e9fc0d694a28e9c0c6132534d11e233aa0524e",
        )
    },
}


def _cifar_100(label: int, classes: tuple[str, ...], what: str) -> ImageSet:
    return ImageSet(
        title=f"CIFAR-100, {what} (Krizhevsky 2009)",
        licence="not stated; the author asks to be cited",
        folders=("cifar-100-binary", "cifar100/cifar-100-binary"),
        urls=(f"{CIFAR_URL}cifar-100-binary.tar.gz",),
        archive="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        files=CIFAR_100_FILES,
        read=lambda contents: read_cifar(contents, 2, label),
        classes=classes,
    )


IMAGE_SETS: dict[str, ImageSet] = {
    "fashion-mnist": ImageSet(
        title="Fashion-MNIST (Xiao, Rasul & Vollgraf 2017)",
        licence="MIT",
        folders=("fashion_mnist", "fashion-mnist"),
        urls=tuple(
            f"{FASHION_URL}{part}-ubyte.gz"
            for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
        ),
        archive=None,
        files={
            "train": {
                "train-images-idx3-ubyte.gz": ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",),
                "train-labels-idx1-ubyte.gz": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",),
            },
            "test": {
                "t10k-images-idx3-ubyte.gz": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",),
                "t10k-labels-idx1-ubyte.gz": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",),
            },
        },
        read=read_idx_pair,
        classes=FASHION,
    ),
    "cifar-10": ImageSet(
        title="CIFAR-10 (Krizhevsky 2009)",
        licence="not stated; the author asks to be cited",
        folders=("cifar-10-batches-bin",),
        urls=(f"{CIFAR_URL}cifar-10-binary.tar.gz",),
        archive="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        files={
            "train": {
                "data_batch_1.bin": ("cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",),
                "data_batch_2.bin": ("a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",),
                "data_batch_3.bin": ("bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",),
                "data_batch_4.bin": ("014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",),
                "data_batch_5.bin": ("755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",),
            },
            "test": {"test_batch.bin": ("8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",)},
        },
        read=lambda contents: read_cifar(contents, 1, 0),
        classes=CIFAR_10,
    ),
    "cifar-100": _cifar_100(1, CIFAR_100_FINE, "100 fine classes"),
    "cifar-100-coarse": _cifar_100(0, CIFAR_100_COARSE, "20 coarse classes"),
}


# --- Finding, fetching, reading --------------------------------------------------------------------------------------


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ludus"


def data_folders() -> list[Path]:
    """Where sets are looked for, in this order."""
    named = [Path(part) for part in os.environ.get("LUDUS_DATA", "").split(os.pathsep) if part]
    return [*named, cache_folder()]


def find_set(name: str) -> ImageSet:
    if name not in IMAGE_SETS:
        raise ValueError(f"unknown image set {name!r}{did_you_mean(name, IMAGE_SETS)}")
    return IMAGE_SETS[name]


def locate(name: str, split: str) -> Path | None:
    """The folder that holds the files of a split, or ``None``."""
    entry = find_set(name)
    for folder in data_folders():
        for path in (folder / part for part in entry.folders):
            if all((path / file).is_file() for file in entry.files[split]):
                return path
    return None


def is_at_hand(name: str) -> bool:
    """Whether both splits of the set ``name`` can be read without a download."""
    return all(_decoded(name, split).is_file() or locate(name, split) is not None for split in SPLITS)


def fetch(name: str) -> None:
    """Download the set ``name`` into the user's cache, unless it is at hand.

    Raises:
        OSError: it cannot be downloaded; the message names the address, the folder and the variable.
    """
    if is_at_hand(name):
        return
    import pooch

    entry = find_set(name)
    target = cache_folder() / entry.folders[0]
    sums = {file: known[0] for files in entry.files.values() for file, known in files.items()}
    for url in entry.urls:
        file = url.rpartition("/")[2]
        try:
            got = pooch.retrieve(url, f"sha256:{entry.archive or sums[file]}", file, target, progressbar=True)
        except Exception as fault:  # whatever requests, the network or the disk raise
            raise OSError(f"{entry.title} cannot be downloaded ({fault}); {_where(name)}") from None
        if entry.archive is not None:
            with tarfile.open(got) as archive:
                for member in archive.getmembers():
                    base = member.name.rpartition("/")[2]
                    if member.isfile() and base in sums:
                        stream = archive.extractfile(member)
                        assert stream is not None
                        write_atomically(target / base, stream.read())


def _where(name: str) -> str:
    entry = find_set(name)
    return (
        f"get it from {entry.urls[0]} and put its files into {cache_folder() / entry.folders[0]}, or let the variable "
        f"LUDUS_DATA name the folder in which {entry.folders[0]} lies"
    )


@lru_cache(maxsize=8)
def load_images(name: str, split: str) -> LabelledImages:
    """The images of a public set by its name, or of a folder with a subfolder for each class.

    The array of images is read-only and shared with all other processes of the machine.

    Raises:
        FileNotFoundError: the set is not at hand; the message names the address, the folder and the variable.
        ValueError: unknown name or split; a file is damaged: with its name, the hash that it has and the expected one.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}{did_you_mean(split, SPLITS)}")
    if name not in IMAGE_SETS and Path(name).is_dir():
        return read_folder(Path(name), split)
    entry = find_set(name)
    kept = _decoded(name, split)
    if not kept.is_file():
        images, labels = _read_split(name, split)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _write_array(kept.with_suffix(".labels.npy"), labels)
            _write_array(kept, images)
        except OSError:  # no cache: this process keeps its own
            return LabelledImages(_sealed(images), _sealed(labels), entry.classes)
    images, labels = np.load(kept, mmap_mode="r"), np.load(kept.with_suffix(".labels.npy"))
    return LabelledImages(np.asarray(images), _sealed(labels), entry.classes)


def _sealed(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _write_array(path: Path, array: np.ndarray) -> None:
    import io

    data = io.BytesIO()
    np.save(data, array)
    write_atomically(path, data.getvalue())


def _decoded(name: str, split: str) -> Path:
    """Where what was read is kept; named after the expected hashes, so that other files make another one."""
    sums = "".join(known[0] for known in find_set(name).files[split].values())
    return cache_folder() / "arrays" / f"{name}-{split}-{hashlib.sha256(sums.encode()).hexdigest()[:12]}.npy"


def _read_split(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    entry, folder = find_set(name), locate(name, split)
    if folder is None:
        raise FileNotFoundError(f"{entry.title} is not here; {_where(name)}")
    contents = []
    for file, known in entry.files[split].items():
        data = (folder / file).read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found not in known:
            raise ValueError(
                f"{folder / file} is damaged or of another edition: its SHA-256 is {found} ({len(data):,} bytes), "
                f"expected {known[0]}; remove it and fetch it again from {entry.urls[0]}"
            )
        contents.append(data)
    try:
        return entry.read(contents)
    except ValueError as fault:  # the hash was right, so this is ours
        raise ValueError(f"{folder} cannot be read: {fault}") from None


def read_folder(folder: Path, split: str) -> LabelledImages:
    """Images in subfolders named after their classes, scaled to 32 x 32 RGB.

    With subfolders ``train`` and ``test`` these are the splits; else a fifth of the images, chosen by a hash of their
    names, is for testing.
    """
    from PIL import Image, UnidentifiedImageError

    is_split = all((folder / part).is_dir() for part in SPLITS)
    root = folder / split if is_split else folder
    classes = tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in SUFFIXES):
            ticket = hashlib.sha256(path.relative_to(root).as_posix().encode()).digest()[0] / 256.0
            if not is_split and (ticket < TEST_SHARE) != (split == "test"):
                continue
            try:
                with Image.open(path) as image:
                    scaled = image.convert("RGB").resize((FOLDER_SIDE, FOLDER_SIDE), Image.Resampling.BILINEAR)
            except (UnidentifiedImageError, OSError) as fault:
                raise ValueError(f"{path} is no image that can be read: {fault}") from None
            images.append(np.asarray(scaled, np.uint8))
            labels.append(label)
    if len(classes) < 2 or len(set(labels)) < len(classes):
        raise ValueError(
            f"{root} has images for {len(set(labels))} of {len(classes)} classes in the split {split!r}; expected two "
            "subfolders or more, named after their classes, with images in each"
        )
    return LabelledImages(_sealed(np.stack(images)), _sealed(np.array(labels, np.int64)), classes)
