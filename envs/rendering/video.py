"""Frames of many environments as one picture, and as a video: MP4, animated GIF or WebP. No display, no pygame.

The MP4 is H.264 in 4:2:0, which every browser, phone and player shows. Files are encoded by the ffmpeg that comes with
imageio-ffmpeg, frame by frame, so an MP4 or WebP of any length costs the same memory; of a GIF, whose 256 colours are
chosen from all of it, ffmpeg keeps the frames.
"""

import contextlib
import io
import math
import os
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

BACKGROUND = (22, 24, 30)  # between tiles and where there is none
SMALLEST_TILE = 8  # pixels
GIF_COLORS = 64
GIF_SHORTEST = 0.02  # s; browsers show a shorter frame for 0.1 s
PIPE_TIMEOUT = 60  # s that ffmpeg may take to finish a file after the last frame
# By the extension of a file: ffmpeg's filters and its options.
ENCODINGS = {
    ".mp4": (
        # 4:2:0 needs even sides. The colour matrix stands in the conversion and in the file, or players guess it.
        "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
        ",setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709",
        # The index in front: it plays while it loads.
        "-c:v libx264 -preset veryfast -crf 18 -threads 2 -movflags +faststart -f mp4",
    ),
    ".gif": (
        "split[a][b];[a]palettegen=stats_mode=full[colors];[b][colors]paletteuse=dither=none:diff_mode=rectangle",
        "-loop 0 -f gif",
    ),
    ".webp": ("format=bgra", "-c:v libwebp_anim -quality 90 -compression_level 4 -loop 0 -f webp"),
}


# --- Many environments in one picture --------------------------------------------------------------------------------


def grid_shape(count: int) -> tuple[int, int]:
    """Rows and columns of a near-square grid for ``count`` tiles, never more rows than columns."""
    columns = math.ceil(math.sqrt(count))
    return math.ceil(count / columns), columns


def gutter_width(height: int, width: int) -> int:
    """Pixels between tiles of ``height`` x ``width``."""
    return max(1, min(height, width) // 60)


def fit_tile(
    frame_size: tuple[int, int], count: int, area: tuple[int, int], *, enlarge: bool = True
) -> tuple[int, int]:
    """Height and width of the largest tile of which ``count``, laid out by ``tile``, fit into ``area``.

    It has the proportions of ``frame_size`` (height, width) and, without ``enlarge``, at most that size.
    """
    rows, columns = grid_shape(count)
    height, width = frame_size
    scale = min(area[0] / (rows * height), area[1] / (columns * width), math.inf if enlarge else 1.0)
    while True:
        tall, wide = (max(SMALLEST_TILE, int(scale * side + 1e-6)) for side in (height, width))
        gap = gutter_width(tall, wide) if count > 1 else 0
        fits = rows * tall + (rows - 1) * gap <= area[0] and columns * wide + (columns - 1) * gap <= area[1]
        if fits or tall == wide == SMALLEST_TILE:
            return tall, wide
        scale *= 0.998  # room for the gutters, whose width depends on the tile


def tile_frames(frames: np.ndarray) -> np.ndarray:
    """Frames (M, height, width, 3) uint8 side by side in a near-square grid: one frame (H, W, 3) uint8."""
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
        raise ValueError(f"frames must be uint8 (M, height, width, 3) with M >= 1, got {frames.dtype} {frames.shape}")
    count, height, width, _ = frames.shape
    if count == 1:
        return frames[0]
    rows, columns = grid_shape(count)
    gap = gutter_width(height, width)
    canvas = np.empty((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), np.uint8)
    canvas[0] = BACKGROUND
    canvas[1:] = canvas[0]  # whole rows at once: ten times faster than pixel by pixel
    for i, frame in enumerate(frames):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        canvas[top : top + height, left : left + width] = frame
    return canvas


# --- Files -----------------------------------------------------------------------------------------------------------


def check_video(path: str | os.PathLike[str]) -> None:
    """Refuse a file that can become no video, before anything is compiled for it.

    Raises:
        ValueError: another extension.
        OSError: it is a folder, or lies in none that exists.
    """
    place = Path(path)
    if place.suffix.lower() not in ENCODINGS:
        raise ValueError(
            f"a video must be an .mp4, .gif or .webp file, got {place}; name it {place.with_suffix('.mp4')}"
        )
    if place.is_dir() or not place.absolute().parent.is_dir():
        folder = place.absolute().parent
        why = (
            "it is a folder"
            if place.is_dir()
            else "Not a directory"
            if folder.exists()
            else "No such file or directory"
        )
        raise _cannot_write(place, why)


def _cannot_write(path: Path, why: object) -> OSError:
    return OSError(
        f"cannot write the video {path}: {why}; give a file in a folder that exists and that you may write to"
    )


class VideoWriter:
    """An MP4, GIF or WebP file that grows frame by frame; use it in a ``with`` statement.

    The file appears under its name only when it is complete: until then it is a temporary one beside it, which an error
    removes. An older file of that name is replaced.

    Args:
        path: The file to write, ``*.mp4``, ``*.gif`` or ``*.webp``, in a folder that exists.
        frame_size: Height and width in pixels of every frame. An odd one of an MP4 is rounded up with black.
        fps: Frames per second. A GIF leaves out those above 50, the fastest that browsers show.

    Raises:
        ValueError: the path has another extension, or the size or ``fps`` is not positive.
        OSError: the folder is missing or not writable, the disk is full, ffmpeg is missing or fails.
    """

    def __init__(self, path: str | os.PathLike[str], frame_size: tuple[int, int], fps: float) -> None:
        self.path = Path(path)
        self.frame_size = height, width = int(frame_size[0]), int(frame_size[1])
        self.kind = self.path.suffix.lower()
        check_video(self.path)
        if height < 1 or width < 1 or not 0 < fps < math.inf:
            raise ValueError(f"a video needs a frame size and fps above 0, got {height} x {width} at {fps} fps")
        self.frames = 0  # written so far
        self._temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")
        self._log: IO[bytes] | None = None
        self._ffmpeg: subprocess.Popen[bytes] | None = None
        try:
            self._temporary.open("xb").close()
        except OSError as problem:
            raise _cannot_write(self.path, problem.strerror or problem) from None
        try:
            # Not a pipe: one that nobody reads would stop ffmpeg when it is full.
            self._log = tempfile.TemporaryFile()  # noqa: SIM115
            self._ffmpeg = subprocess.Popen(
                _ffmpeg_command(self._temporary, self.kind, height, width, fps),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                start_new_session=True,  # Ctrl-C is for us; ffmpeg ends when its input does
            )
        except BaseException:
            self.abort()
            raise

    def write(self, frame: np.ndarray) -> None:
        """Append a frame (height, width, 3) uint8."""
        expected = (*self.frame_size, 3)
        if frame.shape != expected or frame.dtype != np.uint8:
            raise ValueError(f"a frame of {self.path.name} must be uint8 {expected}, got {frame.dtype} {frame.shape}")
        if self._ffmpeg is None or self._ffmpeg.stdin is None:
            raise ValueError(f"the video {self.path} is closed; no frame can be added")
        try:
            self._ffmpeg.stdin.write(np.ascontiguousarray(frame).data)
        except OSError:  # a broken pipe: ffmpeg has given up, and its log says why
            self._fail()
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its name. May be called twice."""
        if self._ffmpeg is None:
            return
        if not self.frames:
            self.abort()
            raise ValueError(f"the video {self.path} has no frame, so no file was written")
        try:
            _, _ = self._ffmpeg.communicate(timeout=PIPE_TIMEOUT)
        except (OSError, subprocess.TimeoutExpired):
            self._fail()
        if self._ffmpeg.returncode != 0:
            self._fail()
        try:
            os.replace(self._temporary, self.path)
        except OSError as problem:
            self.abort()
            raise OSError(f"cannot write the video {self.path}: {problem.strerror}; choose another file") from None
        self.abort()  # nothing is left to remove but the log

    def abort(self) -> None:
        """Stop and leave no file behind. May be called twice, and after ``close``."""
        if self._ffmpeg is not None:
            self._ffmpeg.kill()
            self._ffmpeg.wait()
            if self._ffmpeg.stdin is not None:
                with contextlib.suppress(OSError):  # the unwritten rest of a frame has nowhere to go
                    self._ffmpeg.stdin.close()
            self._ffmpeg = None
        if self._log is not None:
            self._log.close()
            self._log = None
        self._temporary.unlink(missing_ok=True)

    def _fail(self) -> None:
        assert self._ffmpeg is not None
        assert self._log is not None
        self._ffmpeg.kill()
        self._ffmpeg.wait()
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")
        self.abort()
        if "No space left" in log:
            reason = f"the disk is full after {self.frames} frames; free some space or record to another disk"
        else:
            lines = [line for line in log.splitlines() if line.strip()]
            reason = f"ffmpeg stopped after {self.frames} frames: {lines[-1].strip() if lines else 'it was killed'}"
        raise OSError(f"cannot write the video {self.path}: {reason}") from None

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def _ffmpeg_command(target: Path, kind: str, height: int, width: int, fps: float) -> list[str]:
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        raise OSError("a video needs ffmpeg, which is missing; pip install --force-reinstall imageio-ffmpeg") from None
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:.6g}", "-i", "-"]
    picture, encoding = ENCODINGS[kind]
    if kind == ".gif" and fps * GIF_SHORTEST > 1.0:
        picture = f"fps={1.0 / GIF_SHORTEST:.6g},{picture}"
    return [program, "-hide_banner", "-loglevel", "error", "-y", *raw, "-vf", picture, *encoding.split(), str(target)]


# --- GIF -------------------------------------------------------------------------------------------------------------


def encode_gif(frames: Sequence[np.ndarray] | np.ndarray, fps: float) -> bytes:
    """An endless animated GIF of ``frames`` (T, height, width, 3) uint8, for TensorBoard and web pages.

    All frames share one palette of 64 colours, without dithering, so that what stands still costs nothing. Above 50
    frames per second, the fastest that browsers show, frames are left out.
    """
    from PIL import Image

    if not len(frames) or not 0 < fps < math.inf:
        raise ValueError(f"a GIF needs frames and fps above 0, got {len(frames)} frames at {fps} fps")
    stride = max(1, math.ceil(fps * GIF_SHORTEST - 1e-9))
    chosen = [np.asarray(frame) for frame in frames[::stride]]
    sample = chosen[:: max(1, len(chosen) // 16)]
    palette = Image.fromarray(np.concatenate(sample)).quantize(GIF_COLORS, Image.Quantize.MEDIANCUT)
    pictures = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in chosen]
    # A GIF counts in hundredths of a second: round the moments, not the lengths, and the whole keeps its pace.
    moments = np.rint(np.arange(len(chosen) + 1) * stride / fps * 100).astype(int) * 10  # ms
    options: dict[str, Any] = {"duration": np.diff(moments).tolist(), "loop": 0, "optimize": False}
    stream = io.BytesIO()
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], **options)
    return stream.getvalue()
