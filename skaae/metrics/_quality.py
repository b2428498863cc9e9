"""The quality of generated rows in one table, beside that of real rows: the floor of each figure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from ._columns import column_shape_error, pair_trend_error
from ._predictive import detection_score, draw_seed, predictive_score
from ._privacy import nearest_record_share
from ._tables import check_dataframe, check_tables, factorize_pair, is_numeric, to_floats
from ._validation import check_integer, check_labels

__all__ = ["QualityTables", "quality_report"]

BEST = {"columns": 0.0, "pairs": 0.0, "detection": 0.5, "nearer to training": 0.5, "copies": 0.0}


class QualityTables:
    """Creates as many held-out, training and generated rows, drawn at random: only then are errors comparable."""

    def __init__(self, X_train: Any, X_holdout: Any, X_generated: Any, max_rows: int, random_state: Any) -> None:
        check_integer("max_rows", max_rows, 3)
        self.seed = draw_seed(random_state)
        names = ("X_train", "X_holdout", "X_generated")
        tables = [check_dataframe(X, name) for X, name in zip((X_train, X_holdout, X_generated), names, strict=True)]
        n_rows, rng = min(max_rows, *map(len, tables)), np.random.default_rng(self.seed)
        drawn = [table.iloc[rng.permutation(len(table))[:n_rows]].reset_index(drop=True) for table in tables]
        self.all_train = tables[0]
        self.train, self.holdout, self.generated = drawn

    def column_errors(self) -> pd.DataFrame:
        """Errors of columns, of generated rows and of training rows, against held-out rows."""
        return self._both(lambda rows: column_shape_error(self.holdout, rows, average=False))

    def pair_errors(self) -> pd.DataFrame:
        """Errors of pairs of columns; none of a table of one column."""
        if self.holdout.shape[1] < 2:
            return pd.DataFrame({"generated": [], "real": []}, dtype=np.float64)
        return self._both(lambda rows: pair_trend_error(self.holdout, rows, average=False))

    def row_figures(self, target: Hashable | None = None, estimator: Any = None) -> pd.DataFrame:
        """What can be said of whole rows: detection, nearness to training rows, copies, and utility for a target."""
        figures = self._both(lambda rows: {"detection": detection_score(self.holdout, rows, random_state=self.seed)})
        nearer = nearest_record_share(self.generated, self.train, self.holdout, random_state=self.seed)
        figures.loc["nearer to training"] = [nearer, 0.5]
        figures.loc["copies"] = [self._copies(self.generated), self._copies(self.holdout)]
        if target is not None:
            if target not in self.holdout:
                raise ValueError(
                    f"`target` must be a column of the tables. Got {target!r}, not one of {[*self.holdout]}."
                )
            both = {"X_generated": self.generated, "X_train": self.train}
            figures.loc["utility"] = [self._utility(rows, name, target, estimator) for name, rows in both.items()]
        return figures

    def _both(self, error: Any) -> pd.DataFrame:
        return pd.DataFrame({"generated": error(self.generated), "real": error(self.train)})

    def _copies(self, rows: pd.DataFrame) -> float:
        train, rows = check_tables(self.all_train, rows, ("X_train", "X_generated"))
        codes = []
        for name in train:
            pair = (train[name], rows[name])
            if is_numeric(train[name]):
                codes.append(pd.factorize(np.concatenate([to_floats(cells) for cells in pair]))[0])
            else:
                codes.append(np.concatenate(factorize_pair(*pair)[:2]))
        repeated = pd.DataFrame(dict(enumerate(codes)))
        known = repeated.iloc[: len(train)].drop_duplicates()
        return float(repeated.iloc[len(train) :].merge(known, how="left", indicator=True)["_merge"].eq("both").mean())

    def _utility(self, rows: pd.DataFrame, name: str, target: Hashable, estimator: Any) -> float:
        """How well rows teach what the target is; those in which it is missing are left out."""
        known = [table[table[target].notna()] for table in (self.holdout, rows)]
        names = (f"X_holdout[{target!r}]", f"{name}[{target!r}]")
        for table, label in zip(known, names, strict=True):
            if not len(table):
                raise ValueError(f"`{label}` must have cells that are not missing. Got none.")
        holdout, others = (table.drop(columns=[target]) for table in known)
        tables = check_tables(holdout, others, ("X_holdout", name))
        targets = [check_labels(table[target], label) for table, label in zip(known, names, strict=True)]
        return predictive_score(tables, targets, names, estimator, random_state=self.seed)


def quality_report(
    X_train: Any,
    X_holdout: Any,
    X_generated: Any,
    *,
    target: Hashable | None = None,
    estimator: Any = None,
    max_rows: int = 5000,
    random_state: Any = None,
) -> pd.DataFrame:
    """Figures of generated rows beside those that real rows have.

    Two samples of real rows differ too. So each figure stands beside that of training rows in the place of the
    generated ones: what a perfect generator would have, up to chance.

    Parameters
    ----------
    X_train : DataFrame or array-like of shape (n_train, n_features)
        Rows that the generator was fitted to.
    X_holdout : DataFrame or array-like of shape (n_holdout, n_features)
        Rows of the same distribution that it was not fitted to.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows.
    target : str or int or None, default=None
        Name of a column that other columns predict. With one, the report has the utility of the rows, but for those in
        which it is missing.
    estimator : classifier, regressor or None, default=None
        What predicts it, as in `utility_score`: whole numbers are classes, unless this is a regressor.
    max_rows : int, default=5000
        Maximum number of rows of each table. As many of each are used, drawn at random, as errors depend on it.
    random_state : int, RandomState instance or None, default=None
        Draws the rows and folds.

    Returns
    -------
    report : DataFrame
        Columns "generated", "real" and "best", and rows

        - "columns", `column_shape_error`, and "pairs", `pair_trend_error`, against held-out rows; NaN where tables of
          one column have no pairs;
        - "detection", `detection_score` beside held-out rows;
        - "nearer to training", `nearest_record_share`, of which real rows have one half;
        - "copies", the fraction of rows that are equal to a training row, and that of held-out rows;
        - "utility", `utility_score` on held-out rows, if there is a target; the best is that of real rows.

    See Also
    --------
    skaae.display.QualityDisplay : The same as a picture, column by column.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import quality_report
    >>> train, holdout, generated = np.random.default_rng(0).normal(size=(3, 500, 2))
    >>> generated[:, 1] += generated[:, 0]
    >>> quality_report(train, holdout, generated, random_state=0).loc["pairs"].round(2).to_dict()
    {'generated': 0.37, 'real': 0.02, 'best': 0.0}
    """
    tables = QualityTables(X_train, X_holdout, X_generated, max_rows, random_state)
    means = pd.DataFrame({"columns": tables.column_errors().mean(), "pairs": tables.pair_errors().mean()}).T
    report = pd.concat([means, tables.row_figures(target, estimator)])
    report["best"] = [BEST.get(name, real) for name, real in report["real"].items()]
    return report
