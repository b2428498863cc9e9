"""AAEOutlierDetector: rows that are unlike the others, and why."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions

from .._plan import Block, TrainingData
from ..table._tables import Table, take_rows
from ._anomaly_score import AnomalyScore, TrainingScores
from ._base import BaseAAE, draw_seed, draw_seeds, validated, warn_of_trends, with_callbacks
from ._config import auto_components, build_architecture, build_plan, check_components, check_resumable
from ._known_outliers import read_known_outliers, read_labels
from ._outlier_base import PLAN_OPTIONS, BaseOutlierDetector
from ._scorers import has_common_values
from ._training_data import hold_out, merge_copies, scale, weighted_rows
from ._window import Window

__all__ = ["AAEOutlierDetector"]

AUTO_CONTAMINATION = 0.05
MIN_FREQUENCY = 0.01  # of the rows that have a category, below which categories are one to the model and the scorers


class AAEOutlierDetector(OutlierMixin, BaseOutlierDetector):
    r"""Detect outliers, among training rows or new ones, and explain them by columns.

    Three kinds of outliers are looked for [8]_. *Local* outliers differ from the training rows near them, and an
    adversarial autoencoder [1]_ that learned to restore noisy rows [2]_ does not restore them. *Global* outliers have
    values, or a position, that few training rows have. *Dependency* outliers break the relations between columns. Each
    kind has a group of scorers: reconstruction errors in all three, distances to nearest neighbours [3]_ [4]_,
    histograms of the columns [5]_, a mixture of Gaussians, an isolation forest [6]_, a robust covariance [7]_. Scores
    are put on one scale as p-values among the training rows. The group with the highest score counts three quarters,
    the next one quarter; local scores are multiplied by 1.4. Local scorers find subtle outliers where all training rows
    are normal; the other two groups find outliers that are similar to other outliers among the training rows.

    So training rows may be normal ones only, or have outliers among them. In either case the rows with the
    rarest values are put aside before the autoencoder, the mixture and the neighbours of what is rare are fitted.
    If some outliers are known, they are left out of all of this, and scores are steered by classifiers that tell them
    from the other rows; outliers of kinds that are not among them are found too.

    As everywhere in scikit-learn, `predict` returns +1 for normal rows and -1 for outliers, and scores are *lower* for
    outliers. PyOD's are the opposite: labels 0 for normal rows and 1 for outliers, scores higher for outliers.

    Parameters
    ----------
    n_components : int or None, default=None
        Width of the code, at most the number of columns. None is one less than the number of columns, and 16 at most.
    n_members : int, default=4
        How many models are trained side by side; their errors are averaged.
    contamination : float or "auto", default="auto"
        Share of training rows, apart from known outliers, that `predict` should find to be outliers, which sets
        `offset_`. A number is met exactly, for which all training rows are scored: of fewer rows than are needed for
        the share it is one row, and with 0 none is an outlier. "auto" is 0.05, of the rows that scorers are fitted to
        if there are more than 10,000: where training rows are normal, about that share of new normal rows are false
        alarms, and more of them where there are fewer than some hundred training rows.
    conformal : bool, default=False
        Whether to have `p_values`, and `predict` with a rate of false alarms [9]_. For that, up to five further models,
        of one member each, are fitted to a part of the rows and score the others, which about doubles the time of a
        fit.
    trim_fraction : float, default=0.4
        Fraction of the training rows, those with the rarest values, that the model and some scorers are not fitted to.
        Try 0.1 where
        training rows are known to be normal.
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    adversarial_weight : float, default=0.03
        Weight of the adversarial loss, in units of the present reconstruction error.
    noise : float or "auto", default="auto"
        Largest standard deviation of the Gaussian noise that is added to the scaled columns in training; each row draws
        a level below it. "auto" is 1.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=2e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 250 steps, and 5 at least, but for more than some 40,000 rows only as many as
        make 750 steps, and 1 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when these get no better, and keep the best epoch, as in `AAETransformer`.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`.
    n_iter_no_change : int, default=20
        How many epochs without an improvement to wait for with `early_stopping`.
    tol : float, default=1e-4
        What counts as an improvement with `early_stopping`.
    warm_start : bool, default=False
        Whether another `fit` goes on from the last. If so, Ctrl-C keeps what was trained until the last epoch. Scales
        of columns, scorers and threshold are fitted to the new rows; categories are those of the first fit.
    window_size : int, default=10_000
        How many of the latest rows `partial_fit` is fitted to; `fit` keeps as many, drawn at random, to begin with.
    scaling : {"standard", "quantile"} or None, default="standard"
        How columns are brought to one scale. "standard" centres them at their median, divides by their spread, and cuts
        tails ten spreads off; "quantile" maps each to a normal distribution by its ranks; None leaves them as they are.
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
    offset_ : float
        The score below which a row is an outlier.
    scorers_ : dict of str to object
        The groups "local", "global" and "dependency", with their `scorers`, fitted to at most 10,000 training rows.
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

    Notes
    -----
    A row that equals a training row is taken for it, and is not its own neighbour: training rows have the same scores
    in `fit` and after it.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Sattarov, Schreyer and Borth, "Diffusion-scheduled denoising autoencoders for anomaly detection in tabular
       data", 2025, arXiv 2508.00758.
    .. [3] Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large data sets", 2000.
    .. [4] Breunig, Kriegel, Ng and Sander, "LOF: identifying density-based local outliers", 2000.
    .. [5] Goldstein and Dengel, "Histogram-based outlier score (HBOS): a fast unsupervised anomaly detection
       algorithm", 2012.
    .. [6] Liu, Ting and Zhou, "Isolation forest", 2008.
    .. [7] Rousseeuw and van Driessen, "A fast algorithm for the minimum covariance determinant estimator", 1999.
    .. [8] Han, Hu, Huang, Jiang and Zhao, "ADBench: anomaly detection benchmark", 2022, arXiv 2206.09426.
    .. [9] Bates, Candès, Lei, Romano and Sesia, "Testing for outliers with conformal p-values", 2023, arXiv 2104.08279.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAEOutlierDetector
    >>> rng = np.random.RandomState(0)
    >>> X = rng.normal(size=(300, 4))
    >>> X[:, 1] += 3 * X[:, 0]  # two columns that go together
    >>> model = AAEOutlierDetector(conformal=True, random_state=0).fit(X)
    >>> outlier = [[1.5, -4.5, 0.0, 0.0]]  # neither value is rare by itself
    >>> model.predict(outlier)
    array([-1])
    >>> float(model.p_values(outlier)[0].round(3))
    0.003
    >>> bool(model.explain(outlier).iloc[0, :2].sum() > 0.8)
    True
    """

    n_members: int
    contamination: float | str
    conformal: bool
    trim_fraction: float
    window_size: int
    offset_: float
    _window: Window

    _parameter_constraints: dict[str, Any] = {
        **BaseAAE._parameter_constraints,
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right"), Options(Real, {0})],
        "conformal": ["boolean"],
        "trim_fraction": [Interval(Real, 0, 0.5, closed="both")],
        "window_size": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        n_members: int = 4,
        contamination: float | str = "auto",
        conformal: bool = False,
        trim_fraction: float = 0.4,
        hidden_layer_sizes: Any = (128,),
        activation: str = "relu",
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
        window_size: int = 10_000,
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
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the model to rows, most of them normal.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools, categories and dates, of which some may be missing.
        y : array-like of shape (n_samples,) or None, default=None
            -1 for rows that are known to be outliers, which may be few; 1 for rows known to be normal, and 0 or a
            missing value (None, NaN, NA) for others, which are both taken for normal ones with some outliers among
            them. Known outliers steer the scores. Where there are none, `y` makes no difference.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, of which only the ratios count: a row of weight 2 is as good as two rows, and one of
            weight 0 is as good as absent. Training, what is common among values and scores, `contamination` and
            p-values use the weights: of normal rows that are drawn as the weights say, a share of about p has p-values
            up to p. Scales of columns, novelty of cells, neighbours of local scorers and known outliers do not.

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

        Warns
        -----
        UserWarning
            If most of `y` is -1, or none of it and it has 0 and 1; if columns identify rows, or go with a date.
        """
        with self._all_or_nothing():
            X, y, weights = weighted_rows(X, y, sample_weight)
            resumed = self._model_to_resume()
            table = self._validate(X, reset=resumed is None, ensure_min_samples=2)
            known = read_known_outliers(y, len(table))  # their indices, which may be none
            others = np.setdiff1d(np.arange(len(table)), known)
            X = take_rows(table, others) if len(known) else table
            weights = None if weights is None else weights[others]
            scaling = "clip" if self.scaling == "standard" else self.scaling
            if resumed is None:
                encoder = self._fit_encoder(X, scaling, min_frequency=MIN_FREQUENCY)
                warn_of_trends(encoder, X)
            else:
                encoder = self.table_encoder_.with_scales_of(X)
            width = check_components(self.n_components, encoder, auto_components(encoder))
            architecture = build_architecture(self, encoder, (Block("style", width, "normal"),))
            check_resumable(resumed, architecture, self.n_members)
            X, rows, weights = merge_copies(X, scale(encoder, X), weights)
            outliers = scale(encoder, take_rows(table, known), warn_of_unseen=False) if len(known) else None
            data = TrainingData(rows, sample_weight=weights)
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, self.n_members)
            data, held_out = hold_out(data, self.validation_fraction, rng) if self.early_stopping else (data, None)
            is_common = has_common_values(np.asarray(data.X), self.trim_fraction, data.sample_weight)
            data = data.subset(np.flatnonzero(is_common))
            scorer_seed = draw_seed(rng)
            plan = build_plan(self, len(data), seeds, **PLAN_OPTIONS)
            fitted: dict[str, Any] = {"table_encoder_": encoder}
            with self._callback_hooks(plan, table, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                score = AnomalyScore(self.trim_fraction, scorer_seed)
                training_scores = score.fit_score(model, encoder, X, rows, outliers, weights)
                parts = (architecture, encoder, X, rows, outliers, weights)
                folds = self._fit_conformal(*parts, rng) if self.conformal else []
                window = Window.sample(table, known, self.window_size, rng)
                fitted |= {"_anomaly_score": score, "_conformal": folds, "_window": window}
                self._assign(fitted, model, curves, resumed)
                self.offset_ = self._threshold(X, rows, weights, training_scores)
        return self

    @validated
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Follow a stream: learn from further rows, and forget all but the latest `window_size`.

        A first call is `fit`. Later ones train on the window for the share of a fit's epochs that the new rows have in
        it, and fit scales, scorers and the threshold to it anew, which takes a second or two for a full window: let
        chunks have some hundred rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A chunk of rows, two at least in a first call. Rows with categories that the first fit lacked, or with
            missing cells in columns that were complete, are not learned from: they stay outliers.
        y : array-like of shape (n_samples,) or None, default=None
            -1 for rows that are known to be outliers, and 0, 1 or a missing value for others, as in `fit`.

        Returns
        -------
        self : object
            The estimator. Where the call fails or is interrupted, it is left as it was before.

        Warns
        -----
        UserWarning
            If more than a tenth of the rows in the window are not learned from, once for each column that is why.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(X, y)
        with self._all_or_nothing():
            table = self._validate(X, reset=False)
            window = self._window.extended(table, read_labels(y, len(table)), self.window_size)
            learned, told = window.learned_by(self.table_encoder_, self._drifted_columns)
            n_epochs = build_plan(self, len(learned.table), (), **PLAN_OPTIONS).n_epochs
            share = min(1.0, len(table) / len(window.table))
            parameters = self.get_params(deep=False)
            self.set_params(warm_start=True, early_stopping=False, max_iter=max(1, round(share * n_epochs)))
            self.fit(learned.table, learned.labels)
            self.set_params(**parameters)
            self._window, self._drifted_columns = window, told
        return self

    def fit_predict(self, X: Any, y: Any = None, **fit_params: Any) -> np.ndarray:
        """Fit the model to rows, and predict which of them are outliers.

        Parameters
        ----------
        X, y, **fit_params
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            -1 for outliers, +1 for the others.
        """
        return self.fit(X, y, **fit_params).predict(X)

    def _threshold(
        self, X: Table, rows: NDArray[Any], weights: NDArray[np.float64] | None, training: TrainingScores
    ) -> float:
        """The score below which is the share of outliers of all training rows, or of those that scorers were fitted to.

        All are scored if a share is asked for, because a sample holds too few of a small share.
        """
        scores = training.scores
        if len(scores) < len(rows):
            if self.contamination == "auto":
                weights = None if weights is None else weights[training.indices]
            else:
                scores = self._anomaly_score.score(self._model, self.table_encoder_, X, rows)
        quantile = 1 - (AUTO_CONTAMINATION if self.contamination == "auto" else float(self.contamination))
        if weights is None:
            return -float(np.quantile(scores, quantile))
        return -float(np.quantile(scores, quantile, method="inverted_cdf", weights=weights))
