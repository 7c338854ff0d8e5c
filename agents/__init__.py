"""Agents that learn, the runs that they live in, and their evaluation."""

import os

# torch's threads spin while they wait. Beside any other busy process they hold the processor that the others need: a
# training that makes 10,000 steps/s made 800. Read when torch is loaded; who sets the variable decides.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
