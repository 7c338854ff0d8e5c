"""Frames side by side, in an MP4 file and in a GIF."""

import io
import os
import re
import subprocess
import sys
import tracemalloc

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.rendering import video
from ludus.envs.rendering.video import BACKGROUND, VideoWriter, encode_gif, fit_tile, grid_shape, tile_frames

RED, GREEN, BLUE = (200, 30, 40), (30, 180, 60), (20, 60, 210)


def plain(color, height=40, width=60):
    return np.broadcast_to(np.array(color, np.uint8), (height, width, 3)).copy()


def read(path):
    """What a player sees: ffmpeg's description of the file, and its frames."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    result = subprocess.run(command, capture_output=True, check=True)
    description = re.search(r"Video: (.*)", result.stderr.decode())[1]
    width, height = map(int, re.search(r", (\d+)x(\d+)", description).groups())
    return description, np.frombuffer(result.stdout, np.uint8).reshape(-1, height, width, 3)


def write(path, frames, fps=30, size=None):
    with VideoWriter(path, size or frames[0].shape[:2], fps) as writer:
        for frame in frames:
            writer.write(frame)


# --- Tiles


def test_three_tiles_stand_in_two_rows_with_the_last_place_empty():
    frames = np.stack([plain(color, 2, 3) for color in (RED, GREEN, BLUE)])
    r, g, b, x = RED, GREEN, BLUE, BACKGROUND
    expected = [
        [r, r, r, x, g, g, g],
        [r, r, r, x, g, g, g],
        [x, x, x, x, x, x, x],
        [b, b, b, x, x, x, x],
        [b, b, b, x, x, x, x],
    ]
    assert tile_frames(frames).tolist() == [[list(pixel) for pixel in row] for row in expected]


def test_a_single_tile_has_no_border():
    frame = plain(RED)
    assert np.array_equal(tile_frames(frame[None]), frame)


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3), (16, 4, 4), (17, 4, 5)]
)
def test_grids_are_near_square(count, rows, columns):
    assert grid_shape(count) == (rows, columns)


@pytest.mark.parametrize(
    "frames", [np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4, 3)), np.zeros((0, 4, 4, 3), np.uint8)]
)
def test_tile_refuses_what_are_no_frames(frames):
    with pytest.raises(ValueError, match=r"uint8 \(M, height, width, 3\)"):
        tile_frames(frames)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(140, 700), st.integers(140, 700), st.integers(400, 1500), st.integers(400, 2000))
def test_fitted_tiles_fill_the_area_and_no_more(count, height, width, area_height, area_width):
    size = fit_tile((height, width), count, (area_height, area_width))
    canvas = tile_frames(np.zeros((count, *size, 3), np.uint8)).shape
    assert canvas[0] <= area_height
    assert canvas[1] <= area_width
    rows, columns = grid_shape(count)
    assert size[0] / height == pytest.approx(size[1] / width, abs=1 / min(height, width))
    # One side is used up, but for rounding (a pixel per tile) and gutters.
    slack = (area_height - canvas[0], area_width - canvas[1])
    assert min(slack[0] / rows, slack[1] / columns) <= 3 + 0.02 * min(size)


def test_tiles_that_must_not_grow_keep_their_size():
    assert fit_tile((40, 60), 1, (900, 900), enlarge=False) == (40, 60)
    assert fit_tile((40, 60), 1, (900, 900)) == (600, 900)
    assert fit_tile((400, 600), 1, (200, 900), enlarge=False) == (200, 300)


# --- MP4


def test_a_video_holds_every_frame_at_its_pace_in_colours_that_players_show(tmp_path):
    path = tmp_path / "a.mp4"
    frames = [plain(color) for color in (RED, GREEN, BLUE) for _ in range(5)]
    write(path, frames, fps=12.5)
    description, seen = read(path)
    assert description.startswith("h264")
    assert "yuv420p(tv, bt709, progressive), 60x40" in description
    assert " 12.50 fps" in description
    assert len(seen) == 15
    for frame, shown in zip(frames, seen, strict=True):
        assert np.abs(shown.astype(int) - frame).mean() < 4


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_pictures_for_pages_move_at_their_pace_in_their_colours_for_ever(kind, tmp_path):
    path = tmp_path / f"a.{kind}"
    colors = [(220, 40, 40), (30, 160, 60), (40, 60, 220), (240, 200, 30)]
    write(path, [plain(color, 41, 61) for color in colors], fps=10)
    assert os.listdir(tmp_path) == [path.name]
    with Image.open(path) as picture:
        assert (picture.format, picture.size, picture.info["loop"]) == (kind.upper(), (61, 41), 0)
        assert picture.n_frames == 4
        for frame, color in enumerate(colors):
            picture.seek(frame)
            assert np.abs(np.asarray(picture.convert("RGB")).astype(int) - color).mean() < 4
            assert abs(picture.info["duration"] - 100) <= 1


def test_a_gif_leaves_out_what_browsers_would_slow_down(tmp_path):
    write(tmp_path / "a.gif", [plain((8 * i, 0, 0)) for i in range(30)], fps=100)
    with Image.open(tmp_path / "a.gif") as picture:
        lengths = []
        for frame in range(picture.n_frames):
            picture.seek(frame)
            lengths.append(picture.info["duration"])
    assert min(lengths) >= 20
    assert abs(sum(lengths) - 300) <= 20


def test_odd_sizes_are_padded_with_black_at_the_lower_and_right_edge(tmp_path):
    write(tmp_path / "a.mp4", [plain(GREEN, 41, 61)] * 3)
    description, seen = read(tmp_path / "a.mp4")
    assert " 62x42" in description
    assert np.abs(seen[0][:40, :60].astype(int) - GREEN).mean() < 6
    assert seen[0][41, :60].mean() < 60


def test_the_file_has_its_name_only_when_it_is_complete(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with VideoWriter(path, (40, 60), 30) as writer:
        writer.write(plain(RED))
        assert path.read_bytes() == b"older"
        assert len(os.listdir(tmp_path)) == 2
    assert os.listdir(tmp_path) == ["a.mp4"]
    assert len(read(path)[1]) == 1
    writer.close()
    assert path.exists()


def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with pytest.raises(ZeroDivisionError):
        write(path, (plain(RED) if i < 5 else 1 / 0 for i in range(9)), size=(40, 60))
    assert os.listdir(tmp_path) == ["a.mp4"]
    assert path.read_bytes() == b"older"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("a.avi", ValueError, r"must be an \.mp4, \.gif or \.webp file, got .*a\.avi; name it .*a\.mp4"),
        ("a", ValueError, r"name it .*a\.mp4"),
        ("missing/a.mp4", OSError, r"cannot write the video .*a\.mp4: No such file .* folder that exists"),
        ("file/a.mp4", OSError, r"Not a directory; give"),
        ("folder.mp4", OSError, r"it is a folder; give"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path, name, error, words):
    (tmp_path / "file").touch()
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(error, match=words):
        VideoWriter(tmp_path / name, (40, 60), 30)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.mp4"]


@pytest.mark.parametrize(
    ("size", "fps"), [((0, 60), 30), ((40, 60), 0), ((40, 60), float("nan")), ((40, 60), float("inf"))]
)
def test_size_and_pace_must_be_positive(tmp_path, size, fps):
    with pytest.raises(ValueError, match="above 0"):
        VideoWriter(tmp_path / "a.mp4", size, fps)


@pytest.mark.parametrize("frame", [plain(RED, 40, 61), plain(RED).astype(float), plain(RED)[..., 0]])
def test_a_frame_of_another_shape_or_type_is_refused(tmp_path, frame):
    with (
        pytest.raises(ValueError, match=r"must be uint8 \(40, 60, 3\), got"),
        VideoWriter(tmp_path / "a.mp4", (40, 60), 30) as w,
    ):
        w.write(frame)
    assert not os.listdir(tmp_path)


def test_a_video_without_frames_or_already_closed_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="has no frame"), VideoWriter(tmp_path / "a.mp4", (40, 60), 30):
        pass
    assert not os.listdir(tmp_path)
    write(tmp_path / "b.mp4", [plain(RED)])
    writer = VideoWriter(tmp_path / "c.mp4", (40, 60), 30)
    writer.abort()
    with pytest.raises(ValueError, match="is closed"):
        writer.write(plain(RED))


def noise(count, rng=None):
    rng = rng or np.random.default_rng(0)
    return (rng.integers(0, 256, (300, 400, 3), dtype=np.uint8) for _ in range(count))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("count", [1, 60])  # found out at the end, and in the middle
def test_a_full_disk_is_one_clear_error(tmp_path, monkeypatch, count):
    command = video._ffmpeg_command
    # The index in front needs a second pass over the file, which a device cannot give.
    to_full = lambda *given: [part for part in command(*given)[:-1] if part not in ("-movflags", "+faststart")]  # noqa: E731
    monkeypatch.setattr(video, "_ffmpeg_command", lambda *given: [*to_full(*given), "/dev/full"])
    with pytest.raises(OSError, match=r"the disk is full after \d+ frames; free some space"):
        write(tmp_path / "a.mp4", list(noise(count)))
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="sets a limit on another process")
def test_an_encoder_that_dies_is_one_clear_error(tmp_path):
    import resource

    writer = VideoWriter(tmp_path / "a.mp4", (300, 400), 30)
    resource.prlimit(writer._ffmpeg.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))
    with pytest.raises(OSError, match=r"ffmpeg stopped after \d+ frames"):
        [writer.write(frame) for frame in noise(100)]
    assert not os.listdir(tmp_path)


def test_memory_does_not_grow_with_the_video(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", (300, 400), 30) as writer:
        frame = next(noise(1))
        tracemalloc.start()
        try:
            for _ in range(50):
                writer.write(frame)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < frame.nbytes  # 50 frames went through


# --- GIF


def rendered(name, count, side):
    batch = KernelBatch(f"ludus.envs.{name}", 1)
    batch.seed_from(0)
    frames = np.empty((count, side, side, 3), np.uint8)
    for frame in frames:
        batch.render(0, frame)
        batch.step(batch.heuristic())
    return frames


@pytest.mark.parametrize("name", ["robotics.cartpole", "games.snake"])
def test_a_rollout_of_100_frames_is_a_small_gif_that_looks_like_it(name):
    frames = rendered(name, 100, 256)
    data = encode_gif(frames, 25)
    assert len(data) < 1_000_000
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info["loop"] == 0
        for i in (0, picture.n_frames - 1):
            picture.seek(i)
            shown = np.asarray(picture.convert("RGB")).astype(int)
            assert np.abs(shown - frames[-1 if i else 0]).mean() < 6


def lengths(data):
    with Image.open(io.BytesIO(data)) as picture:
        times = []
        for i in range(picture.n_frames):
            picture.seek(i)
            times.append(picture.info["duration"])
        return times


def test_a_gif_keeps_the_pace_of_the_rollout():
    frames = [plain((i * 20, 0, 0)) for i in range(12)]
    assert lengths(encode_gif(frames, 12)) == [80, 90, 80] * 4  # 12 frames in exactly a second
    assert lengths(encode_gif(frames, 50)) == [20] * 12
    assert lengths(encode_gif(frames, 100)) == [20] * 6  # browsers show nothing faster


@pytest.mark.parametrize(("frames", "fps"), [([], 30), ([plain(RED)], 0)])
def test_a_gif_needs_frames_and_a_pace(frames, fps):
    with pytest.raises(ValueError, match="above 0"):
        encode_gif(frames, fps)
