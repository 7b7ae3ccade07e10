"""How Sphinx makes the site; docs/_site/build.py puts its sources together and calls it."""

from lutgen.version import __version__

project = "lutgen"
author = "The lutgen authors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
root_doc = "index"
nitpicky = False
smartquotes = False  # two hyphens begin an option
default_role = "code"  # docstrings mark names by single backticks
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = [
    "ref.python",  # words of shapes, such as n_classes, are attributes of several classes
]

napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "none"  # shapes and types are in the docstrings
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
# what scikit-learn adds by itself for metadata that is routed
autodoc_default_options = {
    "exclude-members": ", ".join(
        f"set_{method}_request" for method in ("fit", "score", "predict", "predict_proba")
    ),
}

html_theme = "furo"
html_title = f"lutgen {__version__}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
linkcheck_retries = 2
linkcheck_timeout = 20
