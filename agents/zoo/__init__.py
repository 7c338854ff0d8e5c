"""The zoo: small trained policies that come with Ludus, one for nearly every environment.

Each is the folder of a run, reduced to what acts (``reduction.py``), so that whatever reads a run reads it. They are
made and checked by `ludus zoo` (``studies/zoo.py``), and their scores stand in ``scores.csv``.
"""

from .collection import Entry, entries, entry, folder

__all__ = ["Entry", "entries", "entry", "folder"]
