"""The features of a fitted classifier: what each of its layers looks for, as one picture."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ..data import images
from ..utils.command_line import output_folder
from .command import StudyArguments, tell_files

DESCRIPTION = """What the layers of a fitted classifier look for: the filters of the first, and of each layer the maps
of an example and the patches of test pictures that excite its liveliest channels most.

  ludus study features models/garments
  ludus study features --data pictures/ --picture 12 models/mine

OUT/features-NAME.png. `ludus fit vision/classify` shows the same in TensorBoard when it ends."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """Folder of the component."""
    data: str | None = None
    """An image set or a folder of images, whose test pictures are looked through (default: what it learned from)."""
    picture: int = 0
    """Number of the test picture whose maps are shown."""
    searched: int = 2000
    """Test pictures, at most, among which the patches are looked for."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study features`."""
    from PIL import Image

    from ..components.component import Component
    from ..explain.layers import layers_of
    from ..explain.layers_picture import layers_picture
    from ..utils.files import write_atomically
    from ..vision.images import load_tensors

    net = Component.load(arguments.model)
    layers_of(net)  # refuses what is no network of pictures, before any data are read
    name = arguments.data or str(net.config.get("data", ""))
    if not name:
        raise ValueError(f"{arguments.model} does not say from what it learned; give --data")
    if name in images.NAMES:
        images.fetch(name)
    elif not Path(name).is_dir():
        raise ValueError(f"{name!r}, from which {arguments.model} learned, is not here; give --data")
    test = load_tensors(name, "test")
    shape = net.input_space.shape
    if tuple(test.images.shape[1:]) != shape:
        raise ValueError(f"{name} has pictures of {tuple(test.images.shape[1:])}, {arguments.model} takes {shape}")
    if not 0 <= arguments.picture < len(test) or arguments.searched < 1:
        raise ValueError(
            f"expected --picture 0 … {len(test) - 1:,} and --searched >= 1, got {arguments.picture} and "
            f"{arguments.searched}"
        )
    shown = layers_picture(net, test.images[: arguments.searched], test.images[arguments.picture])
    path = output_folder(arguments.out) / f"features-{arguments.model.name}.png"
    buffer = io.BytesIO()
    Image.fromarray(shown).save(buffer, "png")
    write_atomically(path, buffer.getvalue())
    tell_files(console, path)
    return 0
