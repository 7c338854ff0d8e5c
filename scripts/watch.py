"""`ludus watch`: see an agent or a policy play, or what a person has played."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console

from ludus.envs.command_line import import_all, slot_fillings
from ludus.utils.command_line import Imports, key_values, parse
from ludus.utils.wording import counted, decimals_of

if TYPE_CHECKING:
    from ludus.envs.human.watch import Watched

DESCRIPTION = """See an agent or a policy play, or a recording of `ludus play`, in a window or as a video.

  ludus watch ludus/Snake-v1                                # the trained policy that comes with Ludus
  ludus watch runs/snake
  ludus watch runs/snake --envs 16                          # sixteen games side by side
  ludus watch runs/snake --record snake.mp4                 # needs no display
  ludus watch ludus/Snake-v1 --policy heuristic
  ludus watch runs/sorter --slot perception=models/garments --explain     # what the model saw, believed, and why
  ludus watch ludus/Rover-v0 --explain                      # which numbers moved what the policy does
  ludus watch mine.npz                                      # checks that every number comes again, then shows it

Keys in the window: space pauses, . makes a single step, + and - change the speed, r restarts, n takes the next seed,
h shows the keys, q quits."""


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, an environment id, of another package MODULE:ID (then with --policy), or a recording
    (.npz). Where an environment is all that is said, the zoo's trained policy plays."""
    policy: str | None = None
    """zoo, random, heuristic, or another reference policy by name (see `ludus envs ID`), instead of the run's agent."""
    checkpoint: str = "last"
    """Of a run: last, best (by the evaluations on its way), or a number of steps that is kept."""
    envs: int = 1
    """How many environments to show as tiles."""
    seed: int = 0
    """Seed of the first environment."""
    speed: float = 1.0
    """A multiple of the environment's own pace."""
    record: Path | None = None
    """Write an .mp4, .gif or .webp instead of opening a window."""
    steps: int | None = None
    """Stop after so many steps."""
    episodes: int | None = None
    """Stop when so many episodes have ended."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=FILLING: what a slot shows, other than in training."""
    explain: str | None = None
    """Beside each environment, what its model or its policy saw, believed, and why: grad-cam (if nothing is named) or
    integrated-gradients. Policies that see numbers: by Shapley values, or by integrated-gradients."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "watch", DESCRIPTION, spelled_out(arguments))
    import_all(options.imports)
    console = Console(highlight=False)
    from ludus.envs.human.watch import check_limits, warm_up, watch
    from ludus.envs.rendering.video import check_video

    check_limits(options.steps, options.episodes, speed=options.speed)  # before anybody waits for machine code
    if options.record is not None:
        check_video(options.record)
    if options.what.lower().endswith(".npz"):
        return watch_recording(options, console)
    settings = {**key_values(options.set, "--set"), **slot_fillings(options.slot)}
    from ludus.envs.make import watched_with
    from ludus.scripts.support.beginning import begin, world_of

    def prepare() -> tuple[Any, ...]:
        from ludus.agents.runs.player import find_player

        player = find_player(options.what, options.policy, options.seed, settings, options.checkpoint)
        shown, fps = watched_with(player.env, settings)
        batch, beside = player.make(options.envs, rendered=True, **shown), None
        if options.explain is not None:
            from ludus.agents.explanations import make_explanations

            def make(num_envs: int) -> Any:
                return player.make(num_envs, **shown)

            beside = make_explanations(batch, player.policy, options.explain, make, player.age)
        warm_up(batch, None if options.policy == "random" else player.policy)
        return player, fps, batch, beside

    world = world_of(options.what, options.policy, settings, options.seed)
    player, fps, batch, beside = begin(world, options.what, prepare, console, in_window=options.record is None)
    for note in player.notes:
        console.print(f"Note: {note}")
    seen = watch(
        batch,
        player.policy,
        seed=options.seed,
        fps=fps,
        speed=options.speed,
        record=options.record,
        steps=options.steps,
        episodes=options.episodes,
        title=player.title,
        console=console,
        beside=beside,
    )
    report(seen, console)
    return 0


def spelled_out(arguments: list[str]) -> list[str]:
    """The arguments with a method behind each ``--explain``; tyro knows no option whose value may be left out."""
    result = []
    for i, argument in enumerate(arguments):
        result.append(argument)
        after = arguments[i + 1] if i + 1 < len(arguments) else "-"
        if argument == "--explain" and (not re.fullmatch(r"[a-z][a-z-]*", after) or Path(after).exists()):
            result.append("grad-cam")
    return result


def watch_recording(options: Arguments, console: Console) -> int:
    """What a person has played: the file alone says what is seen."""
    elsewhere = f"{options.what} replays in its own world"
    for name, given, why in (
        ("policy", options.policy, f"{options.what} brings its own"),
        ("envs", options.envs != 1, f"{options.what} brings its own"),
        ("seed", options.seed, f"{options.what} brings its own"),
        ("slot", options.slot, elsewhere),
        ("explain", options.explain is not None, f"a person played {options.what}"),
        ("checkpoint", options.checkpoint != "last", f"{options.what} has none"),
        ("set", options.set, elsewhere),
    ):
        if given:
            raise ValueError(f"--{name} does not go with a recording: {why}; leave it out")
    from ludus.envs.human.game import Game
    from ludus.envs.human.recording import load_recording
    from ludus.envs.human.replay import replay
    from ludus.envs.make import make_recorded
    from ludus.scripts.support.beginning import begin, world_of_game

    if not Path(options.what).is_file():
        raise FileNotFoundError(f"{options.what} is no file; expected a recording that `ludus play --record` wrote")
    recording = load_recording(options.what)

    def prepare() -> Game:
        game = make_recorded(recording)
        game.warm_up()
        return game

    first = recording.episodes[0]
    world = world_of_game(recording.id, recording.keywords, first.seed, first.age)
    game = begin(world, options.what, prepare, console, in_window=options.record is None)
    limits = {"steps": options.steps, "episodes": options.episodes}
    seen = replay(game, recording, speed=options.speed, record=options.record, console=console, **limits)
    game.close()
    report(seen, console)
    return 0


def report(seen: "Watched", console: Console) -> None:
    """What was seen, in one line."""
    mean = sum(seen.returns) / len(seen.returns) if seen.returns else 0.0
    earned = f", mean return {mean:.{decimals_of(mean)}f}" if seen.returns else ""
    video = f" Video: {seen.video}" if seen.video else ""
    console.print(f"{counted(seen.steps, 'step')}, {counted(seen.episodes, 'episode')}{earned}.{video}")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
