"""Callbacks in scikit-learn's callback system, beside those that it has itself (`sklearn.callback`)."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from typing import Any

from sklearn.utils import check_scalar

__all__ = ["Checkpoint"]


class Checkpoint:
    """Keep how far a fit has come in a file, so that a fit that is killed can go on.

    Run the same program again: where the file is there, `fit` goes on from it, and ends with the same estimator, to the
    last bit on the CPU, as if it had never been stopped. Once a fit is done, the file is removed.

    Parameters
    ----------
    path : str or os.PathLike
        The file. It always holds one whole checkpoint: each is written beside it and put in its place. Each estimator
        needs a file of its own, so candidates of a search that train at the same time can not be kept. With
        `torch.distributed`, the first process writes it and all have to see it.
    every : int, default=10
        Epochs from one checkpoint to the next.

    Notes
    -----
    `random_state` has to be a number, and rows and parameters have to be the same; otherwise `fit` raises a ValueError.
    Whether versions of packages are the same is not looked at: with others the last bits may differ. Other callbacks, a
    score monitor say, see only the epochs that follow. The file holds nothing but arrays: reading it runs no code.
    `partial_fit` is not kept: pickle the estimator between chunks.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.callbacks import Checkpoint
    >>> X, _ = load_iris(return_X_y=True)
    >>> path = Path(tempfile.mkdtemp()) / "iris.checkpoint"
    >>> model = AAETransformer(2, max_iter=20, random_state=0).set_callbacks(Checkpoint(path, every=5))
    >>> model.fit(X).transform(X).shape
    (150, 2)
    """

    def __init__(self, path: str | os.PathLike[str], *, every: int = 10) -> None:
        self.path = path
        self.every = every

    def setup(self, estimator: Any, context: Any) -> None:
        """Goes between the estimator and its trainings."""
        from .core.checkpoints import Recorder
        from .core.training import TRAINER

        check_scalar(self.every, "every", Integral, min_val=1)
        self._recorder = Recorder(Path(self.path), self.every, TRAINER.get())
        self._before = TRAINER.set(self._recorder)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Does nothing."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Removes the file at the end of a fit."""
        if context.task_name == "fit":
            self._recorder.close()

    def teardown(self, estimator: Any, context: Any) -> None:
        """Steps aside."""
        from .core.training import TRAINER

        if "_before" in vars(self):
            TRAINER.reset(self._before)
            del self._before, self._recorder
