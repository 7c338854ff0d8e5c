"""Options that several commands share."""

import io
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import tyro
from gymnasium import spaces

from ludus.agents.evaluation import Policy, greedy_policy, named_policy
from ludus.envs.registry import import_module, import_named
from ludus.utils.untrusted import parse_yaml
from ludus.utils.wording import did_you_mean

# For the commands that open what was made with a third party's environment: a run, a recording, a training.
Imports = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]],
    tyro.conf.arg(
        name="import",
        help="MODULE: import it first, because it registers the environment; a file that names it is no reason to. "
        "Found in the folder one stands in, too.",
    ),
]


def parse(command: type, name: str, description: str, arguments: list[str]) -> Any:
    """Command line -> dataclass; ``--help`` shows the description and a line per field.

    Raises:
        SystemExit: 0 after the help; 2 for a command line that does not fit, which one line on standard error explains.
    """
    prog, said, columns = f"ludus {name}", io.StringIO(), os.environ.get("COLUMNS")
    try:
        with redirect_stderr(io.StringIO()):
            return tyro.cli(command, prog=prog, description=description, args=arguments)
    except SystemExit as end:
        if not end.code:
            raise
    try:  # again, for a box whose lines are not broken
        os.environ["COLUMNS"] = "10000"
        with redirect_stderr(said):
            tyro.cli(command, prog=prog, description=description, args=arguments)
    except SystemExit:
        print(f"ludus: {unboxed(said.getvalue())}; see {prog} --help", file=sys.stderr)
        raise SystemExit(2) from None
    finally:
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
    raise AssertionError("a command line that fits at one width only")


def unboxed(box: str) -> str:
    """What a box of tyro's about an error says, in one line: its first paragraph and the option that may be meant."""
    _, *lines = (line.strip("│ ") for line in box.splitlines())  # after the title
    parts = [" ".join(part) for rule, part in groupby(lines, lambda line: not line.strip("─-╰╯")) if not rule]
    said = parts[0].removesuffix(" (required)").rstrip(".")
    near = re.search(r"(?:Perhaps you meant|Arguments similar to [^:]*): (--[\w-]+)", " ".join(parts))
    return said[:1].lower() + said[1:] + (f"; did you mean {near[1]}?" if near else "")


def key_values(pairs: Sequence[str], flag: str) -> dict[str, Any]:
    """``("size=8", "randomize={gravity: [8, 12]}")`` as a dict; the values are YAML.

    Raises:
        ValueError: an entry without "=", or a value that is no YAML.
    """
    result = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ValueError(f"{flag} takes key=value, got {pair!r}")
        try:
            result[key] = _number(parse_yaml(value))
        except ValueError:
            raise ValueError(
                f"{flag} {key}: cannot read the value {value!r}; expected a number, text, [list] or {{map}}"
            ) from None
    return result


def slot_fillings(pairs: Sequence[str]) -> dict[str, str]:
    """``("perception=models/garments",)`` as a dict from slots to what fills them."""
    result = {}
    for pair in pairs:
        name, equals, filling = pair.partition("=")
        if not equals or not name or not all(filling.split(",")):
            raise ValueError(f"--slot takes NAME=FILLING, such as perception=truth, got {pair!r}")
        result[name] = filling
    return result


def environment(id: str) -> str:
    """The id of an environment that was typed as ID or as MODULE:ID, in which case the module is imported.

    Raises:
        ValueError: there is no such module or id.
    """
    if ":" in id:
        _look_here()
    return import_named(id)


def import_all(modules: Sequence[str]) -> None:
    """Import what --import names; ``ValueError`` if something cannot be."""
    if modules:
        _look_here()
    for module in modules:
        import_module(module)


def _look_here() -> None:
    """Have modules found in the folder one stands in, as `python` does and a console script does not.

    Last of all places, so that no file there takes the place of a library, and only for what is typed: what lies in a
    folder that is merely read is never looked for.
    """
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)


def check_slots(id: str, names: Sequence[str]) -> None:
    """``ValueError`` unless the environment has all these slots."""
    from ludus.envs.make import slots_of

    known = slots_of(id)
    for name in names:
        if name not in known:
            raise ValueError(f"{id} has no slot {name!r}{did_you_mean(name, known)}")


def _number(value: Any) -> Any:
    # YAML 1.1 reads 1e-3 as text; a person means the number.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def subject(
    what: str, policy: str | None, seed: int, settings: dict[str, Any]
) -> tuple[Any, Policy, str, list[str], int]:
    """What to watch or evaluate: the folder of a run, or an environment id with a named policy.

    Returns:
        A function ``make(num_envs, …)`` for its environments, the policy, a title, notes for the person, and how old
        the environments were at the end of the training (0 where there was none): what drifts stands as it stood then.
    """
    from ludus.agents.runs.run import Run
    from ludus.envs.engine.batch import check_seed
    from ludus.envs.make import make_batch

    check_seed(seed)
    notes: list[str] = []
    if (Path(what) / "config.yaml").exists():
        run = Run.open(Path(what))
        name = run.config.env

        def make(num_envs: int, **keywords: Any) -> Any:
            return run.make_batch(num_envs, **settings, **keywords)

        if policy is None:
            agent = run.agent()
            notes += run.notes
            if settings:
                trained, other = run.make_batch(1), run.make_batch(1, **settings)
                check_fit(trained, other, run.config.hyperparameters.get("center") is not None)
                trained.close()
                other.close()
            age = agent.num_timesteps // run.config.hyperparameters["num_envs"]
            title = f"{name} · {run.config.agent} after {agent.num_timesteps:,} steps"
            return make, greedy_policy(agent), title, notes, age
    else:
        if Path(what).exists() or not re.search(r"-v\d+$", what):
            raise FileNotFoundError(
                f"{what!r} is neither the folder of a run (it has no config.yaml) nor an environment id (NAME-v0); "
                "`ludus envs` lists the ids"
            )
        name = environment(what)
        if policy is None:
            raise ValueError(
                f"{what} is an environment: say which policy plays it, --policy heuristic or --policy random"
            )

        def make(num_envs: int, **keywords: Any) -> Any:
            return make_batch(name, num_envs, **settings, **keywords)

    known = policies(name)
    if policy not in known:
        raise ValueError(f"unknown policy {policy!r}{did_you_mean(policy, known)}")
    return make, named_policy(policy, seed), f"{name} · {policy}", notes, 0


def check_fit(trained: Any, other: Any, any_board: bool) -> None:
    """``ValueError`` unless an agent that learned on the batch ``trained`` can act in the batch ``other``.

    ``any_board``: it sees boards from its own cell, so their height and width may be others.
    """
    for verb, name in (("observes", "observation_space"), ("acts in", "action_space")):
        before, now = getattr(trained, name), getattr(other, name)
        if _layout(before, any_board) != _layout(now, any_board):
            raise ValueError(
                f"the agent was trained where it {verb} {before}, this world has {now}; leave out the --set or "
                "--slot that decides this, or train an agent there"
            )


def _layout(space: spaces.Space, any_board: bool) -> Any:
    """What two spaces must share to be taken for one another: all but the bounds of a Box."""
    if isinstance(space, spaces.Dict):
        return {key: _layout(part, any_board) for key, part in space.items()}
    if isinstance(space, spaces.Discrete):
        return int(space.n), int(space.start)
    shape = space.shape or ()
    return space.dtype, shape[-1:] if any_board and len(shape) == 3 else shape


def output_folder(path: Path) -> Path:
    """The folder of ``--out``, made if need be; ``OSError`` in one line if it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        why = "it is a file" if path.is_file() else fault.strerror
        raise OSError(f"--out {path} cannot be made: {why}; choose another folder") from None
    if not os.access(path, os.W_OK):
        raise OSError(f"--out {path} cannot be written; choose another folder")
    return path


def policies(id: str) -> tuple[str, ...]:
    """The policies that can be named for an environment, the reference first."""
    from ludus.envs.engine.simulation import load
    from ludus.envs.registry import find_spec, is_ludus

    spec = find_spec(id)
    if not is_ludus(spec):
        return ("heuristic", "random")  # the first is refused by name, where it is asked for
    simulation = load(spec.kwargs["module"])[1]
    return (*(["heuristic"] if simulation.heuristic is not None else []), *simulation.heuristics, "random")
