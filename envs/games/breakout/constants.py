"""Constants of Breakout that several of its files use.

Lengths are in u: the field is 100 u wide and high, x to the right, y down from the ceiling.
"""

ACTIONS = 3
STAY, LEFT, RIGHT = range(ACTIONS)

FIELD = 100.0  # u, as all that follow here
HALF_BALL = 1.5
LOW, HIGH = HALF_BALL, FIELD - HALF_BALL  # of the ball's centre
WALL_TOP, BRICK_HEIGHT = 14.0, 4.0
PADDLE_TOP = 92.0
PADDLE_LINE = PADDLE_TOP - HALF_BALL  # of the ball's centre as it touches the paddle

WALLS = 2  # to be cleared
MOST_BALLS = 10.0  # per game
TRAIL = 8  # steps that the picture remembers
POINTS = 0  # the reward's only term

# Where the numbers of the observation stand, and their scales; the bricks follow from FIRST_BRICK on.
BALL_X, BALL_Y, BALL_VX, BALL_VY, PADDLE_X, BALL_OFFSET, BALLS, CLEARED, WAIT, CONTACTS, FIRST_BRICK = range(11)
UNIT = 10.0  # u of a place
MIDDLE = 0.5 * FIELD / UNIT
WAIT_UNIT = 10.0  # steps
MOST_CONTACTS = 10  # that are told apart
