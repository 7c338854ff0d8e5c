"""The settings of Sphinx for the site, which `make docs` builds from build/docs-source (see scripts/site)."""

import re

import ludus

STAR = re.compile(r"(?<![\w*`\\])\*(?=[A-Za-z_])(?![^*]*\w\*(?!\w))")  # of (N, *shape), which begins no emphasis

project = "Ludus"
author = "the Ludus authors"
project_copyright = "the Ludus authors, MIT licence"
version = release = ludus.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["notebooks/README.md"]

myst_enable_extensions = ["deflist", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
smartquotes = False  # -- stands before options

autodoc_typehints = "description"
autodoc_inherit_docstrings = False  # other libraries' refer to pages of theirs
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
default_role = "code"  # docstrings write `ludus watch` with single backticks

html_theme = "furo"
html_title = f"Ludus {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
highlight_language = "text"  # of a block that names none: commands
pygments_style = "friendly"
pygments_dark_style = "monokai"


def escape_stars(app, what, name, obj, options, lines):  # type: ignore[no-untyped-def]
    """Docstrings write shapes as they are in Python; reStructuredText would take the star for emphasis."""
    lines[:] = [STAR.sub(r"\\*", line) for line in lines]


def setup(app):  # type: ignore[no-untyped-def]
    app.connect("autodoc-process-docstring", escape_stars)
