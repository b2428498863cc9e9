"""Does skaae run on an accelerator, with the results of the CPU, and how fast?

Made data, and scikit-learn's digits. The parts, in the order of their worth; each writes its rows when it ends:

- *agreement*: each estimator is fitted on both. "error of outputs" is the largest difference of what the model of one
  fit returns on either device, in standard deviations; the other rows are a figure of quality of the fit on each, which
  differs a little, because their random numbers do;
- *tables*: seconds to fit and to apply, from 2,000 x 20 to 1,000,000 x 100;
- *product*: float32 GFLOP/s of torch's own product, and of training with layers of 1,000;
- *images*: seconds of a fit to 60,000 rows of 28 x 28 pixels, dense and convolutional, and of a classifier;
- *search*: seconds of a packed search, beside one candidate after another;
- *auto*: what ``device="auto"`` takes, and whether a saved model is loaded on the other device;
- *processes*: two that share the rows by ``torch.distributed``, with a device each, where there are two.

Run ``python benchmarks/device.py`` on a machine with CUDA (less than eight minutes; after ``--seconds`` no further case
begins); ``--device cpu --small`` tries the script itself in some seconds.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from _data import correlated_rows
from _measurement import joint_operations, product_operations, seconds_of
from _results import Rows, argument_parser, parse_arguments, write_results
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.model_selection import GridSearchCV

import skaae
from skaae.metrics import column_shape_error
from skaae.model_selection import PackedGridSearchCV

SIZES = [(2_000, 20), (20_000, 50), (100_000, 20), (100_000, 100), (1_000_000, 20), (1_000_000, 100)]
SMALL_SIZES = [(300, 5), (600, 10)]
HIDDEN, N_PRODUCT_COLUMNS, PRODUCT_BATCH = 1000, 784, 4096
MIN_FACTOR = 2  # of a case's seconds that must be left for a larger one


class Benchmark:
    """The device, the time that is left, and the rows so far."""

    def __init__(self, device: str, seconds: float, small: bool) -> None:
        self.device, self.small, self.end = device, small, time.perf_counter() + seconds
        self.rows: Rows = []

    @property
    def seconds_left(self) -> float:
        return self.end - time.perf_counter()

    def add(self, part: str, case: str, unit: str, device: Any, cpu: Any = None) -> None:
        figures = [round(x, 4) if isinstance(x, float) else x for x in (device, cpu)]
        self.rows.append({"part": part, "case": case, "unit": unit, "device": figures[0], "CPU": figures[1]})
        print(self.rows[-1], flush=True)

    def synchronize(self) -> None:
        if self.device != "cpu":
            torch.accelerator.synchronize()

    def seconds_of(self, function: Callable[..., Any], *arguments: Any) -> float:
        self.synchronize()
        return seconds_of(lambda: (function(*arguments), self.synchronize()))


def mixed_table(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(correlated_rows(n, 4), columns=list("abcd"))
    return X.assign(a=X.a.where(rng.random(n) > 0.1), kind=np.where(X.b > 0, "x", rng.choice(["y", "z"], n)))


def few_labels(y: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(y)) % 10 == 0, y, -1)


def estimators(small: bool) -> Iterator[tuple[str, Any, tuple[Any, ...], str, Callable[..., float]]]:
    """Name, estimator, what it is fitted to, the method whose outputs are compared, and the quality of a fit."""
    X, y = load_digits(return_X_y=True)
    if small:
        X, y = X[:150], y[:150]
    table, shared = mixed_table(len(X)), {"random_state": 0} | ({"max_iter": 3} if small else {})
    strange = np.r_[table[list("bcd")].to_numpy(), 4 * np.random.default_rng(1).standard_normal((30, 3))]
    is_strange = np.arange(len(strange)) >= len(table)
    noisy = X + 3 * np.random.default_rng(2).standard_normal(X.shape)
    yield "AAETransformer", skaae.AAETransformer(8, **shared), (X,), "transform", lambda m: m.score(X)
    variant = {"prior": "swiss_roll", "posterior": "gaussian", "regularizer": "mmd", "early_stopping": True}
    yield (
        "AAETransformer, variants",
        skaae.AAETransformer(8, **variant, **shared),
        (X,),
        "transform",
        lambda m: m.score(X),
    )
    classifier = skaae.SemiSupervisedAAEClassifier(vat_weight=1.0, entropy_weight=0.1, balance_weight=0.4, **shared)
    classifier.set_params(teachers=None if small else "auto")
    labelled = (X, few_labels(y))
    yield "SemiSupervisedAAEClassifier", classifier, labelled, "predict_proba", lambda m: m.score(X, y)
    clusterer = skaae.AAEClusterer(10, **shared)
    yield "AAEClusterer", clusterer, (X,), "predict_proba", lambda m: adjusted_rand_score(y, m.labels_)
    detector = skaae.AAEOutlierDetector(**shared)
    yield (
        "AAEOutlierDetector",
        detector,
        (strange,),
        "score_samples",
        lambda m: roc_auc_score(is_strange, -m.score_samples(strange)),
    )
    denoiser = skaae.AAEDenoiser(scaling=None, noise=3, **shared)
    yield "AAEDenoiser", denoiser, (X,), "transform", lambda m: -float(np.square(m.transform(noisy) - X).mean())
    masked = skaae.AAEDenoiser(corruption="masked", **shared)
    yield "AAEDenoiser, masked cells", masked, (table[list("bcd")],), "transform", lambda m: m.score(table[list("bcd")])
    generator = skaae.AAEGenerator(**shared, **({"flow_max_iter": 3} if small else {}))
    shape = lambda m: -column_shape_error(table, m.sample(len(table), random_state=0))  # noqa: E731
    yield "AAEGenerator", generator, (table, table["kind"]), "score_samples", shape


def agreement(benchmark: Benchmark) -> None:
    for name, estimator, data, method, quality in estimators(benchmark.small):
        if benchmark.seconds_left < 0:
            return
        quality_of = {}
        for device in dict.fromkeys(("cpu", benchmark.device)):
            seconds = benchmark.seconds_of(estimator.set_params(device=device).fit, *data)
            quality_of[device] = float(quality(estimator)), seconds
        outputs = []
        for device in ("cpu", benchmark.device):
            estimator._model = replace(estimator._model, device=device)
            rows = data[0][:200]
            arguments = (rows, data[1][:200]) if isinstance(estimator, skaae.AAEGenerator) else (rows,)
            outputs.append(np.asarray(getattr(estimator, method)(*arguments), dtype=np.float64))
        error = np.abs(outputs[1] - outputs[0]).max() / (outputs[0].std() or 1.0)
        of_device, of_cpu = quality_of[benchmark.device], quality_of["cpu"]
        benchmark.add("agreement", f"{name}, error of outputs", "deviations", float(error))
        benchmark.add("agreement", f"{name}, quality", "higher is better", of_device[0], of_cpu[0])
        benchmark.add("agreement", f"{name}, fit", "seconds", of_device[1], of_cpu[1])


def tables(benchmark: Benchmark) -> None:
    options = {"max_iter": 2} if benchmark.small else {}
    for n, n_columns in SMALL_SIZES if benchmark.small else SIZES:
        X = correlated_rows(n, n_columns).astype(np.float32)
        for estimator in (skaae.AAETransformer(random_state=0, **options), skaae.AAEOutlierDetector(**options)):
            estimator.set_params(device=benchmark.device, random_state=0)
            seconds = benchmark.seconds_of(estimator.fit, X)
            name = f"{type(estimator).__name__}, {n:,} x {n_columns}"
            benchmark.add("tables", f"{name}, fit", "seconds", seconds)
            method = "transform" if hasattr(estimator, "transform") else "score_samples"
            seconds += benchmark.seconds_of(getattr(estimator, method), X)
            benchmark.add("tables", f"{name}, {method}", "seconds", seconds - benchmark.rows[-1]["device"])
            if benchmark.seconds_left < MIN_FACTOR * seconds:
                return


def product(benchmark: Benchmark) -> None:
    n = 256 if benchmark.small else PRODUCT_BATCH
    a, b = (torch.randn(*shape, device=benchmark.device) for shape in ((n, HIDDEN), (HIDDEN, HIDDEN)))
    seconds = min(benchmark.seconds_of(torch.mm, a, b) for _ in range(20))
    rate = n * product_operations(HIDDEN, HIDDEN) / seconds / 1e9
    benchmark.add("product", f"torch.mm, {n:,} x {HIDDEN:,} by {HIDDEN:,} x {HIDDEN:,}", "GFLOP/s", rate)
    X = correlated_rows(4 * n, N_PRODUCT_COLUMNS).astype(np.float32)
    hidden = (HIDDEN, HIDDEN)
    settings = {"hidden_layer_sizes": hidden, "batch_size": n, "device": benchmark.device, "random_state": 0}
    few, many = (1, 2) if benchmark.small else (5, 55)
    fits = [skaae.AAETransformer(16, max_iter=epochs, **settings) for epochs in (few, many)]
    fits[0].fit(X)
    seconds = benchmark.seconds_of(fits[1].fit, X) - benchmark.seconds_of(fits[0].fit, X)
    operations = joint_operations(N_PRODUCT_COLUMNS, hidden, 16) * (many - few) * len(X)
    own = operations / max(seconds, 1e-9) / 1e9
    benchmark.add("product", f"AAETransformer, batches of {n:,}, layers of {HIDDEN:,}", "GFLOP/s", own)
    benchmark.add("product", "share of torch's product", "%", 100 * own / rate)


def images(benchmark: Benchmark) -> None:
    n, side, epochs = (200, 8, 1) if benchmark.small else (60_000, 28, 5)
    X = correlated_rows(n, side * side).astype(np.float32)
    y = few_labels(np.digitize(X[:, 0], np.quantile(X[:, 0], np.arange(0.1, 1, 0.1))))
    settings = {"max_iter": epochs, "scaling": None, "device": benchmark.device, "random_state": 0}
    dense = skaae.AAETransformer(16, hidden_layer_sizes=(HIDDEN, HIDDEN), **settings)
    convolutional = skaae.AAETransformer(16, image_shape=(side, side), **settings)
    classifier = skaae.SemiSupervisedAAEClassifier(teachers=None, hidden_layer_sizes=(HIDDEN, HIDDEN), **settings)
    cases = [("dense", dense, (X,)), ("convolutional", convolutional, (X,)), ("classifier", classifier, (X, y))]
    for name, estimator, data in cases:
        if benchmark.seconds_left > 0:
            seconds = benchmark.seconds_of(estimator.fit, *data)
            benchmark.add("images", f"{name}, {n:,} x {side * side}, an epoch", "seconds", seconds / epochs)


def search(benchmark: Benchmark) -> None:
    X = correlated_rows(*((200, 5) if benchmark.small else (2_000, 20))).astype(np.float32)
    grid = {"learning_rate_init": [1e-4, 1e-2] if benchmark.small else np.geomspace(1e-4, 1e-2, 16).tolist()}
    estimator = skaae.AAETransformer(4, max_iter=2 if benchmark.small else 20, device=benchmark.device, random_state=0)
    searches = [search(estimator, grid, cv=3) for search in (PackedGridSearchCV, GridSearchCV)]
    for each in searches:
        benchmark.add("search", type(each).__name__, "seconds", benchmark.seconds_of(each.fit, X))
    scores = [each.cv_results_["mean_test_score"] for each in searches]
    benchmark.add("search", "largest difference of scores", "squared error", float(np.abs(scores[0] - scores[1]).max()))


def auto(benchmark: Benchmark) -> None:
    X = correlated_rows(200, 5)
    estimator = skaae.AAETransformer(2, max_iter=2, random_state=0).fit(X)
    benchmark.add("auto", "`device_` of device='auto'", "", estimator.device_)
    again = pickle.loads(pickle.dumps(estimator.set_params(device=benchmark.device).fit(X)))
    code = again.transform(X)
    again._model = replace(again._model, device="cpu")
    error = float(np.abs(again.transform(X) - code).max())
    benchmark.add("auto", "a saved model on the CPU, error of codes", "deviations", error)


def processes(benchmark: Benchmark) -> None:
    on_cpu = benchmark.device == "cpu"
    if not on_cpu and torch.accelerator.device_count() < 2:
        benchmark.add("processes", "not run: there is one device", "", None)
        return
    n = 300 if benchmark.small else 200_000
    for n_processes in (1, 2):
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n_processes}"]
        command = [*launch, __file__, "--worker", benchmark.device, str(n)]
        environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
        if run.returncode:
            raise RuntimeError(run.stderr[-2000:])
        seconds, score = map(float, run.stdout.split()[:2])
        benchmark.add("processes", f"{n_processes}, fit of {n:,} x 50", "seconds", seconds)
        benchmark.add("processes", f"{n_processes}, score", "higher is better", score)


def worker(device: str, n: int) -> None:
    """One of the processes that share the rows."""
    if device != "cpu":
        torch.accelerator.set_device_index(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    X = correlated_rows(n, 50).astype(np.float32)
    estimator = skaae.AAETransformer(8, max_iter=2, batch_size=256, device=device, random_state=0)
    seconds = seconds_of(estimator.fit, X)
    if os.environ["RANK"] == "0":
        print(seconds, estimator.score(X[:1000]))
    torch.distributed.destroy_process_group()


PARTS = {f.__name__: f for f in (agreement, tables, product, images, search, auto, processes)}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=450, help="after which no further case begins")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--small", action="store_true", help="tiny data, to try the script")
    arguments = parse_arguments(parser)
    benchmark = Benchmark(arguments.device, arguments.seconds, arguments.small)
    if arguments.device != "cpu":
        benchmark.add(
            "device", torch.cuda.get_device_name() if arguments.device == "cuda" else arguments.device, "", None
        )
    warnings.simplefilter("ignore")
    for part in arguments.parts:
        if benchmark.seconds_left > 0:
            try:
                PARTS[part](benchmark)
            except Exception as error:  # the other parts are worth having
                traceback.print_exc()
                benchmark.add(part, f"failed: {type(error).__name__}: {error}"[:300], "", None)
            write_results("device", benchmark.rows, arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], int(sys.argv[3]))
    else:
        main()
