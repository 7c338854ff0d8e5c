"""A program for tests: adds a row to the table of the toy study, and says when it begins to."""

import sys
from pathlib import Path

from ludus.studies.rows import add_row
from studies_toy import Row, in_order

print("now", flush=True)
add_row(Path(sys.argv[1]), Row("toy", 1, 0.0, "another", "a"), in_order, in_order)
