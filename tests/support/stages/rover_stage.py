"""A floor for tests of Rover on which nothing stands and nobody walks but what they say."""

from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from rover_twin import FULL

MODULE = "ludus.envs.robotics.rover"
PROGRESS, REACHED, COLLISION, TIME, EFFORT = range(5)  # reward terms
SHARE = st.floats(-1.0, 1.0, width=32)  # of the greatest speed, or of half a turn


def empty(copies=1, **keywords):
    """Rovers alone on the floor, at rest in its middle and looking along x; the goal in a corner."""
    batch = KernelBatch(MODULE, copies, autoreset_mode="Disabled", **keywords)
    batch.seed_from(0)
    r = batch.records
    r["boxes"] = r["pillars"] = r["walkers"] = 0
    r["x"] = r["y"] = 5.0
    r["heading"] = r["left"] = r["right"] = 0.0
    r["goal_x"] = r["goal_y"] = 9.125
    r["way"] = 65535
    return look(batch)


def look(batch):
    """Observe what was set by hand."""
    batch.refresh()
    return batch


def walkers(places, ahead, **keywords):
    """One rover at rest at (1, 1), and walkers at ``places`` who look ``ahead``, on an empty floor."""
    batch = empty(**FULL, **keywords)
    r = batch.records
    r["x"] = r["y"] = 1.0
    r["walkers"] = len(places)
    for k, ((x, y), (u, v)) in enumerate(zip(places, ahead, strict=True)):
        r["disc_x"][0, k], r["disc_y"][0, k], r["disc_r"][0, k] = x, y, r["crowd_radius"][0]
        r["walk_x"][0, k], r["walk_y"][0, k] = u, v
    return look(batch)
