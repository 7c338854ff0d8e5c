"""Videos of a policy at play, from a program: MP4, animated GIF and WebP, without a display."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from ...envs.engine.parameters import settings_as
from ...envs.human.watch import Watched, watch
from ...envs.make import watched_with
from ...envs.rendering.video import check_video
from ...utils.whole_numbers import Whole, as_whole
from .players import SETTINGS, Playable, as_settings, find_players


@settings_as(SETTINGS)
def record(
    policy: Playable,
    file: str | Path,
    env: str | None = None,
    *,
    episodes: Whole | None = None,
    steps: Whole | None = None,
    seed: Whole = 0,
    envs: Whole = 1,
    fps: float | None = None,
    speed: float = 1.0,
    slots: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Watched:
    """Write a video of a policy at play: what `ludus watch --record` does.

    Args:
        policy: What ``evaluate`` takes: the folder of a run, a trained policy, ``"random"``, ``"heuristic"`` …
        file: An .mp4, .gif or .webp file, in a folder that exists; an older one is replaced.
        env: An environment id; by default that of the run.
        episodes: Stop when so many episodes have ended; by default one for each environment.
        steps: Stop after so many steps.
        seed: Of the first environment.
        envs: How many environments are shown as tiles.
        fps: Steps per second; the environment's own pace by default.
        speed: A multiple of that pace.
        slots: What slots show, other than in the training.
        **parameters: Of the environment, other than in the training.

    Returns:
        What was played: ``steps``, ``episodes``, ``returns`` and ``lengths`` of the finished episodes, ``video``.

    Raises:
        ValueError: an unknown policy or parameter, another kind of file, an environment without frames.
        OSError: the file cannot be written.
    """
    check_video(file)  # before anything is compiled
    settings, seed = as_settings(parameters, slots), as_whole("seed", seed, 0)
    steps = None if steps is None else as_whole("steps", steps, 1)
    episodes = None if episodes is None else as_whole("episodes", episodes, 1)
    (player,) = find_players([policy], env, seed, settings).values()
    shown, pace = watched_with(player.env, settings)
    batch = player.make(as_whole("envs", envs, 1), rendered=True, **shown)
    try:
        return watch(
            batch,
            player.policy,
            seed=seed,
            fps=pace if fps is None else fps,
            speed=speed,
            record=file,
            steps=steps,
            episodes=episodes,
            title=player.title,
            console=Console(quiet=True),
        )
    finally:
        batch.close()
