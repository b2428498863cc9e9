"""Links from scikit-learn's HTML representation of estimators to the reference."""

from __future__ import annotations

__all__ = ["DOC_URL", "DocLinkMixin"]

DOC_URL = "https://skaae.readthedocs.io/en/latest"


class DocLinkMixin:
    """An estimator that has a page in the reference, under a name of the package itself."""

    _doc_link_module = "skaae"
    _doc_link_template = f"{DOC_URL}/reference/generated/skaae.{{estimator_name}}.html"
