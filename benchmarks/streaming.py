"""What does learning from a file cost, how much memory does a fit to a memmap take, and are chunks as good as all rows?

Run ``python benchmarks/streaming.py`` (a quarter of an hour on two cores; needs 6 GB of room in the temporary folder,
or in ``--folder``). It makes a file of ``--gigabytes`` of 20 columns of 64-bit floats, and deletes it. Each measurement
has a process of its own. The memory of a stream is the peak of all that the process holds, Python and torch included;
that of a fit to a memmap is what it allocates beyond what it held with torch and a first small fit, without the pages
of the file that the system keeps.
"""

import argparse
import multiprocessing
import resource
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _data import split_table
from features import probe

COLUMNS = 20
ROWS_OF_GROUP = 100_000
TABLES = ("electricity", "magic_telescope", "adult", "pendigits", "digits")


def groups_of_rows(n_rows, dtype=np.float64):
    """Columns that six numbers make, with noise, 100,000 rows at a time."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((6, COLUMNS))
    for start in range(0, n_rows, ROWS_OF_GROUP):
        n = min(ROWS_OF_GROUP, n_rows - start)
        rows = np.tanh(rng.standard_normal((n, 6)) @ weights) * 5 + 10 + 0.1 * rng.standard_normal((n, COLUMNS))
        yield rows.astype(dtype)


def write_file(path, gigabytes):
    """A file of about so many gigabytes; how many rows it has."""
    if path.suffix == ".csv":
        n_rows = int(gigabytes * 1e9 / (COLUMNS * 8))
        for place, rows in enumerate(groups_of_rows(n_rows)):
            frame = pd.DataFrame(rows, columns=[f"c{column}" for column in range(COLUMNS)])
            frame.to_csv(path, mode="a", header=place == 0, index=False, float_format="%.5f")
        return n_rows
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    n_rows = int(gigabytes * 1e9 / (COLUMNS * 8))
    names = [f"c{column}" for column in range(COLUMNS)]
    with ParquetWriter(path, pa.schema([(name, pa.float64()) for name in names]), use_dictionary=False) as writer:
        for rows in groups_of_rows(n_rows):
            writer.write_table(pa.table(dict(zip(names, rows.T, strict=True))))
    return n_rows


def write_memmap(path, gigabytes, dtype):
    n_rows = int(gigabytes * 1e9 / (COLUMNS * np.dtype(dtype).itemsize))
    rows = np.memmap(path, dtype, "w+", shape=(n_rows, COLUMNS))
    for place, group in enumerate(groups_of_rows(n_rows, dtype)):
        rows[place * ROWS_OF_GROUP : place * ROWS_OF_GROUP + len(group)] = group
    rows.flush()
    return n_rows


def peak():
    """Most that the process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def allocated():
    """What the process holds now that is not a page of a file, in MiB."""
    with open("/proc/self/status") as status:
        return sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem"))) / 1024


class Watch:
    """The most that was allocated while it was open, beyond what was before."""

    def __enter__(self):
        self.before, self.most, self.over = allocated(), 0.0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def look(self):
        while not self.over.wait(0.005):
            self.most = max(self.most, allocated() - self.before)

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()


def small_model(**parameters):
    from skaae import AAETransformer

    model = AAETransformer(8, hidden_layer_sizes=64, batch_size=1024, random_state=0, **parameters)
    model.fit(np.random.default_rng(0).normal(size=(300, COLUMNS)))  # torch loads what it needs
    return AAETransformer(**model.get_params())


def stream(path, n_rows):
    """Seconds and peak of a stream; and of reading alone."""
    from skaae.streaming import fit_stream, read_chunks

    model = small_model()
    before, start = peak(), time.perf_counter()
    n_read = sum(len(rows) for rows in read_chunks(path))
    reading = time.perf_counter() - start
    assert n_read == n_rows, (n_read, n_rows)
    start = time.perf_counter()
    fit_stream(model, path, random_state=0)
    return {"reading": reading, "seconds": time.perf_counter() - start, "before": before, "peak": peak()}


def over_memmap(path, dtype, what):
    """Seconds and allocations of a fit to a memmap, of chunks, or of a transform by chunks."""
    rows = np.memmap(path, dtype, "r").reshape(-1, COLUMNS)
    model = small_model(max_iter=1).set_params(batch_size=8192)
    chunks = [rows[start : start + 65_536] for start in range(0, len(rows), 65_536)]
    if what == "transform":
        model.fit(rows[:10_000])
    start = time.perf_counter()
    with Watch() as watch:
        if what == "fit":
            model.fit(rows)
        for chunk in chunks if what != "fit" else ():
            getattr(model, what)(chunk)
    return {"seconds": time.perf_counter() - start, "most": watch.most, "own": rows.nbytes / 2**20, "rows": len(rows)}


def answer(queue, work, arguments):
    queue.put(work(*arguments))


def apart(work, *arguments):
    """What a function returns in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=answer, args=(queue, work, arguments))
    process.start()
    result = queue.get()
    process.join()
    return result


def show_stream(folder, gigabytes, kind):
    path = folder / f"rows.{kind}"
    try:
        n_rows = apart(write_file, path, gigabytes)
        size = path.stat().st_size / 1e9
        found = apart(stream, path, n_rows)
    finally:
        path.unlink(missing_ok=True)
    print(f"fit_stream, {kind} of {size:.1f} GB, {n_rows:,} x {COLUMNS}: peak {found['peak']:.0f} MiB in all", end="")
    print(f" ({found['before']:.0f} before), {found['seconds']:.0f} s, {n_rows / found['seconds']:,.0f} rows/s", end="")
    print(f"; reading alone {n_rows / found['reading']:,.0f} rows/s", flush=True)


def show_memmap(folder, gigabytes):
    path = folder / "rows.memmap"
    for dtype in ("float32", "float64"):
        try:
            apart(write_memmap, path, gigabytes, dtype)
            for what in ("fit", "partial_fit", "transform"):
                found = apart(over_memmap, path, dtype, what)
                print(f"{what} on a memmap of {found['own']:.0f} MiB, {dtype}, {found['rows']:,} rows: ", end="")
                print(f"{found['most']:.0f} MiB allocated, {found['seconds']:.0f} s", flush=True)
        finally:
            path.unlink(missing_ok=True)


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
    whole = AAETransformer(width, batch_size=256, random_state=seed).fit(X)
    epochs = whole.n_iter_
    by_class = np.argsort(y, kind="stable")
    options = {"n_epochs": epochs, "chunk_size": 1000, "buffer_size": 4000, "sample_size": 4000, "random_state": seed}

    def fresh():
        return AAETransformer(width, batch_size=256, random_state=seed)

    models = {
        "fit": whole,
        "fit_stream": fit_stream(fresh(), X, **options),
        "fit_stream, rows by class": fit_stream(fresh(), X[by_class], **options),
        "partial_fit by hand": by_chunks(fresh(), X, epochs),
    }
    one_scale = whole.table_encoder_
    for kind, model in models.items():
        back = one_scale.transform(np.asarray(model.inverse_transform(model.transform(X_test))))
        error = np.square(back - one_scale.transform(X_test)).mean()
        accuracy = probe(model.transform(X), model.transform(X_test), y, y_test)
        print(f"  {name:>16} {kind:>26}: error {error:.4f}, accuracy {100 * accuracy:.1f}", flush=True)


def quality_with_labels(name, seed, share=0.1):
    """Test accuracy of a classifier with labels for a share of the rows, of a fit and of the same rows in chunks."""
    from skaae import SemiSupervisedAAEClassifier
    from skaae.streaming import fit_stream

    X, X_test, y, y_test = split_table(name, max_rows=12_000, seed=seed)
    few = np.where(np.random.default_rng(seed).random(len(y)) < share, y, -1).astype(object)
    few[few == "-1"] = -1
    model = SemiSupervisedAAEClassifier(teachers=None, batch_size=256, random_state=seed)
    whole = model.fit(X, few).score(X_test, y_test)
    options = {"n_epochs": model.n_iter_, "chunk_size": 1000, "buffer_size": 4000, "sample_size": 4000}
    fresh = SemiSupervisedAAEClassifier(**model.get_params())
    chunks = fit_stream(fresh, X, target=few, **options, random_state=seed).score(X_test, y_test)
    print(f"  {name:>16} classifier: accuracy {100 * whole:.1f} of fit, {100 * chunks:.1f} of fit_stream", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--kinds", nargs="+", default=["parquet", "csv"], choices=["parquet", "csv"])
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--parts", nargs="+", default=["stream", "memmap", "quality"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        if "stream" in arguments.parts:
            for kind in arguments.kinds:
                show_stream(Path(folder), arguments.gigabytes, kind)
        if "memmap" in arguments.parts:
            show_memmap(Path(folder), min(1.0, arguments.gigabytes))
    if "quality" in arguments.parts:
        for name in TABLES:
            quality(name, 0)
            quality_with_labels(name, 0)


if __name__ == "__main__":
    main()
