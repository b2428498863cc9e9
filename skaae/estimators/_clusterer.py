"""AAEClusterer: clusters of rows without labels."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import ClusterMixin
from sklearn.callback import with_callbacks
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ._base import BaseAAE, validated
from ._categories import BaseCategoricalAAE
from ._consensus import aligned, guesses_of

__all__ = ["AAEClusterer"]


class AAEClusterer(ClusterMixin, BaseCategoricalAAE):
    r"""Find clusters of rows, and what varies within them.

    An adversarial autoencoder whose code has two parts, each with an adversary of its own, and no labels [1]_: a
    *category*, the probabilities of the clusters, which should look like draws of one, and a *style*, which should look
    like draws from a normal distribution. Left alone, such a model makes clusters of whatever saves most of the
    reconstruction, which need not be what you are after; so `teachers` find clusters first, ordinary clusterings whose
    consensus the model learns, and gives back for any row.

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
        Who finds clusters first. "consensus" are twelve clusterings of at most 3,000 rows; "neighbors" a spectral
        clustering of at most 20,000 by the neighbours that they share, for images and their like; a list is of
        scikit-learn's clusterers, with `fit_predict`. With None the model is left alone: give it `smoothness`,
        `certainty` and `balance`.
    taught : float, default=1.0
        Share of the training in which the teachers count, from 0 to 1. Try 0.25 with the three weights below, where
        clusters are dense: the model then improves on its teachers.
    smoothness : float, default=0.0
        Weight of virtual adversarial training [2]_: clusters should not change within `radius` of a row. Try 1.
    radius : float, default=0.25
        How far `smoothness` reaches, as a share of the distance to near rows [3]_.
    certainty : float, default=0.0
        Weight of the entropy of cluster probabilities: the model should decide. Try 0.1 with `smoothness`.
    balance : float, default=0.0
        Weight of the divergence between the mean of cluster probabilities and `cluster_prior`. Try 0.4 with
        `certainty`.
    cluster_prior : {"teachers", "uniform"}, default="teachers"
        How large clusters should be: as the teachers found them, or all alike.
    hidden_layer_sizes : int or array-like of int, default=(128, 128)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    prior : {"normal"}, default="normal"
        What styles should look like.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, as in `AAETransformer`.
    adversarial_weight : float, default=0.03
        Weight of the adversaries' verdicts, in units of the reconstruction error of the moment.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise on the scaled columns that the encoder is shown in training. "auto"
        is 0.1.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=2e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 600 steps, and 5 at least.
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
        Their probabilities, as taken.
    styles_ : object
        Mean and covariance of style codes in each cluster, which `transform`, `sample` and `transfer` go by.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        The mean loss of each phase in each epoch, over the members.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What brings columns to one scale, and back.
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

    _auto_steps = 600
    _auto_noise = 0.1
    _parameter_constraints: dict = {
        **BaseAAE._parameter_constraints,
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "image_shape": ["array-like", None],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "teachers": [StrOptions({"consensus", "neighbors"}), list, None],
        "taught": [Interval(Real, 0, 1, closed="both")],
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "radius": [Interval(Real, 0, None, closed="left")],
        "certainty": [Interval(Real, 0, None, closed="left")],
        "balance": [Interval(Real, 0, None, closed="left")],
        "cluster_prior": [StrOptions({"teachers", "uniform"})],
    }

    def __init__(
        self,
        n_clusters: int | None = 8,
        *,
        n_components: int | None = None,
        n_members: int = 2,
        teachers: Any = "consensus",
        taught: Any = 1.0,
        smoothness: float = 0.0,
        radius: float = 0.25,
        certainty: float = 0.0,
        balance: float = 0.0,
        cluster_prior: Any = "teachers",
        hidden_layer_sizes: Any = (128, 128),
        activation: str = "relu",
        prior: Any = "normal",
        image_shape: Any = None,
        adversarial_weight: float | str = 0.03,
        noise: float | str = "auto",
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 2e-3,
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        scaling: str | None = "standard",
        categorical_features: Any = "from_dtype",
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            n_components,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            prior=prior,
            adversarial_weight=adversarial_weight,
            noise=noise,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            scaling=scaling,
            categorical_features=categorical_features,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.n_clusters = n_clusters
        self.n_members = n_members
        self.teachers = teachers
        self.taught = taught
        self.smoothness = smoothness
        self.radius = radius
        self.certainty = certainty
        self.balance = balance
        self.cluster_prior = cluster_prior
        self.image_shape = image_shape

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None) -> Self:
        """Find clusters of rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least and as many as clusters: numbers, text, bools and categories, of which some may
            be missing.
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
        return self._fit(X, None)

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
        return self._vote(self._scale(self._validate(X, reset=False)))

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
        return self.predict_proba(X).argmax(1)

    def _read_labels(self, X, y, first, classes=None):
        if len(X) < self.n_clusters:
            raise ValueError(f"There must be as many rows as clusters ({self.n_clusters}) at least. Got {len(X)}.")
        if not first and self.n_clusters != len(self.classes_):
            raise ValueError(
                f"To go on, `n_clusters` must be as it was first ({len(self.classes_)}). Got {self.n_clusters}."
            )
        if first:
            self.classes_ = np.arange(self.n_clusters)
            self.cluster_prior_ = np.full(self.n_clusters, 1 / self.n_clusters)
        return np.full(len(X), -1)

    def _shares(self, labels):
        return tuple(self.cluster_prior_.tolist())

    def _rows(self, X, y, labels):
        return super()._rows(X, y, None if self.teachers is None else labels)

    def _weights(self):
        return {"supervised_weight": 0.0, "teacher_fraction": float(self.taught), **super()._weights()}

    def _guesses(self, rows, seed):
        if self.teachers is None:
            return None
        if not isinstance(self.teachers, str):
            unfit = [teacher for teacher in self.teachers if not hasattr(teacher, "fit_predict")]
            if unfit or not self.teachers:
                raise ValueError(f"`teachers` must be one clusterer or more, with `fit_predict`. Got {unfit}.")
        guesses = guesses_of(rows.X, self.n_clusters, self.teachers, seed, standardise=self.scaling is not None)
        if self._state is not None:
            return guesses @ aligned(guesses.T @ self._vote(rows.X))
        if self.cluster_prior == "teachers":
            counts = guesses.sum(0) + 1
            self.cluster_prior_ = counts / counts.sum()
            style, category = self._architecture.blocks
            blocks = (style, replace(category, class_probabilities=tuple(self.cluster_prior_.tolist())))
            self._architecture = replace(self._architecture, blocks=blocks)
        return guesses

    def _finish(self, rows):
        each = self._opinions(rows.X)
        self._matches = np.stack([aligned(own.T @ each[0]) for own in each])
        self.labels_ = self._averaged(each).argmax(1)

    def _vote(self, rows):
        """Probabilities of clusters of scaled rows, a mean over the members, clusters in the first one's order."""
        return self._averaged(self._opinions(rows))

    def _opinions(self, rows):
        """Probabilities of clusters by each member, (members, n_samples, n_clusters)."""
        return self._encode(rows)[..., -len(self.classes_) :]

    def _averaged(self, each):
        return np.mean([own @ matches for own, matches in zip(each, self._matches, strict=True)], axis=0)
