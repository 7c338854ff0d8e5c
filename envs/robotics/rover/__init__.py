"""Rover: drive through rooms to a goal by lidar, and touch nothing.

World         A floor of 10 m x 10 m, sampled for each episode: one wall across it and one on each side of that part
              it into four rooms, joined in a ring by four doors of 1.3 m; boxes and pillars stand in the rooms, and
              perhaps people walk there. A round robot with a wheel on the left and one on the right is to come to the
              goal. Round every piece of furniture there is room to pass, so that each map can be solved.
Motion        The wheels follow their commands with a first-order lag. A step drives with constant wheel speeds: the arc
              of a circle, exactly. Slipping wheels lose a share of their way, sampled for each wheel and step.
Crowd         A walker goes straight ahead at a constant speed. Where the next step would lead into or through a wall,
              a piece of furniture, or (coming nearer) another walker, or within 0.3 m of the rover, it stands and turns
              to a random direction instead. So whoever collides with a walker has driven into it.
Actions       float (2,): commands of the left and the right wheel, -1 … 1 of the greatest speed
Observation   float32 (37,)
              | #      | what                                                             | low | high | unit         |
              |--------|------------------------------------------------------------------|-----|------|--------------|
              | 0 … 31 | lidar: distance at 11.25° · # to the left of ahead               | 0   | 1    | its range    |
              | 32     | distance of the goal                                             | 0   | 1    | 14.14 m      |
              | 33, 34 | sine and cosine of the goal's bearing, left of ahead (there 0, 1)| -1  | 1    |              |
              | 35, 36 | speed of the left and the right wheel                            | -1  | 1    | its greatest |
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

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation, Size
from .constants import BEAMS, CELLS, FASTEST_WHEEL, GOAL, LEFT, LONGEST_STEP, NOISES, OBSERVED, RIGHT, TRAIL, WALLS
from .invariants import INVARIANTS, invariant
from .observation import make_world, observe
from .policies import heuristic
from .rendering import render
from .rules import reset, step

PARAMETERS = {
    "time_step": Parameter(0.1, 0.02, LONGEST_STEP, "s", "time between two steps"),
    "max_speed": Parameter(1.0, 0.1, FASTEST_WHEEL, "m/s", "greatest speed of a wheel"),
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
    box, disc, beam, cell = ("f8", (WALLS + blocks,)), ("f8", (discs + crowd,)), ("f8", (BEAMS,)), ("u2", (CELLS,))
    return {
        "x": "f8", "y": "f8", "heading": "f8",  # m, m, rad from x to the left, -pi … pi
        "left": "f8", "right": "f8",  # m/s, the wheels' speeds
        "way_left": "f8",  # m to the goal, as last known
        "noise": ("f8", (NOISES,)),  # of this step: normal numbers for the beams, the goal's place, the wheels
        "trail": ("f4", (TRAIL, 2)),  # m, where the rover was after step n, at n % TRAIL: only for the picture
        "box_x0": box, "box_x1": box, "box_y0": box, "box_y1": box,
        "disc_x": disc, "disc_y": disc, "disc_r": disc,
        "boxes": "i8", "pillars": "i8", "walkers": "i8",  # how many there are; of the discs: pillars + walkers
        "walk_x": ("f8", (crowd,)), "walk_y": ("f8", (crowd,)),  # unit vector along which a walker walks
        "goal_x": "f8", "goal_y": "f8",
        "way": cell,  # length of the way to the goal in fifths of a CELL, BLOCKED or UNREACHED
        "straight": cell, "slanting": cell,  # the search's queues
        "beam_x": beam, "beam_y": beam, "slope_x": beam, "slope_y": beam,  # of the last scan
        "ranges": beam,  # m, what the last scan measured, without noise
    }  # fmt: skip


def make_spaces(blocks, discs, crowd):
    low = np.full(OBSERVED, -1.0, np.float32)
    low[: GOAL + 1] = 0.0
    return spaces.Box(low, 1.0, dtype=np.float32), spaces.Box(-1.0, 1.0, (2,), np.float32)


def names(blocks, discs, crowd):
    beams = {f"lidar at: {360 / BEAMS * beam:g}°": "its range" for beam in range(BEAMS)}
    goal = {"distance of the goal": "14.14 m", "sine of the goal's bearing": "", "cosine of the goal's bearing": ""}
    return {**beams, **goal, **{f"speed of the {side} wheel": "its greatest" for side in ("left", "right")}}


SIMULATION = Simulation(
    name="ludus/Rover-v0",
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
