"""How long do metrics take, and how much memory, against the packages that are their references?

Run ``python benchmarks/metrics.py`` (some minutes on two cores). Each metric runs in a process of its own, on real and
generated rows of 64 columns; memory is that process's peak beyond what it held before the call. Where a package is not
there, or does not end for want of memory, its cells are empty. What is called is the part of torch-fidelity that works
on features. On a machine whose torchvision does not fit its torch, that package cannot be imported.
"""

import argparse
import multiprocessing
import resource
import time
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd

N_COLUMNS = 64
LIMIT_GB = 20  # of address space, so that whole matrices of 50,000 x 50,000 fail soon


def samples(n_rows):
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((N_COLUMNS, N_COLUMNS)) / 8
    real, generated = rng.standard_normal((2, n_rows, N_COLUMNS)) @ mixing
    return real, generated + 0.1


def frame(rows):
    """Half of the columns as categories."""
    table = pd.DataFrame(rows, columns=[f"column {i}" for i in range(rows.shape[1])])
    for name in table.columns[::2]:
        table[name] = pd.cut(table[name], [-9, -1, 0, 1, 9], labels=list("abcd")).astype(str)
    return table


def probabilities(rows):
    p = np.exp(3 * rows)
    return p / p.sum(1, keepdims=True)


def of_torch_fidelity(name, **options):
    """A call of its functions on features; generated ones come first."""

    def call(real, generated):
        import importlib

        import torch

        module = importlib.import_module(f"torch_fidelity.metric_{name}")
        parts = torch.tensor(generated), torch.tensor(real)
        if name == "fid":
            return module.fid_statistics_to_metric(*map(module.fid_features_to_statistics, parts), False)
        return getattr(module, f"{name}_features_to_metric")(*parts, verbose=False, **options)

    return call


def inception_by_torch_fidelity(real, generated):
    import torch
    from torch_fidelity.metric_isc import isc_features_to_metric

    return isc_features_to_metric(torch.tensor(3 * generated))


def prdc(real, generated):
    from prdc import compute_prdc

    return compute_prdc(real, generated, 5)


def of_sdmetrics(part):
    def call(real, generated):
        from sdmetrics.reports.single_table import QualityReport

        real, generated = frame(real), frame(generated)
        kinds = {name: "numerical" if cells.dtype.kind == "f" else "categorical" for name, cells in real.items()}
        report = QualityReport()
        report.generate(real, generated, {"columns": {n: {"sdtype": k} for n, k in kinds.items()}}, verbose=False)
        return dict(report.get_properties().itertuples(index=False))[part]

    return call


def ours(name, prepare=None, **options):
    def call(real, generated):
        from skaae import metrics

        return getattr(metrics, name)(*((real, generated) if prepare is None else prepare(real, generated)), **options)

    return call


KERNEL = {
    "kid_kernel": "poly",
    "kid_kernel_poly_degree": 3,
    "kid_kernel_poly_gamma": None,
    "kid_kernel_poly_coef0": 1,
    "kid_subsets": 100,
    "kid_subset_size": 1000,
    "rng_seed": 0,
}
NEIGHBORS = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": True}


def in_frames(real, generated):
    return frame(real), frame(generated)


def with_targets(real, generated):
    return real, real[:, 0] > 0, generated, generated[:, 0] > 0


METRICS = {
    "frechet_distance": (ours("frechet_distance"), "torch-fidelity", of_torch_fidelity("fid")),
    "kernel_distance": (ours("kernel_distance", random_state=0), "torch-fidelity", of_torch_fidelity("kid", **KERNEL)),
    "inception_score": (
        ours("inception_score", lambda real, generated: (probabilities(generated),)),
        "torch-fidelity",
        inception_by_torch_fidelity,
    ),
    "precision_recall": (ours("precision_recall"), "torch-fidelity", of_torch_fidelity("prc", **NEIGHBORS)),
    "density_coverage": (ours("density_coverage"), "prdc, all four", prdc),
    "distribution_precision_recall_curve": (ours("distribution_precision_recall_curve", random_state=0), "", None),
    "sliced_wasserstein": (ours("sliced_wasserstein", random_state=0), "", None),
    "column_shape_error": (ours("column_shape_error", in_frames), "SDMetrics, both", of_sdmetrics("Column Shapes")),
    "pair_trend_error": (ours("pair_trend_error", in_frames), "SDMetrics, both", of_sdmetrics("Column Pair Trends")),
    "detection_score": (ours("detection_score", random_state=0), "", None),
    "utility_score": (ours("utility_score", with_targets, random_state=0), "", None),
    "nearest_record_share": (
        ours("nearest_record_share", lambda real, generated: (generated, real[::2], real[1::2]), random_state=0),
        "",
        None,
    ),
    "parzen_log_likelihood": (ours("parzen_log_likelihood", bandwidth=1.0), "", None),
    "reconstruction_error": (ours("reconstruction_error"), "", None),
}


def measure(call, n_rows, answer):
    """Puts seconds and megabytes of a call, which are empty where it fails, into a queue."""
    real, generated = samples(n_rows)
    small = samples(200)
    try:
        import warnings

        warnings.simplefilter("ignore")
        if call is not prdc:
            call(*(rows[:200] for rows in small))  # imports
    except Exception:  # too few rows for its subsets
        pass
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_GB << 30, LIMIT_GB << 30))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    try:
        call(real, generated)
    except Exception as error:
        answer.put((type(error).__name__, None))
        return
    seconds = time.perf_counter() - start
    answer.put((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def measured(call, n_rows, limit):
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    process = context.Process(target=measure, args=(call, n_rows, answer))
    process.start()
    try:
        return answer.get(timeout=limit)
    except Exception:
        return f"not in {limit} s", None
    finally:
        process.terminate()
        process.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--metrics", nargs="+", default=list(METRICS))
    parser.add_argument("--limit", type=int, default=600, help="seconds for a call")
    arguments = parser.parse_args()
    for package in ("scikit-learn", "torch-fidelity", "prdc", "sdmetrics"):
        try:
            print(package, version(package), end="; ")
        except PackageNotFoundError:
            print(package, "is not here", end="; ")
    print()
    for name in arguments.metrics:
        own, package, reference = METRICS[name]
        for n_rows in arguments.rows:
            line = [name, n_rows, *measured(own, n_rows, arguments.limit)]
            if reference is not None:
                line += [package, *measured(reference, n_rows, arguments.limit)]
            print(" | ".join(f"{x:.3g}" if isinstance(x, float) else str(x) for x in line), flush=True)


if __name__ == "__main__":
    main()
