"""What holds for all displays."""

import inspect
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

import skaae.display
from skaae.display import (
    ColumnDisplay,
    HistoryDisplay,
    LatentDisplay,
    ManifoldDisplay,
    OutlierDisplay,
    QualityDisplay,
    ReconstructionDisplay,
    SampleDisplay,
    TransferDisplay,
)

IMAGES = np.random.default_rng(0).random((9, 4))
TABLE = IMAGES[:, :2]
DISPLAYS = {
    "columns": lambda **ax: ColumnDisplay.from_tables(TABLE, TABLE, **ax),
    "history": lambda **ax: HistoryDisplay.from_history({"a": [1, 2], "b": [2, 1]}, **ax),
    "latent": lambda **ax: LatentDisplay.from_codes(IMAGES, **ax),
    "manifold": lambda **ax: ManifoldDisplay.from_rows(TABLE, [-1, 0, 1], **ax),
    "manifold of images": lambda **ax: ManifoldDisplay.from_rows(IMAGES, [-1, 0, 1], image_shape=(2, 2), **ax),
    "outliers": lambda **ax: OutlierDisplay.from_scores(np.arange(9), shares=TABLE, **ax),
    "quality": lambda **ax: QualityDisplay.from_tables(TABLE, TABLE, TABLE, **ax),
    "reconstruction": lambda **ax: ReconstructionDisplay.from_rows(TABLE, TABLE, **ax),
    "reconstruction of images": lambda **ax: ReconstructionDisplay.from_rows(IMAGES, IMAGES, image_shape=(2, 2), **ax),
    "samples": lambda **ax: SampleDisplay.from_samples(TABLE, **ax),
    "samples of images": lambda **ax: SampleDisplay.from_samples(IMAGES, image_shape=(2, 2), **ax),
    "transfer": lambda **ax: TransferDisplay.from_rows(TABLE, [TABLE + 1], "a", **ax),
    "transfer of images": lambda **ax: TransferDisplay.from_rows(IMAGES, [IMAGES], "a", image_shape=(2, 2), **ax),
}
every_display = pytest.mark.parametrize("draw", DISPLAYS.values(), ids=DISPLAYS)


def is_in_right_half(figure, ax):
    """Whether axes are within the right half of a figure, after layout."""
    figure.canvas.draw()
    return ax.get_position().x0 > 0.5


@every_display
def test_makes_one_new_figure_with_constrained_layout(draw):
    display = draw()
    assert plt.get_fignums() == [display.figure_.number]
    assert display.figure_.get_layout_engine() is not None
    display.figure_.canvas.draw()  # where axes do not fit, matplotlib warns, which is an error here


@pytest.mark.parametrize("name", [*DISPLAYS, "classes", "long names"])
def test_nothing_is_cut_off(name, table):
    long = table.rename(columns=lambda name: f"a long name of a column called {name}").replace("Ulm", 30 * "Ulm")
    draw = {
        "classes": lambda: LatentDisplay.from_codes(
            3 * IMAGES, [f"a class called {position}" for position in range(9)], prior_codes=9 * IMAGES
        ),
        "long names": lambda: ColumnDisplay.from_tables(long, long),
        **DISPLAYS,
    }[name]
    figure = draw().figure_
    figure.canvas.draw()
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert drawn.x0 > -0.03
    assert drawn.y0 > -0.03
    assert drawn.x1 < width + 0.03
    assert drawn.y1 < height + 0.03


@pytest.mark.parametrize("draw", [DISPLAYS["columns"], DISPLAYS["reconstruction"]])
def test_legends_are_below_all_panels(draw):
    figure = draw().figure_
    figure.canvas.draw()
    top = figure.legends[0].get_window_extent().y1
    assert all(top <= ax.get_tightbbox().y0 for ax in figure.axes)


@every_display
def test_draws_into_the_users_axes(draw):
    figure, (left, right) = plt.subplots(1, 2, figsize=(16, 6), layout="constrained")
    display = draw(ax=right)
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert is_in_right_half(figure, display.ax_)
    assert not left.has_data()


@every_display
def test_plot_draws_again_and_returns_the_display(draw):
    display = draw()
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
    assert display.ax_.get_title() == first.get_title()
    assert len(display.ax_.get_children()) == len(first.get_children())


@pytest.mark.parametrize("name", ["columns", "history", "manifold", "outliers", "reconstruction", "samples"])
def test_draws_into_one_axes_for_each_panel(name):
    display_alone = DISPLAYS[name]()
    side_ax = getattr(display_alone, "correlation_ax_", None)
    n_panels = len(display_alone.axes_) + (side_ax is not None)
    axes = plt.subplots(n_panels, 1)[1]
    display = DISPLAYS[name](ax=axes)
    assert list(display.axes_) == list(axes[: len(display_alone.axes_)])
    with pytest.raises(ValueError, match=rf"as many as there are panels \({n_panels}\)\. Got 1"):
        DISPLAYS[name](ax=axes[:1])


@pytest.mark.parametrize("name", ["history", "columns"])
def test_axes_are_not_divided_twice(name):
    ax = plt.subplots()[1]
    DISPLAYS[name](ax=ax)
    with pytest.raises(ValueError, match="no other display has divided"):
        DISPLAYS[name](ax=ax)


def test_axes_must_be_a_subplot_to_be_divided():
    with pytest.raises(ValueError, match="`ax` must be a subplot"):
        DISPLAYS["history"](ax=plt.figure().add_axes((0, 0, 1, 1)))


def test_displays_of_one_picture_refuse_several_axes():
    with pytest.raises(ValueError, match=r"one set of axes here\. Got 2"):
        DISPLAYS["latent"](ax=plt.subplots(2)[1])


def test_loads_neither_matplotlib_nor_torch():
    code = "import sys, skaae.display; print(*(name for name in ('matplotlib', 'torch') if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split() == []


def test_without_matplotlib_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for draw in DISPLAYS.values():
        with pytest.raises(ImportError, match=r'pip install "skaae\[plot\]"'):
            draw()


@pytest.mark.parametrize("name", skaae.display.__all__)
def test_constructor_only_stores_its_parameters(name):
    display = getattr(skaae.display, name)
    names = list(inspect.signature(display).parameters)
    arguments = {parameter: object() for parameter in names}
    assert vars(display(**arguments)) == arguments


@pytest.mark.parametrize("name", skaae.display.__all__)
def test_docstrings_say_all_parameters_and_what_is_returned(name):
    display = getattr(skaae.display, name)
    for method in [member for member in dir(display) if member.startswith("from_") or member == "plot"]:
        function = getattr(display, method)
        sections = re.split(r"\n\n(Parameters|Returns|Examples)\n-+\n", inspect.getdoc(function))
        assert sections[1::2] in (["Parameters", "Returns"], ["Parameters", "Returns", "Examples"])
        described = re.findall(r"^([\w*, ]+?)(?: :.*)?$", sections[2], flags=re.MULTILINE)
        names = [parameter.strip(" *") for line in described for parameter in line.split(",") if line[0] != " "]
        assert sorted(names) == sorted(set(inspect.signature(function).parameters) - {"self"})


@pytest.mark.parametrize("name", skaae.display.__all__)
def test_estimators_without_the_method_are_refused(name):
    n_tables = {"HistoryDisplay": 0, "SampleDisplay": 0, "ManifoldDisplay": 0, "QualityDisplay": 2}
    data = n_tables.get(name, 1) * (IMAGES,)
    with pytest.raises(TypeError, match=rf"{name} needs an estimator with `\w+`.*Got object"):
        getattr(skaae.display, name).from_estimator(object(), *data)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3"])
def test_numbers_of_columns_and_rows_are_checked(value):
    with pytest.raises(ValueError, match=r"`max_columns` must be an int, 1 at least\. Got "):
        ColumnDisplay.from_tables(IMAGES, IMAGES, max_columns=value)
    with pytest.raises(ValueError, match=r"`max_rows` must be an int, 1 at least\. Got "):
        ColumnDisplay.from_tables(IMAGES, IMAGES, max_rows=value)
    with pytest.raises(ValueError, match=r"`max_points` must be an int, 1 at least\. Got "):
        LatentDisplay.from_codes(IMAGES, max_points=value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 2), r"multiply to the number of columns \(4\)\. Got \(3, 2\)"),
        ((2,), r"a height and a width.*Got \(2,\)"),
        ((2.0, 2.0), "a height and a width"),
        ((1, 2, 2), "1, 3 or 4 channels"),
    ],
)
def test_shapes_of_images_are_checked(shape, message):
    with pytest.raises(ValueError, match=message):
        SampleDisplay.from_samples(IMAGES, image_shape=shape)
