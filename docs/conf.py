"""The settings of Sphinx for the site, which `make docs` builds from build/docs-source (see scripts/site)."""

import ludus

project = "Ludus"
author = "the Ludus authors"
project_copyright = "the Ludus authors, MIT licence"
version = release = ludus.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.autosummary"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["notebooks/README.md"]

myst_enable_extensions = ["deflist", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3
smartquotes = False  # -- stands before options

autodoc_typehints = "description"
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
pygments_style = "friendly"
pygments_dark_style = "monokai"
