import numpy as np
import pytest

from skaae.estimators._views import (
    Ellipsoid,
    Forest,
    Margins,
    Mixture,
    Neighbours,
    Opinion,
    Reconstruction,
    Seen,
    Surprise,
)


def seen(X, errors=None):
    X = np.asarray(X, dtype=float)
    return Seen(X, X if errors is None else np.asarray(errors, dtype=float), np.argsort(np.argsort(X, axis=0), axis=0))


@pytest.fixture
def rows():
    return seen(np.random.default_rng(0).standard_normal((200, 3)))


def test_reconstruction_counts_errors_in_units_of_the_usual_ones():
    view = Reconstruction().fit(seen(np.zeros((2, 2)), [[0.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_allclose(view.parts(seen([[0.0, 0.0]], [[2.0, 3.0]])), [[2.0, 1.0]], rtol=2e-3)


def test_margins_are_logarithms_of_how_much_rarer_values_are():
    X = np.r_[np.zeros(90), np.ones(10)][:, None]
    view = Margins().fit(seen(X))
    common, rare, absent, outside = view.score(seen([[0.0], [1.0], [0.5], [3.0]]))
    assert common == 0
    assert rare == pytest.approx(np.log(90.5 / 10.5))
    assert absent == outside == pytest.approx(np.log(90.5 / 0.5))
    assert view.score(seen([[-1e300]])) == outside


def test_neighbours_of_a_training_row_are_others():
    view = Neighbours(2).fit(seen([[0.0], [1.0], [3.0], [7.0], [8.0], [8.0]]))
    np.testing.assert_allclose(view.score(seen([[0.0], [2.0], [8.0]])), [(1 + 3) / 2, 1, (0 + 1) / 2])


def test_parts_of_neighbours_sum_to_the_mean_squared_distance(rows):
    view = Neighbours(1).fit(rows)
    fresh = seen([[1.0, 2.0, 3.0], [0.1, 0.2, 0.3]])
    np.testing.assert_allclose(view.parts(fresh).sum(1), view.score(fresh) ** 2)


def test_relative_distances_are_in_units_of_the_neighbours():
    dense, thin = np.linspace(0, 1, 101), np.linspace(10, 110, 101)
    view = Neighbours(2, relative=True).fit(seen(np.r_[dense, thin][:, None]))
    here, there, beside = view.score(seen([[0.505], [60.5], [1.5]]))
    assert here == pytest.approx(there, abs=0.5)
    assert beside > here + 2


def test_an_ellipsoid_is_not_drawn_to_a_tenth_of_the_rows(rows):
    X = rows.X.copy()
    X[:20] = 8
    view = Ellipsoid(0).fit(seen(X), np.arange(200) >= 40)
    np.testing.assert_allclose(view.covariance_.location_, 0, atol=0.3)
    assert view.score(seen(X))[:20].min() > 5 * np.quantile(view.score(seen(X))[20:], 0.99)
    np.testing.assert_allclose(view.parts(seen([[0.0, 7.0, 0.0]])).argmax(1), 1)


def test_a_forest_sets_far_rows_apart(rows):
    far, near = Forest(0).fit(rows).score(seen([[6.0, 6.0, 6.0], [0.0, 0.0, 0.0]]))
    assert far > near + 0.2


@pytest.mark.parametrize("width", [3, 120])
def test_parts_of_a_mixture_point_to_the_column(width):
    rng = np.random.default_rng(0)
    view = Mixture(0).fit(seen(rng.standard_normal((300, width))))
    X = np.zeros((1, width))
    X[0, 2] = 8
    assert view.parts(seen(X))[0].argmax() == 2
    assert view.score(seen(X)) > view.score(seen(np.zeros((1, width)))) + 5


def test_surprise_is_minus_the_logarithm_of_the_share_of_higher_scores():
    surprise = Surprise().fit(np.arange(99.0))
    np.testing.assert_allclose(surprise.of(np.array([0.0, 50.0, 98.0])), -np.log(np.array([99.5, 49.5, 1.5]) / 100))


def test_surprise_grows_beyond_the_training_rows():
    surprise = Surprise().fit(np.arange(99.0))
    beyond = surprise.of(np.array([98.0, 100.0, 1e3, 1e9]))
    assert (np.diff(beyond) > 0).all()
    assert np.isfinite(beyond).all()


def test_rounding_of_tied_scores_does_not_part_them():
    scores = np.array([0.0, 1.0, 2.0, np.nextafter(2.0, 3), 4.0])
    np.testing.assert_allclose(*(Surprise().fit(s).of(s) for s in (scores, np.array([0.0, 1.0, 2.0, 2.0, 4.0]))))


def test_surprise_of_scores_that_are_all_one():
    surprise = Surprise().fit(np.zeros(10))
    assert surprise.of(np.zeros(1)) < 0.1
    assert surprise.of(np.ones(1)) > 5


def test_scores_that_differ_by_rounding_have_one_surprise():
    surprise = Surprise().fit(np.array([0.3, 1.0, 1.0, 1.0 + 1e-15, 1.0 + 3e-15, 2.0]))
    of_rounded = surprise.of(1.0 + 1e-15 * np.arange(-2, 5))
    assert np.ptp(of_rounded) < 1e-9
    assert of_rounded[0] == pytest.approx(np.log(7 / 5.5))


def test_an_opinion_follows_its_views_and_is_a_surprise_itself(rows):
    opinion = Opinion([Neighbours(1).fit(rows), Margins().fit(rows)]).fit(rows)
    assert np.quantile(opinion.of(rows), 0.95) == pytest.approx(-np.log(0.05), abs=0.2)
    far, near = opinion.of(seen([[5.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert far > 4 > near
    np.testing.assert_allclose(opinion.parts(seen([[5.0, 0.0, 0.0]])).sum(1), 1)
    assert opinion.parts(seen([[5.0, 0.0, 0.0]]))[0, 0] > 0.8


@pytest.mark.parametrize("seed", range(10))
def test_an_ellipsoid_has_two_rows_at_least(seed):
    two = seen(np.random.default_rng(seed).standard_normal((2, 6)))
    assert np.isfinite(Ellipsoid(0).fit(two, np.ones(2, bool)).score(two)).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_of_columns_of_unlike_scales(seed):
    few = seen(np.random.default_rng(seed).standard_normal((3, 40)) * 10.0 ** (np.arange(40) - 30))
    assert np.isfinite(Mixture(0).fit(few).score(few)).all()
