"""Configuration of Sphinx: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``."""

import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_extensions"), str(ROOT)]
os.environ.setdefault("OMP_NUM_THREADS", "1")  # on a busy machine, threads wait for each other

import skaae

project = "skaae"
author = "The skaae developers"
copyright = f"2026, {author}"
version = release = skaae.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "names",
    "run",
]
exclude_patterns = ["_build", "_examples"]
templates_path = ["_templates"]
default_role = "literal"
nitpicky = True
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
# Types of other packages and type variables have no page here.
nitpick_ignore_regex = [("py:.*", r"(?!skaae\.).*")]
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

# Examples save figures in their folder, so a copy of it is run.
shutil.copytree(
    ROOT / "examples",
    HERE / "_examples",
    dirs_exist_ok=True,
    ignore=shutil.ignore_patterns("*.png", "__pycache__", "quickstart.py"),
)
shutil.copy(HERE / "_templates" / "gallery.rst", HERE / "_examples" / "GALLERY_HEADER.rst")
sphinx_gallery_conf = {
    "examples_dirs": "_examples",
    "gallery_dirs": "examples",
    "abort_on_example_error": True,
    "backreferences_dir": "reference/backreferences",
    "doc_module": ("skaae",),
    "reference_url": {"skaae": None},
    "inspect_global_variables": False,
    "remove_config_comments": True,
    "show_memory": False,
    "download_all_examples": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
    "image_srcset": ["2x"],
}

html_theme = "pydata_sphinx_theme"
html_title = "skaae"
html_static_path = ["_static"]
html_css_files = ["skaae.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 10,
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "friendly",
}
html_context = {"default_mode": "light"}
without_sidebar = ["index", "start", "choosing", "mathematics", "moving", "benchmarks", "contributing", "releasing"]
html_sidebars = {page: [] for page in without_sidebar}


def skip_inherited(app, kind, name, member, skip, options):
    """Omit members that are inherited from scikit-learn, which documents them."""
    member = getattr(member, "fget", member)
    module = getattr(member, "__module__", None) or ""
    return True if kind == "class" and re.match(r"sklearn|builtins", module) else None


def setup(app):
    app.connect("autodoc-skip-member", skip_inherited)
