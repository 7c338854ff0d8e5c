"""The public sets of images: where they come from, what their files must be, and how those are read."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .datasets import Dataset

MOST_UNPACKED = 256 * 2**20  # bytes of a compressed file


@dataclass(frozen=True)
class ImageSet(Dataset):
    """A public set of images, with the splits train and test."""

    read: Callable[[list[bytes]], tuple[np.ndarray, np.ndarray]]  # contents of a split's files -> images, labels
    classes: tuple[str, ...]


def read_idx(data: bytes) -> np.ndarray:
    """An array of bytes in the idx format (LeCun's, of MNIST), gzipped or not; ``ValueError`` for anything else."""
    if data[:2] == b"\x1f\x8b":
        unpacking = zlib.decompressobj(wbits=31)  # 31: gzip
        try:
            data = unpacking.decompress(data, MOST_UNPACKED)
        except zlib.error as fault:
            raise ValueError(f"its compression is damaged: {fault}") from None
        if not unpacking.eof:
            what = (
                "it ends too soon" if len(data) < MOST_UNPACKED else f"it unpacks to more than {MOST_UNPACKED:,} bytes"
            )
            raise ValueError(f"its compression is damaged: {what}")
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
