"""Code blocks that run while pages are built, and show what they print and draw, and a table or estimator at the end.

The blocks of a page share their names, as the cells of a notebook do, and a block that fails fails the build.
"""

import ast
import contextlib
import io
import tempfile
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

PICTURES = "_pictures"  # folder of the source, in which pages look for what was drawn
FOLDER = tempfile.TemporaryDirectory()  # where blocks are at home, and write files


class Run(SphinxDirective):
    """A block of Python; ``:alt:`` says what its figures show."""

    has_content = True
    option_spec = {"alt": directives.unchanged}

    def run(self):
        code = "\n".join(self.content)
        printed, last = executed(code, self.env.temp_data.setdefault("names of blocks", {"__name__": "__page__"}))
        block = nodes.literal_block(code, code, language="python")
        self.set_source_info(block)
        shown = [block, *self.pictures()]
        if printed:
            shown.insert(1, nodes.literal_block(printed, printed, language="text", classes=["printed"]))
        if hasattr(last, "_repr_html_"):
            shown.append(nodes.raw("", f'<div class="shown">{last._repr_html_()}</div>', format="html"))
        return shown

    def pictures(self):
        """The figures that are open, saved and closed."""
        folder = Path(self.env.srcdir, PICTURES)
        folder.mkdir(exist_ok=True)
        for number in plt.get_fignums():
            name = f"{self.env.docname.replace('/', '-')}-{self.lineno}-{number}.png"
            figure = plt.figure(number)
            figure.savefig(folder / name, dpi=150, bbox_inches="tight")
            width = f"{100 * figure.get_figwidth():.0f}px"
            yield nodes.image(uri=f"/{PICTURES}/{name}", alt=self.options.get("alt", "figure"), width=width)
        plt.close("all")


def executed(code, names):
    """Runs code in a folder of its own; what it prints, and the value that it ends in."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.chdir(FOLDER.name), contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(tree, "<page>", "exec"), names)
        value = None if last is None else eval(compile(last, "<page>", "eval"), names)
    return printed.getvalue(), value


def setup(app):
    app.add_directive("run", Run)
    return {"parallel_read_safe": True}
