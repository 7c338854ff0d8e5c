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

from ludus.envs.make import slots_of
from ludus.scripts.options import check_slots, environment, output_folder, parse, slot_fillings
from ludus.studies import (
    bandit as study_bandit,
)
from ludus.studies import (
    drift as studies,
)
from ludus.studies import (
    presets as study_presets,
)
from ludus.studies import (
    randomisation as study_randomisation,
)
from ludus.studies import (
    regret as study_regret,
)
from ludus.studies import (
    regret_plot as study_regret_plot,
)
from ludus.utils.intervals import normal_interval
from ludus.utils.wording import counted

DESCRIPTION = """Small experiments over several seeds; each prints a table and leaves a picture and a CSV.

  ludus study drift --seeds 5 --out results     # the force of CartPole reverses: does epsilon's rise help?
  ludus study bandit --seeds 2000               # ten arms: what it costs never to try, and how fast to forget
  ludus study randomisation --seeds 5           # Pendulum: training on many masses or on one, judged on others
  ludus study presets --env ludus/Snake-v1      # what every tuned agent earns, trained anew: --agent, --seeds
  ludus study regret ludus/Sorter-v0 --slot perception=truth,models/garments,noisy:0.1,noisy:0.3,blind
                                                # what a sense is worth, to a policy of the truth's and to its own"""

LEVELS = (195.0, 475.0)  # mean returns at which CartPole counts as solved again (v0's threshold, v1's)


@dataclass
class Arguments:
    name: Annotated[Literal["drift", "bandit", "randomisation", "presets", "regret"], tyro.conf.Positional]
    """Which study."""
    id: Annotated[str | None, tyro.conf.Positional] = None
    """Of regret: the environment; of another package MODULE:ID."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Of regret: NAME=FILLING,FILLING,…: the slot, and what fills it in turn (truth and blind do in any case)."""
    seeds: int | None = None
    """How many seeds: of drift and presets each is a training (default: 5 and 3), of randomisation two (default: 5), of
    regret one for each filling (default: 5), of bandit a run of each learner (default: 2,000)."""
    steps: int | None = None
    """Environment steps. Of drift: of a training, whose world changes half-way (default: 200,000). Of bandit: of a run
    whose values stay, a multiple of 100 (default: 1,000); a run whose values wander takes 10 times as many, one of
    changes 4 times. Of randomisation: of each training (default: 300,000). Of regret: of each training (default: the
    preset's)."""
    out: Path = Path("results")
    """Folder of the picture and the CSV."""
    env: str | None = None
    """Of presets: only this environment's."""
    agent: str | None = None
    """Of presets: only this agent's. Of regret: which agent learns (default: pqn)."""
    markdown: bool = False
    """Of presets and regret: train nothing, print the CSV as the tables of the README. For regret, --slot NAME is then
    enough."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "study", DESCRIPTION, arguments)
    console = Console(highlight=False)
    if options.name == "regret":
        return regret(options, console)
    if options.id or options.slot:
        raise ValueError(f"ENV and --slot belong to the study of regret, not to {options.name}; leave them out")
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
    shown = Table(caption=f"{counted(seeds, 'seed')}, {steps:,} steps, change half-way", caption_justify="left")
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
        caption=f"The last tenth of the steps. {counted(seeds, 'run')} of each learner, seeds from 0 on, "
        f"95\u00a0% intervals; {took:.0f} s on {os.cpu_count()} cores.",
        caption_justify="left",
    )
    for column, justify in (("values", "left"), ("epsilon", "right"), ("step size", "right"), ("reward", "right")):
        shown.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    shown.add_column("best arm, %", justify="right", no_wrap=True)
    shown.add_column("figure 2.2", justify="right", no_wrap=True)
    before = None
    for result in results:
        learner, world = result.learner, result.world
        reward, best = (normal_interval(x) for x in (result.late_reward_of_run, 100 * result.late_best_of_run))
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
        caption=f"Return of {study_randomisation.EPISODES} greedy episodes, {counted(seeds, 'seed')} of "
        f"{steps:,} steps, 95\u00a0% intervals over seeds. The randomised training met no others than "
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
            lambda title, seed, progress: status.update(f"{title}, seed {seed}: {progress}"),
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


def regret(options: Arguments, console: Console) -> int:
    if options.env or not options.id:
        raise ValueError("the study of regret takes its environment without --env: ludus study regret ENV --slot …")
    env = environment(options.id)
    slot, fillings = asked_slot(env, options.slot, options.markdown)
    agent = options.agent or "pqn"
    base = options.out / study_regret.file_of(env, slot)
    csv, png = base.with_name(f"{base.name}.csv"), base.with_name(f"{base.name}.png")
    if options.markdown:
        rows = [row for row in study_regret.read(csv) if row.agent == agent]
        names = {study_regret.name_of(given) for given in fillings} | {"truth", "blind"}
        print(study_regret.markdown([row for row in rows if not fillings or row.filling in names]))
        return 0
    seeds = 5 if options.seeds is None else options.seeds
    study_regret.check_seeds(seeds)
    plan = study_regret.make_plan(env, agent, slot, fillings, options.steps)
    output_folder(options.out)
    with console.status("") as status:
        rows = study_regret.regret_study(
            plan,
            seeds,
            csv,
            lambda seed, what, share: status.update(f"seed {seed}, {what}: {share:.0%}"),
        )
    lines = {protocol: study_regret.table(rows, protocol) for protocol in study_regret.PROTOCOLS}
    for protocol, own in lines.items():
        shown = Table(box=box.SIMPLE_HEAD, caption=study_regret.caption(rows, protocol), caption_justify="left")
        shown.add_column("filling", overflow="fold")
        for column in (own[0].measure, *study_regret.COLUMNS):
            shown.add_column(column, justify="right", no_wrap=True)
        for line in own:
            shown.add_row(*study_regret.cells(line))
        console.print(shown)
    study_regret_plot.plot(
        lines, f"{plan.env}, {slot}, {agent}: mean of {counted(seeds, 'seed')} and its 95 % interval", png
    )
    took = sum(row.seconds for row in rows if row.protocol == study_regret.TRAINED)
    console.print(f"All trainings: {took:.0f} s.")
    console.print(f"{png}, {csv}", soft_wrap=True)
    return 0


def asked_slot(id: str, given: tuple[str, ...], only_name: bool) -> tuple[str, list[str]]:
    """The slot of --slot and the fillings; ``only_name``: there need not be any."""
    known = slots_of(id)
    if len(given) != 1:
        what = "got none" if not given else f"got {' and '.join(given)}"
        has = f"{id} has {', '.join(known)}" if known else f"{id} has no slots"
        raise ValueError(f"the study of regret needs one --slot NAME=FILLING,FILLING,…, {what}; {has}")
    if only_name and "=" not in given[0]:
        check_slots(id, given)
        return given[0], []
    ((slot, fillings),) = slot_fillings(given).items()
    check_slots(id, [slot])
    return slot, fillings.split(",")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
