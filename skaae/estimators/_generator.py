"""AAEGenerator: new rows like those of a table, of given conditions."""

import math
from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import with_callbacks
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted

from ..table import TableEncoder
from ._base import MIN_AUTO_EPOCHS, BaseAAE, validated
from ._conditions import Conditions
from ._rows import Rows

__all__ = ["AAEGenerator"]

AUTO_WIDTH = 32
FLOW_STEPS, FLOW_RATE = 4000, 2e-3


class AAEGenerator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseAAE):
    _auto_steps = 2000
    _parameter_constraints: dict = {
        **BaseAAE._parameter_constraints,
        "flow_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "flow_max_iter": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    }

    def __init__(
        self,
        n_components=None,
        *,
        flow_layer_sizes=(256, 256, 256),
        flow_max_iter="auto",
        hidden_layer_sizes=(256, 256),
        activation="relu",
        prior="normal",
        adversarial_weight=0.03,
        noise="auto",
        alpha=0.0,
        batch_size="auto",
        learning_rate_init=1e-3,
        max_iter="auto",
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=20,
        tol=1e-4,
        warm_start=False,
        scaling="quantile",
        categorical_features="from_dtype",
        device="auto",
        random_state=None,
        verbose=0,
    ):
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
        self.flow_layer_sizes = flow_layer_sizes
        self.flow_max_iter = flow_max_iter

    @with_callbacks
    @validated
    def fit(self, X, y=None):
        """Fit the model to rows, and to their conditions if there are some.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools and categories, of which some may be missing.
        y : array-like of shape (n_samples,), DataFrame of shape (n_samples, n_conditions) or None, default=None
            The conditions of the rows: class labels, numbers, or a table of both. None may be missing.

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
        return self._fit(X, y)

    def sample(self, n_samples=1, y=None, *, random_state=None, from_prior=False):
        """Draw new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : condition, array-like of shape (n_samples,), DataFrame, dict or None, default=None
            The condition of all rows, or one for each; of several conditions, a DataFrame of one row or of
            `n_samples`, or a dict. None draws conditions as often as they occurred.
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
        given = self._wanted(y, n_samples, rng)
        draws = self._draw(n_samples, self._draw_seed(rng))
        return self._rows_of(draws if from_prior else self._transport(draws, given), given)

    def transform(self, X, y=None):
        """Styles of rows: what they say beside their conditions, as draws of a standard normal distribution.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : conditions or None, default=None
            Their conditions, as in `sample`. None takes those that the rows seem to have, by ridge regression.

        Returns
        -------
        styles : ndarray of shape (n_samples, n_components)
            The noise that the fitted density turns into the rows' codes.
        """
        check_is_fitted(self)
        return self._styles(*self._told(X, y))

    def inverse_transform(self, X, y=None):
        """Rows of styles.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Styles.
        y : conditions or None, default=None
            The conditions of the rows, as in `sample`; must be given where the model was fitted with some.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            Rows in the form of the training rows.
        """
        check_is_fitted(self)
        styles = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        if styles.shape[1] != self._n_features_out:
            raise ValueError(
                f"`X` must have as many columns as styles ({self._n_features_out}). Got {styles.shape[1]}."
            )
        if y is None and self.conditions_ is not None:
            raise ValueError("`y` must be given to a model that was fitted with conditions. Got None.")
        return self._rows_of_styles(styles, self._wanted(y, len(styles)))

    def transfer(self, X, y, *, y_from=None):
        """Rows of the same style under another condition.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : condition, array-like of shape (n_samples,), DataFrame or dict
            The condition wanted, one for all rows or one for each.
        y_from : conditions or None, default=None
            The conditions that the rows have. None takes those that they seem to have, by ridge regression.

        Returns
        -------
        X_transferred : DataFrame or ndarray of shape (n_samples, n_features)
            Rows in the form of the training rows.
        """
        check_is_fitted(self)
        if self.conditions_ is None:
            raise ValueError("`transfer` needs a model that was fitted with conditions. Got one without.")
        rows, given = self._told(X, y_from)
        return self._rows_of_styles(self._styles(rows, given), self._wanted(y, len(rows)))

    def interpolate(self, X_from, X_to, n_steps=10, *, y_from=None, y_to=None):
        """Rows on the way from some rows to others.

        Parameters
        ----------
        X_from, X_to : DataFrame or array-like of shape (n_samples, n_features)
            As many rows on either side.
        n_steps : int, default=10
            Rows of each way, its two ends among them; two at least.
        y_from, y_to : conditions or None, default=None
            Their conditions. None takes those that the rows seem to have, by ridge regression.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples * n_steps, n_features)
            Way after way, in the form of the training rows. Styles turn from one to the other on a great circle, and
            conditions change evenly.
        """
        check_is_fitted(self)
        check_scalar(n_steps, "n_steps", Integral, min_val=2)
        (start, given_start), (end, given_end) = self._told(X_from, y_from), self._told(X_to, y_to)
        if len(start) != len(end):
            raise ValueError(f"`X_from` and `X_to` must have as many rows. Got {len(start)} and {len(end)}.")
        styles = arcs(self._styles(start, given_start), self._styles(end, given_end), n_steps)
        given = None if given_start is None else lines(given_start, given_end, n_steps)
        return self._rows_of_styles(styles, given)

    def score_samples(self, X, y=None):
        """Log density of the rows' codes under the density that was fitted to them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : conditions or None, default=None
            Their conditions, as in `transform`.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            Natural logarithms, comparable within one model only. A thousand rows take about a second.
        """
        from ..core.inference import log_density

        check_is_fitted(self)
        rows, given = self._told(X, y)
        return log_density(self._architecture, self._fitted_state, self._encode(rows)[0], self.device_, given)[0]

    @property
    def _n_features_out(self):
        return self._architecture.blocks[0].width

    def _read_labels(self, X, y, first, classes=None):
        if y is not None:
            check_consistent_length(X, y)
        if first:
            self.conditions_ = None if y is None else Conditions(y)
        elif (y is None) != (self.conditions_ is None):
            raise ValueError(
                "To go on, a model must be given conditions if it was first fitted with some, and only then."
            )

    def _architecture_for(self, encoder, labels):
        return replace(
            super()._architecture_for(encoder, labels),
            n_given=0 if self.conditions_ is None else self.conditions_.width,
            flow_layer_sizes=self._layer_sizes("flow_layer_sizes"),
        )

    def _auto_width(self, encoder):
        return min(AUTO_WIDTH, self.n_features_in_, len(encoder.sources_))

    def _make_encoder(self, X):
        return TableEncoder(self.scaling, categorical_features=self.categorical_features, rounding="seen")

    def _noise(self):
        return 0.0 if self.noise == "auto" else float(self.noise)

    def _rows(self, X, y, labels):
        rows = self._scale(X)
        return Rows(rows, given=self._wanted(y, len(rows)))

    def _train(self, X, y, labels, validation):
        super()._train(X, y, labels, validation)
        rows = self._rows(X, y, labels)
        if self.conditions_ is not None:
            self.conditions_.learn_to_tell(rows.X, rows.given)
        self._fit_flow(rows)

    def _fit_flow(self, rows):
        """Fits the density to the codes as they are now, from scratch."""
        from ..core.training import train

        batch_size = int(np.clip(len(rows.X) // 8, 32, 512))
        n_epochs = self.flow_max_iter
        if n_epochs == "auto":
            n_epochs = max(MIN_AUTO_EPOCHS, math.ceil(FLOW_STEPS / math.ceil(len(rows.X) / batch_size)))
        plan = replace(
            self._plan(len(rows.X), self._draw_seeds(check_random_state(self.random_state))),
            schedule="transport",
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=FLOW_RATE,
            noise=0.0,
        )
        weights = {name: value for name, value in self._fitted_state.items() if not name.startswith("optimizer.")}
        state, curves = train(self._architecture, plan, rows.X, given=rows.given, start=weights, device=self.device_)
        self.flow_curve_ = curves["transport"][:, 0]
        self._state = self._fitted_state | {name: state[name] for name in weights}

    def _wanted(self, y, n, rng=None):
        """Conditions that are asked for, (n, n_given), or drawn."""
        if self.conditions_ is None:
            if y is not None:
                raise ValueError(f"`y` must be None for a model that was fitted without conditions. Got {y!r}.")
            return None
        return self.conditions_.draw(n, rng) if y is None else self.conditions_.encode(y, n)

    def _told(self, X, y):
        """Scaled rows and their conditions, as given or as they seem to be."""
        rows = self._scale(self._validate(X, reset=False))
        if y is None and self.conditions_ is not None:
            return rows, self.conditions_.tell(rows)
        return rows, self._wanted(y, len(rows))

    def _styles(self, rows, given):
        return self._transport(self._encode(rows)[0], given, back=True)

    def _rows_of_styles(self, styles, given):
        return self._rows_of(self._transport(styles, given), given)

    def _transport(self, code, given, *, back=False):
        """Codes of noise, or noise of codes."""
        from ..core.inference import transport

        return transport(self._architecture, self._fitted_state, code, self.device_, given, back=back)[0]


def arcs(start: np.ndarray, end: np.ndarray, n_steps: int) -> np.ndarray:
    """Points on great circles from some to others, (n * n_steps, width), lengths changing evenly."""
    lengths = [np.linalg.norm(each, axis=1, keepdims=True) for each in (start, end)]
    cosine = (start * end).sum(1, keepdims=True) / (lengths[0] * lengths[1]).clip(1e-12)
    angle = np.arccos(cosine.clip(-1, 1)).clip(1e-6, np.pi - 1e-6)[:, None]
    share = np.linspace(0, 1, n_steps)[None, :, None]
    ends = [(each / length.clip(1e-12))[:, None] for each, length in zip((start, end), lengths, strict=True)]
    turned = (np.sin((1 - share) * angle) * ends[0] + np.sin(share * angle) * ends[1]) / np.sin(angle)
    way = ((1 - share) * lengths[0][:, None] + share * lengths[1][:, None]) * turned
    return way.reshape(-1, start.shape[1]).astype(start.dtype, copy=False)


def lines(start: np.ndarray, end: np.ndarray, n_steps: int) -> np.ndarray:
    """Points on straight lines from some to others, (n * n_steps, width)."""
    return np.linspace(start, end, n_steps, axis=1).reshape(-1, start.shape[1])
