"""Rover: drive through rooms to a goal by lidar, and touch nothing.

World         A floor of 10 m x 10 m, drawn anew for each episode: one wall across it and one on each side of that part
              it into four rooms, joined in a ring by four doors of 1.3 m; boxes and pillars stand in the rooms, and
              perhaps people walk there. A round robot with a wheel on the left and one on the right is to come to the
              goal. Round every piece of furniture there is room to pass, so that each map can be solved.
Motion        The wheels follow their commands with a first-order lag. A step drives with constant wheel speeds: the arc
              of a circle, exactly. Slipping wheels lose a share of their way, drawn for each wheel and step.
Crowd         A walker goes straight ahead at a constant speed. Where the next step would lead into or through a wall,
              a piece of furniture, or (coming nearer) another walker, or within 0.3 m of the rover, it stands and turns
              to a random direction instead. So whoever collides with a walker has driven into it.
Actions       float (2,): commands of the left and the right wheel, -1 … 1 of the greatest speed
Observation   float32 (37,)
              | #      | what                                                                | low | high | unit      |
              |--------|---------------------------------------------------------------------|-----|------|-----------|
              | 0 … 31 | lidar: distance along the beam 11.25° · # to the left of ahead      | 0   | 1    | its range |
              | 32     | distance of the goal                                                | 0   | 1    | 14.14 m   |
              | 33, 34 | sine and cosine of its bearing, to the left of ahead (0, 1 if at 0) | -1  | 1    |           |
              | 35, 36 | speed of the left and the right wheel                               | -1  | 1    | greatest  |
              Noise is Gaussian: on the distances, on the goal's place as seen from the rover, on the wheel speeds.
              Readings are clipped to their bounds. All noise is 0 by default, as is the slip, so that what is learned
              is the way and not the noise; the lag is a tenth of a second, as of a small motor.
Reward        `progress`: metres by which the way to the goal became shorter; the way runs over the free cells of a
              grid of 0.25 m (see `start_of_way`; 0 where none is near) · `reached`: +10 · `collision`: -10 · `time`:
              -0.1 per second · `effort`: -0.05 per second, times the mean square of the two commands
Start         The rover stands in the middle of a free cell, anywhere from where the way to the goal is 4 m or more, in
              any direction. The goal is the middle of a free cell. What finds no place after 40 throws is left out.
End           terminated by a collision, that is by touching anything at the end of a step, or in the midst of one that
              is longer than the rover's radius (a robot that has crashed does not go on, and a policy that scrapes
              along walls is worth nothing on a real one), and within goal_radius of the goal, which is success; a
              collision in the same step is none. truncated after 500 steps
Parameters    see PARAMETERS below. Where `radius` drifts, the map and the way that the reward counts stay those of the
              radius at the start, and a rover that grows may no longer fit through.
Sizes         `blocks` and `discs`: pieces of furniture, 6 boxes and 7 pillars; with the seven pieces of the walls 20
              obstacles · `crowd`: walkers, 0
Source        the kinematics are those of a differential drive, e.g. Siegwart, Nourbakhsh & Scaramuzza 2011,
              *Introduction to Autonomous Mobile Robots*, chapter 3; the task is ours.
"""

import math

import numpy as np
from gymnasium import spaces

from ...engine.kernels import gaussian, kernel, uniform, uniform_in
from ...engine.simulation import Parameter, Shown, Simulation, Size
from .invariants import is_crowd_sound, is_floor_sound, is_scan_sound, is_way_shortest
from .policies import pursue
from .rendering import render
from .rules_geometry import ARENA, BEAMS, clearance, make_world, scan
from .rules_map import (
    PITCH,
    draw_crowd,
    draw_map,
    face_anywhere,
    length_of_way,
    map_state,
    middle_of,
    start_of_way,
)

LEFT, RIGHT = 0, 1  # components of the action
GOAL, SIN, COS, WHEELS = BEAMS, BEAMS + 1, BEAMS + 2, BEAMS + 3  # indices of the observation
PROGRESS, REACHED, COLLISION, TIME, EFFORT = range(5)  # reward terms
PRIZE, CRASH, PER_SECOND, PER_EFFORT = 10.0, -10.0, -0.1, -0.05
SLOWEST = 0.2  # s, the longest step that there is
FASTEST = 2.0  # m/s that a wheel can ever turn
FARTHEST = math.sqrt(2.0) * ARENA  # m, what the goal's distance is divided by
COMFORT = 0.3  # m that a walker keeps from the rover
TRAIL = 256  # steps for which the rover's place is kept, for drawing

PARAMETERS = {
    "time_step": Parameter(0.1, 0.02, SLOWEST, "s", "time between two steps"),
    "max_speed": Parameter(1.0, 0.1, FASTEST, "m/s", "greatest speed of a wheel"),
    "axle": Parameter(0.3, 0.1, 1.0, "m", "distance between the wheels"),
    "radius": Parameter(0.2, 0.1, 0.3, "m", "of the rover"),
    "motor_lag": Parameter(0.1, 0.0, 2.0, "s", "time constant with which a wheel follows its command"),
    "slip": Parameter(0.0, 0.0, 0.9, "", "largest share of its way that a wheel loses in a step"),
    "lidar_range": Parameter(5.0, 1.0, 15.0, "m", "how far the lidar sees"),
    "lidar_noise": Parameter(0.0, 0.0, 1.0, "m", "standard deviation of the lidar's distances"),
    "odometry_noise": Parameter(0.0, 0.0, 1.0, "m/s", "standard deviation of the wheel speeds' readings"),
    "goal_noise": Parameter(0.0, 0.0, 1.0, "m", "standard deviation of the goal's place, ahead and to the left"),
    "goal_radius": Parameter(0.3, 0.1, 0.4, "m", "distance at which the goal is reached; less than through a wall"),
    "crowd_speed": Parameter(0.5, 0.0, 2.0, "m/s", "speed of a walker"),
    "crowd_radius": Parameter(0.2, 0.1, 0.4, "m", "of a walker"),
}


def state(blocks, discs, crowd):
    return {
        "x": "f8", "y": "f8", "heading": "f8",  # m, m, rad from x to the left, -pi … pi
        "left": "f8", "right": "f8",  # m/s, the wheels' speeds
        "way_left": "f8",  # m to the goal, as last known
        "noise": ("f8", (BEAMS + 4,)),  # of this step: normal numbers for the beams, the goal's place, the wheels
        "trail": ("f4", (TRAIL, 2)),  # m, where the rover was after step n, at n % TRAIL: only for drawing
        **map_state(blocks, discs, crowd),
    }  # fmt: skip


def make_spaces(blocks, discs, crowd):
    low = np.r_[np.zeros(GOAL + 1), -np.ones(4)].astype(np.float32)
    return spaces.Box(low, 1.0, dtype=np.float32), spaces.Box(-1.0, 1.0, (2,), np.float32)


@kernel
def reset(s, world):
    start = draw_map(s)
    s.x, s.y = middle_of(start % PITCH), middle_of(start // PITCH)
    s.heading = uniform_in(s, -math.pi, math.pi)
    s.left = s.right = 0.0
    s.way_left = length_of_way(s, start_of_way(s, s.x, s.y), s.x, s.y)
    draw_crowd(s, s.x, s.y)
    s.trail[0, 0], s.trail[0, 1] = s.x, s.y
    draw_noise(s)


@kernel
def draw_noise(s):
    """Normal numbers for the readings of this step, if any are disturbed."""
    if s.lidar_noise > 0.0 or s.odometry_noise > 0.0 or s.goal_noise > 0.0:
        for k in range(s.noise.shape[0]):
            s.noise[k] = gaussian(s)


@kernel
def drive(s, action):
    """The wheels take up their commands; the rover goes along an arc. Returns whether it drove into something on it.

    What it may have passed at the end of a step that is longer than its radius is looked for in parts of the arc.
    """
    taken = 1.0 - math.exp(-s.time_step / s.motor_lag)  # without lag the quotient is infinite: all of it
    s.left += (action[LEFT] * s.max_speed - s.left) * taken
    s.right += (action[RIGHT] * s.max_speed - s.right) * taken
    left, right = s.left * s.time_step, s.right * s.time_step
    if s.slip > 0.0:
        left *= 1.0 - s.slip * uniform(s)
        right *= 1.0 - s.slip * uniform(s)
    parts = math.ceil(max(0.5 * (abs(left) + abs(right)) / s.radius, 1.0))
    half_turn = 0.5 * (right - left) / s.axle / parts
    # The chord of an arc is its length times sin(a) / a of half the turn; of a straight line, its length.
    square = half_turn * half_turn
    share = math.sin(half_turn) / half_turn if square > 1e-8 else 1.0 - square / 6.0
    chord = 0.5 * (left + right) / parts * share
    for part in range(parts):
        if part > 0 and clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius:
            return True  # and there it stays
        along = s.heading + half_turn
        s.x += chord * math.cos(along)
        s.y += chord * math.sin(along)
        heading = along + half_turn
        s.heading = heading - 2.0 * math.pi * math.floor((heading + math.pi) / (2.0 * math.pi))
    return False


@kernel
def walk(s):
    """One step of the crowd, one walker after the other."""
    for walker in range(s.walkers):
        k = s.pillars + walker
        s.disc_r[k] = s.crowd_radius
        way, free = s.crowd_speed * s.time_step, True
        parts = math.ceil(max(way / s.crowd_radius, 1.0))  # nobody walks through what is thinner than a step
        for part in range(parts):
            x = s.disc_x[k] + way * (part + 1) / parts * s.walk_x[walker]
            y = s.disc_y[k] + way * (part + 1) / parts * s.walk_y[walker]
            free &= clearance(s, x, y, s.pillars) >= s.crowd_radius
            free &= not comes_too_near(s, k, x, y, s.x, s.y, s.radius + s.crowd_radius + COMFORT)
            for other in range(s.pillars, s.pillars + s.walkers):
                free &= not comes_too_near(s, k, x, y, s.disc_x[other], s.disc_y[other], 2.0 * s.crowd_radius)
        if free:
            s.disc_x[k], s.disc_y[k] = x, y
        else:
            face_anywhere(s, walker)


@kernel
def comes_too_near(s, k, x, y, other_x, other_y, distance):
    """Whether disc ``k``, in going to (x, y), comes nearer to the other place, and within ``distance`` of it."""
    after = (x - other_x) ** 2 + (y - other_y) ** 2
    before = (s.disc_x[k] - other_x) ** 2 + (s.disc_y[k] - other_y) ** 2
    return after < before and after < distance * distance


@kernel
def step(s, action, world, terms):
    touches = drive(s, action)
    walk(s)
    draw_noise(s)
    s.trail[s.clock % TRAIL, 0], s.trail[s.clock % TRAIL, 1] = s.x, s.y
    cell = start_of_way(s, s.x, s.y)
    if cell >= 0:
        way = length_of_way(s, cell, s.x, s.y)
        terms[PROGRESS] = s.way_left - way
        s.way_left = way
    terms[TIME] = PER_SECOND * s.time_step
    mean_square = 0.5 * (action[LEFT] * action[LEFT] + action[RIGHT] * action[RIGHT])
    terms[EFFORT] = PER_EFFORT * s.time_step * mean_square
    collides = touches or clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius
    dx, dy = s.goal_x - s.x, s.goal_y - s.y
    if collides:
        terms[COLLISION] = CRASH
    elif math.sqrt(dx * dx + dy * dy) <= s.goal_radius:
        terms[REACHED] = PRIZE
        s.success = True
    return collides or s.success


@kernel
def clip(value, low, high):
    return min(max(value, low), high)


@kernel
def observe(s, world, out):
    cos, sin = scan(s, world)
    for k in range(BEAMS):
        out[k] = clip((s.ranges[k] + s.lidar_noise * s.noise[k]) / s.lidar_range, 0.0, 1.0)
    dx, dy = s.goal_x - s.x, s.goal_y - s.y
    ahead = cos * dx + sin * dy + s.goal_noise * s.noise[BEAMS]
    aside = cos * dy - sin * dx + s.goal_noise * s.noise[BEAMS + 1]
    distance = math.sqrt(ahead * ahead + aside * aside)
    out[GOAL] = clip(distance / FARTHEST, 0.0, 1.0)
    out[SIN] = aside / distance if distance > 0.0 else 0.0
    out[COS] = ahead / distance if distance > 0.0 else 1.0
    out[WHEELS] = clip((s.left + s.odometry_noise * s.noise[BEAMS + 2]) / s.max_speed, -1.0, 1.0)
    out[WHEELS + 1] = clip((s.right + s.odometry_noise * s.noise[BEAMS + 3]) / s.max_speed, -1.0, 1.0)


INVARIANTS = (
    "the state is finite, the heading within half a turn, and no wheel faster than any can be",
    "walls and furniture lie on the floor",
    "the walkers are on the floor and look along a unit vector",
    "the ways are the shortest ones, and every free cell has one",
    "the rover touches nothing while the episode goes on",
    "each beam of the lidar is free as far as it reaches, and ends at an obstacle or at its range",
    "success is the goal's bonus, and a collision is none",
    Shown("what is observed lies within its bounds, and the bearing is a unit vector"),
    "time and effort cost what the clock says, at most",
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.x + s.y + s.left + s.right + s.way_left) and -math.pi <= s.heading <= math.pi):
        return 1
    if abs(s.left) > FASTEST or abs(s.right) > FASTEST:
        return 1
    if not is_floor_sound(s):
        return 2
    if not is_crowd_sound(s):
        return 3
    if not is_way_shortest(s):
        return 4
    if not s.pending and clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius:
        return 5
    if not is_scan_sound(s):
        return 6
    collided = s.totals[COLLISION] != 0.0
    if s.totals[REACHED] != (PRIZE if s.success else 0.0) or s.totals[COLLISION] != (CRASH if collided else 0.0):
        return 7
    if (s.success or collided) and (s.success == collided or not s.pending):
        return 7
    for k in range(shown.shape[0]):
        if not (0.0 if k <= GOAL else -1.0) <= shown[k] <= 1.0:
            return 8
    if abs(shown[SIN] * shown[SIN] + shown[COS] * shown[COS] - 1.0) > 1e-5:
        return 8
    longest = s.clock * SLOWEST + 1e-9  # s, with the rounding of a sum
    if not (PER_SECOND * longest <= s.totals[TIME] <= 0.0 and PER_EFFORT * longest <= s.totals[EFFORT] <= 0.0):
        return 9
    return 0


@kernel
def heuristic(s, world, out):
    """Along the searched way, see `rover_heuristic.py`."""
    pursue(s, out)


SIMULATION = Simulation(
    name="ludus/Rover-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    sizes={
        "blocks": Size(6, 0, 16, "boxes in the rooms, at most"),
        "discs": Size(7, 0, 16, "pillars in the rooms, at most"),
        "crowd": Size(0, 0, 16, "walkers, at most"),
    },
    terms=("progress", "reached", "collision", "time", "effort"),
    action_names=("left wheel", "right wheel"),
    world=make_world,
    succeeds=True,
    # 4,000 episodes each, standard error 0.06 and 0.03; the reference policy comes to the goal in all of them.
    scores={"random": -9.83, "heuristic": 16.05},
    frame=(600, 600),
    fps=20,
    # Tank steering: a wheel for each hand, and a stick for each thumb (which points down where more is).
    keys={
        "w": (LEFT, 1.0), "s": (LEFT, -1.0), "up": (RIGHT, 1.0), "down": (RIGHT, -1.0),
        "axis 1": (LEFT, -1.0), "axis 3": (RIGHT, -1.0),
    },
)  # fmt: skip
