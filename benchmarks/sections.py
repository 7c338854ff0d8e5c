"""The sections of `ludus benchmark`: names of functions that measure something and return the rows of its table."""

import importlib

from .race import Config, Row

# Name -> module beside this one, and its function. A module is imported when it is measured: some need torch.
SECTIONS = {
    "cartpole": ("stepping", "cartpole"),
    "snake": ("stepping", "snake"),
    "classics": ("stepping", "classics"),
    "own": ("stepping", "own"),
    "slots": ("slots", "slots"),
    "frames": ("stepping", "frames"),
    "single": ("stepping", "single"),
    "start": ("processes", "first_step"),
    "memory": ("processes", "memory"),
    "sb3": ("stepping", "sb3"),
    "sb3-memory": ("processes", "sb3_memory"),
    "learn-cartpole": ("learning", "learn_cartpole"),
    "learn-ppo": ("learning", "learn_ppo"),
    "learn-snake": ("learning", "learn_snake"),
}
# Those that learn take minutes, so they are measured only when they are asked for.
QUICK = tuple(name for name in SECTIONS if not name.startswith("learn-"))


def measure(name: str, config: Config) -> list[Row]:
    """The rows of a section's table."""
    module, function = SECTIONS[name]
    return getattr(importlib.import_module(f".{module}", __package__), function)(config)
