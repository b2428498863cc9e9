"""SemiSupervisedAAEClassifier: classes from few labels and many rows."""

from dataclasses import replace
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._plan import Architecture, TrainingData, TrainingPlan
from ..table import TableEncoder
from ._base import draw_seeds, validated, with_callbacks
from ._category import BaseCategoryAAE, build_category_architecture, fit_class_styles, with_class_prior
from ._class_prior import check_class_prior, estimate_class_prior, label_shares, log_inverse, reweight_classes
from ._config import build_plan
from ._inference import TrainedModel
from ._labelled_classifier import LabelledClassifierMixin
from ._labels import check_labels, class_shares, count_classes, encode_labels, unique_classes
from ._meta_estimators import check_outer_classes
from ._teachers import TeacherEnsemble, fit_teachers
from ._training_data import CHUNK_ROWS, hold_out_by_class, labelled_data, scale_lazily, weighted_rows

__all__ = ["SemiSupervisedAAEClassifier"]


class SemiSupervisedAAEClassifier(LabelledClassifierMixin, BaseCategoryAAE):
    r"""Classify rows after learning from labelled and unlabelled ones.

    An adversarial autoencoder whose code has two parts, each with a discriminator of its own [1]_: a *category*, the
    probabilities of the classes, which should look like draws of a class, and a *style*, which should look like draws
    from a normal distribution. Reconstruction and discriminators learn from all rows, the supervised loss from the
    labelled ones. Moreover the model learns, for all rows, the soft labels of `teachers`: ordinary classifiers that are
    fitted to the labelled rows and weighted by cross-validation. Predictions are an average of the model's and the
    teachers'.

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
        Classifiers that give soft labels to all rows. "auto" is two logistic regressions, a random forest, extremely
        randomised trees, a small network, label spreading, and the network of `PriorFittedClassifier`; the last is left
        out where there are more than 50 labels of a class in the mean, 500 labels, 26 classes or 100,000 cells.
        Classifiers must have `predict_proba`; those of `sklearn.semi_supervised` are fitted to all rows, the others to
        the labelled ones, to 10,000 at most. With None the model has no teachers.
    distillation_weight : float, default=1.0
        Weight of the loss of the teachers' soft labels.
    teacher_weight : float, default=0.8
        Weight of the teachers in predictions, from 0 to 1; the rest is the model's.
    supervised_weight : float or "auto", default="auto"
        Weight of the supervised loss. "auto" is 0.2 with teachers and 1 without.
    vat_weight : float, default=0.0
        Weight of virtual adversarial training [2]_: classes should not change within `vat_radius` of a row. Try 1 where
        classes form clusters, as images do, together with `entropy_weight` and `balance_weight`.
    vat_radius : float, default=0.25
        Length of the virtual adversarial perturbation, in units of the distance to nearby rows [3]_.
    entropy_weight : float, default=0.0
        Weight of the entropy of class probabilities, which is low for confident predictions. Try 0.1 with
        `vat_weight`.
    balance_weight : float, default=0.0
        Weight of the divergence between the mean of class probabilities and `class_prior`: a guard against the
        collapse of all rows into one class. Try 0.4 with `entropy_weight`.
    class_prior : array-like of shape (n_classes,), "estimate" or None, default=None
        Probabilities of the classes among all rows, in the order of `classes_`. Where their shares among the labelled
        rows are others, predictions follow `class_prior` by Bayes' rule. "estimate" finds them from the unlabelled rows
        [4]_, with caution where labels are few. None takes their frequencies among the labelled ones.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    adversarial_weight : float, default=0.03
        Weight of the adversarial loss, in units of the present reconstruction error.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise that is added to the scaled columns in training. "auto"
        is 0.1.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step; labelled rows are added to them. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=1e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 600 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold out labelled rows, stop when their cross-entropy gets no better, and keep the best epoch.
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
    classes_ : ndarray of shape (n_classes,)
        The classes among the labels.
    class_prior_ : ndarray of shape (n_classes,)
        Their probabilities.
    teachers_ : object or None
        The teachers as fitted, in `teachers_.teachers_`, with their `weights_`.
    styles_ : object
        Mean and covariance of style codes in each class, which `transform`, `sample` and `transfer` use.
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
    .. [4] Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities: a
       simple procedure", 2002, Neural Computation 14.

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

    teachers: Any
    distillation_weight: float
    teacher_weight: float
    supervised_weight: float | str
    class_prior: ArrayLike | str | None
    class_prior_: NDArray[np.float64]
    teachers_: TeacherEnsemble | None
    _label_counts: NDArray[Any]
    _prior_ratios: NDArray[np.float64] | None = None  # of all rows to labelled ones

    _parameter_constraints: dict[str, Any] = {
        **BaseCategoryAAE._parameter_constraints,
        "teachers": [StrOptions({"auto"}), list, None],
        "distillation_weight": [Interval(Real, 0, None, closed="left")],
        "teacher_weight": [Interval(Real, 0, 1, closed="both")],
        "supervised_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "class_prior": ["array-like", StrOptions({"estimate"}), None],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        n_members: int = 4,
        teachers: Any = "auto",
        distillation_weight: float = 1.0,
        teacher_weight: float = 0.8,
        supervised_weight: float | str = "auto",
        vat_weight: float = 0.0,
        vat_radius: float = 0.25,
        entropy_weight: float = 0.0,
        balance_weight: float = 0.0,
        class_prior: ArrayLike | str | None = None,
        hidden_layer_sizes: Any = (128,),
        activation: str = "relu",
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
        column_kinds: dict[Any, str] | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self._store_parameters(locals())

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit the model to rows, of which some have labels.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools, categories and dates, of which some may be missing.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing where unknown.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, of which only the ratios count. A row is drawn for training as often as its weight, so
            that one of weight 2 is as good as two rows, and one of weight 0 is as good as absent. `class_prior_` and
            teachers whose `fit` has `sample_weight` use the weights of the labelled rows; other teachers, among them
            label spreading, the scales of columns and `X_val` do not.
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
            If a parameter, `X`, `y` or `sample_weight` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        if (X_val is None) != (y_val is None):
            raise ValueError("`X_val` and `y_val` must be given together. Got one of them.")
        if isinstance(self.class_prior, str) and self.teachers is None:
            raise ValueError('`class_prior="estimate"` needs `teachers`, by whose probabilities it is found. Got None.')
        with self._all_or_nothing():
            X, y, weights = weighted_rows(X, y, sample_weight)
            resumed = self._model_to_resume()
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2)
            encoder = self._fit_encoder(X, self.scaling) if resumed is None else self.table_encoder_.with_scales_of(X)
            fitted, architecture, data = self._prepare(X, y, None, resumed, encoder, weights)
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, self.n_members)
            held_out = None
            if X_val is not None:
                held_out = labelled_data(encoder, self._validate(X_val, reset=False), y_val, fitted["classes_"])
            elif self.early_stopping:
                data, held_out = hold_out_by_class(data, self.validation_fraction, len(fitted["classes_"]), rng)
            teachers = None if self.teachers is None else fit_teachers(self, encoder, data, fitted, seeds[0])
            fitted["teachers_"] = teachers
            if teachers is not None:
                soft_labels = teachers.predict_proba(data.X)
                if isinstance(self.class_prior, str):
                    fitted |= estimate_class_prior(soft_labels, data, fitted["_label_counts"])
                    resumed = with_class_prior(resumed, fitted["class_prior_"])
                    architecture = build_category_architecture(self, encoder, fitted["class_prior_"], resumed)
                data = replace(data, soft_labels=reweight_classes(soft_labels, fitted["_prior_ratios"]))
            plan = self._plan(len(data), seeds, fitted["_prior_ratios"])
            with self._callback_hooks(plan, X, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                fitted["styles_"] = fit_class_styles(model, data, self.styles_ if resumed else None)
                self._assign(fitted, model, curves, resumed)
        return self

    @validated
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train for one pass over a chunk of rows, from where the last call left off.

        The first call fixes what is built, how columns are scaled and `class_prior_`, so let its chunk be a fair sample
        (or leave it to `skaae.streaming.fit_stream`). The learning rate is `learning_rate_init` throughout, and no rows
        are held out. Teachers need all rows at once: here are none, and those of an earlier `fit` are dismissed. There
        are no weights of rows, because those of one chunk say nothing about the others.

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
        with self._all_or_nothing():
            resumed = self._model if self.__sklearn_is_fitted__() else None
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2 if resumed is None else 1)
            encoder = self._fit_encoder(X, self.scaling) if resumed is None else self.table_encoder_
            drifted = () if resumed is None else self._warn_of_drift(X)
            if isinstance(self.class_prior, str):
                raise ValueError(
                    '`class_prior="estimate"` needs teachers and all rows at once, as in `fit`. Got a chunk: pass the'
                    " probabilities of the classes."
                )
            counts = 0 if resumed is None else self._label_counts
            fitted, architecture, data = self._prepare(X, y, classes, resumed, encoder, counts_before=counts)
            seeds = draw_seeds(check_random_state(self.random_state), self.n_members)
            plan = replace(self._plan(len(data), seeds, fitted["_prior_ratios"]), n_epochs=1, annealed=False)
            model, curves = self._train(architecture, plan, data, resumed)
            fitted["styles_"] = fit_class_styles(model, data, self.styles_ if resumed else None)
            fitted |= {"teachers_": None, "_drifted_columns": drifted}
            self._assign(fitted, model, curves, resumed)
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
            In the order of `classes_`: an average of the model's and the teachers', by `teacher_weight`.
        """
        check_is_fitted(self)
        check_outer_classes()
        rows = self._scale(X)
        chunks = gen_batches(len(rows), CHUNK_ROWS)
        of_model = np.concatenate([self._split_code(self._model.encode(rows[chunk]))[1].mean(0) for chunk in chunks])
        if self.teachers_ is None:
            return of_model
        of_teachers = reweight_classes(self.teachers_.predict_proba(rows), self._prior_ratios)
        return np.asarray((1 - self.teacher_weight) * of_model + self.teacher_weight * of_teachers)

    def _prepare(
        self,
        X: Any,
        y: Any,
        classes: Any,
        resumed: TrainedModel | None,
        encoder: TableEncoder,
        weights: NDArray[np.float64] | None = None,
        counts_before: NDArray[Any] | int = 0,
    ) -> tuple[dict[str, Any], Architecture, TrainingData]:
        """What is fitted before training, what to build, and the rows to train on; labels add to those before."""
        check_labels(X, y)
        classes = self.classes_ if resumed else unique_classes(y if classes is None else classes)
        labels = encode_labels(y, classes)
        label_counts = counts_before + count_classes(labels, len(classes), weights)
        if self.class_prior is not None and not isinstance(self.class_prior, str):
            class_prior = check_class_prior(self.class_prior, len(classes))
        else:
            class_prior = self.class_prior_ if resumed else class_shares(labels, len(classes), weights)
        fitted = {
            "classes_": classes,
            "class_prior_": class_prior,
            "table_encoder_": encoder,
            "_label_counts": label_counts,
            "_prior_ratios": None if self.class_prior is None else class_prior / label_shares(label_counts),
        }
        architecture = build_category_architecture(self, encoder, class_prior, resumed)
        return fitted, architecture, TrainingData(scale_lazily(encoder, X), labels, sample_weight=weights)

    def _plan(self, n_samples: int, seeds: tuple[int, ...], prior_ratios: NDArray[np.float64] | None) -> TrainingPlan:
        auto_weight = 1.0 if self.teachers is None else 0.2
        return build_plan(
            self,
            n_samples,
            seeds,
            auto_steps=600,
            auto_noise=0.1,
            supervised_weight=auto_weight if self.supervised_weight == "auto" else float(self.supervised_weight),
            distillation_weight=float(self.distillation_weight),
            logit_adjustment=None if prior_ratios is None else log_inverse(prior_ratios),
            **self._category_weights(),
        )
