"""`ludus demo`: one minute from nothing to a trained Snake agent, a table and a video."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ludus.agents.api.comparing import Comparison
from ludus.agents.evaluation import EVALUATION_SEED, envs_for, evaluate, greedy_policy, heuristic_policy, random_policy
from ludus.agents.evaluation_tables import comparison_table
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run, budget
from ludus.scripts import train as train_script
from ludus.utils.command_line import parse
from ludus.utils.files import quote
from ludus.utils.wording import counted

DESCRIPTION = """Train an epsilon-greedy agent on Snake for about a minute, compare it with the random and the heuristic
policy, and leave a video (and open a window where there is a display)."""

ENVIRONMENT = "ludus/Snake-v1"


@dataclass
class Arguments:
    run: Path | None = None
    """Folder of the run (default: the first free one of runs/demo, runs/demo-2, …)."""
    seconds: float = 60.0
    """About how long to train."""
    seed: int = 0
    """Seed of the run."""
    episodes: int = 64
    """Episodes of the comparison."""
    window: bool = True
    """Open a window at the end if there is a display."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "demo", DESCRIPTION, arguments)
    console = Console(highlight=False)
    folder = options.run or free_folder(Path("runs"), "demo")
    console.print(
        f"[bold]1  Training pqn on {ENVIRONMENT}[/bold] for about {options.seconds:.0f} seconds, into {folder}"
    )
    console.print(f"   Follow it in another terminal: .venv/bin/tensorboard --logdir {quote(folder.parent)}")
    config = configure(ENVIRONMENT, seed=options.seed, **budget(ENVIRONMENT, options.seconds))
    run = Run.start(folder, config)
    code = train_script.train(run, console)
    if code:
        return code

    console.print(f"\n[bold]2  Comparing[/bold] three policies on the same {counted(options.episodes, 'game')}")
    agent = run.agent()
    policies = {
        "random (legal moves)": random_policy(options.seed),
        f"pqn, {agent.num_timesteps:,} steps": greedy_policy(agent),
        "heuristic": heuristic_policy,
    }
    batch = run.make_batch(envs_for(options.episodes))
    with console.status("playing"):
        results = {
            name: evaluate(batch, policy, options.episodes, EVALUATION_SEED) for name, policy in policies.items()
        }
    found = Comparison(ENVIRONMENT, options.episodes, EVALUATION_SEED, results)
    console.print(comparison_table(found, "mean return = fruit eaten per game"))

    from ludus.envs.human.watch import watch

    video = folder / "rollout.mp4"
    console.print(f"\n[bold]3  Recording[/bold] a game of the agent: {video}")
    watch(
        run.make_batch(1),
        greedy_policy(agent),
        seed=options.seed,
        record=video,
        steps=600,
        episodes=1,
        title=ENVIRONMENT,
    )
    if options.window and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        console.print("   Opening a window with four games; press q to close it.")
        watch(run.make_batch(4), greedy_policy(agent), seed=options.seed, title=f"{ENVIRONMENT} · pqn")
    console.print(f"\nNext: .venv/bin/ludus watch {quote(folder)}    .venv/bin/ludus train --help")
    return 0


def free_folder(parent: Path, name: str) -> Path:
    """``parent/name``, or the first ``parent/name-N`` that does not exist."""
    candidates = [parent / name, *(parent / f"{name}-{i}" for i in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())


if __name__ == "__main__":
    from ludus.scripts.main import run as run_script

    sys.exit(run_script(main, sys.argv[1:]))
