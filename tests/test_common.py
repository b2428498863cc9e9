"""scikit-learn's own checks, on every public estimator."""

from itertools import product

import pytest
import sklearn.utils.estimator_checks as checks
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import has_fit_parameter

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAEOverSampler,
    AAETransformer,
    PriorFittedClassifier,
    SemiSupervisedAAEClassifier,
    TableEncoder,
)

ESTIMATORS = [
    AAEClusterer(3, teachers=[KMeans(3, random_state=0)], hidden_layer_sizes=(16,), max_iter=5, random_state=0),
    AAEDenoiser(n_members=2, hidden_layer_sizes=(16,), max_iter=5, random_state=0),
    AAEGenerator(hidden_layer_sizes=(16,), flow_layer_sizes=(16,), max_iter=5, flow_max_iter=5, random_state=0),
    AAEOutlierDetector(n_members=2, hidden_layer_sizes=(16,), max_iter=5, random_state=0),
    AAEOverSampler(
        generator=AAEGenerator(hidden_layer_sizes=(16,), flow_layer_sizes=(16,), max_iter=2, flow_max_iter=2),
        random_state=0,
    ),
    AAETransformer(hidden_layer_sizes=(16,), max_iter=5, random_state=0),
    PriorFittedClassifier(n_orders=1, random_state=0),
    SemiSupervisedAAEClassifier(
        teachers=[LogisticRegression()], n_members=2, hidden_layer_sizes=(16,), max_iter=5, random_state=0
    ),
    TableEncoder(),
]
TRANSFORMERS = [estimator for estimator in ESTIMATORS if hasattr(estimator, "transform")]

# Run by scikit-learn on its own estimators, beyond parametrize_with_checks.
FURTHER_CHECKS = [
    checks.check_dataframe_column_names_consistency,
    checks.check_param_validation,
    checks.check_inplace_ensure_writeable,
]
CHECKS_OF_TRANSFORMERS = [
    checks.check_transformer_get_feature_names_out,
    checks.check_transformer_get_feature_names_out_pandas,
    checks.check_get_feature_names_out_error,
    checks.check_set_output_transform,
    checks.check_set_output_transform_pandas,
    checks.check_set_output_transform_polars,
    checks.check_global_output_transform_pandas,
]


def expected_failed_checks(estimator):
    failed = {}
    if has_fit_parameter(estimator, "sample_weight"):
        failed["check_sample_weight_equivalence_on_dense_data"] = (
            "rows are drawn for batches by chance, and a table of repeated rows is drawn from otherwise; see"
            " test_sample_weight.py for the same in expectation, and for exact equality where weights are 0 or equal"
        )
    if isinstance(estimator, PriorFittedClassifier | SemiSupervisedAAEClassifier):
        failed["check_classifiers_classes"] = (
            "its classes are -1 and 1, and -1 marks rows without a label; see test_classifier.py for the same with"
            " other classes"
        )
    return failed


IGNORED_LABELS = "ignore:`y` must have -1 for rows known to be outliers. Got 0 and 1:UserWarning"  # of classes
IGNORED_CLUSTERS = "ignore:`n_clusters` should be at most:sklearn.exceptions.ConvergenceWarning"  # of two distinct rows


@pytest.mark.filterwarnings(IGNORED_LABELS)
@pytest.mark.filterwarnings(IGNORED_CLUSTERS)
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failed_checks)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")  # which two checks provoke
@pytest.mark.filterwarnings(IGNORED_LABELS)
@pytest.mark.parametrize(
    ("estimator", "check"),
    [*product(ESTIMATORS, FURTHER_CHECKS), *product(TRANSFORMERS, CHECKS_OF_TRANSFORMERS)],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_checks_that_scikit_learn_runs_on_itself(estimator, check):
    check(type(estimator).__name__, estimator)
