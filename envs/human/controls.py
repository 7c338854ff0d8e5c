"""The controls of a player: keys, sticks and buttons become actions. Inputs are names; pygame is not needed here.

A name is pygame's of a key ("left", "a", "1") or a gamepad's "axis 0" or "button 0"; its cross and, where actions are
numbers, its left stick press the arrow keys. What an environment file declares (``Simulation.keys``, ``idle``) holds.
Where it declares nothing (in a Box: nothing about axes):

    Discrete   the number keys 1 … 9, 0 and then letters, in the order of the actions; buttons in the same order
    Multi…     the same keys, each for one value but 0 of one component, which stands at 0 while no key of it is held
    Box        a pair of keys per component (``PAIRS``) and the gamepad's axis of the same number; shift pushes gently
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium import Space, spaces

from ..engine.space_layout import values_of

ORDER = "1234567890asdfgjklzxcvbwetyuiom"  # keys of a Discrete that declares none, without RESERVED
PAIRS = (("left", "right"), ("down", "up"), ("a", "d"), ("s", "w"), ("j", "l"), ("k", "i"))  # less, more
UPSIDE_DOWN = (1, 3)  # axes that point downwards on a gamepad, where up is more
RESERVED = {
    "space": "pause", "r": "restart", "n": "next seed", "h": "help", "q": "quit", "escape": "quit", "+": "speed",
    "=": "speed", "-": "speed", ".": "step",
}  # fmt: skip
GO = "return"  # Enter: the step in turn-based games with axes; the next game after the end
SHIFT = ("left shift", "right shift")
GENTLE = 0.3  # how far a key pushes while shift is held
DEAD_ZONE = 0.15  # a stick at rest is rarely at 0
STICK_ON, STICK_OFF = 0.55, 0.4  # a stick beyond the first presses an arrow key, below the second releases it
MOST_WAITING = 3  # quick presses that are kept for the coming steps; more would be played long after they were meant
CAPS = {"left": "←", "right": "→", "up": "↑", "down": "↓", "return": "Enter", "space": "space"}


@dataclass(frozen=True)
class Binding:
    """What an action, or a component of one, is called and which inputs move it, as a person reads it."""

    name: str
    caps: tuple[str, ...]  # of the keyboard; () where no key is left for it
    pad: tuple[str, ...]  # of a gamepad


class Controls(Protocol):
    """Takes inputs as they come and gives the action of a step."""

    bindings: tuple[Binding, ...]  # one per action, or per component
    touched: bool  # something that acts was moved since `clear`

    def press(self, name: str) -> None: ...
    def release(self, name: str) -> None: ...
    def lean(self, axis: int, value: float) -> None: ...
    def clear(self) -> None: ...
    def next(self) -> Any: ...
    def turn(self) -> Any | None: ...


class DiscreteControls:
    """Actions as numbers 0 … n-1: one press, one action; then what is held, ``idle``, or the last one goes on."""

    def __init__(self, keys: Mapping[str, int], names: Sequence[str], idle: Sequence[int] = ()) -> None:
        self._keys, self._idle = dict(keys), tuple(idle)
        self.bindings = tuple(_binding(name, [key for key in keys if keys[key] == i]) for i, name in enumerate(names))
        self._held: list[str] = []  # in the order in which they were pressed
        self.clear()

    def clear(self) -> None:
        """Forget presses that still wait; what is held stays held."""
        self._waiting: deque[int] = deque()
        self._last, self._rested, self.touched = 0, 0, False

    def press(self, name: str) -> None:
        if name in self._keys:
            self.release(name)
            self._held.append(name)
            self.touched = True
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(self._keys[name])

    def release(self, name: str) -> None:
        if name in self._held:
            self._held.remove(name)

    def lean(self, axis: int, value: float) -> None:
        """A stick says nothing to numbers beyond the arrow keys that it presses (see ``Gamepad``)."""

    def next(self) -> int:
        """The action of a step in real time."""
        if self._waiting:
            self._last = self._waiting.popleft()
        elif self._idle and self._held:
            self._last = self._keys[self._held[-1]]
        elif self._idle:
            self._last = self._idle[self._rested % len(self._idle)]
            self._rested += 1
        return self._last

    def turn(self) -> int | None:
        """The action of a turn, or None as long as no key was pressed."""
        return self._waiting.popleft() if self._waiting else None


class BoxControls:
    """A vector: keys and axes move its components away from rest, which is 0 or the bound nearest to it."""

    def __init__(self, space: spaces.Box, keys: Mapping[str, tuple[int, float]], names: Sequence[str]) -> None:
        self.space, self._keys = space, dict(keys)
        low, high = space.low.ravel().astype(np.float64), space.high.ravel().astype(np.float64)
        self.low = np.where(np.isfinite(low), low, np.minimum(-1.0, high))  # (A,); without bounds: -1 … 1
        self.high = np.where(np.isfinite(high), high, np.maximum(1.0, self.low))
        self.rest = np.clip(0.0, self.low, self.high)
        self.bindings = tuple(
            _binding(name, sorted((key for key in keys if keys[key][0] == i), key=lambda key: keys[key][1]))
            for i, name in enumerate(names)
        )
        self._held: set[str] = set()
        self._axes: dict[str, float] = {}
        self.clear()

    def clear(self) -> None:
        """Forget presses that still wait; what is held stays held."""
        self._tapped: set[str] = set()  # pressed since the last step, perhaps released again
        self._turns, self.touched = 0, False

    def press(self, name: str) -> None:
        if name in SHIFT:
            self._held.add(name)
        elif name in self._keys:
            self._held.add(name)
            self._tapped.add(name)
            self.touched = True
            self._turns = 1
        elif name == GO or name.startswith("button "):
            self._turns = 1

    def release(self, name: str) -> None:
        self._held.discard(name)

    def lean(self, axis: int, value: float) -> None:
        """A stick stands at ``value``, -1 … 1."""
        name = f"axis {axis}"
        beyond = max(abs(value) - DEAD_ZONE, 0.0) / (1.0 - DEAD_ZONE)  # from 0 at the edge of the dead zone
        self._axes[name] = math.copysign(min(beyond, 1.0), value)
        self.touched |= name in self._keys and self._axes[name] != 0.0

    def next(self) -> np.ndarray:
        """The action of a step in real time: an array of the space's shape and dtype."""
        pushed, leaned = np.zeros_like(self.rest), np.zeros_like(self.rest)
        strength = GENTLE if self._held.intersection(SHIFT) else 1.0
        for name, (component, share) in self._keys.items():
            if name in self._held or name in self._tapped:
                pushed[component] += strength * share
            leaned[component] += share * self._axes.get(name, 0.0)
        self._tapped.clear()
        return self._valued(np.clip(np.where(pushed == 0.0, leaned, pushed), -1.0, 1.0))

    def _valued(self, share: np.ndarray) -> np.ndarray:
        """The action at shares (A,) -1 … 1 of the way from rest to its bounds."""
        value = self.rest + np.where(share > 0.0, share * (self.high - self.rest), share * (self.rest - self.low))
        value = np.rint(value) if self.space.dtype is not None and self.space.dtype.kind in "iu" else value
        # In the space's own precision a bound may be rounded outwards.
        return np.clip(value.reshape(self.space.shape).astype(self.space.dtype), self.space.low, self.space.high)

    def turn(self) -> np.ndarray | None:
        """The action of a turn, or None as long as neither a key nor a button was pressed."""
        if not self._turns:
            return None
        self._turns = 0
        return self.next()


def _binding(name: str, inputs: Sequence[str]) -> Binding:
    caps = tuple(cap_of(key) for key in inputs if not _is_pad(key))
    return Binding(name, caps, tuple(key for key in inputs if _is_pad(key)))


def cap_of(key: str) -> str:
    """What a person calls a key: ``←``, ``F1``, or ``num 7`` for pygame's ``[7]`` of the number pad."""
    if len(key) > 2 and key[0] == "[" and key[-1] == "]":
        return f"num {key[1:-1]}"
    if key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return CAPS.get(key, key)


def _is_pad(name: str) -> bool:
    return name.startswith(("axis ", "button "))


def make_controls(
    space: Space,
    names: Sequence[str] = (),
    keys: Mapping[str, int | tuple[int, float]] | None = None,
    idle: Sequence[int] = (),
) -> DiscreteControls | BoxControls:
    """The controls for an action space.

    Args:
        names: Of the actions or components; "action 0", "component 0" … where there are none.
        keys: What is declared; see the module's docstring for what holds where nothing is.
        idle: Actions taken in turn while no key is held.

    Raises:
        ValueError: a space that no keys can play, a key that is taken, or one that stands for no action.
    """
    if isinstance(space, spaces.Discrete):
        count, word = int(space.n), "action"
        fallback: dict[str, Any] = dict(zip(ORDER, range(count), strict=False))
        fallback |= {f"button {i}": i for i in range(count)}
    elif isinstance(space, (spaces.MultiDiscrete, spaces.MultiBinary)):
        return _controls_of_parts(space, names, keys)
    elif isinstance(space, spaces.Box):
        count, word = int(np.prod(space.shape)), "component"
        pairs = zip(PAIRS, range(count), strict=False)
        fallback = {key: (i, share) for pair, i in pairs for key, share in zip(pair, (-1.0, 1.0), strict=True)}
        axes = {f"axis {i}": (i, -1.0 if i in UPSIDE_DOWN else 1.0) for i in range(count)}
        fallback |= axes
        if keys and not any(key.startswith("axis ") for key in keys):
            keys = {**keys, **axes}
    else:
        raise ValueError(f"the actions are {space}; a person can play Discrete, MultiDiscrete, MultiBinary and Box")
    chosen = dict(keys or fallback)
    for key, target in chosen.items():
        _refuse_reserved(key)
        index = target if isinstance(space, spaces.Discrete) else target[0] if isinstance(target, tuple) else None
        if not isinstance(index, (int, np.integer)) or not 0 <= index < count:
            raise ValueError(f"the key {key!r} stands for {target!r}, but the actions are {space}")
    labels = [names[i] if i < len(names) else f"{word} {i}" for i in range(count)]
    if isinstance(space, spaces.Box):
        return BoxControls(space, chosen, labels)
    return DiscreteControls(chosen, labels, idle)


def _refuse_reserved(key: str) -> None:
    if key in RESERVED:
        raise ValueError(f"the key {key!r} means {RESERVED[key]!r} in every game; declare another one")


def _controls_of_parts(
    space: spaces.MultiDiscrete | spaces.MultiBinary, names: Sequence[str], keys: Mapping[str, Any] | None
) -> BoxControls:
    """Actions of several whole numbers; a key stands for (component, value)."""
    values = values_of(space)
    places = [(k, value) for k, count in enumerate(values) for value in range(1, count)]
    chosen = dict(keys or zip(ORDER, places, strict=False))
    for key, target in chosen.items():
        _refuse_reserved(key)
        if target not in places:
            raise ValueError(f"the key {key!r} stands for {target!r}, expected (component, value > 0) of {space}")
    shares = {key: (k, value / (values[k] - 1)) for key, (k, value) in chosen.items()}
    labels = [names[k] if k < len(names) else f"component {k}" for k in range(len(values))]
    low, start = np.zeros(len(values), space.dtype), np.asarray(getattr(space, "start", 0))
    box = spaces.Box(low + start, np.array(values) - 1 + start, dtype=space.dtype)  # type: ignore[arg-type]
    return BoxControls(box, shares, labels)


class Gamepad:
    """A joystick of pygame's (or anything with its methods), read as names and axes."""

    def __init__(self, joystick: Any) -> None:
        self.joystick = joystick
        self._pressed: set[str] = set()
        self._axes = 0  # how many were read

    def read(self, controls: Controls) -> list[tuple[str, bool]]:
        """Hand the axes to ``controls``; returns what was pressed (True) or released (False) since the last call."""
        pad = self.joystick
        axes = [pad.get_axis(i) for i in range(pad.get_numaxes())]
        self._axes = len(axes)
        pressed = {f"button {i}" for i in range(pad.get_numbuttons()) if pad.get_button(i)}
        directions = [pad.get_hat(i) for i in range(pad.get_numhats())]  # (x, y), up = 1
        if isinstance(controls, DiscreteControls) and len(axes) >= 2:
            directions.append((self._arrow(axes[0], "left", "right"), -self._arrow(axes[1], "up", "down")))
        for x, y in directions:
            pressed |= {name for name, on in zip(CAPS, (x < 0, x > 0, y > 0, y < 0), strict=False) if on}
        for i, value in enumerate(axes):
            controls.lean(i, value)
        changes = [(name, False) for name in sorted(self._pressed - pressed)]
        changes += [(name, True) for name in sorted(pressed - self._pressed)]
        self._pressed = pressed
        return changes

    def let_go(self, controls: Controls) -> list[tuple[str, bool]]:
        """What ``read`` would say if nobody touched it: for a gamepad that was pulled out, which cannot be asked."""
        for i in range(self._axes):
            controls.lean(i, 0.0)
        changes = [(name, False) for name in sorted(self._pressed)]
        self._pressed = set()
        return changes

    def _arrow(self, value: float, less: str, more: str) -> int:
        """-1, 0 or 1 for an axis, with a gap between pressing and releasing so that a trembling stick does neither."""
        side = less if value < 0 else more
        if abs(value) < (STICK_OFF if side in self._pressed else STICK_ON):
            return 0
        return -1 if value < 0 else 1
