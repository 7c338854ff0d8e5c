"""Pictures in folders come from anywhere: only the promised formats are opened, nothing is started, nothing hangs."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ludus.data import picture_folders
from ludus.data.image_sets import read_idx
from ludus.data.images import load_images
from ludus.data.picture_folders import FORMATS, read_folder, read_picture
from picture_files import encoded, folder_with

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n"


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height):
    """A PNG that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def test_postscript_under_another_name_starts_no_ghostscript(tmp_path, monkeypatch):
    """A `gs` of ours stands on the PATH and leaves a mark; Pillow calls it for PostScript if it may."""
    (tmp_path / "bin").mkdir()
    program, mark = tmp_path / "bin" / "gs", tmp_path / "mark"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # looked for anew
    path = folder_with(tmp_path / "pictures", "z.png", POSTSCRIPT)
    with pytest.raises(ValueError, match="z.png is no image that can be read: expected PNG, JPEG, BMP, GIF, WEBP"):
        read_folder(tmp_path / "pictures", "train")
    assert not mark.exists()
    with pytest.raises(OSError, match="."), Image.open(path) as image:  # the trap works
        image.load()
    assert mark.exists()


@pytest.mark.parametrize("size", [(60_000, 60_000), (8_193, 8_192), (10_000, 10_000)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path, size):
    path = folder_with(tmp_path, "2.png", png(*size))
    expected = f"{path} is no image that can be read: it has {size[0] * size[1]:,} pixels, at most 67,108,864 are read"
    with pytest.raises(ValueError, match=".") as said:
        read_folder(tmp_path, "train")
    assert str(said.value) == expected


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_pictures_are_named_in_one_line(tmp_path, kind):
    """Or read, where the format does not notice: a cut, and a byte that is another one, at many places."""
    path, data, said = tmp_path / f"x.{kind.lower()}", encoded(kind), []
    random = np.random.default_rng(1)
    for place in random.integers(0, len(data), 60).tolist() + list(range(60)):
        other = bytearray(data)
        other[place] ^= int(random.integers(1, 256))
        for damaged in (data[:place], bytes(other)):
            path.write_bytes(damaged)
            try:
                read_picture(path)
            except ValueError as fault:
                said.append(str(fault))
    assert len(said) > 60
    assert all(text.startswith(f"{path} is no image that can be read: ") and "\n" not in text for text in said)


def test_a_named_pipe_and_a_device_are_refused(tmp_path):
    pipe = folder_with(tmp_path, "2.png", None)
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match="2.png is a named pipe, expected a regular file"):
        read_folder(tmp_path, "train")
    pipe.unlink()
    pipe.symlink_to("/dev/zero")
    with pytest.raises(ValueError, match="2.png is a device, expected a regular file"):
        read_folder(tmp_path, "train")
    pipe.unlink()
    pipe.symlink_to(tmp_path / "train" / "a" / "1.png")
    assert read_folder(tmp_path, "train")[0].shape == (3, 32, 32, 3)


def test_a_file_of_a_public_set_that_is_no_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cifar-100-binary").mkdir()
    path = tmp_path / "cifar-100-binary" / "test.bin"
    path.write_bytes(b"")
    os.truncate(path, 2**40)  # a hole, which takes no room
    with pytest.raises(ValueError, match=r"test.bin has 1,099,511,627,776 bytes, at most 1,073,741,824 are read"):
        load_images("cifar-100", "test")


def test_an_idx_file_that_unpacks_to_more_than_any_has_is_refused():
    packing = zlib.compressobj(wbits=31)
    data = b"".join(packing.compress(bytes(2**20)) for _ in range(257)) + packing.flush()
    assert len(data) < 2**20
    with pytest.raises(ValueError, match="its compression is damaged: it unpacks to more than 268,435,456 bytes"):
        read_idx(data)
    with pytest.raises(ValueError, match="its compression is damaged: it ends too soon"):
        read_idx(data[:1000])


def test_links_to_folders_are_not_followed(tmp_path):
    folder_with(tmp_path / "pictures", "2.png", encoded("PNG"))
    before, _, _ = read_folder(tmp_path / "pictures", "train")
    (tmp_path / "pictures" / "train" / "a" / "all").symlink_to(tmp_path)
    np.testing.assert_array_equal(read_folder(tmp_path / "pictures", "train")[0], before)
    (tmp_path / "pictures" / "train" / "c").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="train/c is a link, expected a folder of pictures; put the folder itself"):
        read_folder(tmp_path / "pictures", "train")


def test_a_class_of_too_many_files_is_refused_before_one_is_read(tmp_path, monkeypatch):
    path = folder_with(tmp_path, "2.png", b"no picture")
    monkeypatch.setattr(picture_folders, "MOST_ENTRIES", 5)
    (path.parent / "deep" / "deeper").mkdir(parents=True)
    for i in range(5):
        (path.parent / "deep" / "deeper" / f"{i}.txt").touch()
    with pytest.raises(ValueError, match=f"{path.parent} holds more than 5 files, expected the pictures of a class"):
        read_folder(tmp_path, "train")
