"""Callbacks for scikit-learn's callback system, in addition to those in `sklearn.callback`."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from typing import Any

from sklearn.utils import check_scalar

__all__ = ["Checkpoint"]


class Checkpoint:
    """Save the progress of a fit in a file, so that a fit that is killed can resume.

    Run the same program again: if the file exists, `fit` resumes from it, and ends with the same estimator, to the last
    bit on the CPU, as without the interruption. The file is removed at the end of the fit.

    Parameters
    ----------
    path : str or os.PathLike
        The file. It always holds a complete checkpoint: a new one is written to a temporary file first. Each estimator
        needs a separate file, so candidates of a search that train at the same time cannot be saved. With
        `torch.distributed`, the first process writes the file and all processes must be able to read it.
    every : int, default=10
        Number of epochs from one checkpoint to the next.

    Notes
    -----
    `random_state` must be a number, and rows and parameters must be the same; otherwise `fit` raises a ValueError.
    Versions of packages are not checked: with other versions the last bits may differ. Other callbacks, such as a score
    monitor, are called for the remaining epochs only. The file holds nothing but arrays: reading it runs no code.
    `partial_fit` is not saved: pickle the estimator between chunks.

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
        """Makes the estimator train with checkpoints."""
        from .core.checkpoints import CheckpointingTrainer
        from .core.training import TRAINER

        check_scalar(self.every, "every", Integral, min_val=1)
        self._trainer = CheckpointingTrainer(Path(self.path), self.every, TRAINER.get())
        self._token = TRAINER.set(self._trainer)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Does nothing."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Removes the file at the end of a fit."""
        if context.task_name == "fit":
            self._trainer.close()

    def teardown(self, estimator: Any, context: Any) -> None:
        """Makes the estimator train without checkpoints again."""
        from .core.training import TRAINER

        if "_token" in vars(self):
            TRAINER.reset(self._token)
            del self._token, self._trainer
