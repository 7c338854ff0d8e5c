"""`ludus train`: train an agent, or go on with a run."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ludus.agents.api.training import default_folder
from ludus.agents.registry import AGENTS
from ludus.agents.runs.config import RunConfig, configure, read_preset
from ludus.agents.runs.extension import check_goal, extend
from ludus.agents.runs.places import is_group
from ludus.agents.runs.run import Run
from ludus.agents.runs.seeds import Part, Seeds, result_of
from ludus.agents.runs.seeds_table import seeds_table
from ludus.envs.command_line import check_slots, environment, import_all, slot_fillings
from ludus.envs.ids import import_option
from ludus.scripts.support.progress import train_with_bar
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import Imports, SeedList, key_values, parse
from ludus.utils.files import quote
from ludus.utils.wording import format_score

DESCRIPTION = """Train an agent on an environment, or go on with a run that was stopped.

  ludus train ludus/Snake-v1 --steps 1000000 --seed 0 --run runs/snake
  ludus train --resume runs/snake
  ludus train --resume runs/snake --steps 2M             # goes on to more steps than it was begun with
  ludus train ludus/CartPole-v1 --agent ppo --until 475  # or earlier than its steps
  ludus train ludus/Snake-v1 --seed 0,1,2 --run runs/snakes
  ludus train ludus/CartPole-v1 --set gravity=3.7 --agent-set learning_rate=0.001
  ludus train ludus/Elevator-v0 --preset runs/tune/winner.yaml
  ludus train ludus/Sorter-v0 --slot perception=noisy:0.1 # or a model: perception=models/garments
  ludus train ludus/Sorter-v0 --agent ppo --slot perception=raw --encoder models/garments --freeze
  ludus train ludus/Picker-v0 --agent ppo --curriculum 'wrong_cost={begin: 0.1, at: 0.3, over: 0.3}'
  ludus train ludus/CartPole-v1 --set 'randomize={gravity: [8, 12]}' --set 'drift={force: {to: -10, at: 5000}}'

Ctrl-C saves and stops. Follow a run with `tensorboard --logdir runs`, see it play with `ludus watch RUN`."""


@dataclass
class Arguments:
    env: Annotated[str | None, tyro.conf.Positional] = None
    """Environment id, such as ludus/Snake-v1, or any Gymnasium id whose spaces the agent can use; of another package
    MODULE:ID."""
    agent: Annotated[str, tyro.conf.arg(help=f"Algorithm: {', '.join(AGENTS)}.")] = "pqn"
    steps: int | None = None
    """Environment steps in all (default: the preset's, or 1,000,000)."""
    until: float | None = None
    """Stop earlier, at the first evaluation on the way whose mean return is this or more."""
    seed: SeedList = (0,)
    """Seed of the environments, the network and the exploration. Several, as in 0,1,2, are trained one after the other,
    each in a folder of its own in that of the run."""
    run: str | None = None
    """Folder of the run (default: runs/ENV-AGENT-SEED)."""
    resume: str | None = None
    """Go on with the run, or the runs of several seeds, in this folder; takes no other options but --import, and
    --steps or --until, which set it another end."""
    num_envs: int | None = None
    """Environments stepped together (default: the preset's)."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter or size of the environment; `ludus envs ID` lists them."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=FILLING: what a slot shows: truth, raw, blind, noisy:LEVEL, a baseline, or a component's folder."""
    encoder: str | None = None
    """Folder of a component whose features become the first layers of the policy, on a slot that shows raw."""
    freeze: bool = False
    """Keep the encoder's weights as they are, instead of training them along."""
    agent_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a hyperparameter of the agent."""
    curriculum: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key={begin: VALUE, at: SHARE, over: SHARE}: a parameter that begins elsewhere, and leaves that at a share of the
    steps, over another share (default: the preset's)."""
    preset: str | None = None
    """File with tuned hyperparameters, in the place of the preset: winner.yaml of `ludus tune`."""
    device: str = "cpu"
    """cpu or cuda."""
    evaluate_every: int | None = None
    """Steps between two evaluations; 0: only at the end (default: the preset's, or a tenth of --steps)."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "train", DESCRIPTION, arguments)
    import_all(options.imports)
    console = plain_console()
    for name, folder in (("run", options.run), ("resume", options.resume)):
        if folder == "":  # a Path would make "." of it
            raise ValueError(f"--{name} is empty; expected the name of a folder, such as runs/snake")
    if options.resume is not None:
        return resume(options, console)
    folder, config = new_run(options)
    several = len(options.seed) > 1
    begun = Seeds.start(folder, config, options.seed) if several else Run.start(folder, config)
    tell(config, console)  # after all that can be refused
    return train(begun, console) if isinstance(begun, Run) else train_seeds(begun, console)


def tell(config: RunConfig, console: Console) -> None:
    """What a person should know of a training that begins."""
    if not config.is_exact:
        console.print(f"Note: {config.agent} on {config.env} ({config.device}) can be resumed, but not bit by bit.")
    steps, at_once = config.steps, config.rollout
    if steps % at_once:
        whole = -(-steps // at_once) * at_once
        console.print(f"Note: a rollout is {at_once:,} steps, so it trains for {whole:,} instead of {steps:,}.")
    if config.until is not None and config.evaluate_every >= steps:
        console.print(
            f"Note: it is evaluated every {config.evaluate_every:,} steps, so --until cannot end it earlier; give a "
            "smaller --evaluate-every"
        )


def resume(options: Arguments, console: Console) -> int:
    """Go on with a run, or with those of several seeds, perhaps to another end."""
    taken = {name: getattr(options, name) for name in ("resume", "imports", "steps", "until")}
    if options != Arguments(**taken):
        raise ValueError(
            "--resume takes everything from the run's config.yaml; give it alone, or with --steps, --until or --import"
        )
    folder = Path(str(options.resume))
    if is_group(folder):
        seeds = Seeds.open(folder, begin=True)
        for note in seeds.extend(options.steps, options.until):
            console.print(f"Note: {note}")
        return train_seeds(seeds, console)
    run = Run.open(folder)
    check_goal(run, options.steps, options.until)
    return train(extend(run, options.steps, options.until), console)


def new_run(options: Arguments) -> tuple[Path, RunConfig]:
    """The folder and the configuration of a new run, of the first of its seeds."""
    if options.env is None:
        raise ValueError(
            "which environment? ludus train ID, such as ludus train ludus/Snake-v1; `ludus envs` lists them"
        )
    hyperparameters = key_values(options.agent_set, "--agent-set")
    if options.steps is not None and options.steps < 1:
        raise ValueError(f"steps must be >= 1, got {options.steps}")
    if options.num_envs is not None:
        hyperparameters["num_envs"] = options.num_envs
    if options.encoder is not None:
        hyperparameters["encoder"] = options.encoder
    if options.freeze:
        hyperparameters["freeze"] = True
    fillings, env = slot_fillings(options.slot), environment(options.env)
    check_slots(env, list(fillings))
    named = ("steps", "until", "evaluate_every")
    given = {key: getattr(options, key) for key in named if getattr(options, key) is not None}
    if options.curriculum:
        given["curriculum"] = key_values(options.curriculum, "--curriculum")
    config = configure(
        env,
        options.agent,
        hyperparameters,
        seed=options.seed[0],
        environment={**key_values(options.set, "--set"), **fillings},
        device=options.device,
        tuned=None if options.preset is None else read_preset(Path(options.preset), options.agent),
        **given,
    )
    usual = default_folder(env, options.agent, options.seed[0] if len(options.seed) == 1 else None)
    return Path(options.run) if options.run else usual, config


def train_seeds(seeds: Seeds, console: Console) -> int:
    """Train each run that has not come to its end; then a table of all, with the interval of their mean."""
    runs = seeds.runs()
    for number, run in enumerate(runs, 1):
        if result_of(run) is None:
            console.print(f"Seed {run.config.seed}, {number} of {len(runs)}: {quote(run.folder)}", soft_wrap=True)
            status, _ = train_with_bar(Part(run, seeds.again), run.config.env, console)
            if status:
                return status
    results = [result for run in runs if (result := result_of(run)) is not None]
    console.print(seeds_table(results, runs[0].config))
    folder = quote(seeds.folder)
    console.print(f"Curves: ludus plot {folder} --out curves.png, or tensorboard --logdir {folder}", soft_wrap=True)
    return 0


def train(run: Run, console: Console) -> int:
    """Train with a progress bar; says how the run ended and what can be done next."""
    status, result = train_with_bar(run, run.config.env, console)
    if status:
        return status
    low, high = result.interval
    score = "" if result.normalised is None else f", normalised score {result.normalised:.2f}"
    until = run.config.until
    ended = "Trained"
    if until is not None:
        ended = f"Reached {until:g}" if result.mean >= until else f"Trained, and {until:g} was not reached"
    console.print(
        f"{ended}: mean return {format_score(result.mean)} over {len(result.returns)} greedy episodes "
        f"(95 % interval {format_score(low)} … {format_score(high)}{score})."
    )
    folder, imports = quote(run.folder), import_option(run.config.module)
    console.print(
        f"See it play: ludus watch {folder}{imports}    Curves: tensorboard --logdir {folder}", soft_wrap=True
    )
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run as run_script

    sys.exit(run_script(main, sys.argv[1:]))
