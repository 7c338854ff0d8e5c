"""`ludus play`: play an environment yourself."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ludus.envs.command_line import environment
from ludus.envs.ids import import_option, module_of
from ludus.utils.command_line import key_values, parse
from ludus.utils.wording import counted

DESCRIPTION = """Play an environment yourself, with the keyboard or a gamepad.

  ludus play ludus/Snake-v1
  ludus play ludus/Snake-v1 --turn-based --set size=6       # each step waits for a key
  ludus play ludus/CartPole-v1 --speed 0.5 --record mine.npz
  ludus watch mine.npz                                      # the same games again; --record FILE.mp4 makes a video
  ludus play Pendulum-v1                                    # any environment of Gymnasium's

The panel beside the picture says which keys do what. In every game: space pauses, + and - change the speed, r restarts,
n takes the next seed, h shows the keys, q quits. A gamepad's cross and stick act as the arrow keys or, where actions
are continuous, as axes."""


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; `ludus envs` lists those of Ludus; of another package MODULE:ID."""
    seed: int = 0
    """Seed of the first game; the next ones count on from it."""
    speed: float = 1.0
    """A multiple of the environment's own pace."""
    turn_based: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Wait for a key before each step, as environments do that are declared turn-based."""
    record: Path | None = None
    """A new .npz file that keeps (observation, action, reward) with the seeds, so that `ludus watch` replays it."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "play", DESCRIPTION, arguments)
    console = Console(highlight=False)
    from ludus.envs.human.game import Game
    from ludus.envs.human.play import play
    from ludus.envs.human.recording import check_recording
    from ludus.envs.human.watch import check_limits
    from ludus.envs.make import make_game
    from ludus.scripts.support.beginning import begin, world_of_game

    settings = key_values(options.set, "--set")
    check_limits(None, None, speed=options.speed)  # before anybody waits for machine code
    if options.record is not None:
        check_recording(options.record)

    def prepare() -> Game:
        game = make_game(environment(options.id), **settings)
        game.warm_up()
        return game

    game = begin(world_of_game(options.id, settings, options.seed), options.id, prepare, console)
    played = play(
        game,
        seed=options.seed,
        turn_based=options.turn_based or None,
        speed=options.speed,
        record=options.record,
        console=console,
    )
    game.close()
    best = f", best score {max(played.returns):.4g}" if played.returns else ""
    console.print(f"{counted(played.steps, 'step')}, {counted(played.episodes, 'finished game')}{best}.")
    if played.recorded:
        again = f"ludus watch {shlex.quote(str(options.record))}{import_option(module_of(game.id))}"
        console.print(f"{counted(played.recorded, 'step')} recorded. Again: {again}", soft_wrap=True)
    elif options.record is not None:
        console.print(f"{options.record} was not written: no step was played.", soft_wrap=True)
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
