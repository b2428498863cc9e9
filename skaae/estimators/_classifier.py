"""SemiSupervisedAAEClassifier: classes from few labels and many rows."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ._base import BaseAAE, validated
from ._categories import BaseCategoricalAAE
from ._labels import as_column, known_labels, plain, positions_of
from ._rows import ROWS_AT_ONCE, Rows
from ._teachers import Teachers

__all__ = ["SemiSupervisedAAEClassifier"]


class SemiSupervisedAAEClassifier(ClassifierMixin, BaseCategoricalAAE):
    r"""Learn classes from rows of which some, or most, have no label.

    An adversarial autoencoder whose code has two parts, each with an adversary of its own [1]_: a *category*, the
    probabilities of the classes, which should look like draws of a class, and a *style*, which should look like draws
    from a normal distribution. Reconstruction and adversaries learn from all rows, and a supervised phase from the
    labelled ones. The rest of a row's class is told by `teachers`, ordinary classifiers that are fitted to the
    labelled rows and weighed by cross-validation; the model learns their guesses for all rows, and answers together
    with them.

    Rows without a label have -1, or a missing value (None, NaN, NA), in `y`; classes may be strings or numbers. At
    least two classes must have a label; one row of a class will do. With labels for all rows this is an ordinary
    classifier. To split rows for validation, use `skaae.model_selection.SemiSupervisedKFold`.

    Parameters
    ----------
    n_components : int or None, default=None
        Width of the style, at most the number of columns. None is one less than the number of columns, and 16 at most.
    n_members : int, default=4
        How many models are trained side by side. Their class probabilities are averaged; style, samples and
        transfers are the first one's.
    teachers : "auto", list of classifiers or None, default="auto"
        Who is asked about rows without a label. "auto" asks two logistic regressions, a random forest, extremely
        randomised trees, a small network, and label spreading. Classifiers must have `predict_proba`; those of
        `sklearn.semi_supervised` are shown all rows, the others the labelled ones. Of more than 10,000 labelled
        rows teachers see 10,000. None leaves it to the model alone.
    distillation : float, default=1.0
        Weight of the teachers' guesses in training.
    vote : float, default=0.8
        Share of the teachers in predictions, from 0 to 1; the rest is the model's.
    classification : float or "auto", default="auto"
        Weight of the labels. "auto" is 0.2 beside teachers and 1 without.
    smoothness : float, default=0.0
        Weight of virtual adversarial training [2]_: classes should not change within `radius` of a row. Try 1 where
        classes form clusters, as images do, together with `certainty` and `balance`.
    radius : float, default=0.25
        How far `smoothness` reaches, as a share of the distance to near rows [3]_.
    certainty : float, default=0.0
        Weight of the entropy of class probabilities: the model should decide. Try 0.1 with `smoothness`.
    balance : float, default=0.0
        Weight of the divergence between the mean of class probabilities and `class_prior`: a guard against the
        collapse of all rows into one class. Try 0.4 with `certainty`.
    class_prior : array-like of shape (n_classes,) or None, default=None
        Probabilities of the classes among all rows, in the order of `classes_`. None takes their frequencies among
        the labelled ones.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    prior : {"normal"}, default="normal"
        What styles should look like.
    adversarial_weight : float, default=0.03
        Weight of the adversaries' verdicts, in units of the reconstruction error of the moment.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise on the scaled columns that the encoder is shown in training. "auto"
        is 0.1.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step, beside labelled ones. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=1e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 600 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold labelled rows out, stop when their cross-entropy gets no better, and keep the best epoch.
    validation_fraction : float, default=0.1
        Share of each class's labelled rows held out with `early_stopping`, one at least where it has two.
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
    classes_ : ndarray of shape (n_classes,)
        The classes among the labels.
    class_prior_ : ndarray of shape (n_classes,)
        Their probabilities.
    teachers_ : object or None
        The teachers as fitted, in `teachers_.teachers_`, with their `weights_`.
    styles_ : object
        Mean and covariance of style codes in each class, which `transform`, `sample` and `transfer` go by.
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
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skaae import SemiSupervisedAAEClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> few = np.where(np.arange(150) % 10 == 0, y, -1)  # 15 labels
    >>> model = SemiSupervisedAAEClassifier(random_state=0).fit(X, few)
    >>> model.score(X, y) > 0.85
    True
    >>> model.sample(3, 2, random_state=0).shape
    (3, 4)
    """

    _fetches = True
    _auto_steps = 600
    _auto_noise = 0.1
    _parameter_constraints: dict = {
        **BaseAAE._parameter_constraints,
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "teachers": [StrOptions({"auto"}), list, None],
        "distillation": [Interval(Real, 0, None, closed="left")],
        "vote": [Interval(Real, 0, 1, closed="both")],
        "classification": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "radius": [Interval(Real, 0, None, closed="left")],
        "certainty": [Interval(Real, 0, None, closed="left")],
        "balance": [Interval(Real, 0, None, closed="left")],
        "class_prior": ["array-like", None],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        n_members: int = 4,
        teachers: Any = "auto",
        distillation: Any = 1.0,
        vote: Any = 0.8,
        classification: Any = "auto",
        smoothness: float = 0.0,
        radius: float = 0.25,
        certainty: float = 0.0,
        balance: float = 0.0,
        class_prior: Any = None,
        hidden_layer_sizes: Any = (128,),
        activation: str = "relu",
        prior: Any = "normal",
        adversarial_weight: float | str = 0.03,
        noise: float | str = "auto",
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 1e-3,
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
        self.n_members = n_members
        self.teachers = teachers
        self.distillation = distillation
        self.vote = vote
        self.classification = classification
        self.smoothness = smoothness
        self.radius = radius
        self.certainty = certainty
        self.balance = balance
        self.class_prior = class_prior

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit the model to rows, of which some have labels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools and categories, of which some may be missing.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing where unknown.
        X_val : array-like of shape (n_validation, n_features) or None, default=None
            Rows to watch. Where they are given, training stops when their cross-entropy gets no better, and keeps the
            best epoch, whatever `early_stopping` is.
        y_val : array-like of shape (n_validation,) or None, default=None
            Their classes; rows without one are not watched.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        if (X_val is None) != (y_val is None):
            raise ValueError("`X_val` and `y_val` must be given together. Got one of them.")
        return self._fit(X, y, None if X_val is None else (X_val, y_val))

    @validated
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train for one pass over a chunk of rows, from where the last call left off.

        The first call fixes what is built, how columns are scaled and `class_prior_`, so let its chunk be a fair sample
        (or leave it to `skaae.streaming.fit_stream`). The learning rate is `learning_rate_init` throughout, and no rows
        are held out. Teachers need all rows at once: here are none, and those of an earlier `fit` are dismissed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A chunk of rows, two at least in the first.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing where unknown.
        classes : array-like or None, default=None
            All classes, for a first call whose chunk may lack some.

        Returns
        -------
        self : object
            The estimator. Where the call fails or is interrupted, it is left as it was before.
        """
        self._partial_fit(X, y, classes)
        self.teachers_ = None
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`: what the model and the teachers say, by their shares in the `vote`.
        """
        check_is_fitted(self)
        rows = self._scale(self._validate(X, reset=False))
        parts = (self._encode(rows[some]) for some in gen_batches(len(rows), ROWS_AT_ONCE))
        own = np.concatenate([part[..., -len(self.classes_) :].mean(0) for part in parts])
        if self.teachers_ is None:
            return own
        return (1 - self.vote) * own + self.vote * self.teachers_.predict_proba(rows)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Classes.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(1)]

    def score(self, X: Any, y: Any) -> float:
        """Accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes, all known.

        Returns
        -------
        score : float
            Share of rows whose class is predicted.
        """
        if not known_labels(y).all():
            raise ValueError(
                "`y` must have a label for every row that is scored. Got some that are -1 or missing; to split rows"
                " for validation, use `skaae.model_selection.SemiSupervisedKFold`."
            )
        return super().score(X, plain(as_column(y)))

    def _read_labels(self, X, y, first, classes=None):
        if y is None:
            raise ValueError("This classifier requires y to be passed, but the target y is None.")
        return self._positions(X, y, first, classes)

    def _weights(self):
        beside = self.teachers is not None
        return {
            "supervised_weight": (0.2 if beside else 1.0)
            if self.classification == "auto"
            else float(self.classification),
            "distillation_weight": float(self.distillation),
            **super()._weights(),
        }

    def _guesses(self, rows, seed):
        self.teachers_ = None
        if self.teachers is None:
            return None
        teachers = None if self.teachers == "auto" else self.teachers
        n_folded = self.table_encoder_.n_values_ if teachers is None and self.scaling == "standard" else 0
        self.teachers_ = Teachers(teachers, seed, n_folded).fit(rows.X, rows.labels, len(self.classes_))
        return self.teachers_.predict_proba(rows.X)

    def _hold_out(self, rows, rng):
        order = rng.permutation(len(rows.X))
        held_out = []
        for position in range(len(self.classes_)):
            own = order[rows.labels[order] == position]
            held_out.append(own[: min(max(1, round(self.validation_fraction * len(own))), max(0, len(own) - 1))])
        held_out = np.concatenate(held_out)
        if not len(held_out):
            raise ValueError("With `early_stopping`, some class must have two labelled rows. Got one of each at most.")
        return rows.of(np.setdiff1d(order, held_out)), rows.of(held_out)

    def _validation_rows(self, X, y):
        X = self._validate(X, reset=False)
        known = known_labels(y)
        if not known.any():
            raise ValueError("`y_val` must have a label for some row. Got none.")
        return Rows(self._scale(X[known]), positions_of(np.asarray(y, dtype=object)[known], self.classes_))
