"""The numbers that several files of Picker share: limits of the tray, terms, results, indices of the observation."""

ITEMS = 8  # on the tray, at most
SETS = 1 << ITEMS  # of items, each a bit: 1 << its number
TRAY = 0.6  # m, a side of the tray; places on it are shares of this, from its left upper corner
APART = 0.1  # shares of the tray's side, between the middles of two items, at least
MOST_REACH = 0.099  # less than APART: above the middle of an item no other one is in reach
LEAST_VISIBLE = 0.25  # share of an item that is to be seen where it comes to lie
TRIES = 12  # places that are tried for an item; what finds none is left out
SAMPLES = 14  # points of an item along the longest side of its image, by which is judged what hides it
PICTURE = 96  # pixels, a side of what the camera sees

PICKED, WRONG, MISSED, TIME = range(4)  # terms

NOTHING = -1
NONE_YET, GOOD, UNASKED, EMPTY, CROOKED, BURIED = range(6)  # what came of the last grasp

# Indices of the observation; ORDER is the first of the K counts at its end.
AT_X, AT_Y, LAST_GOOD, LAST_UNASKED, LAST_MISSED, MISSES, ORDER = range(7)
MISSES_SEEN = 40  # grasps of an episode; more of them look the same
