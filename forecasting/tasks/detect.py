"""`ludus fit forecasting/detect`: a detector of anomalies and its threshold, on labelled streams or on one of yours."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from ...components.component import Component
from ...data.streams.load import load_streams
from ...data.streams.stream import Stream
from ...envs.ids import check_registered, import_option
from ...envs.streams import SlotStreams, slot_streams
from ...training.batches import Shuffled, digest_tensors
from ...training.cost import parameter_count
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ...utils.wording import counted
from ..anomalies.judging import threshold_for
from ..anomalies.nab_score import MOST_PROBATION, NOTHING, PROBATION, nab_score, worth_of
from ..environment_streams import spaces_of_slot, streams_of
from ..models.detectors.detector import Detector, spaces_for
from ..models.detectors.isotonic import Isotonic, fit_isotonic
from ..models.detectors.learned import Autoencoder, check_part
from ..open_forecaster import open_forecaster
from .detect_recipe import LEARNED, DetectRecipe
from .detect_report import DetectSummary, measure, save_timeline, summarise
from .naive import OneStep
from .solve import Solving

Streams = tuple[Stream, ...]


def build(recipe: DetectRecipe, streams: Streams) -> Detector:
    """The detector of a recipe for these streams, before it has seen any."""
    counts = {stream.values.shape[1] for stream in streams}
    if len(counts) > 1:
        raise ValueError(f"all streams need as many channels, got {', '.join(map(str, sorted(counts)))}")
    channels, more = counts.pop(), dict[str, Any]()
    if recipe.model:
        more["part"] = open_forecaster(Path(recipe.model))
        check_part(more["part"])
    kind: Any = recipe.component  # a subclass, with arguments of its own
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net: Detector = kind(
            *spaces_for(channels, recipe.samples),
            channels=channels,
            samples=recipe.samples,
            data=recipe.data,
            **recipe.net,
            **more,
        )
    return net.eval()


def first_rows(stream: Stream, share: float) -> np.ndarray:
    """The rows of a stream that may be learned from: its first ones, at most as many as NAB does not score."""
    return stream.values[: min(int(share * len(stream)), MOST_PROBATION)]


class Made(OneStep):
    """A detector that learns nothing beforehand."""

    def __init__(self, net: Detector, digest: str) -> None:
        self.digest, self.net = digest, net  # type: ignore[assignment]


class SeenBatches(Shuffled):
    """What an autoencoder sees, (B, channels x length) float32."""

    def __init__(self, seen: torch.Tensor, batch_size: int, seed: int) -> None:
        super().__init__(len(seen), batch_size, seed)
        self.seen = seen

    def batch(self, step: int) -> torch.Tensor:
        return self.seen[self.rows(step)]


class DrawLearner(Learner):
    """The mean square error of what is drawn again."""

    net: Autoencoder

    def __init__(self, recipe: DetectRecipe, net: Autoencoder, streams: Streams) -> None:
        parts = [net.seen(rows) for rows in (first_rows(s, recipe.learned_share) for s in streams) if len(rows)]
        seen = torch.from_numpy(np.concatenate([np.zeros((0, net.widths[0]), np.float32), *parts]))
        if len(seen) < recipe.batch_size:
            raise ValueError(
                f"the first rows of {recipe.data} show an autoencoder {counted(len(seen), 'window')} of "
                f"{net.length} rows, a batch has {recipe.batch_size}; take a smaller --set batch_size or length"
            )
        net.train()
        super().__init__(recipe, net, SeenBatches(seen, recipe.batch_size, recipe.seed), (seen,))

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        return ((self.net.draw(batch) - batch) ** 2).mean()


class DetectFit(Fit):
    """The fit of one of ``detect_recipe.KINDS``: it may learn, and then gets its threshold."""

    TASK, RECIPE = "forecasting/detect", DetectRecipe
    recipe: DetectRecipe
    recorded: SlotStreams | None = None  # of an environment's slot, once they are loaded
    whole: Isotonic | None = None  # the detector with its map, once that is fitted

    @classmethod
    def open(cls, out: Path) -> "DetectFit":
        fit = cls(out, super().open(out).recipe)
        if fit.recipe.slot:
            check_registered(fit.recipe.data, fit.recipe.module, f"{fit.folder} detects in the stream of")
        return fit

    @property
    def again(self) -> str:
        return super().again + import_option(self.recipe.module)

    @property
    def goal(self) -> Goal:
        """Refused: settings would be chosen on the labels by which the detector is then judged."""
        raise ValueError(
            f"{self.TASK} has nothing to be tuned by: its labels, where there are any, are what it is judged by; "
            "compare settings with --set on streams that are not the test"
        )

    def load(self) -> Streams:
        r = self.recipe
        if not r.slot:
            return load_streams(r.data, **r.reading)
        self.recorded = slot_streams(r.data, r.slot, r.streams, r.steps, r.seed, r.environment)
        return streams_of(self.recorded, r.level, r.slot)

    def prepare(self, data: Streams) -> Any:
        r, net = self.recipe, build(self.recipe, data)
        if r.warm_up and len(data) > 1 and not r.slot:
            raise ValueError(f"a memory begins with one stream, {r.data} has {len(data)}; leave out warm_up")
        if any(len(stream.windows) for stream in data) and not any(worth_of(stream).windows for stream in data):
            raise ValueError(
                f"{r.data}: all labelled rows lie in the first {PROBATION:.0%}, which NAB's score leaves out; "
                "leave out --label, or give a file with anomalies behind that"
            )
        if r.kind in LEARNED:
            assert isinstance(net, Autoencoder)
            return DrawLearner(r, net, data)
        values = (torch.from_numpy(stream.values.copy()) for stream in data)
        return Made(net, digest_tensors(*values))

    def keeper(self, learner: Any, data: Any, writer: SummaryWriter, seconds: float) -> Any:
        if isinstance(learner, Made):
            return Solving(self, learner, writer, seconds)
        return super().keeper(learner, data, writer, seconds)

    def judge(self, learner: Learner, data: Streams) -> tuple[dict[str, float], str]:
        return {}, ""  # nothing is held out: what is learned has no labels

    def component(self, net: Detector) -> Component:
        return self.whole or net

    def map(self, net: Detector) -> Isotonic:
        """The detector and the map from its scores to the slot's truth."""
        r, recorded = self.recipe, self.recorded
        assert recorded is not None
        truth = recorded.truth.reshape(recorded.truth.shape[:2]).astype(np.float64)
        space = spaces_of_slot(r.data, r.slot, r.environment)[1]
        whole = fit_isotonic(net, recorded.raw, truth, space, r.data)
        judged = {name: value for name, value in net.metrics.items() if name.startswith(("NAB", "VUS"))}
        whole.metrics = {**whole.metrics, **judged}
        return whole

    def finish(self, net: Any, data: Streams, writer: SummaryWriter, step: int, seconds: float) -> DetectSummary:
        r, net = self.recipe, net.cpu().eval()
        scores = [net.score_rows(stream.values) for stream in data]
        labelled = any(len(stream.windows) for stream in data)
        if labelled:
            net.threshold.fill_(nab_score(scores, data, r.profile).threshold)
        else:
            net.threshold.fill_(threshold_for(scores, r.false_alarms))
            if net.threshold == NOTHING:
                self.notes.append(
                    f"more than {100 * r.false_alarms:g} % of the rows share the highest score, so nothing will ever "
                    "be an alarm; give a higher false_alarms, or `ludus detect --threshold`"
                )
        net.metrics = measure(net, data, scores, seconds)
        for name, value in net.metrics.items():
            writer.add_scalar(f"test/{name}", value, step)
        threshold = float(net.threshold)
        try:
            save_timeline(data, scores, threshold, self.folder, writer, step)
        except ImportError as fault:
            self.notes.append(str(fault))
        if r.warm_up:
            net.warm_up(data[0].values)
        learned = f", {counted(r.epochs, 'epoch')} ({parameter_count(net):,} parameters, seed {r.seed})"
        summary = summarise(
            r.kind,
            net.metrics,
            data,
            f"kind {r.kind} on {r.data}: {counted(sum(map(len, data)), 'row')} in {counted(len(data), 'stream')}"
            + (learned if r.kind in LEARNED else ""),
            f"Alarms from a score of {threshold:.6g} on, "
            + (
                f"the best for the profile {r.profile}."
                if labelled
                else f"which {100 * r.false_alarms:g} % of the rows reach at most ({int(net.metrics['alarms'])} did)."
            ),
        )
        if not r.mapped:
            return summary
        self.whole = self.map(net)
        found, half_life = self.whole.metrics, self.whole.config["half_life"]
        mapped = (
            f"Mapped to {r.slot} by a mean with a half-life of {half_life:g} steps: RMSE {found['RMSE']:.3f}, "
            f"MAE {found['MAE']:.3f}, correlation {found['correlation']:.2f} on these streams."
        )
        return DetectSummary(summary.rows, (*summary.lines, mapped))
