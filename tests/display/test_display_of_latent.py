import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.decomposition import PCA

from skaae import AAETransformer
from skaae.display import LatentDisplay

CODES = np.random.default_rng(0).standard_normal((60, 3))


def legend_texts(display):
    legend = display.ax_.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def points_labelled(display, label):
    return next(points for points in display.ax_.collections if points.get_label() == label)


def test_draws_codes_of_an_estimator_over_its_prior(flat, digits):
    X, y = digits
    display = LatentDisplay.from_estimator(flat, X, y, random_state=0)
    np.testing.assert_array_equal(points_labelled(display, "1").get_offsets(), flat.transform(X)[y == 1])
    assert legend_texts(display) == ["0", "1", "2", "50 % of the prior", "95 % of the prior"]


def test_components_are_those_asked_for():
    display = LatentDisplay.from_codes(CODES, components=(2, 0), prior_codes=CODES)
    np.testing.assert_array_equal(display.ax_.collections[0].get_offsets(), CODES[:, [2, 0]])
    np.testing.assert_array_equal(display.prior_codes, CODES[:, [2, 0]])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("component 2", "component 0")


@pytest.mark.parametrize("components", [(0, 3), (0, 0), (0,), (0, -1), (0.0, 1.0), "01"])
def test_components_are_checked(components):
    with pytest.raises(ValueError, match="two different positions in a code of 3 columns"):
        LatentDisplay.from_codes(CODES, components=components)


def test_contours_hold_half_and_most_of_the_prior():
    draws = np.random.default_rng(0).standard_normal((100_000, 2))
    display = LatentDisplay.from_codes(CODES[:, :2], prior_codes=draws)
    inner, outer = sorted(np.abs(path.vertices).max() for path in display.ax_.collections[-1].get_paths())
    assert inner == pytest.approx(np.sqrt(2 * np.log(2)), rel=0.1)
    assert outer == pytest.approx(np.sqrt(2 * np.log(20)), rel=0.1)
    styles = [line.get_linestyle() for line in display.ax_.get_legend().get_lines()]
    assert legend_texts(display) == ["50 % of the prior", "95 % of the prior"]
    assert styles == ["-", "--"]


def test_outer_contour_is_the_dashed_one():
    draws = np.random.default_rng(0).standard_normal((50_000, 2))
    contours = LatentDisplay.from_codes(CODES[:, :2], prior_codes=draws).ax_.collections[-1]
    sizes = [np.abs(path.vertices).max() for path in contours.get_paths()]
    dashes = [pattern[1] is not None for pattern in contours.get_linestyle()]
    assert dashes[int(np.argmax(sizes))]
    assert not dashes[int(np.argmin(sizes))]


def test_an_estimator_without_a_prior_has_no_contours():
    display = LatentDisplay.from_estimator(PCA(2).fit(CODES), CODES)
    assert display.prior_codes is None
    assert len(display.ax_.collections) == 1


def test_contours_are_of_the_estimators_prior(X):
    model = AAETransformer(2, prior="uniform", max_iter=1, random_state=0).fit(X)
    display = LatentDisplay.from_estimator(model, X, random_state=0)
    assert np.abs(display.prior_codes).max() == pytest.approx(np.sqrt(3), rel=1e-3)


@pytest.mark.parametrize(
    "y",
    [
        ["a", None, "b"] * 20,
        ["a", -1, "b"] * 20,
        pd.Series(["a", pd.NA, "b"] * 20, dtype="string"),
        pd.Series(["a", None, "b"] * 20, dtype="category"),
        np.array(["a", np.nan, "b"] * 20, dtype=object),
    ],
)
def test_unlabelled_rows_are_grey_and_last_in_the_legend(y):
    display = LatentDisplay.from_codes(CODES, y)
    assert legend_texts(display) == ["a", "b", "unlabelled"]
    unlabelled = points_labelled(display, "unlabelled")
    np.testing.assert_array_equal(unlabelled.get_offsets(), CODES[1::3, :2])
    red, green, blue, _ = unlabelled.get_facecolor()[0]
    assert red == green == blue
    assert unlabelled.get_zorder() < points_labelled(display, "a").get_zorder()


@pytest.mark.parametrize("missing", [-1, np.nan])
def test_unlabelled_rows_of_numbers(missing):
    display = LatentDisplay.from_codes(CODES, [1, missing, 2] * 20)
    assert legend_texts(display)[-1] == "unlabelled"
    assert len(points_labelled(display, "unlabelled").get_offsets()) == 20
    assert len(legend_texts(display)) == 3


def test_few_classes_have_colours_of_okabe_and_ito():
    display = LatentDisplay.from_codes(CODES, ["a", "b", "c"] * 20)
    colors = [to_hex(points_labelled(display, name).get_facecolor()[0]).upper() for name in "abc"]
    assert colors == ["#0072B2", "#E69F00", "#009E73"]


def test_many_classes_have_different_colors_and_markers():
    display = LatentDisplay.from_codes(CODES, np.arange(60) % 12)
    colors = {to_hex(points.get_facecolor()[0]) for points in display.ax_.collections}
    assert len(colors) == 12
    markers = [len(points.get_paths()[0].vertices) for points in display.ax_.collections]
    assert len(set(markers)) > 2


def test_rarer_of_very_many_classes_share_a_color():
    y = [f"c{position % 30:02}" for position in range(60)]
    names = legend_texts(LatentDisplay.from_codes(CODES, y))
    assert len(names) == 20
    assert names[-1] == "11 other classes"


def test_numbers_have_a_colour_bar():
    display = LatentDisplay.from_codes(CODES, CODES[:, 2])
    np.testing.assert_array_equal(display.ax_.collections[0].get_array(), CODES[:, 2])
    assert [ax.get_xlabel() for ax in display.figure_.axes[1:]] == ["y"]


def test_legend_is_beside_the_codes():
    display = LatentDisplay.from_codes(CODES, ["a", "b", None] * 20, prior_codes=CODES)
    display.figure_.canvas.draw()
    assert display.ax_.get_legend().get_window_extent().x0 > display.ax_.get_window_extent().x1


def test_no_point_is_outside():
    far = np.vstack([CODES[:, :2], [[9.0, -7.0]]])
    ax = LatentDisplay.from_codes(far, prior_codes=CODES[:, :2]).ax_
    assert ax.get_xlim()[0] < far[:, 0].min()
    assert ax.get_xlim()[1] > 9
    assert ax.get_ylim()[0] < -7


def test_of_many_rows_some_are_drawn_with_their_labels():
    codes = np.arange(40.0).reshape(-1, 2)
    display = LatentDisplay.from_codes(codes, codes[:, 0] >= 20, max_points=8, random_state=0)
    assert display.ax_.get_title() == "Codes of 8 of 20 rows"
    assert sum(len(points.get_offsets()) for points in display.ax_.collections) == 8
    assert (points_labelled(display, "True").get_offsets()[:, 0] >= 20).all()
    again = LatentDisplay.from_codes(codes, max_points=8, random_state=0)
    np.testing.assert_array_equal(display.codes, again.codes)


def test_rows_and_prior_follow_the_random_state(flat, digits):
    one, again, other = (LatentDisplay.from_estimator(flat, digits[0], max_points=9, random_state=r) for r in (0, 0, 1))
    np.testing.assert_array_equal(one.codes, again.codes)
    np.testing.assert_array_equal(one.prior_codes, again.prior_codes)
    assert (one.codes != other.codes).any()
    assert (one.prior_codes != other.prior_codes).any()


def test_estimator_encodes_only_rows_that_are_drawn(digits):
    X, _ = digits

    class Counting(PCA):
        def transform(self, X):
            self.n_encoded = len(X)
            return super().transform(X)

    model = Counting(2).fit(X)
    LatentDisplay.from_estimator(model, X, max_points=7)
    assert model.n_encoded == 7


def test_arrays_must_be_consistent(flat, digits):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LatentDisplay.from_estimator(flat, digits[0], [1, 2])
    with pytest.raises(ValueError, match=r"as many columns as codes \(3\). Got 2"):
        LatentDisplay.from_codes(CODES, prior_codes=CODES[:, :2])
