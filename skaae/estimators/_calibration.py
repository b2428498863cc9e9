"""Calibration of a generator: categories are decoded as often as training rows have them.

Codes of rare categories are few, and the flow draws too many of one and too few of another. Offsets of the decoder's
logits move the borders between categories until the shares of draws are those of training rows: the dual of optimal
transport from draws to categories, whose solution is unique (Peyré and Cuturi, "Computational optimal transport", 2019,
chapter 5), here with an entropy, by Sinkhorn's iterations.

Before that, draws get the mean and the standard deviation of codes in each of their columns: a velocity that was fitted
by least squares, and followed in few steps, leaves them too narrow by some percent.

Where rows are drawn from a prior, whose draws are no codes of rows, days of the week are corrected alike, draw by draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..table import TableEncoder
from ._base import draw_seed
from ._conditions import Conditions
from ._inference import TrainedModel

__all__ = ["calibrated", "decode_draws", "draw_codes", "with_moments"]

MIN_DRAWS, MAX_DRAWS, MAX_CELLS = 10_000, 50_000, 10_000_000
N_DRAWS_PER_ROW = 4
ENTROPY = 0.2  # in units of logits
N_ITERATIONS = 60
MIN_PROBABILITY = 1e-12
MIN_LOG_FACTOR = -600.0  # whose exponential is a number
BIAS = "model.decoder.linear.bias"
FLOW = "model.flow."
MAX_SPREAD_RATIO = 2.0  # of draws and codes, to which it is corrected


def draw_codes(
    model: TrainedModel, n_rows: int, conditions: Conditions | None, rng: np.random.RandomState
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Codes drawn from the flow of a model that was trained on so many rows, and their conditions."""
    n = min(max(MIN_DRAWS, N_DRAWS_PER_ROW * n_rows), MAX_DRAWS, 1 + MAX_CELLS // model.architecture.n_features)
    condition = None if conditions is None else conditions.sample(n, rng)
    return model.sample_flow(model.sample_prior(n, draw_seed(rng)), condition), condition


def with_moments(model: TrainedModel, code: NDArray[Any]) -> tuple[TrainedModel, NDArray[Any]]:
    """The model whose samples have the moments of codes, where it has drawn other ones; and these, corrected."""
    mean, spread = (model.state[FLOW + name] for name in ("mean", "spread"))
    standardized = (code - mean[0]) / spread[0]
    drawn_mean = standardized.mean(axis=0, keepdims=True)
    drawn_spread = standardized.std(axis=0, keepdims=True).clip(1 / MAX_SPREAD_RATIO, MAX_SPREAD_RATIO)
    moments = {FLOW + "drawn_mean": drawn_mean[None], FLOW + "drawn_spread": drawn_spread[None]}
    state = model.state | {name: value.astype(mean.dtype) for name, value in moments.items()}
    corrected = mean[0] + spread[0] * (standardized - drawn_mean) / drawn_spread
    return replace(model, state=state), corrected.astype(code.dtype)


def calibrated(
    model: TrainedModel, rows: NDArray[Any], code: NDArray[Any], condition: NDArray[Any] | None
) -> TrainedModel:
    """The model with offsets of the logits of its one-hot groups, such that codes have them as often as rows have."""
    architecture = model.architecture
    if not architecture.one_hot_groups:
        return model
    drawn, bias, start = model.decode(code, condition)[0], model.state[BIAS].copy(), architecture.n_numeric
    for width in architecture.one_hot_groups:
        group = slice(start, start + width)
        logits = np.log(drawn[:, group].clip(MIN_PROBABILITY))
        bias[..., group] += offsets(logits, rows[:, group].mean(axis=0, dtype=np.float64))
        start += width
    return replace(model, state={**model.state, BIAS: bias})


def decode_draws(
    encoder: TableEncoder, model: TrainedModel, code: NDArray[Any], draw: Callable[[int], NDArray[Any]]
) -> NDArray[Any]:
    """Encoded rows of codes that were drawn from a prior, which have days of the week as often as training rows have.

    How often others have them is estimated from so many more codes as ``draw`` is asked for.
    """
    rows, groups = np.asarray(model.decode(code)[0]), encoder.weekday_groups()
    others = model.decode(draw(MIN_DRAWS))[0] if groups else rows
    for group, shares in groups:
        logits = np.log(others[:, group].clip(MIN_PROBABILITY))
        n_days = len(shares)  # after which there may be a missing one, which is as often as it is
        missing = np.bincount(logits.argmax(axis=1), minlength=logits.shape[1])[n_days:] / len(logits)
        wanted = np.concatenate([shares * (1 - missing.sum()), missing])
        rows[:, group] *= np.exp(offsets(logits, wanted)).astype(rows.dtype)
    return rows


def offsets(logits: NDArray[Any], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """What to add to logits, (n, n_categories), so that the largest are as often of each category as the shares say.

    Differences that are no larger than the noise of n draws are left.
    """
    found = np.bincount(logits.argmax(axis=1), minlength=len(shares)) / len(logits)
    noise = shares.clip(1 / len(logits)) / len(logits)
    excess = (found - shares) ** 2
    wanted = found + (shares - found) * excess / (excess + noise)
    wanted = (wanted / wanted.sum()).clip(MIN_PROBABILITY)
    kernel = np.exp((logits - logits.max(axis=1, keepdims=True)) / ENTROPY, dtype=np.float64)
    added = np.zeros(len(shares))
    for _ in range(N_ITERATIONS):
        factors = np.exp((added - added.max()).clip(MIN_LOG_FACTOR))
        found = factors * (kernel.T @ (1 / (kernel @ factors))) / len(kernel)  # mean probabilities of categories
        added += np.log(wanted / found.clip(MIN_PROBABILITY))
    return np.asarray(ENTROPY * (added - added.mean()))
