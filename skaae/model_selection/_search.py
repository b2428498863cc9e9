"""Searches of scikit-learn whose candidates and folds are trained at once, as members of packs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from .._doc_links import DOC_URL, DocLinkMixin
from ._backend import PackedBackend

__all__ = ["PackedGridSearchCV", "PackedRandomizedSearchCV"]


class PackedSearchMixin(DocLinkMixin):
    """A search that packs the trainings of its candidates."""

    _doc_link_template = f"{DOC_URL}/reference/generated/skaae.model_selection.{{estimator_name}}.html"

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Fit all candidates on all splits, and the best one on all rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets.
        **params : dict
            Passed to the estimator's `fit`, to the scorer and to the splitter, as in scikit-learn.

        Returns
        -------
        self : object
            The fitted search.
        """
        self._backend_config = parallel_config(backend=PackedBackend())
        try:
            super().fit(X, y, **params)  # type: ignore[misc]
        finally:
            self._restore_backend()
        return self

    def _run_search(self, evaluate_candidates: Callable[..., Any], callback_ctx: Any = None) -> None:
        # The search has its backend by now; candidates and scorers run in parallel by the outer one.
        self._restore_backend()
        super()._run_search(evaluate_candidates, callback_ctx=callback_ctx)  # type: ignore[misc]

    def _restore_backend(self) -> None:
        if "_backend_config" in self.__dict__:
            self.__dict__.pop("_backend_config").unregister()


class PackedGridSearchCV(PackedSearchMixin, GridSearchCV):
    """Search a grid of parameters, training candidates and folds at once.

    The same as `sklearn.model_selection.GridSearchCV`, with the same splits, scores and attributes, for estimators of
    skaae and pipelines that end in one. A small model keeps a processor waiting for its next instruction most of the
    time; many of them, packed into one, keep it busy. Candidates share a pack if they have the same architecture
    (widths, prior, activation, class probabilities, columns after encoding), number of epochs, number of rows and batch
    size; learning rates, weights of losses, noise, seeds and rows may differ. Others form other packs: so do the folds
    of classifiers and clusterers, whose class probabilities differ, and of tables whose encoded columns do. Trained
    alone, and no faster than in an ordinary search, are fits with early stopping, `verbose` or callbacks, with
    `vat_weight` above zero or salt and pepper, and the flow of `AAEGenerator`.

    Scores equal those of an ordinary search up to rounding, unless something is drawn from a shared generator after
    training: pass a scorer with a seed.

    Parameters
    ----------
    estimator : estimator object
        An estimator of skaae, or a pipeline that ends in one. Others work too, no faster.
    param_grid : dict or list of dict
        Lists of values by the names of parameters.
    scoring : str, callable, list, tuple or dict, default=None
        As in `GridSearchCV`; `skaae.metrics.scorers` has some for models without labels.
    n_jobs : int or None, default=None
        Processes of the active joblib backend that candidates are distributed to, each packing those it gets. As many
        as there are cores is fastest.
    refit : bool, str or callable, default=True
        Whether, and by which score, the best candidate is fitted to all rows.
    cv : int, splitter or iterable, default=None
        How rows are split; if some rows are unlabelled, `SemiSupervisedKFold`.
    verbose : int, default=0
        How much is printed of finished candidates.
    pre_dispatch : int or str, default="2*n_jobs"
        Ignored: all candidates are dispatched. A pack is trained as soon as the rows of the pending candidates and
        their copies take 512 MiB.
    error_score : "raise" or numeric, default=np.nan
        The score of a candidate whose fit fails.
    return_train_score : bool, default=False
        Whether training rows are scored as well.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, scores and times. Times of fits include those of the others in a pack, so they do not add up.
    best_estimator_ : estimator
        The best candidate, fitted to all rows.
    best_score_ : float
        Its mean score.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its index in `cv_results_`.

    See Also
    --------
    SemiSupervisedKFold : Splits for partly labelled rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.metrics import scorers
    >>> from skaae.model_selection import PackedGridSearchCV
    >>> X, _ = load_iris(return_X_y=True)
    >>> grid = {"learning_rate_init": [1e-5, 1e-3], "noise": [0.0, 0.5]}
    >>> model = AAETransformer(2, max_iter=20, random_state=0)
    >>> search = PackedGridSearchCV(model, grid, scoring=scorers.neg_reconstruction_error).fit(X)
    >>> search.best_estimator_.transform(X).shape
    (150, 2)
    """


class PackedRandomizedSearchCV(PackedSearchMixin, RandomizedSearchCV):
    """Search parameters drawn at random, training candidates and folds at once.

    The same as `sklearn.model_selection.RandomizedSearchCV`, with the same draws, splits, scores and attributes; for
    what is packed, see `PackedGridSearchCV`.

    Parameters
    ----------
    estimator : estimator object
        An estimator of skaae, or a pipeline that ends in one.
    param_distributions : dict or list of dict
        Lists of values, or distributions with `rvs`, by the names of parameters.
    n_iter : int, default=10
        How many candidates are drawn.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score
        As in `PackedGridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Draws the candidates.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.model_selection import PackedRandomizedSearchCV
    >>> X, _ = load_iris(return_X_y=True)
    >>> drawn = {"learning_rate_init": loguniform(1e-4, 1e-2)}
    >>> model = AAETransformer(2, max_iter=20, random_state=0)
    >>> search = PackedRandomizedSearchCV(model, drawn, n_iter=3, random_state=0).fit(X)
    >>> sorted(search.best_params_)
    ['learning_rate_init']
    """
