"""What does learning from a file cost, how much memory does a fit to a memmap take, and are chunks as good as all rows?

Run ``python benchmarks/streaming.py`` (a quarter of an hour on two cores; needs 6 GB of room in the temporary folder,
or in ``--folder``). It makes files of 20 columns of 64-bit floats, of 5 GB in Parquet and of 1 GB in CSV or of
``--gigabytes``, and deletes them. Each measurement
has a process of its own. The memory of a stream is the peak of all that the process holds, Python and torch included;
that of a fit to a memmap is what it allocates beyond what it held with torch and a first small fit, without the pages
of the file that the system keeps.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _data import split_table
from _measurement import AllocationMonitor, peak_memory, run_in_process
from _results import argument_parser, parse_arguments, write_results
from features import probe

N_COLUMNS = 20
ROWS_PER_GROUP = 100_000
GIGABYTES = {"parquet": 5.0, "csv": 1.0}
MEMMAP_GIGABYTES = 1.0
TABLES = ("electricity", "magic_telescope", "adult", "pendigits", "digits")


def groups_of_rows(n_rows, dtype=np.float64):
    """Columns that six numbers make, with noise, 100,000 rows at a time."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((6, N_COLUMNS))
    for start in range(0, n_rows, ROWS_PER_GROUP):
        n = min(ROWS_PER_GROUP, n_rows - start)
        rows = np.tanh(rng.standard_normal((n, 6)) @ weights) * 5 + 10 + 0.1 * rng.standard_normal((n, N_COLUMNS))
        yield rows.astype(dtype)


def write_file(path, gigabytes):
    """A file of about so many gigabytes; how many rows it has."""
    if path.suffix == ".csv":
        n_rows = int(gigabytes * 1e9 / (N_COLUMNS * 8))
        for index, rows in enumerate(groups_of_rows(n_rows)):
            frame = pd.DataFrame(rows, columns=[f"c{column}" for column in range(N_COLUMNS)])
            frame.to_csv(path, mode="a", header=index == 0, index=False, float_format="%.5f")
        return n_rows
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    n_rows = int(gigabytes * 1e9 / (N_COLUMNS * 8))
    names = [f"c{column}" for column in range(N_COLUMNS)]
    with ParquetWriter(path, pa.schema([(name, pa.float64()) for name in names]), use_dictionary=False) as writer:
        for rows in groups_of_rows(n_rows):
            writer.write_table(pa.table(dict(zip(names, rows.T, strict=True))))
    return n_rows


def write_memmap(path, gigabytes, dtype):
    n_rows = int(gigabytes * 1e9 / (N_COLUMNS * np.dtype(dtype).itemsize))
    rows = np.memmap(path, dtype, "w+", shape=(n_rows, N_COLUMNS))
    for index, group in enumerate(groups_of_rows(n_rows, dtype)):
        rows[index * ROWS_PER_GROUP : index * ROWS_PER_GROUP + len(group)] = group
    rows.flush()
    return n_rows


def small_model(**parameters):
    from skaae import AAETransformer

    model = AAETransformer(8, hidden_layer_sizes=64, batch_size=1024, random_state=0, **parameters)
    model.fit(np.random.default_rng(0).normal(size=(300, N_COLUMNS)))  # torch loads what it needs
    return AAETransformer(**model.get_params())


def stream(path, n_rows):
    """Seconds and peak of a stream; and of reading alone."""
    from skaae.streaming import fit_stream, read_chunks

    model = small_model()
    start = time.perf_counter()
    n_read = sum(len(rows) for rows in read_chunks(path))
    reading = time.perf_counter() - start
    assert n_read == n_rows, (n_read, n_rows)
    start = time.perf_counter()
    fit_stream(model, path, random_state=0)
    return {"reading": reading, "seconds": time.perf_counter() - start, "peak": peak_memory()}


def memmap_allocations(path, dtype, what):
    """MiB that are allocated by a fit to a memmap, of chunks, or of a transform by chunks."""
    rows = np.memmap(path, dtype, "r").reshape(-1, N_COLUMNS)
    model = small_model(max_iter=1).set_params(batch_size=8192)
    chunks = [rows[start : start + 65_536] for start in range(0, len(rows), 65_536)]
    if what == "transform":
        model.fit(rows[:10_000])
    with AllocationMonitor() as monitor:
        if what == "fit":
            model.fit(rows)
        for chunk in chunks if what != "fit" else ():
            getattr(model, what)(chunk)
    return round(monitor.peak)


def stream_row(folder, gigabytes, kind):
    path = folder / f"rows.{kind}"
    try:
        n_rows = run_in_process(write_file, path, gigabytes)
        size = path.stat().st_size / 1e9
        measured = run_in_process(stream, path, n_rows)
    finally:
        path.unlink(missing_ok=True)
    return {
        "file": f"{'CSV' if kind == 'csv' else 'Parquet'}, {size:.1f} GB",
        "rows": n_rows,
        "peak, MiB": round(measured["peak"]),
        "seconds": round(measured["seconds"]),
        "rows a second": round(n_rows / measured["seconds"]),
        "rows a second, reading alone": round(n_rows / measured["reading"]),
    }


def memmap_rows(folder, gigabytes):
    path = folder / "rows.memmap"
    rows = {call: {"call": call} for call in ("fit", "partial_fit by chunks", "transform by chunks")}
    for dtype, title in (("float32", "32-bit rows"), ("float64", "64-bit rows")):
        try:
            run_in_process(write_memmap, path, gigabytes, dtype)
            for call, row in rows.items():
                row[f"{title}, MiB allocated"] = run_in_process(memmap_allocations, path, dtype, call.split()[0])
        finally:
            path.unlink(missing_ok=True)
    return list(rows.values())


def by_chunks(model, X, n_epochs, n_rows=1000):
    """The same model by hand, chunks in their order."""
    for _ in range(n_epochs):
        for start in range(0, len(X), n_rows):
            model.partial_fit(X[start : start + n_rows])
    return model


def quality(name, seed):
    """Error on test rows, and accuracy of a logistic regression on codes, of a fit and of the same rows in chunks."""
    from skaae import AAETransformer
    from skaae.streaming import fit_stream

    X, X_test, y, y_test = split_table(name, max_rows=12_000, seed=seed)
    width = min(16, X.shape[1] - 1)
    full = AAETransformer(width, batch_size=256, random_state=seed).fit(X)
    epochs = full.n_iter_
    by_class = np.argsort(y, kind="stable")
    options = {"epochs": epochs, "batch_rows": 1000, "buffer_rows": 4000, "sample_rows": 4000, "random_state": seed}

    def fresh():
        return AAETransformer(width, batch_size=256, random_state=seed)

    models = {
        "fit": full,
        "fit_stream": fit_stream(fresh(), X, **options),
        "sorted by class": fit_stream(fresh(), X[by_class], **options),
        "partial_fit": by_chunks(fresh(), X, epochs),
    }
    encoder, row = full.table_encoder_, {"table": name}
    for kind, model in models.items():
        decoded = encoder.transform(np.asarray(model.inverse_transform(model.transform(X_test))))
        error = np.square(decoded - encoder.transform(X_test)).mean()
        accuracy = probe(model.transform(X), model.transform(X_test), y, y_test)
        row |= {f"{kind}, error": round(error, 4), f"{kind}, accuracy": round(100 * accuracy, 1)}
    return row


def quality_with_labels(name, seed, labelled_fraction=0.1):
    """Test accuracy of a classifier with labels for a fraction of the rows, of a fit and of the same rows in chunks."""
    from skaae import SemiSupervisedAAEClassifier
    from skaae.streaming import fit_stream

    X, X_test, y, y_test = split_table(name, max_rows=12_000, seed=seed)
    masked = np.where(np.random.default_rng(seed).random(len(y)) < labelled_fraction, y, -1).astype(object)
    masked[masked == "-1"] = -1
    model = SemiSupervisedAAEClassifier(teachers=None, batch_size=256, random_state=seed)
    full = model.fit(X, masked).score(X_test, y_test)
    options = {"epochs": model.n_iter_, "batch_rows": 1000, "buffer_rows": 4000, "sample_rows": 4000}
    fresh = SemiSupervisedAAEClassifier(**model.get_params())
    chunks = fit_stream(fresh, X, target=masked, **options, random_state=seed).score(X_test, y_test)
    return {"classifier, fit": round(100 * full, 1), "classifier, fit_stream": round(100 * chunks, 1)}


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--gigabytes", type=float, default=None, help="of each file")
    parser.add_argument("--kinds", nargs="+", default=list(GIGABYTES), choices=list(GIGABYTES))
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--parts", nargs="+", default=["stream", "memmap", "quality"])
    arguments = parse_arguments(parser, selectors=("folder",))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder, gigabytes = Path(name), arguments.gigabytes
        if "stream" in arguments.parts:
            rows = [stream_row(folder, gigabytes or GIGABYTES[kind], kind) for kind in arguments.kinds]
            write_results("streaming", rows, arguments, packages=("pyarrow",))
        if "memmap" in arguments.parts:
            write_results("streaming_memmap", memmap_rows(folder, gigabytes or MEMMAP_GIGABYTES), arguments)
    if "quality" in arguments.parts:
        rows = [quality(name, 0) | quality_with_labels(name, 0) for name in arguments.tables]
        write_results("streaming_quality", rows, arguments)


if __name__ == "__main__":
    main()
