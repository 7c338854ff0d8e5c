"""Tables of results for a terminal: what was measured on the left, its figures on the right."""

from collections.abc import Sequence

from rich import box
from rich.table import Table


def results_table(
    named: Sequence[str], figures: Sequence[str], caption: str | None = None, fold: bool = False
) -> Table:
    """An empty table; rows are added with ``add_row``.

    Args:
        named: Headings of the columns that say what was measured, to the left.
        figures: Headings of the columns of numbers, to the right; these are never broken.
        caption: Below the table: episodes, seeds, intervals.
        fold: Whether long names go on in the next line, instead of being cut to whole words.
    """
    table = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    for column in named:
        table.add_column(column, overflow="fold" if fold else "ellipsis")
    for column in figures:
        table.add_column(column, justify="right", no_wrap=True)
    return table
