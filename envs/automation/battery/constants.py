"""The numbers that several files of Battery share: time, the steps of the discrete actions, terms, indices."""

HOURS = 24  # of a day
DAYS = 7  # of an episode
YEARDAYS = 366

# The discrete actions: tenths of the rated power out, nothing, ninths of it in. With the default parameters each is a
# step of 0.1 MWh of charge, because of a MWh that is bought 0.9 arrive.
OUT, IN = 10, 9
REST = OUT  # the action that does nothing
ACTIONS = OUT + 1 + IN

MARKET, WEAR, FEE = range(3)  # terms

# Indices of the observation; the last is its length.
CHARGE = 0
CLOCK = 1  # HOURS numbers, one-hot
WEEKDAY = CLOCK + HOURS  # 7 numbers, one-hot
SEASON_SIN, SEASON_COS, NET_LOAD, DAYS_LEFT, NUMBERS = range(WEEKDAY + 7, WEEKDAY + 12)

MOST_LEVELS = 100  # of charge in the dynamic programme
