import numpy as np
import pytest

from skaae.estimators._class_styles import ClassStyles


def codes_and_probabilities(n, center=0.0, spread=1.0, dtype=float):
    rng = np.random.default_rng(0)
    return (center + spread * rng.standard_normal((n, 3))).astype(dtype), rng.dirichlet([0.1, 0.1], n).astype(dtype)


def test_chunks_count_as_all_rows_at_once():
    codes, probabilities = codes_and_probabilities(50)
    at_once, in_chunks = ClassStyles(2, 3), ClassStyles(2, 3)
    at_once.add([(codes, probabilities)])
    in_chunks.add([(codes[:20], probabilities[:20]), (codes[20:], probabilities[20:])])
    np.testing.assert_allclose(in_chunks.factors, at_once.factors, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("center", [1e4, 1e9, 1e14])
def test_coloring_undoes_whitening_of_codes_far_from_zero(center, dtype):
    styles = ClassStyles(2, 3)
    styles.add([codes_and_probabilities(30, dtype=dtype)])
    styles.add([codes_and_probabilities(30, center, 0.0, dtype)])
    codes, _ = codes_and_probabilities(10)
    colored = styles.color(styles.whiten(codes, np.eye(2)[[0] * 10]), np.zeros(10, int))
    np.testing.assert_allclose(colored, codes, atol=1e-6 * center)
