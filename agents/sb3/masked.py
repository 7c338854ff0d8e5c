"""sb3-contrib's MaskablePPO: the one algorithm of Stable-Baselines3's family that sees which actions are legal.

A file of its own, because sb3-contrib is optional: it is read where the agent is asked for.
"""

from typing import Any

import numpy as np
from sb3_contrib import MaskablePPO

from .resumable import Resumable


class LudusMaskablePPO(Resumable, MaskablePPO):  # type: ignore[misc]
    """sb3-contrib's MaskablePPO (Huang and Ontañón 2022), with masks where it is judged, too."""

    def _predicted(self, observation: Any, mask: np.ndarray | None) -> np.ndarray:
        return self.predict(observation, deterministic=True, action_masks=mask)[0]
