"""`ludus generate`: pictures from noise, drawn by a generator that `ludus fit vision/generate` made."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import output_folder, parse
from ludus.utils.files import quote, write_atomically
from ludus.utils.wording import did_you_mean

DESCRIPTION = """Draw pictures with a generator that `ludus fit vision/generate` made: noise is removed step by step.

  ludus generate models/garments-gen --class shirt --count 64 --steps 20
  ludus generate models/garments-gen --solver euler --steps 5 --seed 7

It leaves a sheet of all pictures, a strip of some on the way from noise to image, and the way of all as a GIF. The same
seed draws the same pictures, whatever the count."""

MOST = 10_000  # pictures on a sheet
ON_STRIP = 8  # pictures
MOVING = 64  # pictures in the GIF


@dataclass(kw_only=True)
class Arguments:
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the generator."""
    kind: Annotated[str | None, tyro.conf.arg(name="class")] = None
    """Name of the class that is drawn (default: all in turn)."""
    count: int = 64
    """Pictures."""
    steps: int | None = None
    """Steps from noise to image (default: the generator's own)."""
    solver: str | None = None
    """euler, one evaluation per step, or heun, two (default: the generator's own)."""
    seed: int = 0
    """Seed of the noise."""
    out: Path = Path("generated")
    """Folder of the pictures, named after class and seed."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "generate", DESCRIPTION, arguments)
    if not 1 <= options.count <= MOST:
        raise ValueError(f"--count must be 1 … {MOST:,}, got {options.count:,}")
    from ludus.components.picture_source import balanced
    from ludus.vision.models.flow import check_flow
    from ludus.vision.open_generator import open_generator
    from ludus.vision.sheets import animation, encode_png, grid, strip

    net = open_generator(Path(options.model))
    steps = net.steps if options.steps is None else options.steps
    solver = net.solver if options.solver is None else options.solver
    check_flow(steps, solver)
    labels = balanced(options.count, len(net.classes))
    if options.kind is not None:
        labels[:] = label_of(net, options.kind)
    folder = output_folder(options.out)
    images = net.draw(labels, options.seed, steps, solver)
    path = net.draw_path(labels[:MOVING], options.seed, steps, solver)
    name = f"{file_name(options.kind or 'all')}-{options.seed}"
    console = plain_console()
    for file, content in (
        (f"{name}.png", encode_png(grid(images, None if options.kind else len(net.classes)))),
        (f"{name}-strip.png", encode_png(strip(path[:, :ON_STRIP]))),
        (f"{name}.gif", animation(path)),
    ):
        write_atomically(folder / file, content)
        console.print(quote(folder / file), soft_wrap=True)
    return 0


def label_of(net: Any, kind: str) -> int:
    """The number of a class; ``ValueError`` if the generator has none of this name."""
    if kind not in net.classes:
        raise ValueError(f"unknown class {kind!r}{did_you_mean(kind, net.classes)}")
    return net.classes.index(kind)


def file_name(kind: str) -> str:
    """The name of a class, which may come from a stranger's folder, as part of a file's name."""
    return re.sub("[^A-Za-z0-9_-]+", "-", kind)[:60]


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
