"""Encoded pictures, and a folder of them with one file more, for the tests of folders of pictures."""

import io

import numpy as np
from PIL import Image


def encoded(kind, size=(40, 30)):
    """A picture of noise as the bytes of a file; ``kind``: a format of Pillow's, ``size``: (width, height)."""
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def folder_with(tmp_path, name, data):
    """Write the pictures, and ``data`` as the file ``name`` of class a, whose path is returned; ``None``: no file."""
    for kind in ("a", "b"):
        (tmp_path / "train" / kind).mkdir(parents=True)
        (tmp_path / "test" / kind).mkdir(parents=True)
        (tmp_path / "train" / kind / "1.png").write_bytes(encoded("PNG"))
    path = tmp_path / "train" / "a" / name
    if data is not None:
        path.write_bytes(data)
    return path
