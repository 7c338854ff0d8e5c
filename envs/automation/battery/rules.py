"""The rules of Battery: which week is played, what the battery can do within an hour, and what that earns."""

from ...engine.kernels import below, inlined, kernel
from .constants import DAYS, FEE, HOURS, IN, MARKET, OUT, WEAR


@kernel
def reset(s, world):
    s.day = DAYS * s.start if s.start >= 0 else below(s, world.prices.shape[0] - DAYS + 1)
    s.days_left = DAYS
    s.hour = 0
    s.charge = 0.0
    s.exchange = 0.0
    s.today = 0.0
    for hour in range(HOURS):
        s.charges[hour] = 0.0


@kernel
def room(s, hour):
    """The highest charge (MWh) that the battery may hold at ``hour``: what it can give back by midnight."""
    return min(s.capacity, s.power * (HOURS - hour))


@inlined  # as a call it would hand over the world's arrays, and count references to each: a microsecond
def net_load(s, world, day, hour):
    """What the site takes for itself, less what its sun gives (MW), at ``hour`` 0 … 23 of ``day``."""
    yearday = world.yearday[day]
    return s.load_mean * world.load_shape[yearday, hour] - s.pv_peak * world.sun_shape[yearday, hour]


@inlined
def trade(s, share, world, terms):
    """One hour with the battery at ``share`` (-1 … 1) of its power, as far as it goes; whether the week is over.

    Charging puts ``efficiency`` of what is bought into the battery, and what is discharged is sold whole.
    """
    held = min(s.charge, room(s, s.hour))  # less than it had only where parameters have moved since
    wanted = held + share * s.power * (s.efficiency if share > 0.0 else 1.0)
    s.charge = min(max(wanted, 0.0), room(s, s.hour + 1))
    gained = s.charge - held
    s.exchange = gained / s.efficiency if gained > 0.0 else gained
    site = net_load(s, world, s.day, s.hour) + s.exchange  # MWh from the grid in this hour
    terms[MARKET] = -world.prices[s.day, s.hour] * site
    terms[WEAR] = min(gained, 0.0) * s.wear
    terms[FEE] = min(-site, 0.0) * s.import_fee
    s.charges[s.hour] = s.charge
    s.today += terms[MARKET] + terms[WEAR] + terms[FEE]
    s.hour += 1
    if s.hour < HOURS:
        return False
    s.days_left -= 1
    if s.days_left == 0:
        return True
    s.day += 1
    s.hour = 0
    s.today = 0.0
    return False


@kernel
def step(s, action, world, terms):
    return trade(s, action[0], world, terms)


@kernel
def share_of(action):
    """The share of the rated power that a discrete action stands for."""
    return (action - OUT) / (IN if action > OUT else OUT)


@kernel
def step_discrete(s, action, world, terms):
    return trade(s, share_of(action), world, terms)
