"""Places of runs on disk: the folder of several seeds, and what is said where the folder of a run was expected."""

import re
from pathlib import Path

import gymnasium

from ...utils.wording import did_you_mean
from .. import zoo

SEEDS = "seeds.yaml"  # in a folder of several seeds
RUNS = Path("runs")  # where runs lie if nobody says it
OURS = "ludus/"  # how our ids begin
EXPECTED = "expected the folder of a run that `ludus train` made"


def is_group(folder: Path) -> bool:
    """Whether ``folder`` holds runs of several seeds."""
    return (folder / SEEDS).is_file()


def is_meant_as_run(text: str) -> bool:
    """Whether a ``text`` that is no policy's name can mean nothing but the folder of a run, whether there is one."""
    path = Path(text)
    is_place = path != Path(path.name) or re.search(r"-v\d+$", text) is not None
    return is_place or is_group(path) or _kept(path) is not None


def _kept(folder: Path) -> Path | None:
    """The run, or the runs of several seeds, in `runs/` that ``folder`` is the name of."""
    kept = RUNS / folder
    return kept if folder == Path(folder.name) and ((kept / "config.yaml").is_file() or is_group(kept)) else None


def folder_of_seed(folder: Path, seed: int | str) -> Path:
    """Where the run of ``seed`` lies in a ``folder`` of several."""
    return folder / f"seed-{seed}"


def no_run(folder: Path) -> Exception:
    """The error about a ``folder`` without a config.yaml: what it is instead, and what was meant.

    Of several seeds it is a ``ValueError`` that names one of them, else a ``FileNotFoundError``; of an environment id,
    which a folder is not, it names ``ludus.load_pretrained``.
    """
    if is_group(folder):
        runs = sorted(path.parent for path in folder.glob(str(folder_of_seed(Path(), "*") / "config.yaml")))
        such = f"; name one of them, such as {runs[0]}" if runs else ", none of which has begun"
        return ValueError(f"{folder} holds runs of several seeds{such}")
    if folder.exists():
        return FileNotFoundError(f"{folder} holds no config.yaml; {EXPECTED}")
    id = folder.as_posix()
    if zoo.entry(id) is not None:
        return FileNotFoundError(
            f"{id} is an environment id, {EXPECTED}; the policy for it that comes with Ludus is "
            f"ludus.load_pretrained({id!r}) in Python, and its folder {zoo.folder(id)}"
        )
    if id in gymnasium.registry:
        return FileNotFoundError(
            f"{id} is an environment id, {EXPECTED}, and ludus.load_pretrained has no policy for it; train one: "
            f"ludus train {id}"
        )
    if id.startswith(OURS):
        known = did_you_mean(id, [found.env for found in zoo.entries()])
        return FileNotFoundError(
            f"{id} does not exist, {EXPECTED}; policies of environments come from ludus.load_pretrained(id){known}"
        )
    kept = _kept(folder)
    near = "" if kept is None else f"; did you mean {str(kept)!r}?"
    return FileNotFoundError(f"{folder} does not exist; {EXPECTED}{near}")
