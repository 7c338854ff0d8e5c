"""Flow matching: the straight way from noise to an image, when it is learned, and how it is followed.

On the line from noise x0 to an image x1 (Lipman et al. 2023; Liu et al. 2023, *rectified flow*),

    x(t) = (1 - t) x0 + t x1        0 <= t <= 1

a network learns the velocity x1 - x0, which it cannot see, from x(t) and t. What it answers is the mean of all
velocities that lead through there, and to follow it from t = 0 to 1 carries noise to images.
"""

from collections.abc import Callable, Iterator

import torch

SOLVERS = ("euler", "heun")
MOST_STEPS = 1000

# Of x (N, …) at the times (N,): (N, …) per unit of time.
Velocity = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def check_flow(steps: int, solver: str) -> None:
    """``ValueError`` unless a flow can be followed so."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"steps must be a whole number 1 … {MOST_STEPS:,}, got {steps!r}")
    if solver not in SOLVERS:
        raise ValueError(f"unknown solver {solver!r}; expected {' or '.join(SOLVERS)}")


def evaluations(steps: int, solver: str) -> int:
    """How often the velocity is asked for on such a way."""
    return steps if solver == "euler" else 2 * steps - 1


def follow(velocity: Velocity, noise: torch.Tensor, steps: int, solver: str) -> Iterator[torch.Tensor]:
    """The way from ``noise`` (N, …) at t = 0 to t = 1: what is reached after each of ``steps`` equal steps.

    ``euler`` asks for the velocity once per step. ``heun`` asks again where that leads, and takes the mean of both; not
    in the last step, as in EDM (Karras et al. 2022): it would be asked at t = 1, where no training time lies.
    """
    check_flow(steps, solver)
    x = noise
    for step in range(steps):
        time = torch.full((len(x),), step / steps, device=x.device)
        v = velocity(x, time)
        if solver == "heun" and step < steps - 1:
            v = (v + velocity(x + v / steps, time + 1.0 / steps)) / 2
        x = x + v / steps
        yield x


def training_times(count: int, middle: float, spread: float, source: torch.Generator) -> torch.Tensor:
    """Times (count,) in 0 … 1, mostly from the middle, where there is most to decide (Esser et al. 2024).

    Their logit is normal, with the mean ``middle`` and the standard deviation ``spread``; one lies in each of ``count``
    equally likely parts of the range, shuffled, so that batches differ less.
    """
    places = torch.randperm(count, generator=source) + torch.rand(count, generator=source)
    return torch.sigmoid(middle + spread * torch.special.ndtri((places / count).clamp(1e-6, 1.0 - 1e-6)))
