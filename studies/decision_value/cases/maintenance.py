"""Maintenance: detectors of anomalies whose scores are mapped to wear, and a limit for repairs fitted to each."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ....agents.evaluation import EVALUATION_SEED, Policy, envs_for, episodes_of, evaluate
from ....envs.automation.maintenance.policies import repair_at
from ....envs.engine.policy_view import PolicyView
from ....envs.make import make_batch
from ..case import NOISE, OURS, RULE, TRUTHFUL, Case, Measure, Tell

ENV, SLOT = "ludus/Maintenance-v0", "monitor"
KINDS = ("gaussian", "nearest", "polynomial", "residual", "autoencoder")
NOISE_LEVELS = (0.05, 0.1, 0.2, 0.3, 0.5)
LIMITS = np.arange(0.3, 0.86, 0.05)  # of wear, from which on a repair is tried
STREAMS, STEPS, LEVEL, SEED = 6, 2016, 0.6, 7  # of the test split, on which detectors are judged


def known_models() -> tuple[str, ...]:
    """The kinds of detectors."""
    from ....forecasting.tasks.detect_recipe import KINDS as known

    return tuple(known)


def fit(data: str, model: str, out: Path, tell: Tell) -> None:
    """See ``Case.fit``: `ludus fit forecasting/detect --data ludus/Maintenance-v0 --set mapped=true`."""
    from ....components.component import fingerprint_of
    from ....forecasting.tasks.detect import DetectFit
    from ....forecasting.tasks.detect_recipe import compose
    from ....training.fit import folder_of

    try:
        fingerprint_of(out)
    except FileNotFoundError:
        settings = {"kind": model, "mapped": True}
        going_on = (folder_of(out) / "fit.yaml").exists()
        recipe = compose(ENV, 0, settings, slot=SLOT, environment={"data": data})
        found = DetectFit.open(out) if going_on else DetectFit.start(out, recipe)
        found.train(lambda progress: tell(f"{data}: fitting {model}: {progress}"))


def play_limit(limit: float) -> Policy:
    """Repairs where the wear that is believed is ``limit`` or more."""
    return lambda batch: repair_at(PolicyView(batch), limit)


def policy_for(world: Mapping[str, Any], filling: Any, tell: Tell) -> Policy:
    """See ``Case.policy_for``: the limit that earns most with this filling in the weeks of the training split."""
    keywords = {**world, "split": "train", SLOT: filling}
    episodes, every_start = episodes_of(lambda count: make_batch(ENV, count, **keywords), 1)
    earned = []
    for limit in LIMITS.tolist():
        tell(f"{world['data']}: limit {limit:.2f}")
        batch = make_batch(ENV, envs_for(episodes), **keywords)
        earned.append(evaluate(batch, play_limit(limit), episodes, EVALUATION_SEED + 1, every_start=every_start).mean)
        batch.close()
    return play_limit(float(LIMITS[int(np.argmax(earned))]))


@lru_cache(maxsize=2)
def test_streams(data: str) -> Any:
    """Streams of the test split, played by the environment's policies in turn, with windows of worn parts."""
    from ....envs.streams import slot_streams
    from ....forecasting.environment_streams import streams_of

    recorded = slot_streams(ENV, SLOT, STREAMS, STEPS, SEED, {"data": data, "split": "test"})
    return streams_of(recorded, LEVEL, SLOT)


def measure(world: Mapping[str, Any], filling: Any) -> dict[str, float]:
    """See ``Case.measure``: NAB's score and VUS-PR of the detector that a model of ours has inside; else nothing."""
    if not isinstance(filling, Path):
        return {}
    from ....components.component import Component
    from ....forecasting.anomalies.judging import judge
    from ....forecasting.models.detectors.isotonic import Isotonic

    whole = Component.load(filling)
    assert isinstance(whole, Isotonic)
    streams = test_streams(world["data"])
    scores = [whole.part.score_rows(stream.values) for stream in streams]
    figures = judge(scores, streams)
    return {"NAB": figures["NAB-standard"], "VUS-PR": figures["VUS-PR"]}


def fillings(data: str, models: Mapping[str, Path]) -> dict[str, tuple[str, Any]]:
    """See ``Case.fillings``."""
    found: dict[str, tuple[str, Any]] = {"truth": (TRUTHFUL, "truth")}
    found |= {model: (OURS, folder) for model, folder in models.items()}
    found["vibration"] = (RULE, "vibration")
    found |= {f"noisy:{level:g}": (NOISE, f"noisy:{level:g}") for level in NOISE_LEVELS}
    return found | {"blind": (RULE, "blind")}


CASE = Case(
    name="maintenance",
    env=ENV,
    slot=SLOT,
    policy="a fitted limit",
    data=("generated", "etth1"),
    measures=(
        Measure("MAE", "of wear", decimals=3),
        Measure("NAB", is_error=False, decimals=1),
        Measure("VUS-PR", is_error=False, decimals=3),
    ),
    earned="earned per day, €",
    days=7.0,
    fillings=fillings,
    fit=fit,
    models=KINDS,
    known_models=known_models,
    policy_for=policy_for,
    measure=measure,
    references={
        "control limit on the wear": "heuristic",
        "age": "age",
        "confirm, truth": "confirm",
        "run to failure": "run-to-failure",
    },
)
