"""Where classes have their page, for the links of scikit-learn's HTML representation."""

from __future__ import annotations

__all__ = ["SITE", "Documented"]

SITE = "https://skaae.readthedocs.io/en/latest"


class Documented:
    """A class that has a page in the reference, under a name of the package itself."""

    _doc_link_module = "skaae"
    _doc_link_template = f"{SITE}/reference/generated/skaae.{{estimator_name}}.html"
