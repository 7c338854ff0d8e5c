"""`ludus watch`: see an agent or a policy play."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ludus.scripts.options import key_values, parse, subject

DESCRIPTION = """See an agent or a policy play, in a window or as a video.

  ludus watch runs/snake
  ludus watch runs/snake --envs 16                          # sixteen games side by side
  ludus watch runs/snake --record snake.mp4                 # needs no display
  ludus watch ludus/Snake-v1 --policy heuristic

Keys in the window: space pauses, . makes a single step, + and - change the speed, r restarts, n takes the next seed,
h shows the keys, q quits."""


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id (then with --policy)."""
    policy: str | None = None
    """heuristic or random, instead of the run's agent."""
    envs: int = 1
    """How many environments to show as tiles."""
    seed: int = 0
    """Seed of the first environment."""
    speed: float = 1.0
    """A multiple of the environment's own pace."""
    record: Path | None = None
    """Write an .mp4 instead of opening a window."""
    steps: int | None = None
    """Stop after so many steps."""
    episodes: int | None = None
    """Stop when so many episodes have ended."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "watch", DESCRIPTION, arguments)
    console = Console(highlight=False)
    settings = key_values(options.set, "--set")
    make, policy, title, notes, _ = subject(options.what, options.policy, options.seed, settings)
    for note in notes:
        console.print(f"Note: {note}")
    from ludus.envs.engine.watch import watch

    seen = watch(
        make(options.envs),
        policy,
        seed=options.seed,
        speed=options.speed,
        record=options.record,
        steps=options.steps,
        episodes=options.episodes,
        title=title,
        console=console,
    )
    mean = f", mean return {sum(seen.returns) / len(seen.returns):.1f}" if seen.returns else ""
    console.print(
        f"{seen.steps} steps, {seen.episodes} episodes{mean}." + (f" Video: {seen.video}" if seen.video else "")
    )
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
