from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from skaae import AAEClusterer, AAETransformer, SemiSupervisedAAEClassifier
from skaae.streaming import fit_stream, read_chunks
from skaae.streaming._sampling import KnownCategories, ReservoirSample
from skaae.streaming._sources import shuffle_chunks

RNG = np.random.default_rng(0)
N = 900
NUMBERS = np.tanh(RNG.standard_normal((N, 2)) @ RNG.standard_normal((2, 4)))
FRAME = pd.DataFrame(NUMBERS, columns=list("abcd"))
FRAME["kind"] = np.where(NUMBERS[:, 0] > 0, "warm", "cold")
FRAME.loc[N - 2, "kind"] = "rare"
FRAME.loc[N - 1, "d"] = np.nan
FRAME["y"] = np.where(NUMBERS[:, 1] > 0, "plus", "minus")


def small(**parameters):
    return AAETransformer(2, hidden_layer_sizes=8, batch_size=64, random_state=0, **parameters)


def fit_small(source, model=None, **options):
    return fit_stream(model or small(), source, **{"batch_rows": 200, "buffer_rows": 400, "random_state": 0, **options})


@pytest.fixture
def files(tmp_path):
    """Files of the table."""
    FRAME.to_csv(tmp_path / "rows.csv.gz", index=False)
    FRAME[:500].to_csv(tmp_path / "first.csv", index=False)
    FRAME[500:].to_csv(tmp_path / "second.csv", index=False)
    return {"gz": tmp_path / "rows.csv.gz", "two": [tmp_path / "first.csv", str(tmp_path / "second.csv")]}


@pytest.fixture
def parquet(tmp_path):
    pytest.importorskip("pyarrow")
    FRAME.to_parquet(tmp_path / "rows.parquet", row_group_size=300)
    return tmp_path / "rows.parquet"


@pytest.fixture
def memmap(tmp_path):
    rows = np.memmap(tmp_path / "rows", float, "w+", shape=NUMBERS.shape)
    rows[:] = NUMBERS
    rows.flush()
    return np.memmap(tmp_path / "rows", float, "r", shape=NUMBERS.shape)


def sort_rows(X):
    return X[np.lexsort(X.T)]


class RecordingTransformer(AAETransformer):
    """Records the chunks and learning rates of calls to `partial_fit`."""

    chunks = None

    def partial_fit(self, X, y=None, classes=None):
        self.chunks = [*(self.chunks or []), X]
        self.rates = [*getattr(self, "rates", []), self.learning_rate_init]
        return super().partial_fit(X, y, classes)


def test_all_kinds_of_sources(files, parquet, memmap):
    wide = [files["gz"], files["two"], parquet, FRAME, lambda: iter([FRAME[:300], FRAME[300:]]), [FRAME[:9], FRAME[9:]]]
    for source in wide:
        model = fit_small(source, columns=["a", "d", "kind"])
        names = ["a", "d", "d_value", "d_missing", "kind_cold", "kind_rare", "kind_warm"]
        assert model.table_encoder_.get_feature_names_out().tolist() == names, source
    for source in (memmap, NUMBERS, [NUMBERS[:300], NUMBERS[300:]]):
        assert fit_small(source).score(NUMBERS) > -0.2


def test_every_row_is_trained_on_once_an_epoch_in_random_order(memmap):
    model = fit_small(memmap, RecordingTransformer(2, max_iter=1, random_state=0), sample_rows=100, epochs=2)
    sample, *chunks = model.chunks
    assert len(sample) == 100
    assert {len(chunk) for chunk in chunks} <= {100, 200, 150}
    for epoch in (chunks[: len(chunks) // 2], chunks[len(chunks) // 2 :]):
        shown = np.concatenate(epoch)
        np.testing.assert_array_equal(sort_rows(shown), sort_rows(NUMBERS))
        assert not np.array_equal(shown, NUMBERS)


def test_learning_rate_decays_over_the_second_half_and_is_restored(memmap):
    model = fit_small(memmap, RecordingTransformer(2, random_state=0))
    assert model.rates[1] == 1e-3
    assert model.rates[-1] < 6e-4
    assert model.learning_rate_init == 1e-3


def test_learning_rate_is_restored_after_an_interruption():
    passes = []

    def interrupted():
        passes.append(1)
        yield from np.array_split(NUMBERS, 5)
        if len(passes) > 1:
            raise KeyboardInterrupt

    model = RecordingTransformer(2, learning_rate_init=0.01, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        fit_small(interrupted, model, buffer_rows=1)
    assert model.rates[-1] < model.learning_rate_init == 0.01


def test_labels_from_a_column_an_array_or_pairs():
    wanted = FRAME["y"].to_numpy()
    few = np.where(np.arange(N) % 10, "-1", wanted).astype(object)
    few[few == "-1"] = -1
    pairs = [(NUMBERS[:450], few[:450]), (NUMBERS[450:], few[450:])]
    for source, target in ((FRAME[list("abc")].assign(y=few), "y"), (FRAME[list("abc")], few), (pairs, None)):
        model = SemiSupervisedAAEClassifier(teachers=None, hidden_layer_sizes=16, n_members=1, random_state=0)
        model = fit_small(source, model, target=target, epochs=8)
        rows = FRAME[list("abc")] if isinstance(source, pd.DataFrame) else NUMBERS
        assert model.classes_.tolist() == ["minus", "plus"]
        assert model.score(rows, wanted) > 0.85


def test_iterators_are_read_once_and_new_categories_are_warned_of():
    rows = FRAME.drop(columns="y")
    with pytest.warns(UserWarning, match="zeros") as record:
        model = fit_small(iter([rows[:500], rows[500:]]))
    words = sorted(str(warning.message) for warning in record)
    assert [(line.split("'")[1], line.split()[-1]) for line in words] == [("d", "missing."), ("kind", "rare.")]
    assert "kind_rare" not in model.table_encoder_.get_feature_names_out()
    with pytest.warns(UserWarning, match="Column 'kind' has categories that no training row had"):
        assert np.isfinite(model.transform(rows)).all()
    with pytest.raises(ValueError, match="epochs"):
        fit_small(iter([rows]), epochs=2)


def test_training_of_a_fitted_model_continues():
    model = small(max_iter=2).fit(FRAME[["a", "b"]])
    encoder = model.table_encoder_
    assert fit_small(FRAME[["a", "b"]], model).table_encoder_ is encoder
    assert model.n_iter_ > 2


def test_same_random_state_gives_the_same_model(parquet):
    first, second = (fit_small(parquet, columns=["a", "b"]) for _ in range(2))
    np.testing.assert_array_equal(first.transform(FRAME[["a", "b"]]), second.transform(FRAME[["a", "b"]]))


def test_score_is_about_that_of_fit():
    X, _ = load_digits(return_X_y=True)
    model = AAETransformer(16, batch_size=64, random_state=0)
    whole = model.set_params(max_iter=10).fit(X).score(X)
    chunks = fit_stream(AAETransformer(16, batch_size=64, random_state=0), X, epochs=10, batch_rows=500, random_state=0)
    assert chunks.score(X) > 1.1 * whole


@pytest.mark.parametrize(
    ("error", "words", "source", "options"),
    [
        (TypeError, "paths, an array", 7, {}),
        (ValueError, "must have rows", [], {}),
        (ValueError, "end in .parquet or .csv", "rows.xlsx", {}),
        (ValueError, r"names of columns. Got \['z'\]", FRAME, {"target": "z"}),
        (ValueError, "unless the source is an array", [NUMBERS], {"target": FRAME["y"]}),
        (ValueError, "inconsistent", NUMBERS, {"target": FRAME["y"][:5]}),
        (FileNotFoundError, "rows.csv", "rows.csv", {}),
    ],
)
def test_invalid_sources_raise(error, words, source, options):
    with pytest.raises(error, match=words):
        fit_small(source, **options)


def test_estimators_without_partial_fit_raise():
    with pytest.raises(TypeError, match="AAEClusterer: fit it to a sample"):
        fit_stream(AAEClusterer(3), NUMBERS)


def test_read_chunks_keeps_the_order(files, parquet, memmap):
    for source in (files["gz"], files["two"], parquet):
        chunks = list(read_chunks(source, columns=["d", "kind"], batch_rows=250))
        assert max(map(len, chunks)) <= 250
        pd.testing.assert_frame_equal(pd.concat(chunks, ignore_index=True), FRAME[["d", "kind"]])
    np.testing.assert_array_equal(np.concatenate(list(read_chunks(memmap, batch_rows=250))), NUMBERS)


@pytest.mark.parametrize(("buffer_rows", "n_parts"), [(1, 30), (64, 30), (1000, 30), (64, 1)])
def test_shuffle_chunks_keeps_all_rows_in_chunks_of_the_right_size(buffer_rows, n_parts):
    parts = [(part, part[:, 0]) for part in np.array_split(np.arange(330)[:, None], n_parts)]
    chunks = list(shuffle_chunks(parts, 32, buffer_rows, np.random.RandomState(0), whole_first=False))
    assert max(len(X) for X, _ in chunks) <= 32
    X, y = (np.concatenate(each) for each in zip(*chunks, strict=True))
    np.testing.assert_array_equal(X[:, 0], y)
    np.testing.assert_array_equal(np.sort(y), np.arange(330))


def test_reservoir_sample_is_uniform_and_has_all_categories():
    counts = np.zeros(100)
    for seed in range(300):
        sample = ReservoirSample(10, KnownCategories([0]), np.random.RandomState(seed))
        for start in range(0, 100, 7):
            rows = np.arange(start, min(start + 7, 100))
            sample.add((np.column_stack([np.where(rows == 93, 1.0, 0.0), rows]), None))
        kept = sample.rows()[0][:, 1].astype(int)
        assert {0, 93} <= set(kept)
        counts[kept] += 1
    others = np.delete(counts, [0, 93])
    assert others.mean() == pytest.approx(300 * 8 / 98)
    assert others.max() < 3 * others.mean()
    assert others[:49].sum() == pytest.approx(others[49:].sum(), rel=0.1)


ROWS = np.arange(240)
CLASSES = ROWS % 3


def streamed_classes(tmp_path, labels, **options):
    """The classes of a classifier that is fitted to a CSV file with a column of labels."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(240, 2)) + CLASSES[:, None], columns=["a", "b"])
    X.assign(kind=labels).to_csv(tmp_path / "rows.csv", index=False)
    model = SemiSupervisedAAEClassifier(n_members=1, hidden_layer_sizes=8, teachers=None, random_state=0)
    options = {"batch_rows": 50, "buffer_rows": 100, "random_state": 0, **options}
    return fit_stream(model, tmp_path / "rows.csv", target="kind", **options).classes_.tolist()


def as_column(classes, unknown):
    """Labels of the rows, most of them unknown, sorted so that chunks differ: unknown, one class, two others."""
    known = ROWS % 4 == 0
    column = np.where(known, np.array(classes, dtype=object)[CLASSES], unknown)
    return column[np.lexsort([CLASSES, known])]


@pytest.mark.parametrize(
    ("classes", "unknown", "expected"),
    [
        (["u", "v", "w"], -1, ["u", "v", "w"]),
        (["u", "v", "w"], None, ["u", "v", "w"]),
        (["u", "v", "w"], "NaN", ["u", "v", "w"]),
        (["None", "NA", "w"], None, ["NA", "None", "w"]),
        (["None", "NA", "w"], -1, ["NA", "None", "w"]),
        (["1", "2", "w"], -1, ["1", "2", "w"]),
        ([1, 2, 30], -1, [1, 2, 30]),
        ([1, 2, 30], None, [1, 2, 30]),
        ([1, 2, 30], "NA", [1, 2, 30]),
        ([1.0, 2.0, 30.0], -1.0, [1, 2, 30]),
        ([True, False, False], None, [False, True]),
        ([True, False, False], -1, [False, True]),
    ],
)
@pytest.mark.parametrize("scan", [True, False])
def test_classes_of_csv_files(tmp_path, classes, unknown, expected, scan):
    options = {"scan": True} if scan else {"scan": False, "buffer_rows": 240}
    if not scan and (classes[0] == "1" or unknown == "NA"):
        options["classes"] = classes  # which the first rows do not tell
    assert streamed_classes(tmp_path, as_column(classes, unknown), **options) == expected


def test_labels_of_csv_files_that_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Got both in `y`"):
        streamed_classes(tmp_path, np.where(ROWS % 5 == 0, -1, np.where(ROWS % 5 == 1, None, "u")))
    with pytest.raises(ValueError, match=r"must be numbers, as the classes or the first ones are\. Got 'w'"):
        streamed_classes(tmp_path, as_column([1, 2, "w"], 3), classes=[1, 2, 3])


def test_labels_of_chunks_keep_their_marks():
    X = np.random.default_rng(0).normal(size=(60, 2)) + np.arange(60)[:, None] % 2
    y = [["u", "v"][row % 2] if row % 4 < 2 else float("nan") for row in range(60)]
    masked = np.ma.masked_array(np.arange(60) % 2, mask=np.arange(60) % 4 > 1)
    model = SemiSupervisedAAEClassifier(n_members=1, hidden_layer_sizes=8, teachers=None, random_state=0)
    for source in ([(X[:30], y[:30]), (X[30:], y[30:])], lambda: iter([(X[:1], y[:1]), (X[1:], y[1:])])):
        assert fit_stream(model, source, scan=True).classes_.tolist() == ["u", "v"]
        del model._model
    assert fit_stream(model, X, target=y).classes_.tolist() == ["u", "v"]
    del model._model
    assert fit_stream(model, X, target=masked).classes_.tolist() == [0, 1]


def test_parquet_files_keep_their_types(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    n = 120
    columns = {
        "large": pa.array([2**60 + i % 7 if i % 5 else None for i in range(n)], pa.int64()),
        "day": pa.array(np.arange(n) % 30, pa.int32()).cast(pa.date32()),
        "price": pa.array([Decimal(i % 9) for i in range(n)], pa.decimal128(8, 2)),
        "flag": pa.array([True, None] * (n // 2)),
    }
    path = tmp_path / "arrow.parquet"
    parquet.write_table(pa.table(columns), path, row_group_size=40)
    chunks = list(read_chunks(path))
    assert [list(map(str, chunk.dtypes)) for chunk in chunks] == [["Int64", "datetime64[s]", "object", "boolean"]] * 3
    assert chunks[0]["large"].tolist()[:3] == [pd.NA, 2**60 + 1, 2**60 + 2]
    made = fit_small(path).sample(20, random_state=0)
    assert list(map(str, made.dtypes)) == ["Int64", "datetime64[s]", "object", "boolean"]
    assert made["large"].dropna().isin(range(2**60, 2**60 + 7)).all()
    for source in (pa.table(columns), lambda: pa.table(columns).to_reader(40)):
        assert fit_small(source).sample(3, random_state=0).schema.types == pa.table(columns).schema.types
