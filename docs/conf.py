"""How Sphinx builds the site: ``make docs``, where a warning is an error."""

from shardrun.version import __version__

project = "shardrun"
release = version = __version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"shardrun {__version__}"
html_copy_source = False
