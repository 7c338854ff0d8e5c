"""The training of one trial, wherever it runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...training.progress import Diverged
from ...utils.wording import in_one_line
from .subject import Judged, Pruned, Show, Subject
from .trials import COMPLETE, PRUNED, REFUSED, WHY, Ended


def train_trial(subject: Subject, place: Path, values: Mapping[str, Any], judged: Judged, show: Show) -> Ended:
    """Train a trial to its end, from where it stopped; ``Interrupted`` if it is stopped again."""
    try:
        if not subject.has_begun(place):
            subject.begin(place, values)
    except (ValueError, TypeError) as fault:  # these values do not go together; other ones may
        return Ended(REFUSED, more={WHY: in_one_line(fault)})
    try:
        return Ended(COMPLETE, *subject.train(place, judged, show))
    except (Pruned, Diverged) as fault:
        return Ended(PRUNED, more={WHY: in_one_line(fault)})
