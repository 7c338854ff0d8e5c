"""A plain-Python twin of the painter of `environments/painter.py`, written from its card."""


class PainterTwin:
    """One painter that begins in cell ``at`` of a strip."""

    def __init__(self, cells, at, cost=0.125):
        self.cells, self.at, self.cost = [0] * cells, at, cost
        self.paint, self.last, self.steps = 12, 0, 0

    def step(self, way, colour):
        """(reward, terminated)"""
        self.steps += 1
        self.at = max(0, min(len(self.cells) - 1, self.at + (-1, 0, 1)[way]))
        if colour in (0, self.last) or self.paint == 0:
            self.last = 0
            return 0.0, self.paint == 0
        reward = (self.cells[self.at] == 0) - self.cost
        self.cells[self.at] = self.last = colour
        self.paint -= 1
        return reward, 0 not in self.cells

    @property
    def observation(self):
        return {
            "cells": self.cells,
            "brush": [self.at / (len(self.cells) - 1), self.paint / 12],
            "time": [self.steps / (self.steps + 10)],
        }

    @property
    def mask(self):
        ways = [self.at > 0, True, self.at < len(self.cells) - 1]
        return ways + [colour == 0 or colour != self.last for colour in range(5)]
