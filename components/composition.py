"""Components made of others: ``adapt`` any torch module, ``chain`` several components."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from gymnasium import Space
from torch import nn

from .component import Component
from .names import class_named, name_of
from .spaces import same_space, space_from_json, space_to_json


class Adapted(Component):
    """Any torch module as a component; see ``adapt``."""

    def __init__(
        self,
        module: nn.Module,
        input_space: Space,
        output_space: Space,
        before: Callable[[torch.Tensor], torch.Tensor] | None = None,
        after: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        super().__init__(input_space, output_space)
        self.module, self.before, self.after = module, before, after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float() if self.before is None else self.before(x)
        y = self.module(x)
        return y if self.after is None else self.after(y)

    def save(self, folder: str | Path) -> str:
        """Refused: a folder would not hold the code of a module that Ludus does not know."""
        raise TypeError(
            f"{type(self.module).__name__} is not a Component, so its class cannot be written to {folder}; derive it "
            "from ludus.components.Component and register it, or adapt it again where it is used"
        )


def adapt(
    module: nn.Module,
    input_space: Space,
    output_space: Space,
    before: Callable[[torch.Tensor], torch.Tensor] | None = None,
    after: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Component:
    """Any torch module as a component.

    Args:
        before: From the raw signal (N, *input_space) to what the module takes; by default its numbers as float32.
        after: From what the module gives to (N, *output_space); by default nothing is changed.
    """
    if isinstance(module, Component):
        raise TypeError(f"{type(module).__name__} is a component already; use it as it is, or chain it with another")
    return Adapted(module, input_space, output_space, before, after).eval()


class Chain(Component):
    """Components one after the other; see ``chain``. Their memories stand side by side."""

    def __init__(self, input_space: Space, output_space: Space, parts: list[dict[str, Any]] | list[Component]) -> None:
        built = [part if isinstance(part, Component) else build(part) for part in parts]
        super().__init__(input_space, output_space, None, tuple(s for part in built for s in part.memory_shapes))
        self.parts = nn.ModuleList(built)
        self.in_place = all(part.in_place for part in built if part.has_memory)

    def first_memory(self, count: int) -> tuple[torch.Tensor, ...]:
        parts = (part for part in self.parts if isinstance(part, Component))
        return tuple(tensor for part in parts for tensor in part.first_memory(count))

    def save(self, folder: str | Path) -> str:
        """See ``Component.save``; ``TypeError`` if a part is an adapted module or has no stable name."""
        self.config = _config_of(self, folder)
        return super().save(folder)

    def forward(self, x: torch.Tensor, memory: tuple[torch.Tensor, ...] = ()) -> Any:
        kept: list[torch.Tensor] = []
        for part in self.parts:
            assert isinstance(part, Component)
            if part.has_memory:
                start = len(kept)
                x, new = part(x, memory[start : start + len(part.memory_shapes)])
                kept += new
            else:
                x = part(x)
        return (x, tuple(kept)) if self.has_memory else x


def _config_of(component: Component, folder: str | Path) -> dict[str, Any]:
    """What builds the component again; of a chain: what its parts are."""
    if isinstance(component, Adapted):
        component.save(folder)  # says why not
    if not isinstance(component, Chain):
        return component.config
    return {"parts": [describe(part, folder) for part in component.parts if isinstance(part, Component)]}


def describe(part: Component, folder: str | Path = "") -> dict[str, Any]:
    """What stands of a part in the config.json of a whole, but for its weights; ``build`` makes it again.

    Raises:
        TypeError: it has no stable name, has files of its own, or is an adapted module, which cannot be written to
            ``folder``.
    """
    if part.FILES:
        raise TypeError(
            f"a {type(part).__name__} has files of its own ({', '.join(part.FILES)}), which a chain does not hold; "
            "save it by itself"
        )
    config = _config_of(part, folder)
    ends = {"input_space": space_to_json(part.input_space), "output_space": space_to_json(part.output_space)}
    return {"class": name_of(type(part)), "config": config, **ends}


def build(part: dict[str, Any]) -> Component:
    """The component that ``describe`` described, its weights as its class makes them."""
    kind = class_named(part["class"], "a part of it")
    return kind(space_from_json(part["input_space"]), space_from_json(part["output_space"]), **part["config"])


def chain(*parts: Component) -> Component:
    """Components one after the other: each takes what the one before it gives.

    Raises:
        ValueError: fewer than two, or two whose spaces do not meet.
    """
    if len(parts) < 2:
        raise ValueError(f"chain takes two components or more, got {len(parts)}")
    for one, other in itertools.pairwise(parts):
        if not same_space(one.output_space, other.input_space):
            raise ValueError(
                f"{type(one).__name__} gives {one.output_space}, {type(other).__name__} takes {other.input_space}; "
                "put a component between them that turns the one into the other"
            )
    return Chain(parts[0].input_space, parts[-1].output_space, list(parts)).eval()
