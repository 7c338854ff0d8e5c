"""Trained policies as ONNX files, which any runtime plays: observation and mask in, action out."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from ...utils.extras import install
from ...utils.files import write_atomically
from ..acting_graph import make_graph
from ..evaluation import random_policy
from .policy import TrainedPolicy, load

CHECKED = 1_000  # observations
SIDE_BY_SIDE = 50  # environments in which these are met
TRIED = 0.3  # share of the steps in which a random action is taken, so that more of the world is seen
NEAR = 1e-4  # of the largest value: two actions whose values are nearer are equally good
NEEDED = "exporting to ONNX needs the packages onnx, onnxscript and onnxruntime"


def export(policy: TrainedPolicy | str | Path, file: str | Path, *, check: bool = True) -> Path:
    """Write a policy as an ONNX file, with the views and the scaling of its observations inside.

    Inputs, for any number N of environments: ``observation`` (N, *space) of the space's own type, or one input per key
    of a Dict; and ``action_mask`` (N, A) int8, 1 = legal, where the policy uses masks. Outputs: ``action`` (N,) int64
    or (N, *space) float32, of the environment's own space; and, of discrete actions, ``values`` (N, A): action values,
    or logits of PPO and A2C. A table becomes a lookup.

    Args:
        policy: What ``ludus.load`` gave, or the folder of a run.
        file: An .onnx file in a folder that exists; an older one is replaced.
        check: Compare it with ``predict`` on 1,000 observations of its environments before it is written.

    Returns:
        The file.

    Raises:
        ImportError: a package is missing.
        ValueError: another extension; a policy that cannot be exported; what was exported decides otherwise.
        OSError: the file cannot be written.
    """
    path, found = Path(file), policy if isinstance(policy, TrainedPolicy) else load(policy)
    if path.suffix.lower() != ".onnx":
        raise ValueError(f"an export must be an .onnx file, got {path}; name it {path.with_suffix('.onnx')}")
    if not path.absolute().parent.is_dir():
        raise OSError(f"cannot write {path}: its folder does not exist")
    data = to_onnx(found)
    if check:
        check_graph(found, data)
    write_atomically(path, data)
    return path


def to_onnx(policy: TrainedPolicy) -> bytes:
    """The file as bytes; see ``export``."""
    try:
        import onnx
        import onnxscript  # noqa: F401  # torch's exporter needs it
    except ImportError as fault:
        raise ImportError(f"{NEEDED}: {install('onnx')}") from fault
    graph = make_graph(policy.agent).eval()
    space, batch = policy.observation_space, torch.export.Dim("batch", min=1)
    inputs, axes = _example(space), {0: batch}
    names = list(inputs) if isinstance(inputs, dict) else ["observation"]
    if "action_mask" in names:
        raise ValueError("an observation with a key action_mask cannot be exported: the mask takes this name")
    arguments: tuple[Any, ...] = (inputs,)
    shapes: dict[str, Any] = {"observation": dict.fromkeys(inputs, axes) if isinstance(inputs, dict) else axes}
    shapes["action_mask"] = None
    if policy.uses_mask:
        width = policy.agent.batch.buffers.mask.shape[1]  # type: ignore[attr-defined]
        arguments += (torch.ones((2, width), dtype=torch.int8),)
        shapes["action_mask"] = axes
        names.append("action_mask")
    else:
        arguments += (None,)
    outputs = ["action"] if isinstance(policy.action_space, spaces.Box) else ["action", "values"]
    with _quiet(), torch.no_grad():
        program: Any = torch.onnx.export(
            graph,
            arguments,
            input_names=names,
            output_names=outputs,
            dynamic_shapes=shapes,
            dynamo=True,
            verbose=False,
        )
    proto = program.model_proto
    c = policy.run.config
    onnx.helper.set_model_props(proto, {"environment": c.env, "agent": c.agent, "steps": str(policy.steps)})
    onnx.checker.check_model(proto)
    return proto.SerializeToString()


def check_graph(policy: TrainedPolicy, data: bytes, observations: int = CHECKED, seed: int = 0) -> int:
    """Compare an exported policy with ``predict`` on observations of its environments.

    Returns:
        How many actions differ, which is where the values of two are the same but for rounding.

    Raises:
        ImportError: onnxruntime is missing.
        ValueError: other actions.
    """
    try:
        import onnxruntime
    except ImportError as fault:
        raise ImportError(f"{NEEDED}: {install('onnx')}") from fault
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    count = min(SIDE_BY_SIDE, observations)
    batch, random, tries = policy.run.make_batch(count), random_policy(seed), np.random.default_rng(seed)
    differ = 0
    try:
        batch.seed_from(seed)
        for _ in range(-(-observations // count)):
            b = batch.buffers
            mask = b.mask.copy() if policy.uses_mask else None
            ours = policy.predict(b.observation, action_mask=mask)[0]
            theirs, *values = session.run(None, as_inputs(b.observation, mask))
            differ += _count_other(policy, ours, theirs, values, mask)
            tried = (tries.random(count) < TRIED).reshape(-1, *(1,) * (ours.ndim - 1))
            batch.step(np.where(tried, random(batch), ours) if _can_sample(policy.action_space) else ours)
    finally:
        batch.close()
    return differ


def as_inputs(observation: Any, mask: np.ndarray | None) -> dict[str, np.ndarray]:
    """Observations (N, *space) and masks (N, A) by the names of an exported policy's inputs."""
    named = dict(observation) if isinstance(observation, dict) else {"observation": np.ascontiguousarray(observation)}
    return named if mask is None else {**named, "action_mask": np.asarray(mask, np.int8)}


def _count_other(
    policy: TrainedPolicy, ours: np.ndarray, theirs: np.ndarray, values: list[np.ndarray], mask: np.ndarray | None
) -> int:
    if not values:
        size = np.maximum(np.abs(ours), 1.0)
        if not (np.abs(ours - theirs) <= 10 * NEAR * size).all():  # nor where one of them is no number
            raise ValueError("the exported policy acts otherwise than predict(); nothing was written")
        return 0
    other = np.flatnonzero(ours != theirs)
    first = int(policy.action_space.start)  # type: ignore[attr-defined]
    (q,) = values
    gaps = np.abs(q[other, ours[other] - first] - q[other, theirs[other] - first])
    if not (gaps <= NEAR * np.maximum(np.abs(q[other]).max(axis=1, initial=0.0), 1.0)).all():
        raise ValueError("the exported policy chooses other actions than predict(); nothing was written")
    if mask is not None and not mask[np.arange(len(q)), theirs - first][mask.any(axis=1)].all():
        raise ValueError("the exported policy chooses illegal actions; nothing was written")
    return len(other)


def _can_sample(space: spaces.Space) -> bool:
    return isinstance(space, spaces.Discrete) or (isinstance(space, spaces.Box) and space.is_bounded())


def _example(space: spaces.Space) -> Any:
    """Two observations of ``space``, as tensors."""
    if isinstance(space, spaces.Dict):
        return {key: _example(part) for key, part in space.items()}
    start = int(space.start) if isinstance(space, spaces.Discrete) else 0
    return torch.from_numpy(np.full((2, *(space.shape or ())), start, space.dtype))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter tells of itself: on standard output, in its log and as warnings."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
