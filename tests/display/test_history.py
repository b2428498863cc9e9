import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skaae import AAETransformer
from skaae.display import HistoryDisplay


def test_draws_each_loss_of_an_estimator(flat):
    display = HistoryDisplay.from_estimator(flat)
    assert [ax.get_title() for ax in display.axes_] == list(flat.history_)
    for ax, curve in zip(display.axes_, flat.history_.values(), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve)
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 2])


def test_draws_the_flow_of_a_generator(generator):
    display = HistoryDisplay.from_estimator(generator)
    assert display.axes_[-1].get_title() == "flow"
    np.testing.assert_array_equal(display.axes_[-1].lines[0].get_ydata(), generator.flow_curve_)


def test_marks_the_best_epoch_of_validation():
    display = HistoryDisplay.from_history({"validation": [np.nan, 3.0, 1.0, 2.0]})
    assert display.ax_.get_title() == "validation, best epoch 3"
    np.testing.assert_array_equal(display.ax_.lines[1].get_xydata(), [[3, 1.0]])


def test_draws_the_validation_loss_of_early_stopping(X):
    model = AAETransformer(2, max_iter=2, early_stopping=True, random_state=0).fit(X)
    assert HistoryDisplay.from_estimator(model).axes_[-1].get_title().startswith("validation, best epoch")


def test_only_curves_that_fall_far_and_stay_positive_are_logarithmic():
    curves = {"far": [100.0, 1.0], "near": [2.0, 1.0], "to zero": [100.0, 0.0], "gap": [np.nan, 100.0, 1.0]}
    display = HistoryDisplay.from_history(curves)
    assert [ax.get_yscale() for ax in display.axes_] == ["log", "linear", "linear", "log"]


def test_one_epoch_has_a_marker():
    assert HistoryDisplay.from_history({"a": [1.0]}).ax_.lines[0].get_marker() == "."


def test_options_are_passed_to_plot():
    assert HistoryDisplay.from_history({"a": [1.0, 2.0]}, color="red").ax_.lines[0].get_color() == "red"


def test_an_estimator_must_be_fitted():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(AAETransformer())


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "one curve at least. Got none"),
        ({"a": [[1.0]]}, r"one-dimensional.*Got shape \(1, 1\)"),
        ({"a": [np.nan]}, "one finite number.*0 finite numbers in 'a'"),
    ],
)
def test_curves_are_checked(history, message):
    with pytest.raises(ValueError, match=message):
        HistoryDisplay.from_history(history)
