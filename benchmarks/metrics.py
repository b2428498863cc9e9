"""How long do metrics take, and how much memory, against the packages that are their references?

Run ``python benchmarks/metrics.py`` (some minutes on two cores). Each metric runs in a process of its own, on real and
generated rows of 64 columns; memory is that process's peak beyond what it held before the call. Where a package is not
there, or does not end for want of memory, its cells are empty. What is called is the part of torch-fidelity that works
on features. On a machine whose torchvision does not fit its torch, that package cannot be imported.
"""

import resource
import time
import warnings
from contextlib import suppress
from queue import Empty

import numpy as np
import pandas as pd
from _measurement import peak_memory, run_in_process
from _results import argument_parser, parse_arguments, write_results

N_COLUMNS = 64
MAX_GIBIBYTES = 20  # of address space, so that whole matrices of 50,000 x 50,000 fail soon


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


SDMETRICS = "SDMetrics, both at once"
METRICS = {
    "frechet_distance": (ours("frechet_distance"), "torch-fidelity", of_torch_fidelity("fid")),
    "kernel_distance": (ours("kernel_distance", random_state=0), "torch-fidelity", of_torch_fidelity("kid", **KERNEL)),
    "inception_score": (
        ours("inception_score", lambda real, generated: (probabilities(generated),)),
        "torch-fidelity",
        inception_by_torch_fidelity,
    ),
    "precision_recall": (ours("precision_recall"), "torch-fidelity", of_torch_fidelity("prc", **NEIGHBORS)),
    "density_coverage": (ours("density_coverage"), "prdc, all four at once", prdc),
    "distribution_precision_recall_curve": (ours("distribution_precision_recall_curve", random_state=0), "", None),
    "sliced_wasserstein": (ours("sliced_wasserstein", random_state=0), "", None),
    "column_shape_error": (ours("column_shape_error", in_frames), SDMETRICS, of_sdmetrics("Column Shapes")),
    "pair_trend_error": (ours("pair_trend_error", in_frames), SDMETRICS, of_sdmetrics("Column Pair Trends")),
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


def measure(name, is_reference, n_rows):
    """Seconds and MiB of a call; where it fails, the name of the error and None."""
    call = METRICS[name][2 if is_reference else 0]
    warnings.simplefilter("ignore")
    if call is not prdc:
        with suppress(Exception):  # too few rows for its subsets
            call(*samples(200))  # imports
    real, generated = samples(n_rows)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_GIBIBYTES << 30, MAX_GIBIBYTES << 30))
    before, start = peak_memory(), time.perf_counter()
    try:
        call(real, generated)
    except Exception as error:
        return type(error).__name__, None
    return float(f"{time.perf_counter() - start:.2g}"), round(peak_memory() - before)


def measure_apart(name, is_reference, n_rows, limit):
    try:
        return run_in_process(measure, name, is_reference, n_rows, method="fork", timeout=limit)
    except Empty:
        return f"not in {limit} s", None


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--metrics", nargs="+", default=list(METRICS))
    parser.add_argument("--limit", type=int, default=600, help="seconds for a call")
    arguments = parse_arguments(parser)
    rows = []
    for name in arguments.metrics:
        _, package, reference = METRICS[name]
        row = {"metric": name}
        for prefix, is_reference in (("", False), ("reference, ", True)):
            if is_reference:
                row["reference"] = package or None
            for n_rows in arguments.rows:
                skipped = is_reference and reference is None
                measured = (None, None) if skipped else measure_apart(name, is_reference, n_rows, arguments.limit)
                row[f"{prefix}{n_rows:,} rows, seconds"], row[f"{prefix}{n_rows:,} rows, MiB"] = measured
        rows.append(row)
        print(row, flush=True)
    write_results("metrics", rows, arguments, packages=("torch-fidelity", "prdc", "sdmetrics"))


if __name__ == "__main__":
    main()
