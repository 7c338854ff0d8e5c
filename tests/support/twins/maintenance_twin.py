"""Maintenance's rules once more, in plain Python from the card, as the oracle of its tests."""

import math


class Twin:
    """A week from row ``hour`` of a plant, ``load`` and ``air`` by row; ``p`` the parameters, by their names.

    What an hour adds to the wear is drawn by ``draw(shape)``, a gamma variable of the scale 1.
    """

    def __init__(self, p, hour, load, air, mean_load, draw):
        self.p, self.hour, self.load, self.air, self.mean_load, self.draw = dict(p), hour, load, air, mean_load, draw
        self.wear, self.ran, self.seen, self.ran_since, self.waits = 0.0, 0, 0.0, 0, 0
        self.felt = (0.0, True)  # wear of the part that the sensors felt, and whether under load

    def new_part(self):
        self.wear, self.ran, self.seen, self.ran_since = 0.0, 0, 0.0, 0

    def step(self, action):
        """Returns income, inspection, repairs and failures (€)."""
        p, terms = self.p, [0.0, 0.0, 0.0, 0.0]
        idle = True
        if self.waits:
            self.waits -= 1
        elif action == "run":
            faster = (1.0 - p["load_wear"]) + p["load_wear"] * self.load[self.hour] / self.mean_load
            self.wear += p["spread"] ** 2 * self.draw(p["rate"] / p["spread"] ** 2 * faster)
            self.ran, self.ran_since = self.ran + 1, self.ran_since + 1
            if self.wear < 1.0:
                terms[0], idle = p["income"], False
            else:
                terms[3] = -p["failure"]
                self.new_part()
                self.waits = round(p["downtime"])
        elif action == "inspect":
            terms[1] = -p["inspection"]
            self.seen, self.ran_since = self.wear, 0
        else:
            terms[2] = -p["repair"]
            self.new_part()
            self.waits = max(round(p["repair_time"]), 1) - 1
        self.felt = (self.wear, not idle)
        self.hour = (self.hour + 1) % len(self.load)
        return terms

    def observation(self):
        last = self.hour - 1
        return [
            self.ran / 100, self.seen, self.ran_since / 100, self.load[last], self.load[self.hour],
            self.air[last] / 100, self.waits / 24,
        ]  # fmt: skip

    def middle(self):
        """(vibration in mm/s, temperature in °C) of the last hour without noise."""
        wear, under_load = self.felt
        load = self.load[self.hour - 1] if under_load else 0.0
        vibration = 1.2 * (1 + self.p["load_vibration"] * load) * (1 + 1.5 * wear**2)
        return vibration, self.air[self.hour - 1] + 30 * load + 15 * math.pow(wear, 4)
