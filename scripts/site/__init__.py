"""The sources of the documentation's site: the pages of docs/, and those that are made from what the code says.

`make docs` runs ``python -m ludus.scripts.site``, which lays all of them into build/docs-source, and then Sphinx, which
makes build/docs of it (docs/conf.py). Nothing of it is committed. It needs a clone, for docs/ is in no wheel.
"""
