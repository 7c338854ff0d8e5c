"""The rules of Sorter: which item comes next, where it goes, the belt and its jams."""

from ...engine.kernels import below, kernel, uniform, uniform_in
from .constants import (
    ENERGY,
    JAM,
    LOOP,
    NORMAL,
    NOTHING,
    OTHER_ROUTES,
    REJECTED,
    SLOW,
    SORTED,
    TIME,
    WRONG,
)

FROM_LOOP = 1.0 / 3.0  # chance that the next item comes from the loop, if there is a choice


@kernel
def sample_pose(s):
    """Sample how the item lies under the camera in this passage."""
    s.angle = uniform_in(s, -s.rotation, s.rotation)
    s.light = 1.0 + uniform_in(s, -s.lighting, s.lighting)
    s.cover_x, s.cover_y = uniform(s), uniform(s)


@kernel
def bring_next(s, world):
    """Put the next item under the camera: from the loop or a new one; NOTHING if there is none."""
    from_loop = s.loop_count > 0 and (s.feed == 0 or uniform(s) < FROM_LOOP)
    if from_loop:
        k = s.loop_first
        s.image, s.label, s.rounds = s.loop_item[k], s.loop_label[k], s.loop_rounds[k]
        s.loop_first = (k + 1) % LOOP
        s.loop_count -= 1
    elif s.feed > 0:
        s.feed -= 1
        s.label = below(s, world.first.shape[0] - 1)
        begin = world.first[s.label]
        s.image = world.order[begin + below(s, world.first[s.label + 1] - begin)]
        s.rounds = 0
    else:
        s.image = NOTHING
        return
    sample_pose(s)


@kernel
def reset(s, world):
    s.delivery = s.feed = int(s.items)
    s.loop_first = s.loop_count = 0
    s.belt = NORMAL
    s.jammed = False
    s.seconds = 0.0
    for k in range(s.right.shape[0]):
        s.right[k] = s.astray[k] = 0
    s.rejects = s.jams = 0
    s.route = s.before = NOTHING
    bring_next(s, world)


@kernel
def speed_of(s, belt):
    """How fast the belt runs at SLOW, NORMAL or FAST, in items/s."""
    return s.speed_slow if belt == SLOW else s.speed_normal if belt == NORMAL else s.speed_fast


@kernel
def jam_probability(s, speed, loop_count):
    """The chance of a jam during one passage at ``speed`` (items/s)."""
    ratio = speed / s.speed_fast
    return min(s.jam_chance * ratio * ratio * (1.0 + loop_count / LOOP), 1.0)


@kernel
def send(s, route, terms):
    """Let the item under the camera go its way."""
    kinds = s.right.shape[0]
    if route < kinds:
        if route == s.label:
            s.right[route] += 1
            terms[SORTED] = 1.0
        else:
            s.astray[route] += 1
            terms[WRONG] = -s.wrong_cost
    elif route == kinds or s.loop_count == LOOP:
        s.rejects += 1
        terms[REJECTED] = -s.reject_cost
    else:
        k = (s.loop_first + s.loop_count) % LOOP
        s.loop_item[k], s.loop_label[k], s.loop_rounds[k] = s.image, s.label, s.rounds + 1
        s.loop_count += 1


@kernel
def step(s, action, world, terms):
    routes = s.right.shape[0] + OTHER_ROUTES
    route, s.belt = action % routes, action // routes
    s.route, s.before = route, s.image
    send(s, route, terms)
    speed = speed_of(s, s.belt)
    seconds = 1.0 / speed
    s.jammed = uniform(s) < jam_probability(s, speed, s.loop_count)
    if s.jammed:
        s.jams += 1
        seconds += s.jam_time
        terms[JAM] = -s.jam_cost
    s.seconds += seconds
    terms[TIME] = -s.wage * seconds
    terms[ENERGY] = -s.energy * speed * speed
    bring_next(s, world)
    return s.image == NOTHING
