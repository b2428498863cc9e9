"""AAEClusterer: clusters of rows without labels."""

import warnings
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._openmp import limit_openmp
from .._plan import TrainingData
from ..table import TableEncoder
from ._base import draw_seeds, validated, with_callbacks
from ._category import BaseCategoryAAE, category_blocks, fit_class_styles
from ._config import (
    auto_components,
    build_architecture,
    build_plan,
    check_components,
    check_image_shape,
    check_resumable,
)
from ._consensus import cluster_probabilities, match_clusters
from ._inference import TrainedModel
from ._training_data import hold_out, scale

__all__ = ["AAEClusterer"]


class AAEClusterer(ClusterMixin, BaseCategoryAAE):
    r"""Find clusters of rows, and what varies within them.

    An adversarial autoencoder whose code has two parts, each with a discriminator of its own, and no labels [1]_: a
    *category*, the probabilities of the clusters, which should look like draws of one, and a *style*, which should look
    like draws from a normal distribution. Without teachers, such a model finds clusters that reduce the
    reconstruction error most, which need not be those you are after. So `teachers`, ordinary clusterings, find clusters
    first; the model learns their consensus, and predicts it for any row.

    There are no weights of rows (`sample_weight`), because the clusterings that the model learns have none.

    Parameters
    ----------
    n_clusters : int, default=8
        How many clusters.
    n_components : int or None, default=None
        Width of the style, at most the number of columns. None is one less than the number of columns, and 16 at most.
    n_members : int, default=2
        How many models are trained side by side. Their probabilities are averaged, clusters matched one to one; style,
        samples and transfers are the first one's.
    teachers : {"consensus", "neighbors"}, list of clusterers or None, default="consensus"
        Clusterings that the model learns. "consensus" are twelve clusterings of at most 3,000 rows; "neighbors" a
        spectral clustering of at most 20,000 by shared nearest neighbours, for images and the like; a list is of
        scikit-learn's clusterers, with `fit_predict`. With None, set `vat_weight`, `entropy_weight` and
        `balance_weight`.
    teacher_fraction : float, default=1.0
        Fraction of the epochs, from the first, in which the teachers count. Try 0.25 with the three weights below where
        clusters are dense: the model then improves on its teachers.
    vat_weight : float, default=0.0
        Weight of virtual adversarial training [2]_: clusters should not change within `vat_radius` of a row. Try 1.
    vat_radius : float, default=0.25
        Length of the virtual adversarial perturbation, in units of the distance to nearby rows [3]_.
    entropy_weight : float, default=0.0
        Weight of the entropy of cluster probabilities, which is low for confident predictions. Try 0.1 with
        `vat_weight`.
    balance_weight : float, default=0.0
        Weight of the divergence between the mean of cluster probabilities and `cluster_prior`. Try 0.4 with
        `entropy_weight`.
    cluster_prior : {"teachers", "uniform"}, default="teachers"
        How large clusters should be: as the teachers found them, or all alike.
    hidden_layer_sizes : int or array-like of int, default=(128, 128)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, as in `AAETransformer`.
    adversarial_weight : float, default=0.03
        Weight of the adversarial loss, in units of the present reconstruction error.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise that is added to the scaled columns in training. "auto"
        is 0.1.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=4e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 300 steps, or 600 without teachers, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when these get no better, and keep the best epoch, as in `AAETransformer`.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`.
    n_iter_no_change : int, default=20
        How many epochs without an improvement to wait for with `early_stopping`.
    tol : float, default=1e-4
        What counts as an improvement with `early_stopping`.
    warm_start : bool, default=False
        Whether another `fit` goes on from the last. If so, Ctrl-C keeps what was trained until the last epoch.
    scaling : {"standard", "quantile"} or None, default="standard"
        How columns are brought to one scale, as in `AAETransformer`.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categories, as in `TableEncoder`: those of text, bools and pandas' categories, those that are
        listed also, or none.
    column_kinds : dict or None, default=None
        Kinds of columns by their names or indices, such as "number", "category" or "ignore", instead of those that are
        inferred. `TableEncoder` lists all.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ... "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same result in each fit.
    verbose : int, default=0
        Whether to show the progress of a fit.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The cluster of each training row, from 0 to ``n_clusters - 1``.
    classes_ : ndarray of shape (n_clusters,)
        The clusters.
    cluster_prior_ : ndarray of shape (n_clusters,)
        Their probabilities.
    styles_ : object
        Mean and covariance of style codes in each cluster, which `transform`, `sample` and `transfer` use.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        Each loss by name, averaged over the steps of an epoch and the members.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What encodes columns as numbers of one scale, and decodes them.
    device_ : str
        Where the model was trained.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Miyato, Maeda, Koyama and Ishii, "Virtual adversarial training: a regularization method for supervised and
       semi-supervised learning", 2017, arXiv 1704.03976.
    .. [3] Hu, Miyato, Tokui, Matsumoto and Sugiyama, "Learning discrete representations via information maximizing
       self-augmented training", 2017, arXiv 1702.08720.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.metrics import adjusted_rand_score
    >>> from skaae import AAEClusterer
    >>> X, y = load_digits(return_X_y=True)
    >>> clusters = AAEClusterer(10, random_state=0).fit_predict(X)
    >>> adjusted_rand_score(y, clusters) > 0.65  # k-means: 0.53
    True
    """

    n_clusters: int
    teachers: Any
    teacher_fraction: float
    cluster_prior: str
    image_shape: Any
    cluster_prior_: NDArray[np.float64]
    labels_: NDArray[np.intp]
    _matches: NDArray[Any]

    _parameter_constraints: dict[str, Any] = {
        **BaseCategoryAAE._parameter_constraints,
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "image_shape": ["array-like", None],
        "teachers": [StrOptions({"consensus", "neighbors"}), list, None],
        "teacher_fraction": [Interval(Real, 0, 1, closed="both")],
        "cluster_prior": [StrOptions({"teachers", "uniform"})],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_components: int | None = None,
        n_members: int = 2,
        teachers: Any = "consensus",
        teacher_fraction: float = 1.0,
        vat_weight: float = 0.0,
        vat_radius: float = 0.25,
        entropy_weight: float = 0.0,
        balance_weight: float = 0.0,
        cluster_prior: str = "teachers",
        hidden_layer_sizes: Any = (128, 128),
        activation: str = "relu",
        image_shape: Any = None,
        adversarial_weight: float | str = 0.03,
        noise: float | str = "auto",
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 4e-3,
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        scaling: str | None = "standard",
        categorical_features: Any = "from_dtype",
        column_kinds: dict[Any, str] | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self._store_parameters(locals())

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find clusters of rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least and as many as clusters: numbers, text, bools, categories and dates, of which
            some may be missing.
        y : None
            Ignored, present by convention.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter or `X` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        with self._all_or_nothing():
            resumed = self._model_to_resume()
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2)
            self._check_n_clusters(X, resumed)
            encoder = self._fit_encoder(X, self.scaling) if resumed is None else self.table_encoder_.with_scales_of(X)
            width = check_components(self.n_components, encoder, auto_components(encoder))
            image_shape = check_image_shape(self.image_shape, encoder)
            all_rows = scale(encoder, X)
            data = TrainingData(all_rows, None if self.teachers is None else np.full(len(X), -1))
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, self.n_members)
            data, held_out = hold_out(data, self.validation_fraction, rng) if self.early_stopping else (data, None)
            soft_labels = self._ask_teachers(np.asarray(data.X), encoder, seeds[0], resumed)
            data = replace(data, soft_labels=soft_labels)
            cluster_prior = self.cluster_prior_ if resumed else self._fit_cluster_prior(soft_labels)
            blocks = category_blocks(width, cluster_prior)
            architecture = build_architecture(self, encoder, blocks, image_shape=image_shape)
            check_resumable(resumed, architecture, self.n_members)
            plan = build_plan(
                self,
                len(data),
                seeds,
                auto_steps=600 if self.teachers is None else 300,
                auto_noise=0.1,
                supervised_weight=0.0,
                teacher_fraction=float(self.teacher_fraction),
                **self._category_weights(),
            )
            clusters = np.arange(self.n_clusters)
            fitted: dict[str, Any] = {"table_encoder_": encoder, "classes_": clusters, "cluster_prior_": cluster_prior}
            with self._callback_hooks(plan, X, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                fitted["styles_"] = fit_class_styles(model, data, self.styles_ if resumed else None)
                probabilities = member_probabilities(model, all_rows)
                fitted["_matches"] = np.stack([match_clusters(own.T @ probabilities[0]) for own in probabilities])
                fitted["labels_"] = average_members(probabilities, fitted["_matches"]).argmax(1)
                warn_of_equal_rows(all_rows, fitted["labels_"], self.n_clusters)
                self._assign(fitted, model, curves, resumed)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the clusters.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_clusters)
            A mean over the members.
        """
        check_is_fitted(self)
        return self._cluster_probabilities(self._model, self._scale(X))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable cluster of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Clusters, from 0 to ``n_clusters - 1``.
        """
        return np.asarray(self.predict_proba(X).argmax(1))

    def _check_n_clusters(self, X: Any, resumed: TrainedModel | None) -> None:
        if len(X) < self.n_clusters:
            raise ValueError(f"There must be as many rows as clusters ({self.n_clusters}) at least. Got {len(X)}.")
        if resumed is not None and self.n_clusters != len(self.classes_):
            raise ValueError(
                f"To go on, `n_clusters` must be as it was first ({len(self.classes_)}). Got {self.n_clusters}."
            )

    def _ask_teachers(
        self, X: NDArray[Any], encoder: TableEncoder, seed: int, resumed: TrainedModel | None
    ) -> NDArray[np.float64] | None:
        """Probabilities of clusters by the teachers, in the order of the clusters of a model that is resumed."""
        if self.teachers is None:
            return None
        if not isinstance(self.teachers, str):
            unfit = [teacher for teacher in self.teachers if not hasattr(teacher, "fit_predict")]
            if unfit or not self.teachers:
                raise ValueError(f"`teachers` must be one clusterer or more, with `fit_predict`. Got {unfit}.")
        values = X[:, : encoder.n_numeric_].astype(np.float64)
        values = np.sinh(values) if self.scaling == "standard" else values
        with limit_openmp():
            soft_labels = cluster_probabilities(
                X,
                self.n_clusters,
                self.teachers,
                seed,
                standardize=self.scaling is not None,
                n_numeric=encoder.n_numeric_,
                values=values if isinstance(self.teachers, str) else None,
            )
        if resumed is None:
            return soft_labels
        matches = match_clusters(soft_labels.T @ self._cluster_probabilities(resumed, X))
        return np.asarray(soft_labels @ matches)

    def _fit_cluster_prior(self, soft_labels: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Shares of the clusters: as the teachers found them, or uniform."""
        if soft_labels is None or self.cluster_prior == "uniform":
            return np.full(self.n_clusters, 1 / self.n_clusters)
        counts = soft_labels.sum(0) + 1
        return np.asarray(counts / counts.sum())

    def _cluster_probabilities(self, model: TrainedModel, rows: NDArray[Any]) -> NDArray[Any]:
        """Probabilities of clusters of scaled rows, averaged over the members of a fitted model."""
        return average_members(member_probabilities(model, rows), self._matches)


def member_probabilities(model: TrainedModel, rows: NDArray[Any]) -> NDArray[Any]:
    """Probabilities of clusters of scaled rows by each member, (n_members, n_samples, n_clusters)."""
    return model.encode(rows)[..., model.architecture.blocks[0].width :]


def average_members(probabilities: NDArray[Any], matches: NDArray[Any]) -> NDArray[Any]:
    """Mean over members, (n_samples, n_clusters), with clusters in the first one's order."""
    pairs = zip(probabilities, matches, strict=True)
    return np.asarray(np.mean([of_member @ matched for of_member, matched in pairs], axis=0))


def warn_of_equal_rows(X: NDArray[Any], labels: NDArray[np.intp], n_clusters: int) -> None:
    """Warn if clusters are empty because so many rows are equal."""
    if len(np.unique(labels)) == n_clusters or len(np.unique(X[: 10 * n_clusters], axis=0)) >= n_clusters:
        return
    n_distinct = len(np.unique(X, axis=0))
    if n_distinct < n_clusters:
        warnings.warn(
            f"`n_clusters` should be at most the number of distinct rows ({n_distinct}). Got {n_clusters}: some"
            " clusters are empty.",
            ConvergenceWarning,
            stacklevel=5,
        )
