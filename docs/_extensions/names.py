"""Links from public names in code font to their pages of the reference, in pages and docstrings."""

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

import skaae
from skaae import callbacks, display, export, metrics, model_selection, streaming
from skaae.metrics import scorers

HOMES = {
    "skaae.callbacks": callbacks.__all__,
    "skaae.export": export.__all__,
    "skaae.streaming": streaming.__all__,
    "skaae": [name for name in skaae.__all__ if name[0].isupper()],
    "skaae.display": display.__all__,
    "skaae.metrics": [name for name in metrics.__all__ if name != "scorers"],
    "skaae.metrics.scorers": [name for name in scorers.__all__ if name[0].isupper()],
    "skaae.model_selection": model_selection.__all__,
}
PAGES = {name: f"{home}.{name}" for home, names in HOMES.items() for name in names}
PAGES |= {page: page for page in PAGES.values()}


class Names(SphinxTransform):
    """Makes references of names outside titles and links."""

    default_priority = 500

    def apply(self):
        for literal in list(self.document.findall(nodes.literal)):
            page = PAGES.get(literal.astext())
            if page and not isinstance(literal.parent, (nodes.title, nodes.reference, pending_xref)):
                link = pending_xref("", refdomain="py", reftype="obj", reftarget=page, refdoc=self.env.docname)
                literal["classes"] += ["xref", "py", "py-obj"]
                literal.replace_self(link)
                link += literal


def setup(app):
    app.add_transform(Names)
    return {"parallel_read_safe": True}
