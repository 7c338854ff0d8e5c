"""Constants of Taxi that several of its files use: actions, the map, what a step brings and costs."""

MOVES = 4
SOUTH, NORTH, EAST, WEST = range(MOVES)  # directions, and the actions that move
PICK_UP, DROP_OFF = MOVES, MOVES + 1
ACTIONS = MOVES + 2
ROW_STEP, COLUMN_STEP = (1, -1, 0, 0), (0, 0, 1, -1)  # crossings, by direction
LEFT_OF, RIGHT_OF = (EAST, WEST, NORTH, SOUTH), (WEST, EAST, SOUTH, NORTH)

SIZE = 5  # rows and columns of crossings
WALL_ROW, WALL_COLUMN = (0, 1, 3, 4, 3, 4), (2, 2, 1, 1, 3, 3)  # there is a wall to the west of each of these crossings
STANDS = 4
STAND_ROW, STAND_COLUMN = (0, 0, 4, 4), (0, 4, 0, 3)  # R, G, Y, B
NO_STAND = -1  # at most crossings
IN_TAXI = STANDS  # where a passenger is who waits at none of them

QUIET, FAULTED, CHANGED = range(3)  # events: what the picture says of the last step

TIME, DELIVERY, FAULT = range(3)  # the reward's terms
STEP_REWARD, DELIVERY_REWARD, FAULT_REWARD = -1.0, 20.0, -10.0
