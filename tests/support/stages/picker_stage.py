"""What the tests of Picker share: its names and defaults, with items that are on every machine."""

from ludus.envs.robotics.picker import PARAMETERS

ID, MODULE = "ludus/Picker-v0", "ludus.envs.robotics.picker"
PARCELS = {"images": "parcels"}
KINDS = 10  # of parcels
DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
