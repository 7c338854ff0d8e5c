"""Battery's rules once more, in plain Python from the card, as the oracle of its tests."""

import math
from datetime import timedelta


class Twin:
    """A week from midnight of ``first``, a date. ``prices[date]`` are 24 numbers; ``p`` the parameters, by their names.

    ``load`` and ``sun`` give shares for (day of the year from 0, hour).
    """

    def __init__(self, p, first, prices, load, sun):
        self.p, self.prices, self.load, self.sun = dict(p), prices, load, sun
        self.day, self.hour, self.stored = first, 0, 0.0
        self.hours_played = 0

    def site(self):
        """MW that the site takes for itself in the coming hour."""
        yearday = self.day.timetuple().tm_yday - 1
        return self.p["load_mean"] * self.load(yearday, self.hour) - self.p["pv_peak"] * self.sun(yearday, self.hour)

    def step(self, share):
        """Returns market, wear and fee (€), and whether the week is over."""
        p = self.p
        # What does not fit any more, or cannot go out before midnight, is lost.
        self.stored = min(self.stored, p["capacity"], p["power"] * (24 - self.hour))
        before = self.stored
        if share > 0:
            most = min(p["capacity"], p["power"] * (23 - self.hour))
            self.stored = min(before + p["efficiency"] * p["power"] * share, most)
        else:
            self.stored = max(before + p["power"] * share, 0.0)
        # Whatever was asked for, what is left must still get out by midnight.
        self.stored = min(self.stored, p["power"] * (23 - self.hour))
        gained = self.stored - before
        bought, sold = (gained / p["efficiency"], 0.0) if gained > 0 else (0.0, -gained)
        from_grid = self.site() + bought - sold
        price = self.prices[self.day][self.hour]
        terms = (-price * from_grid, -p["wear"] * sold, -p["import_fee"] * max(from_grid, 0.0))
        self.hours_played += 1
        done = self.hours_played == 7 * 24
        if done:
            self.hour = 24
        elif self.hour == 23:
            self.day, self.hour = self.day + timedelta(days=1), 0
        else:
            self.hour += 1
        return terms, done

    def observation(self):
        yearday = self.day.timetuple().tm_yday - 1
        clock, weekday = [0.0] * 24, [0.0] * 7
        if self.hour < 24:
            clock[self.hour] = 1.0
        weekday[self.day.weekday()] = 1.0
        angle = 2 * math.pi * yearday / 366
        net = self.site() if self.hour < 24 else 0.0
        season = math.sin(angle), math.cos(angle)
        days_left = 7 - self.hours_played // 24
        return [self.stored / self.p["capacity"], *clock, *weekday, *season, net, days_left / 7]


def load_share(yearday, hour):
    """The site's load in shares of its mean: a day with an evening peak, 12 % more of it in the middle of January."""
    day = [
        65,
        60,
        58,
        57,
        59,
        68,
        88,
        108,
        114,
        112,
        110,
        112,
        116,
        112,
        106,
        104,
        110,
        126,
        142,
        144,
        134,
        116,
        96,
        83,
    ]
    return day[hour] / (sum(day) / 24) * (1 + 0.12 * math.cos(2 * math.pi * (yearday - 15) / 366))


def sun_share(yearday, hour):
    """The sun in shares of the panels' rated power: 0.2 at noon in January, 1 in July."""
    cos = math.cos(2 * math.pi * (yearday - 15) / 366)
    from_noon = (hour + 0.5 - 12) / (6 - 2 * cos)
    return 0.0 if abs(from_noon) >= 1 else (0.6 - 0.4 * cos) * math.cos(math.pi / 2 * from_noon)
