"""The numbers that several files of Sorter share: names for routes, speeds, terms and indices, and units."""

NOTHING = -1  # stands for no item and no chute

SLOW, NORMAL, FAST = range(3)  # the belt
SPEEDS = 3  # how many the belt has
OTHER_ROUTES = 2  # beside the K chutes: K rejects, K + 1 sends round again

LOOP = 8  # items that the loop holds
ROUNDS_SEEN = 3  # more of them look the same
MOST_TURNED = 3.2  # rad, either way
BRIGHTEST = 2.0  # the largest factor of the light: `lighting` is at most 1

SORTED, WRONG, REJECTED, TIME, ENERGY, JAM = range(6)  # terms

# Indices of the observation, which begins with the belt's speed, one-hot; the last is its length.
ON_LOOP, TO_COME, ROUNDS, JAMMED, NUMBERS = range(SPEEDS, SPEEDS + 5)
