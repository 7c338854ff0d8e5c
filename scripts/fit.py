"""`ludus fit`: train a model that an environment's slot can be filled with."""

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from ludus.data import datasets
from ludus.data.image_sets import IMAGE_SETS
from ludus.scripts import training_bar
from ludus.scripts.options import Imports, check_slots, environment, import_all, key_values, parse
from ludus.utils.files import quote
from ludus.utils.wording import did_you_mean

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h
TASKS = {
    "vision/classify": "which class is in the picture?",
    "vision/read": "what does the simulator know of what its own pictures show?",
}
DESCRIPTION = """Train a model that can fill a slot of an environment, or go on with a training that was stopped.

  ludus fit vision/classify --data fashion-mnist --out models/garments
  ludus fit vision/classify --out models/garments --resume
  ludus fit vision/classify --data cifar-100 --out models/things --epochs 2        # a trial
  ludus fit vision/classify --data pictures/ --out models/mine --model convnet     # a subfolder per class
  ludus fit vision/classify --data fashion-mnist --out models/g2 --set cutmix=1 --set 'widths=[32, 64, 128]'
  ludus fit vision/read --env ludus/Breakout-v0 --out models/breakout              # from its own pictures

Ctrl-C saves and stops. OUT becomes a component (config.json, weights.safetensors); OUT.training holds the recipe
(fit.yaml, with every setting that --set takes), the checkpoints, and curves: tensorboard --logdir OUT.training"""


@dataclass
class Arguments:
    task: Annotated[str, tyro.conf.Positional]
    """What to learn: vision/classify or vision/read."""
    data: str | None = None
    """A data set (fashion-mnist, cifar-10, cifar-100, cifar-100-coarse), fetched if need be; or a folder of images."""
    env: str | None = None
    """Of vision/read: the environment whose pictures are read, such as ludus/Breakout-v0; of another package
    MODULE:ID."""
    slot: str = "vision"
    """Of vision/read: its slot."""
    out: str | None = None
    """Folder of the finished component."""
    model: str = "resnet"
    """Of vision/classify: resnet or convnet."""
    epochs: int | None = None
    """Passes over the training images (default: what the data set needs)."""
    seed: int = 0
    """Seed of the weights, the order of the images and their augmentation."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a setting of the recipe (lr, batch_size, frames ...), of the model (widths ...)."""
    env_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: of vision/read: a parameter or size of the environment."""
    resume: bool = False
    """Go on with the training of --out; takes no other options but --import."""
    imports: Imports = ()


def keep_memory() -> None:
    """Make this process keep the memory that it frees, for the next step of the training.

    glibc gives large blocks back to the system and asks for fresh pages in each step; that was 12 % of it. Other C
    libraries have no ``mallopt``, and nothing changes.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)  # bytes; the largest that it takes


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "fit", DESCRIPTION, arguments)
    if options.task not in TASKS:
        raise ValueError(f"unknown task {options.task!r}{did_you_mean(options.task, TASKS)}")
    if not options.out:
        raise ValueError("where to? --out FOLDER, such as --out models/garments")
    import_all(options.imports)
    out = Path(options.out)
    if options.resume:
        if arguments_beside_resume(options):
            raise ValueError(
                "--resume takes everything from OUT.training/fit.yaml; give it with --out alone, or with --import, too"
            )
        fit = kind_of(options.task).open(out)
    else:
        settings = key_values(options.set, "--set")
        if options.epochs is not None:
            settings["epochs"] = options.epochs
        fit = (new_reader if options.task == "vision/read" else new_classifier)(options, out, settings)
    return train(fit, Console(highlight=False))


def arguments_beside_resume(options: Arguments) -> bool:
    plain = Arguments(options.task, out=options.out, resume=True, imports=options.imports)
    return options != plain


def kind_of(task: str) -> Any:
    # torch and Lightning take seconds, and --help needs neither.
    if task == "vision/read":
        from ludus.vision.tasks.read import Read

        return Read
    from ludus.vision.tasks.classify import Classify

    return Classify


def refuse(options: Arguments, *names: str) -> None:
    """``ValueError`` if an option was given that belongs to the other task."""
    plain = Arguments(options.task)
    for name in names:
        if getattr(options, name) != getattr(plain, name):
            raise ValueError(f"{options.task} takes no --{name.replace('_', '-')}; leave it out")


def new_classifier(options: Arguments, out: Path, settings: dict[str, Any]) -> Any:
    refuse(options, "env", "slot", "env_set")
    if options.data is None:
        raise ValueError(f"which data? --data NAME, one of {', '.join(IMAGE_SETS)}, or a folder of images")
    from ludus.vision.tasks.classify_recipe import compose

    recipe = compose(options.data, options.model, options.seed, settings)
    if options.data in IMAGE_SETS:
        datasets.fetch(options.data)
    return kind_of(options.task).start(out, recipe)


def new_reader(options: Arguments, out: Path, settings: dict[str, Any]) -> Any:
    refuse(options, "data", "model")
    if options.env is None:
        raise ValueError("whose pictures? --env ID, such as --env ludus/Breakout-v0")
    env = environment(options.env)
    check_slots(env, [options.slot])
    from ludus.vision.tasks.read_recipe import compose

    keywords = key_values(options.env_set, "--env-set")
    recipe = compose(env, options.seed, settings, slot=options.slot, environment=keywords)
    return kind_of(options.task).start(out, recipe)


def train(fit: Any, console: Console) -> int:
    """Train with a progress bar; says how the training ended and what can be done next."""
    keep_memory()
    status, ended = training_bar.train(fit, console, fit.TASK)
    if ended is None:
        return status
    component, summary = ended
    console.print(str(summary))
    console.print(
        f"Component: {quote(fit.out)} ({component.fingerprint[:12]})    "
        f"Curves: tensorboard --logdir {quote(fit.folder)}",
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run as run_script

    sys.exit(run_script(main, sys.argv[1:]))
