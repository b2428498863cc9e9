"""Bad luck: whatever is handed over, there is a right result or a refusal that helps (see `outcomes`).

A few hundred cases; `benchmarks/reliability.py` tries thousands.
"""

import numpy as np
import pytest
from bad_input import Case, cases
from fuzzed import METRICS, estimators, of_estimator, of_metrics, of_search
from hypothesis import HealthCheck, Phase, given, settings, strategies
from outcomes import finite, outcome_of

ALIKE = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def wrong(steps):
    return [(name, outcome.detail) for name, outcome in steps if outcome.kind == "wrong"]


@settings(max_examples=300, **ALIKE)
@given(estimators(), cases())
def test_every_method_of_every_estimator(model, case):
    assert wrong(of_estimator(model, *case.make())) == []


@settings(max_examples=300, **ALIKE)
@given(strategies.sampled_from([*METRICS]), cases())
def test_every_metric(name, case):
    assert wrong(of_metrics(name, *case.make())) == []


@settings(max_examples=60, **ALIKE)
@given(cases())
def test_searches_and_splits(case):
    assert wrong(of_search(*case.make()[:2])) == []


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda X: X + 1, "right"),
        (lambda X: X * np.nan, "wrong"),
        (lambda X: X[1:], "wrong"),
        (lambda X: np.negative(X, out=X), "wrong"),
        (lambda X: X / 0, "wrong"),
        (lambda X: X @ np.ones(7), "wrong"),
        (lambda X: {}["key"], "wrong"),
    ],
    ids=["right", "NaN", "shape", "changed", "warning", "foreign error", "error of another kind"],
)
def test_what_is_wrong_is_found(call, kind):
    X = Case("float64", 5, 3, (), "the same rows", "none", 0).make()[0]
    assert outcome_of(lambda: call(X), finite(5, 3), X).kind == kind
