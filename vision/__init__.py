"""Models that see: classifiers and readers of pictures, their data, training and explanations. Each is a component."""

import os

# As in ludus.agents: torch's threads would spin while they wait, and so slow whatever runs beside them. Read when
# torch is loaded; who sets the variable decides.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
