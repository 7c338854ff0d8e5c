"""Sorter's rules once more, in plain Python from the card, as the oracle of its tests."""

from collections import deque


class Item:
    def __init__(self, image, label):
        self.image, self.label, self.rounds = image, label, 0


class Twin:
    """One delivery. ``stream`` gives the random numbers, ``members[k]`` the images of kind k, ``p`` the parameters."""

    def __init__(self, p, stream, members):
        self.p, self.stream, self.members = p, stream, members
        self.kinds = len(members)
        self.waiting = int(p["items"])
        self.loop = deque()
        self.belt, self.jammed, self.seconds = "normal", False, 0.0
        self.chutes = [[] for _ in members]
        self.by_hand = self.jams = 0
        self.item = self.next_item()

    def uniform_in(self, low, high):
        return low + (high - low) * self.stream.random()

    def below(self, n):
        return int(self.stream.random() * n)

    def next_item(self):
        if self.loop and (not self.waiting or self.stream.random() < 1 / 3):
            item = self.loop.popleft()
        elif self.waiting:
            self.waiting -= 1
            label = self.below(self.kinds)
            item = Item(self.members[label][self.below(len(self.members[label]))], label)
        else:
            return None
        self.angle = self.uniform_in(-self.p["rotation"], self.p["rotation"])
        self.light = 1.0 + self.uniform_in(-self.p["lighting"], self.p["lighting"])
        self.cover = self.stream.random(), self.stream.random()
        return item

    def step(self, action):
        """Returns the six terms and whether the delivery is done."""
        p = self.p
        speed_index, route = divmod(action, self.kinds + 2)
        self.belt = ("slow", "normal", "fast")[speed_index]
        right = wrong = rejected = jam = 0.0
        if route < self.kinds:
            self.chutes[route].append(self.item)
            right, wrong = (1.0, 0.0) if self.item.label == route else (0.0, -p["wrong_cost"])
        elif route == self.kinds + 1 and len(self.loop) < 8:
            self.item.rounds += 1
            self.loop.append(self.item)
        else:
            self.by_hand += 1
            rejected = -p["reject_cost"]
        speed = p[f"speed_{self.belt}"]
        chance = p["jam_chance"] * (speed / p["speed_fast"]) ** 2 * (1 + len(self.loop) / 8)
        time = 1 / speed
        self.jammed = self.stream.random() < min(chance, 1.0)
        if self.jammed:
            self.jams += 1
            time += p["jam_time"]
            jam = -p["jam_cost"]
        self.seconds += time
        self.item = self.next_item()
        return (right, wrong, rejected, -p["wage"] * time, -p["energy"] * speed**2, jam), self.item is None

    def observation(self):
        rounds = self.item.rounds if self.item else self.last_rounds
        self.last_rounds = rounds
        speeds = [float(self.belt == name) for name in ("slow", "normal", "fast")]
        return [
            *speeds,
            len(self.loop) / 8,
            self.waiting / int(self.p["items"]),
            min(rounds, 3) / 3,
            float(self.jammed),
        ]
