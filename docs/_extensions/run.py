"""Code blocks that run when pages are built, with their output and figures, and the value of a last expression.

The blocks of a page share a namespace, as the cells of a notebook do. An error in a block is an error of the build.
"""

import ast
import contextlib
import importlib.util
import io
import os
import tempfile
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

PICTURES = "_pictures"  # folder of the figures, in that of the pages
FOLDER = tempfile.TemporaryDirectory()  # of the working directories of the blocks, one for each process


class Run(SphinxDirective):
    """A block of Python; ``:alt:`` is the text alternative of its figures."""

    has_content = True
    option_spec = {"alt": directives.unchanged, "needs": directives.unchanged}

    def run(self):
        code = "\n".join(self.content)
        if not all(importlib.util.find_spec(package) for package in self.options.get("needs", "").split()):
            block = nodes.literal_block(code, code, language="python")
            self.set_source_info(block)
            return [block]
        printed, last = execute(code, self.env.temp_data.setdefault("namespace of blocks", {"__name__": "__page__"}))
        block = nodes.literal_block(code, code, language="python")
        self.set_source_info(block)
        output = [block, *self.save_figures()]
        if printed:
            output.insert(1, nodes.literal_block(printed, printed, language="text", classes=["printed"]))
        if hasattr(last, "_repr_html_"):
            output.append(nodes.raw("", f'<div class="shown">{last._repr_html_()}</div>', format="html"))
        return output

    def save_figures(self):
        """Save and close the open figures."""
        folder = Path(self.env.srcdir, PICTURES)
        folder.mkdir(exist_ok=True)
        for number in plt.get_fignums():
            name = f"{self.env.docname.replace('/', '-')}-{self.lineno}-{number}.png"
            figure = plt.figure(number)
            figure.savefig(folder / name, dpi=150, bbox_inches="tight")
            width = f"{100 * figure.get_figwidth():.0f}px"
            yield nodes.image(uri=f"/{PICTURES}/{name}", alt=self.options.get("alt", "figure"), width=width)
        plt.close("all")


def execute(code, namespace):
    """Run code; what it prints, and the value of its last expression."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, folder = io.StringIO(), Path(FOLDER.name, str(os.getpid()))
    folder.mkdir(exist_ok=True)
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(tree, "<page>", "exec"), namespace)
        value = None if last is None else eval(compile(last, "<page>", "eval"), namespace)
    return printed.getvalue(), value


def setup(app):
    app.add_directive("run", Run)
    return {"parallel_read_safe": True}
