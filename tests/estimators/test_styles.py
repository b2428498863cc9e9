"""Moments of styles by class."""

import numpy as np
import pytest

from skaae.estimators._styles import ClassStyles


def drawn(n, center=0.0, spread=1.0, dtype=float):
    rng = np.random.default_rng(0)
    return (center + spread * rng.standard_normal((n, 3))).astype(dtype), rng.dirichlet([0.1, 0.1], n).astype(dtype)


def test_parts_count_as_all_rows_at_once():
    codes, probabilities = drawn(50)
    one, other = ClassStyles(2, 3), ClassStyles(2, 3)
    one.add([(codes, probabilities)])
    other.add([(codes[:20], probabilities[:20]), (codes[20:], probabilities[20:])])
    np.testing.assert_allclose(other.factors, one.factors, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("center", [1e4, 1e9, 1e14])
def test_codes_far_from_zero_leave_styles_that_can_be_undone(center, dtype):
    styles = ClassStyles(2, 3)
    styles.add([drawn(30, dtype=dtype)])
    styles.add([drawn(30, center, 0.0, dtype)])
    codes, _ = drawn(10)
    back = styles.together(styles.apart(codes, np.eye(2)[[0] * 10]), np.zeros(10, int))
    np.testing.assert_allclose(back, codes, atol=1e-6 * center)
