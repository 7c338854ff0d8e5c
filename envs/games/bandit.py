"""Bandit: a row of slot machines ("one-armed bandits"), one of which pays best; find it, and lose little by searching.

World         `arms` machines. Each has a value, what it pays in the mean, which nobody sees. Values may wander or be
              sampled anew while the game goes on.
Actions       k pulls arm k, counted from 0
Observation   Discrete(1): always 0. What is to be known comes with the reward.
Reward        `payout`: Gaussian around the value of the arm, with standard deviation `noise`
Start         each value Gaussian around 0 with standard deviation `spread`
Change        after each step every value takes a Gaussian step of standard deviation `walk`; and after every
              `change_every` steps all of them are sampled anew, as at the start
End           never terminated; truncated after 1,000 steps
Parameters    see PARAMETERS below
Sizes         `arms` 2 … 100, 10 by default
Reference     the optimum pulls the arm with the highest value, which it reads from the state: no learner can know it.
              Pulling at random earns 0. What is learned holds for one episode, as the next one has other values.
Source        Sutton & Barto 2018, *Reinforcement Learning: An Introduction*, section 2.3: the 10-armed testbed, which
              the defaults are. Their exercise 2.5 is `spread=0, walk=0.01`.
"""

import math

from gymnasium import spaces

from ..engine.drawing import blend, box, disc, fill, line, number, text
from ..engine.kernels import gaussian, kernel
from ..engine.simulation import Parameter, Shown, Simulation, Size

NONE = -1  # the arm before the first pull
PAYOUT = 0  # the reward's only term
MOST_ARMS = 100

PARAMETERS = {
    "spread": Parameter(1.0, 0.0, 100.0, "", "standard deviation of the values at the start"),
    "noise": Parameter(1.0, 0.0, 100.0, "", "standard deviation of what an arm pays around its value"),
    "walk": Parameter(0.0, 0.0, 10.0, "", "standard deviation of the step that each value takes after each pull"),
    "change_every": Parameter(0.0, 0.0, 1e6, "steps", "after so many all values are sampled anew; 0: never"),
}


def state(arms):
    return {
        "values": ("f8", (arms,)),
        "counts": ("i8", (arms,)),  # how often each arm was pulled in this episode
        "arm": "i8",  # the last one pulled
        "payout": "f8",  # and what it paid
        "was_best": "?",  # whether no other arm had a higher value in that step
    }


def make_spaces(arms):
    return spaces.Discrete(1), spaces.Discrete(arms)


def names(arms):
    return {"always 0": ""}


@kernel
def shift_values(s, deviation):
    """Move every value by a Gaussian step, whose standard deviation is ``deviation``."""
    for a in range(s.values.shape[0]):
        s.values[a] += deviation * gaussian(s)


@kernel
def sample_values(s):
    for a in range(s.values.shape[0]):
        s.values[a] = 0.0
    shift_values(s, s.spread)


@kernel
def best_arm(s):
    """The arm with the highest value, of several the first."""
    best = 0
    for a in range(1, s.values.shape[0]):
        if s.values[a] > s.values[best]:
            best = a
    return best


@kernel
def reset(s, world):
    sample_values(s)
    for a in range(s.counts.shape[0]):
        s.counts[a] = 0
    s.arm = NONE
    s.payout = 0.0
    s.was_best = False


@kernel
def step(s, action, world, terms):
    s.arm = action
    s.counts[action] += 1
    s.was_best = s.values[action] >= s.values[best_arm(s)]
    s.payout = s.values[action] + s.noise * gaussian(s)
    terms[PAYOUT] = s.payout
    period = int(s.change_every)
    if period > 0 and s.clock % period == 0:
        sample_values(s)
    elif s.walk > 0.0:
        shift_values(s, s.walk)
    return False


@kernel
def observe(s, world, out):
    out[0] = 0


@kernel
def heuristic(s, world, out):
    """The optimum of one who knows the values: pulls change nothing in the world, so the best arm is best now."""
    out[0] = best_arm(s)


INVARIANTS = (
    "values and payout are finite",
    "the pulls of all arms are the steps of the episode",
    "the last arm was pulled, and none before the first step",
    Shown("the observation is 0"),
)


@kernel
def invariant(s, world, shown, legal):
    pulls = 0
    for a in range(s.values.shape[0]):
        if not math.isfinite(s.values[a]):
            return 1
        pulls += s.counts[a]
    if not math.isfinite(s.payout):
        return 1
    if pulls != s.clock:
        return 2
    if s.arm != NONE if s.clock == 0 else not (0 <= s.arm < s.counts.shape[0] and s.counts[s.arm] > 0):
        return 3
    if shown[0] != 0:
        return 4
    return 0


PAPER, PANEL, GRID, ZERO, INK = (250, 246, 238), (240, 233, 220), (226, 217, 200), (178, 165, 142), (74, 68, 84)
PULLED, GOLD, GOLD_EDGE, COIN, SHADE = (255, 238, 190), (240, 186, 54), (176, 124, 20), (255, 255, 255), (196, 186, 170)
ARM_COLORS = (
    (98, 134, 214), (86, 176, 168), (120, 180, 92), (214, 168, 66), (224, 122, 82),
    (204, 92, 120), (160, 104, 190), (110, 112, 200), (70, 152, 200), (150, 150, 90),
)  # fmt: skip
HEADER, FOOTER = 0.1, 0.2  # shares of the height


@kernel
def strip(frame, y, x0, x1, color):
    """Colour row y from x0 to x1; the pixels at the ends in part."""
    for x in range(max(int(x0), 0), min(int(x1) + 1, frame.shape[1])):
        covered = min(x + 1.0, x1) - max(float(x), x0)
        if covered > 0.0:
            blend(frame, x, y, color, min(covered, 1.0))


@kernel
def render(s, world, frame):
    """An arm is a violin, as wide as a payout of that height is likely; a crown for the best, a coin for the payout."""
    height, width = frame.shape[0], frame.shape[1]
    arms, fine = s.values.shape[0], height >= 160 and width >= 10 * s.values.shape[0]
    top, bottom = int(HEADER * height), int((1.0 - FOOTER) * height)
    reach = 3.2  # the panel shows values from -reach to reach
    for a in range(arms):
        reach = max(reach, abs(s.values[a]) + 2.8 * s.noise)
    middle, unit, column = 0.5 * (top + bottom), 0.5 * (bottom - top) / reach, width / arms
    fill(frame, 0, 0, width, top, PAPER)
    fill(frame, 0, top, width, bottom, PANEL)
    fill(frame, 0, bottom, width, height, PAPER)
    if s.arm != NONE:
        fill(frame, int(s.arm * column), top, int((s.arm + 1) * column), bottom, PULLED)
    for tick in range(-3, 4):  # whole values, while there is room for them
        y = int(middle - tick * unit)
        if top <= y < bottom:
            fill(frame, 0, y, width, y + max(height // 300, 1), ZERO if tick == 0 else GRID)
    deviation = max(s.noise, height / 120.0 / unit)  # an arm without noise is still to be seen
    for a in range(arms):
        x, color = (a + 0.5) * column, ARM_COLORS[a % len(ARM_COLORS)]
        y = middle - s.values[a] * unit
        for row in range(max(int(y - 3 * deviation * unit), top), min(int(y + 3 * deviation * unit) + 1, bottom)):
            z = (y - row - 0.5) / (deviation * unit)
            half = 0.44 * column * math.exp(-0.5 * z * z)
            strip(frame, row, x - half, x + half, color)
        if fine:
            line(frame, x - 0.3 * column, y, x + 0.3 * column, y, max(height / 150.0, 1.0), PAPER)
    render_counts(s, frame, bottom)
    x, y, size = (
        (best_arm(s) + 0.5) * column,
        max(middle - s.values[best_arm(s)] * unit, top),
        min(column, 0.1 * height),
    )
    render_crown(frame, x, max(y - 2.2 * s.noise * unit, top + 0.35 * size), 0.3 * size)
    if s.arm != NONE:
        y = min(max(middle - s.payout * unit, float(top)), float(bottom))  # beyond the panel it lies at its border
        disc(frame, (s.arm + 0.5) * column, y, 0.2 * size, INK)
        disc(frame, (s.arm + 0.5) * column, y, 0.14 * size, COIN)
    if fine:
        render_words(s, frame, column)


@kernel
def render_counts(s, frame, bottom):
    """Below each arm a bar: how often it was pulled, the most pulled one fills the height."""
    height, width, arms = frame.shape[0], frame.shape[1], s.values.shape[0]
    column, most = width / arms, 1
    for a in range(arms):
        most = max(most, s.counts[a])
    for a in range(arms):
        high = (height - bottom) * 0.62 * s.counts[a] / most
        base = height - 0.28 * (height - bottom)
        box(frame, (a + 0.14) * column, base - high, (a + 0.86) * column, base, 0.0, ARM_COLORS[a % len(ARM_COLORS)])
    fill(frame, 0, int(height - 0.28 * (height - bottom)), width, int(height - 0.28 * (height - bottom)) + 1, SHADE)


@kernel
def render_crown(frame, x, y, size):
    """Three points on a band, ``size`` pixels from the middle to a side."""
    for edge in range(2):  # a dark one first, and a thinner light one upon it
        color, thick = (GOLD_EDGE, 0.62 * size) if edge == 0 else (GOLD, 0.36 * size)
        line(frame, x - size, y + 0.5 * size, x + size, y + 0.5 * size, thick, color)
        for side in (-1, 1):
            line(frame, x + side * size, y + 0.5 * size, x + side * size, y - 0.5 * size, 0.8 * thick, color)
            line(frame, x + side * size, y + 0.5 * size, x, y - 0.7 * size, 0.8 * thick, color)


@kernel
def render_words(s, frame, column):
    """Steps and the mean payout above; the number of pulls below each arm, where it fits."""
    height, width = frame.shape[0], frame.shape[1]
    scale = max(height // 160, 1)
    margin = 4 * scale
    number(frame, text(frame, margin, margin, b"STEP ", scale, INK), margin, s.clock, scale, INK)
    hundredths = int(abs(s.totals[PAYOUT]) / max(s.clock, 1) * 100 + 0.5)
    x = text(frame, width - 52 * scale, margin, b"MEAN -" if s.totals[PAYOUT] < 0.0 else b"MEAN  ", scale, INK)
    x = text(frame, number(frame, x, margin, hundredths // 100, scale, INK), margin, b".", scale, INK)
    number(frame, number(frame, x, margin, hundredths // 10 % 10, scale, INK), margin, hundredths % 10, scale, INK)
    for a in range(s.counts.shape[0]):
        digits, power = 1, 10
        while s.counts[a] >= power:
            digits, power = digits + 1, power * 10
        wide = (4 * digits - 1) * scale
        if wide < column:
            left = int((a + 0.5) * column - 0.5 * wide)
            number(frame, left, height - int(0.08 * FOOTER * height) - 5 * scale, s.counts[a], scale, INK)


SIMULATION = Simulation(
    name="ludus/Bandit-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    sizes={"arms": Size(10, 2, MOST_ARMS, "how many arms there are")},
    terms=("payout",),
    action_names=tuple(f"arm {k}" for k in range(MOST_ARMS)),
    turn_based=True,
    # The best of ten standard Gaussian values is 1.5388 in the mean, times 1,000 steps; 20,000 episodes, seeds from 0
    # on, gave -3.4 and 1533.9 (standard errors 2.3 and 4.1).
    scores={"random": 0.0, "optimum": 1538.8},
    frame=(480, 720),
    fps=10,
)
