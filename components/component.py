"""Components: learned models that fill the slots of environments, and how they are kept without pickle.

A component maps what a slot senses to what the simulator would have told, both of them spaces of Gymnasium's:

    forward(x) -> y                     x (N, *input_space.shape), y (N, *output_space.shape)
    forward(x, memory) -> (y, memory)   with memory: a tuple of tensors (N, …), at the start of an episode those of
                                        ``first_memory``

It persists as a folder of two files:

    config.json          format, class, the class's arguments, both spaces, metrics, SHA-256 of the weights
    weights.safetensors

and perhaps further ones that its class names, such as the tokenizer of a model of language. ``fingerprint`` is the
SHA-256 of config.json, which has those of all other files, and so of everything. The class stands there by its stable
name, such as ``vision/resnet``: only classes that Ludus names itself, or that a program has made known with
``register("acme/net")``, are loaded (see `names.py`). Nothing in such a folder is ever imported, executed or unpickled.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import safetensors.torch
import torch
from gymnasium import Space
from torch import nn

from ..utils.files import quote, write_folder
from ..utils.torch_threads import let_sleep
from ..utils.untrusted import MOST_JSON, MOST_WEIGHTS, is_number, parse_json, parse_tensors, read_regular
from ..utils.wording import in_one_line
from .names import CONFIG, OURS, class_named, name_of, split_pinned
from .spaces import check_extent, descriptions, space_from_json, space_to_json

FORMAT = 2
WEIGHTS = "weights.safetensors"
# What these files hold can run code when it is read.
PICKLES = frozenset({".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".dill"})


class Component(nn.Module):
    """A model with an input space and an output space.

    A subclass's constructor is ``(input_space, output_space, **config)`` with plain values in ``config``, which it
    hands on, so that ``load`` can build it again. Where its answers end in a softmax it may offer what comes before, as
    a method ``logits(x) -> (N, K)``: explanations then ask for these (`explain/attribution.py`).

    Args:
        input_space: Box of one raw signal.
        output_space: Box of what it makes of it.
        config: The subclass's further arguments, as JSON can hold them.
        memory: Shape of each memory tensor of one environment; ``()`` for a component without memory.
    """

    FILES: ClassVar[Mapping[str, int]] = {}  # further files of its folder -> bytes at most; see ``files``
    # Whether ``forward`` writes the new memory into the tensors that it is given, on the CPU, and gives these back: a
    # memory of thousands of numbers is then not copied at each step. Rows of it are one environment's each, and decided
    # by nothing else.
    in_place = False

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        config: dict[str, Any] | None = None,
        memory: tuple[tuple[int, ...], ...] = (),
    ) -> None:
        super().__init__()
        let_sleep()
        self.input_space, self.output_space = input_space, output_space
        self.config = dict(config or {})
        self.memory_shapes = memory
        self.metrics: dict[str, float] = {}  # of its own task, such as {"accuracy": 0.94}
        self.fingerprint: str | None = None  # SHA-256 of what it was loaded from, or saved as

    @property
    def has_memory(self) -> bool:
        return bool(self.memory_shapes)

    def first_memory(self, count: int) -> tuple[torch.Tensor, ...]:
        """The memory of ``count`` environments at the start of an episode, alike for all: zeros, or what a class says.

        A component that was warmed up begins with what it saw then.
        """
        device = self.device
        return tuple(torch.zeros((count, *shape), device=device) for shape in self.memory_shapes)

    @property
    def device(self) -> torch.device:
        """Where its weights are; the CPU if it has none."""
        return next((tensor.device for tensor in self.state_dict().values()), torch.device("cpu"))

    def matrices(self) -> list[nn.Parameter]:
        """Dense weights between hidden layers, which the optimiser Muon turns as it does filters; a class says them."""
        return []

    def files(self) -> dict[str, bytes]:
        """What stands in each of ``FILES``; a class that has some says it."""
        return {}

    def take_files(self, files: Mapping[str, bytes]) -> None:
        """Take what ``files`` gave, when the component is loaded; ``ValueError`` for what is of no use."""

    def save(self, folder: str | Path) -> str:
        """Write config.json, weights.safetensors and ``files``, whole or not at all; returns the fingerprint.

        Raises:
            TypeError: the class has no stable name, or its arguments are no plain values.
            ValueError: its metrics are no finite numbers; or it would be refused when it is loaded: its spaces are too
                large, or it has too many parts.
            OSError: the folder cannot be written.
        """
        if not _are_metrics(self.metrics):
            raise ValueError(f"metrics are finite numbers by name, such as {{'accuracy': 0.94}}; got {self.metrics!r}")
        weights = safetensors.torch.save({key: value.contiguous() for key, value in self.state_dict().items()})
        content = {
            "format": FORMAT,
            "class": name_of(type(self)),
            "config": self.config,
            "input_space": space_to_json(self.input_space),
            "output_space": space_to_json(self.output_space),
            "metrics": self.metrics,
            "weights": {"bytes": len(weights), "sha256": hashlib.sha256(weights).hexdigest()},
        }
        files = self.files()
        if files:
            content["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        check_extent(content)
        config = dump_config(content)
        write_folder(Path(folder), {CONFIG: config, WEIGHTS: weights, **files})
        self.fingerprint = hash_config(config)
        return self.fingerprint

    @staticmethod
    def load(
        folder: str | Path, device: str = "cpu", fingerprint: str | None = None, kind: "type[Component] | None" = None
    ) -> "Component":
        """The component that ``save`` wrote, ready for inference.

        Args:
            fingerprint: What it must be; for those who need the very same component again.
            kind: Its class, where that is neither Ludus' own nor registered.

        Raises:
            FileNotFoundError: no component there.
            ValueError: damaged, of another version, of an unknown class, with weights of another architecture, with
                another fingerprint; or the folder holds a pickle.
        """
        path = Path(folder)
        config, content = _read_config(path)
        found = hashlib.sha256(config).hexdigest()
        if fingerprint is not None and found != fingerprint:
            raise ValueError(
                f"{path} has changed: its fingerprint is {found[:12]}…, expected {fingerprint[:12]}…; restore the "
                "component that was used, or begin a new run with this one"
            )
        weights = _read_weights(path, content["weights"])
        kind = kind or class_named(content["class"], str(path))
        component = _build(kind, content, path, weights)
        files = _read_files(path, kind.FILES, content.get("files"))
        try:
            component.take_files(files)
        except ValueError as fault:
            raise ValueError(f"{path}: {fault}") from None
        component.metrics = content["metrics"]
        component.fingerprint = found
        return component.to(device).eval()


def fingerprint_of(folder: str | Path) -> str:
    """The fingerprint of the component in ``folder``, which need not be loaded for it.

    Raises:
        FileNotFoundError, ValueError: there is none, or it is damaged, or the folder holds a pickle.
    """
    return hash_config(_read_config(Path(folder))[0])


def pin(folder: str | Path) -> str:
    """FOLDER@FINGERPRINT: a text that names this very component; one that is pinned already stays as it is.

    Raises:
        FileNotFoundError, ValueError: there is none, or it is damaged, or the folder holds a pickle.
    """
    path, fingerprint = split_pinned(folder)
    return f"{Path(path).resolve()}@{fingerprint or fingerprint_of(path)}"


def dump_config(content: Mapping[str, Any]) -> bytes:
    """What stands in config.json, to the byte: the fingerprint is its hash."""
    return json.dumps(content, indent=1).encode()


def hash_config(config: bytes) -> str:
    """The fingerprint of a component whose config.json is ``config``."""
    return hashlib.sha256(config).hexdigest()


def _read_config(path: Path) -> tuple[bytes, dict[str, Any]]:
    if not path.is_dir():
        what = "is a file" if path.exists() else "does not exist"
        raise FileNotFoundError(f"{path} {what}; expected the folder of a component that `ludus fit` made")
    try:
        config = read_regular(path / CONFIG, MOST_JSON)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} holds no {CONFIG}; expected the folder of a component") from None
    for file in path.iterdir():  # not in subfolders, from which nothing is read
        if file.suffix.lower() in PICKLES:
            raise ValueError(
                f"{path} holds {file.name}, which may be a pickle and run code when it is read; Ludus loads "
                f"{CONFIG} and {WEIGHTS} only: remove the file, or save the weights with safetensors"
            )
    try:
        content = parse_json(config)
        if not isinstance(content, dict) or "format" not in content:
            raise ValueError
    except ValueError:
        raise ValueError(f"{path / CONFIG} is damaged: it is not the description of a component") from None
    if content["format"] == 1:
        raise ValueError(
            f"{path} has format 1, which named a module to import; rewrite its {CONFIG}: ludus upgrade {quote(path)}"
        )
    if content["format"] != FORMAT:
        raise ValueError(f"{path} has format {content['format']!r}, this version of Ludus reads {FORMAT}")
    for key, kind in (
        ("class", str),
        ("config", dict),
        ("input_space", dict),
        ("output_space", dict),
        ("weights", dict),
    ):
        if not isinstance(content.get(key), kind):
            raise ValueError(f"{path / CONFIG} is damaged: its entry {key!r} is missing or of the wrong kind")
    metrics = content.setdefault("metrics", {})
    if not _are_metrics(metrics):
        raise ValueError(f"{path / CONFIG} is damaged: its entry 'metrics' is no map of names to finite numbers")
    return config, content


def _are_metrics(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) and is_number(value[key]) for key in value)


def _build(
    kind: "type[Component]", content: dict[str, Any], path: Path, weights: dict[str, torch.Tensor]
) -> "Component":
    """The component that config.json describes, with its weights; ``ValueError`` if it cannot be."""
    config = content["config"]
    try:
        check_extent(content)
        ends = space_from_json(content["input_space"]), space_from_json(content["output_space"])
        described = _numbers_of(kind, ends, content)
        held = sum(tensor.numel() for tensor in weights.values())
        component = kind(*ends, **config) if described <= held else None
    except Exception as fault:  # whatever a class raises at arguments that were never its own
        raise ValueError(
            f"{path / CONFIG} does not describe a {content['class']}: {in_one_line(fault)}; restore the folder"
        ) from None
    try:
        if component is None:
            raise RuntimeError(f"that describes {described:,} numbers, the weights have {held:,}")
        component.load_state_dict(weights)
    except RuntimeError as fault:
        detail = str(fault).splitlines()[-1].strip()
        raise ValueError(f"the weights in {path} are of another architecture than its config.json: {detail}") from None
    return component


def _numbers_of(kind: "type[Component]", ends: tuple[Space, Space], content: dict[str, Any]) -> int:
    """How many numbers the weights of a component have, found without memory for them.

    A few letters in a config.json can ask for more than a machine has. A class of a program's own may look at its
    weights when it is made, which cannot be had without memory: then 0. Ludus' own never do; what they raise is raised.
    """
    try:
        with torch.device("meta"):
            return sum(tensor.numel() for tensor in kind(*ends, **content["config"]).state_dict().values())
    except Exception:
        named = [entry.get("class") for entry in descriptions(content)]
        if all(name in tuple(OURS) for name in named) and kind is class_named(content["class"], CONFIG):
            raise
        return 0


def _read_weights(path: Path, expected: dict[str, Any]) -> dict[str, torch.Tensor]:
    try:
        data = read_regular(path / WEIGHTS, MOST_WEIGHTS)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} holds no {WEIGHTS}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != expected.get("sha256"):
        raise ValueError(
            f"{path / WEIGHTS} is damaged: its SHA-256 is {found[:12]}… ({len(data)} bytes), config.json expects "
            f"{_brief(expected.get('sha256'))}… ({_brief(expected.get('bytes'))} bytes)"
        )
    try:
        return parse_tensors(data)
    except ValueError as fault:
        raise ValueError(f"{path / WEIGHTS} is damaged: {fault}") from None


def _read_files(path: Path, known: Mapping[str, int], expected: Any) -> dict[str, bytes]:
    """The further files of a component of whose class these are ``known``."""
    sums = expected if isinstance(expected, dict) else {}
    contents = {}
    for name, most in known.items():
        try:
            contents[name] = read_regular(path / name, most)
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} holds no {name}; restore the folder") from None
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != sums.get(name):
            raise ValueError(
                f"{path / name} is damaged or that of another model: its SHA-256 is {found[:12]}…, config.json expects "
                f"{_brief(sums.get(name))}…; restore the folder"
            )
    return contents


def _brief(value: Any) -> str:
    return ascii(value)[1:13] if isinstance(value, str) else ascii(value)[:12]
