"""`ludus study`: small experiments over several seeds, each a table and a picture."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from ludus.agents import studies, study_bandit, study_presets, study_randomisation
from ludus.scripts.options import output_folder, parse
from ludus.scripts.train import figures

DESCRIPTION = """Small experiments over several seeds; each prints a table and leaves a picture and a CSV.

  ludus study drift --seeds 5 --out results     # the force of CartPole reverses: does epsilon's rise help?
  ludus study bandit --seeds 2000               # ten arms: what it costs never to try, and how fast to forget
  ludus study randomisation --seeds 5           # Pendulum: training on many masses or on one, judged on others
  ludus study presets --env ludus/Snake-v1      # what every tuned agent earns, trained anew: --agent, --seeds"""

LEVELS = (195.0, 475.0)  # mean returns at which CartPole counts as solved again (v0's threshold, v1's)


@dataclass
class Arguments:
    name: Annotated[Literal["drift", "bandit", "randomisation", "presets"], tyro.conf.Positional]
    """Which study."""
    seeds: int | None = None
    """How many seeds: of drift and presets each is a training (default: 5 and 3), of randomisation two (default: 5), of
    bandit a run of each learner (default: 2,000)."""
    steps: int | None = None
    """Environment steps. Of drift: of a training, whose world changes half-way (default: 200,000). Of bandit: of a run
    whose values stay, a multiple of 100 (default: 1,000); a run whose values wander takes 10 times as many, one of
    changes 4 times. Of randomisation: of each training (default: 300,000)."""
    out: Path = Path("results")
    """Folder of the picture and the CSV."""
    env: str | None = None
    """Of presets: only this environment's."""
    agent: str | None = None
    """Of presets: only this agent's."""
    markdown: bool = False
    """Of presets: train nothing, print the CSV as the table of the README."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "study", DESCRIPTION, arguments)
    console = Console(highlight=False)
    if options.name == "presets":
        if options.steps is not None:
            raise ValueError("the steps of a preset stand in its file; leave --steps out")
        return presets(options, console)
    if options.env or options.agent or options.markdown:
        raise ValueError(
            f"--env, --agent and --markdown belong to the study of presets, not to {options.name}; leave them out"
        )
    study, seeds, steps = {
        "drift": (drift, 5, 200_000),
        "bandit": (bandit, 2_000, 1_000),
        "randomisation": (randomisation, 5, 300_000),
    }[options.name]
    shown = study(
        seeds if options.seeds is None else options.seeds,
        steps if options.steps is None else options.steps,
        options.out,
        console,
    )
    console.print(*shown, sep="\n")
    console.print(f"{options.out / options.name}.png, {options.out / options.name}.csv", soft_wrap=True)
    return 0


def drift(seeds: int, steps: int, out: Path, console: Console) -> list[Table | str]:
    if seeds < 1 or steps < 20 * studies.EVERY:
        raise ValueError(f"a study needs --seeds >= 1 and --steps >= {20 * studies.EVERY}")
    output_folder(out)
    curves = studies.drift_study(seeds, steps, console.print)
    studies.save_curves(curves, out / "drift.csv")
    studies.plot_curves(curves, steps, out / "drift.png")
    shown = Table(caption=f"{seeds} seeds, {steps:,} steps, change half-way", caption_justify="left")
    shown.add_column("epsilon")
    for level in LEVELS:
        shown.add_column(f"steps to {level:.0f} after the change: median (all)", justify="right")
    shown.add_column("return of the last tenth", justify="right")
    for reheats, label in ((False, "falls for good"), (True, "rises again")):
        arm = [curve for curve in curves if curve.reheats == reheats]
        cells = []
        for level in LEVELS:
            times = sorted(curve.recovery(steps // 2, level) for curve in arm)
            cells.append(f"{np.median(times):,.0f} ({' '.join(f'{t:,.0f}' for t in times)})")
        last = np.nanmean([curve.returns[-len(curve.returns) // 10 :] for curve in arm])
        shown.add_row(label, *cells, f"{last:.0f}")
    return [shown]


def bandit(seeds: int, steps: int, out: Path, console: Console) -> list[Table | str]:
    study_bandit.check(seeds, steps)
    output_folder(out)
    began = time.perf_counter()
    with console.status("") as status:
        results = study_bandit.bandit_study(
            seeds, steps, lambda world, learner: status.update(f"{world.title}: {learner.label}")
        )
    took = time.perf_counter() - began
    study_bandit.save_results(results, out / "bandit.csv")
    study_bandit.plot_results(results, out / "bandit.png")
    shown = Table(
        box=box.SIMPLE_HEAD,
        caption=f"The last tenth of the steps. {seeds:,} runs of each learner, seeds from 0 on, 95\u00a0% intervals; "
        f"{took:.0f} s on {os.cpu_count()} cores.",
        caption_justify="left",
    )
    for column, justify in (("values", "left"), ("epsilon", "right"), ("step size", "right"), ("reward", "right")):
        shown.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    shown.add_column("best arm, %", justify="right", no_wrap=True)
    shown.add_column("figure 2.2", justify="right", no_wrap=True)
    before = None
    for result in results:
        learner, world = result.learner, result.world
        reward, best = (study_bandit.interval(x) for x in (result.late_reward_of_run, 100 * result.late_best_of_run))
        if before not in (None, world.name):
            shown.add_row()
        shown.add_row(
            "" if world.name == before else world.name,
            f"{learner.epsilon:g}",
            "1/N" if learner.step_size is None else f"{learner.step_size:g}",
            f"{reward[0]:.3f} ± {reward[1]:.3f}",
            f"{best[0]:.1f} ± {best[1]:.1f}",
            study_bandit.PUBLISHED[learner.epsilon] if world.name == "stays" else "",
        )
        before = world.name
    lost = [
        f"  {name:8} {mean:.3f} ± {half:.3f}"
        for name in ("stays", "wanders", "changes")
        for mean, half in [study_bandit.cost_of_greed(results, name)]
    ]
    return [shown, "What epsilon 0 earns less than epsilon 0.1, per step over the whole run:", *lost]


def randomisation(seeds: int, steps: int, out: Path, console: Console) -> list[Table | str]:
    output_folder(out)
    with console.status("") as status:
        rows = study_randomisation.randomisation_study(
            seeds, steps, out / "randomisation.csv", lambda arm, seed: status.update(f"seed {seed}: {arm}")
        )
        status.update("the reference policy")
        lines = study_randomisation.table(rows)
    study_randomisation.plot(lines, seeds, out / "randomisation.png")
    took = sum({(row.arm, row.seed): row.seconds for row in rows}.values())
    low, high = study_randomisation.RANGE
    shown = Table(
        box=box.SIMPLE_HEAD,
        caption=f"Return of {study_randomisation.EPISODES} greedy episodes, {seeds} seeds of {steps:,} steps, "
        "95\u00a0% intervals over seeds. The randomised training met no others than "
        f"{low:g} … {high:g} {study_randomisation.UNIT}.\n"
        f"All trainings: {took:.0f} s.",
        caption_justify="left",
    )
    shown.add_column(f"{study_randomisation.PARAMETER}, {study_randomisation.UNIT}", justify="right", no_wrap=True)
    fixed = f"trained on {study_randomisation.FIXED:g}"
    for column in (fixed, f"on {low:g} … {high:g}", "gain", "reference"):
        shown.add_column(column, justify="right", no_wrap=True)
    for line in lines:
        cells = [f"{mean:.0f} ± {top - mean:.0f}" for mean, _, top in (line.fixed, line.randomised, line.gain)]
        shown.add_row(f"{line.value:g}{'' if line.inside else ' *'}", *cells, f"{line.reference:.0f}")
    return [shown, "* outside the range of the randomised training"]


def presets(options: Arguments, console: Console) -> int:
    seeds = 3 if options.seeds is None else options.seeds
    if seeds < 1:
        raise ValueError(f"--seeds must be >= 1, got {seeds}")
    chosen = study_presets.pairs(options.env, options.agent)
    path = options.out / "presets.csv"
    if options.markdown:
        print(study_presets.markdown(study_presets.read(path)))
        return 0
    output_folder(options.out)
    with console.status("") as status:
        rows = study_presets.presets_study(
            chosen,
            range(seeds),
            path,
            lambda title, seed, progress: status.update(f"{title}, seed {seed}: {figures(progress)}"),
        )
    shown = Table(box=box.SIMPLE_HEAD, caption=f"Seeds 0 … {seeds - 1}; {path}", caption_justify="left")
    for column in ("environment", "agent"):
        shown.add_column(column, no_wrap=True)
    for column in ("steps", "return", "95 % interval", "worst … best seed", "normalised", "success", "seconds"):
        shown.add_column(column, justify="right", no_wrap=True)
    for env, agent in chosen:
        shown.add_row(env, agent, *study_presets.summary([r for r in rows if (r.env, r.agent) == (env, agent)]))
    Console(width=max(console.width, 140), highlight=False).print(shown)
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
