"""AAEGenerator: new rows like those of a table, of given conditions."""

from functools import partial
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._plan import Block, TrainingData
from ..table import TableEncoder, check_kinds, identifier_columns, to_pandas
from ._base import BaseAAE, draw_seed, draw_seeds, validated, with_callbacks
from ._calibration import calibrated, draw_codes, with_moments
from ._completion import CompletionMixin, fit_completion
from ._conditional_styles import ConditionalStylesMixin
from ._conditions import Conditions, requested_condition, split_kinds
from ._config import build_architecture, build_plan, check_components, check_layer_sizes, check_resumable
from ._constraints import Constraints, decoded
from ._corrections import Corrections, fit_corrections
from ._few_rows import warn_of_few_rows
from ._flow import build_flow_plan, with_flow, without_optimizer
from ._inference import TrainedModel
from ._training_data import hold_out, scale

__all__ = ["AAEGenerator"]

MAX_AUTO_COMPONENTS = 32


class AAEGenerator(ConditionalStylesMixin, CompletionMixin):
    r"""Draw new rows of a table, also under given conditions, and transfer rows to other conditions.

    An adversarial autoencoder [1]_ whose decoder and discriminator get the conditions of a row as further input (class
    labels, or a table of numbers and categories), so that the code keeps the rest. Codes are
    never exactly draws of the prior, so their density is fitted again after training, by a flow [2]_ that turns normal
    draws into codes (as diffusion does in [3]_). Its inverse gives the *style* of a row: what it holds apart
    from its conditions, as a draw of a standard normal distribution.

    Rows come in the form of the training rows: the same columns of the same dtypes, whole numbers where they were
    whole, training values where these repeat, missing cells where some were missing.

    There are no weights of rows (`sample_weight`), because samples are to be like the rows that the model is given.
    Draw these by weight first, or samples by conditions.

    Generated rows are no promise of privacy: the smallest and the largest number of each column come back as they were.
    `skaae.metrics.nearest_record_share` measures how close rows are to training rows in the mean.

    Parameters
    ----------
    n_components : int or None, default=None
        Width of the code, at most the number of encoded columns. None is the number of columns, and 32 at most.
    flow_layer_sizes : int or array-like of int, default=(256, 256, 256)
        Widths of the flow's hidden layers.
    flow_max_iter : int or "auto", default="auto"
        Epochs of the flow. "auto" is as many as make 5,000 steps, 5 at least and 300 at most.
    hidden_layer_sizes : int or array-like of int, default=(256, 256)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    adversarial_weight : float, default=0.03
        Weight of the adversarial loss, in units of the present reconstruction error. Try 1 to draw
        `from_prior`.
    noise : float or "auto", default=0.0
        Standard deviation of the Gaussian noise that is added to the encoder's input in training, the scaled columns.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=1e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs of the autoencoder. "auto" is as many as make 1,500 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when these get no better, and keep the best epoch, as in `AAETransformer`.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`.
    n_iter_no_change : int, default=20
        How many epochs without an improvement to wait for with `early_stopping`.
    tol : float, default=1e-4
        What counts as an improvement with `early_stopping`.
    warm_start : bool, default=False
        Whether another `fit` goes on from the last; the flow is fitted anew. If so, Ctrl-C keeps what was trained until
        the last epoch, and the flow is fitted to that; once more, and the flow is left there.
    scaling : {"standard", "quantile"} or None, default="quantile"
        How numeric columns are brought to one scale, as in `TableEncoder`.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categories, as in `TableEncoder`: those of text, bools and pandas' categories, those that are
        listed also, or none.
    column_kinds : dict or None, default=None
        Kinds of columns by their names or indices, and of conditions by their names ("y" if `y` has none), such as
        "number", "category" or "ignore", instead of those that are inferred. `TableEncoder` lists all.
    identifiers : {"refuse", "replace", "keep"}, default="refuse"
        What to do with columns that identify rows, such as names, e-mails and keys, which generated rows must not have:
        refuse them by an error, replace them by made-up ones, which are numbered in each call of `sample`, or keep them
        as if they were none.
    gibbs_sampling : bool, default=True
        Whether `sample` draws the cells of a row once or twice more, one column after another, from training cells that
        trees find alike given the other columns [5]_. It needs 2,500 training rows and `rejection_sampling`, and is
        done where draws are harder to tell from training rows after it. Rows under conditions of fewer than 1,000
        training rows are left.
    rejection_sampling : bool, default=True
        Whether `sample` draws a row again until a classifier that discriminates training rows from draws accepts it
        [4]_: rows are closer to training rows in distribution, and take up to two and a half times as long. Of fewer
        than 200 training rows, or where the classifier does no better than chance, all are accepted.
    constraints : list of str or None, default=None
        Rules that hold in all training rows, and are to hold in every row of `sample`: comparisons of columns, numbers
        and texts, such as "start <= end", "0 < discount < price" or "state == 'open' or paid > 0"; sums and products,
        "total == price * number", which compute the column on their left; and "unique(code)". Names that are no
        identifiers stand between backticks, columns of arrays are x0, x1, ... A missing cell breaks no rule.
        Rows that break a rule are drawn again.
    completion : bool, default=False
        Whether `fit` also trains what `complete` needs, which takes about a third more time.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ... "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same result in each fit.
    verbose : int, default=0
        Whether to show the progress of a fit.

    Attributes
    ----------
    conditions_ : object or None
        The conditions of the training rows, where there were some.
    flow_curve_ : ndarray of shape (n_flow_epochs,)
        The mean loss of the flow in each epoch.
    acceptance_rate_ : float
        Share of the draws that `rejection_sampling` and `constraints` accept, 1 without them.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        Each loss by name, averaged over the steps of an epoch.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What encodes columns as numbers of one scale, and decodes them.
    device_ : str
        Where the model was trained.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Lipman, Chen, Ben-Hamu, Nickel and Le, "Flow matching for generative modeling", 2023, arXiv 2210.02747.
    .. [3] Zhang, Zhang, Shen, Srinivasan, Qin, Faloutsos, Rangwala and Karypis, "Mixed-type tabular data synthesis
       with score-based diffusion in latent space", 2024, arXiv 2310.09656.
    .. [4] Azadi, Olsson, Darrell, Goodfellow and Odena, "Discriminator rejection sampling", 2019, arXiv 1810.06758.
    .. [5] Reiter, "Using CART to generate partially synthetic public use microdata", Journal of Official Statistics 21,
       2005; in sweeps of Gibbs sampling (Geman and Geman, 1984).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAEGenerator
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = AAEGenerator(max_iter=50, flow_max_iter=50, random_state=0).fit(X, y)
    >>> model.sample(4, 2, random_state=0).shape
    (4, 4)
    >>> model.transfer(X[:2], 1).shape
    (2, 4)
    """

    flow_layer_sizes: Any
    flow_max_iter: int | str
    identifiers: str
    gibbs_sampling: bool
    rejection_sampling: bool
    constraints: list[str] | None
    completion: bool
    acceptance_rate_: float
    conditions_: Conditions | None
    flow_curve_: NDArray[np.float64]
    _corrections: Corrections
    _constraints: Constraints | None = None

    _warns_of_identifiers = False  # they are refused, or replaced
    _parameter_constraints: dict[str, Any] = {
        **BaseAAE._parameter_constraints,
        "flow_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "flow_max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "identifiers": [StrOptions({"refuse", "replace", "keep"})],
        "gibbs_sampling": ["boolean"],
        "rejection_sampling": ["boolean"],
        "constraints": [list, None],
        "completion": ["boolean"],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        flow_layer_sizes: Any = (256, 256, 256),
        flow_max_iter: int | str = "auto",
        hidden_layer_sizes: Any = (256, 256),
        activation: str = "relu",
        adversarial_weight: float | str = 0.03,
        noise: float | str = 0.0,
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 1e-3,
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        scaling: str | None = "quantile",
        categorical_features: Any = "from_dtype",
        column_kinds: dict[Any, str] | None = None,
        identifiers: str = "refuse",
        gibbs_sampling: bool = True,
        rejection_sampling: bool = True,
        constraints: list[str] | None = None,
        completion: bool = False,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self._store_parameters(locals())

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model to rows, and to their conditions if there are some.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools, categories and dates, of which some may be missing.
        y : array-like of shape (n_samples,), DataFrame of shape (n_samples, n_conditions) or None, default=None
            The conditions of the rows: class labels, numbers, or a table of both, without missing ones.

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
        with self._all_or_nothing():
            resumed = self._model_to_resume()
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2)
            constraints = None if self.constraints is None else Constraints(self.constraints, X)
            of_columns, of_conditions = split_kinds(self.column_kinds, X, y)
            conditions = self._fit_conditions(X, y, resumed, of_conditions)
            encoder = (
                self._fit_generator_encoder(X, of_columns) if resumed is None else self.table_encoder_.with_scales_of(X)
            )
            n_features = len(encoder.source_columns_)
            width = check_components(self.n_components, encoder, min(MAX_AUTO_COMPONENTS, X.shape[1], n_features))
            architecture = build_architecture(
                self,
                encoder,
                (Block("style", width, "normal"),),
                condition_width=0 if conditions is None else conditions.width,
                flow_layer_sizes=check_layer_sizes(self.flow_layer_sizes, "flow_layer_sizes"),
            )
            check_resumable(resumed, architecture)
            rows = scale(encoder, X)
            condition = None if conditions is None else conditions.encode_rows(to_pandas(y))
            all_data = TrainingData(rows, condition=condition)
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, 1)
            data, held_out = (
                hold_out(all_data, self.validation_fraction, rng) if self.early_stopping else (all_data, None)
            )
            plan = build_plan(self, len(data), seeds, auto_steps=1500, auto_noise=1 - width / n_features)
            fitted: dict[str, Any] = {"table_encoder_": encoder, "conditions_": conditions, "_constraints": constraints}
            with self._callback_hooks(plan, X, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                if conditions is not None and condition is not None:
                    conditions.fit_predictor(rows, condition)
                flow_seeds = draw_seeds(check_random_state(self.random_state), 1)
                flow_plan = build_flow_plan(plan, len(all_data), flow_seeds, self.flow_max_iter)
                flow, flow_curves = self._train(architecture, flow_plan, all_data, without_optimizer(model))
                fitted["flow_curve_"] = flow_curves["flow"][:, 0]
                model, rng = with_flow(model, flow), check_random_state(self.random_state)
                code, drawn_condition = draw_codes(model, len(rows), conditions, rng)
                model, code = with_moments(model, code)
                model = calibrated(model, rows, code, drawn_condition)
                fitted["_corrections"], draws = fit_corrections(
                    (encoder, conditions, constraints),
                    (X, rows, condition),
                    (model.decode(code, drawn_condition)[0], drawn_condition),
                    (self.gibbs_sampling, self.rejection_sampling),
                    rng,
                )
                share = 1.0 if constraints is None else constraints.acceptance_rate(draws[: len(rows)])
                fitted["acceptance_rate_"] = share * fitted["_corrections"].acceptance_rate
                fitted["_completion"] = fit_completion(self, encoder, rows, conditions, condition)
                self._assign(fitted, model, curves, resumed)
        return self

    def sample(self, n_samples: int = 1, y: Any = None, *, random_state: Any = None, from_prior: Any = False) -> Any:
        """Draw new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : condition, array-like of shape (n_samples,), DataFrame, dict or None, default=None
            The condition of all rows, or one for each; of several conditions, a DataFrame of one row or of `n_samples`,
            or a dict, in which a list has a value for each row, a tuple is a range ``(low, high)``, and a set is of
            values to draw from. Conditions that are not given, and values of ranges and sets, are drawn as they
            occurred with the others in training; None draws all as often as they occurred.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.
        from_prior : bool, default=False
            Whether to decode draws of the prior itself instead of draws of the density that was fitted to the codes.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            New rows, in the form of the training rows.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        rng = check_random_state(random_state)
        condition = requested_condition(self.conditions_, y, n_samples, rng=rng)
        if self.conditions_ is not None and condition is not None and y is not None:
            warn_of_few_rows(self.conditions_, to_pandas(y), condition)

        def draw(indices: NDArray[np.intp]) -> NDArray[Any]:
            given = None if condition is None else condition[indices]
            if from_prior:
                return np.asarray(self._model.decode(self._model.sample_prior(len(indices), draw_seed(rng)), given)[0])
            return self._draw_rows(len(indices), given, rng)

        encoder, rows = self.table_encoder_, np.arange(n_samples)
        if self._constraints is None:
            return encoder.inverse_transform(draw(rows))
        decode = partial(decoded, encoder, self._constraints)
        return encoder.write_frame(self._constraints.draw_table(draw, decode, n_samples))

    def _draw_rows(self, n: int, condition: NDArray[Any] | None, rng: np.random.RandomState) -> NDArray[Any]:
        """Encoded rows under conditions, (n, width), that are corrected."""

        def draw(indices: NDArray[np.intp]) -> NDArray[Any]:
            given = None if condition is None else condition[indices]
            code = self._model.sample_flow(self._model.sample_prior(len(indices), draw_seed(rng)), given)
            return np.asarray(self._model.decode(code, given)[0])

        fitted = self.table_encoder_, self.conditions_, self._constraints
        return self._corrections.sample(draw, fitted, n, condition, rng)

    def _fit_generator_encoder(self, X: Any, column_kinds: dict[Any, str]) -> TableEncoder:
        """What encodes columns but those that identify rows, and decodes them into training values if these repeat."""
        decided = check_kinds(X, column_kinds)
        identifiers = [] if self.identifiers == "keep" else identifier_columns(X, decided)
        if identifiers and self.identifiers == "refuse":
            raise ValueError(
                f"Generated rows must not have what identifies training rows. Got the columns {identifiers}: drop them,"
                ' have them made up by `identifiers="replace"`, or, if they identify nothing, pass'
                ' `identifiers="keep"`.'
            )
        return self._fit_encoder(X, self.scaling, rounding="seen", identifiers=identifiers, column_kinds=column_kinds)

    def _fit_conditions(
        self, X: Any, y: Any, resumed: TrainedModel | None, column_kinds: dict[Any, str]
    ) -> Conditions | None:
        """The conditions of training rows; a model that is resumed keeps their names and categories."""
        if y is not None:
            check_consistent_length(X, y)
        if resumed is None:
            return None if y is None else self._new_conditions(y, column_kinds)
        if (y is None) != (self.conditions_ is None):
            raise ValueError("To go on, a model must be given conditions if it was first, and only then.")
        return None if self.conditions_ is None else self.conditions_.with_scales_of(to_pandas(y))

    def _new_conditions(self, y: Any, column_kinds: dict[Any, str]) -> Conditions:
        """Conditions of training rows, none of which identifies a row."""
        y = to_pandas(y)
        conditions = Conditions(y, column_kinds)
        decided = [conditions.names.index(name) for name in column_kinds]
        if self.identifiers != "keep" and (identifiers := identifier_columns(conditions.as_table(y), decided)):
            raise ValueError(
                f"Conditions must not identify training rows. Got {identifiers}: drop them, or, if they identify"
                ' nothing, pass `identifiers="keep"`.'
            )
        return conditions
