"""The numbers that several files of Maintenance share: actions, hours, terms, indices, and what sensors feel."""

WEEK = 168  # h: an episode, and the hours that a record remembers for the picture

RUN, INSPECT, REPAIR = range(3)  # actions
RAN, INSPECTED, REPAIRED, FAILED = range(4)  # what an hour was; that of a stop is the one of its cause

INCOME, INSPECTION, REPAIRS, FAILURES = range(4)  # terms

# Indices of the observation; the last is its length.
AGE, KNOWN, SINCE, LOAD, NEXT_LOAD, AMBIENT, STANDING, NUMBERS = range(8)
HUNDRED = 100.0  # h, and °C: the units in which the observation shows ages and temperatures
DAY = 24.0  # h: the unit in which it shows how long the machine still stands
MOST_LOAD = 1.5  # of the rated load
COLDEST, HOTTEST = -60.0, 80.0  # °C, of the air

# The sensors: a row of the stream has these channels.
VIBRATION, TEMPERATURE, CHANNELS = range(3)
NEW_VIBRATION = 1.2  # mm/s (root mean square) of a machine without wear or load
GROWTH = 1.5  # by so many times of itself the vibration has risen at wear 1; it rises with the square of the wear
SHOCK = 2.0  # so many times the vibration is what a passing truck makes of a sample
HEAT = 30.0  # °C above the air at full load
FRICTION = 15.0  # °C more at wear 1; it rises with the fourth power of the wear
TEMPERATURE_NOISE = 1.0  # °C, standard deviation
MOST_SAMPLES = 64  # in a step
