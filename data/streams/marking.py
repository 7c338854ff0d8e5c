"""A table with what a detector says of each row: two more columns, all else as it stands."""

import csv
import io

import numpy as np

from ...utils.untrusted import unpack_gzip
from ..tables import GZIP, MOST_UNPACKED, SEPARATORS

SCORE, ALARM = "score", "alarm"  # the columns


def mark_rows(data: bytes, name: str, scores: np.ndarray, alarms: np.ndarray) -> bytes:
    """The CSV ``data`` with the columns ``score`` and ``alarm`` (1 or 0) behind its own; empty lines are left out.

    Args:
        name: For messages.
        scores, alarms: (T,) of the rows in which ``read_stream`` read it.

    Raises:
        ValueError: it has one of these columns already, or is no CSV, as a Parquet file.
    """
    if data[:4] == b"PAR1":
        raise ValueError(f"{name} is a Parquet file, of which only a CSV can be marked; save it as CSV")
    if data[:2] == GZIP:
        data = unpack_gzip(data, MOST_UNPACKED)
    lines = list(io.StringIO(data.decode("utf-8-sig"), newline=""))  # lines as the reader of tables has them
    separator = max(SEPARATORS, key=lines[0].count)
    rows = [cells for cells in csv.reader(lines, delimiter=separator) if any(cell.strip() for cell in cells)]
    taken = {cell.strip() for cell in rows[0]} & {SCORE, ALARM}
    if taken:
        raise ValueError(f"{name} has a column {sorted(taken)[0]} already; rename it")
    if len(rows) != len(scores) + 1:
        raise ValueError(f"{name} has {len(rows) - 1} rows, the detector scored {len(scores)}")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow([*rows[0], SCORE, ALARM])
    for cells, score, alarm in zip(rows[1:], scores.tolist(), alarms.tolist(), strict=True):
        writer.writerow([*cells, f"{score:.9g}", int(alarm)])
    return out.getvalue().encode()
