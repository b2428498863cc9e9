"""Displays whose rows are rows of tables: columns, and cells."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from skaae.display import (
    ColumnDisplay,
    ManifoldDisplay,
    QualityDisplay,
    ReconstructionDisplay,
    SampleDisplay,
    TransferDisplay,
)

KINDS = ["income", "age", "rooms", "town", "size", "member"]


def panel_of(display, column):
    return display.axes_[list(display.columns_).index(column)]


def bar_lengths(ax):
    """The lengths of bars by colour and by value."""
    names = [label.get_text() for label in ax.get_yticklabels()]
    return [dict(zip(names, (bar.get_width() for bar in group), strict=True)) for group in ax.containers]


def legend_texts(display):
    return [text.get_text() for legend in display.figure_.legends for text in legend.get_texts()]


class TestColumns:
    def test_all_kinds_of_columns_of_a_generator(self, generator, table):
        display = ColumnDisplay.from_estimator(generator, table, random_state=0)
        assert sorted(display.columns_) == sorted(KINDS)
        assert display.figure_.get_suptitle() == "Real and generated rows"
        assert legend_texts(display) == ["real", "generated"]
        assert len(display.X_generated) == len(table)
        pd.testing.assert_frame_equal(display.X_real, table)
        display.figure_.canvas.draw()

    def test_conditions_of_drawn_rows_are_passed_to_sample(self, table):
        class Echo:
            def sample(self, n_samples, y, random_state):
                self.y = y
                return table.iloc[:n_samples]

        model = Echo()
        display = ColumnDisplay.from_estimator(model, table, table["age"].to_numpy(), max_rows=10, random_state=0)
        np.testing.assert_array_equal(model.y, display.X_real["age"])
        display = ColumnDisplay.from_estimator(
            model, table, {"age": table["age"].tolist()}, max_rows=10, random_state=0
        )
        np.testing.assert_array_equal(model.y["age"], display.X_real["age"])

    def test_bars_are_shares_of_rows_and_missing_is_one(self):
        real = pd.DataFrame({"a": ["x", "x", "y", None]})
        generated = pd.DataFrame({"a": ["x", "y", "z", "z"]})
        display = ColumnDisplay.from_tables(real, generated)
        real_bars, generated_bars = bar_lengths(display.ax_)
        assert real_bars == {"x": 50, "y": 25, "z": 0, "missing": 25}
        assert generated_bars == {"x": 25, "y": 25, "z": 50, "missing": 0}
        assert display.ax_.get_title() == "a\n50 % off"

    @pytest.mark.parametrize("kind", ["bool", "category", "string", "object", "boolean"])
    def test_categories_of_any_dtype_are_bars(self, kind):
        values = [True, False, True] if kind.startswith("bool") else ["True", "False", "True"]
        real = pd.DataFrame({"a": pd.Series(values, dtype=kind)})
        real_bars, generated_bars = bar_lengths(ColumnDisplay.from_tables(real, real[:1]).ax_)
        assert real_bars == pytest.approx({"True": 200 / 3, "False": 100 / 3})
        assert generated_bars == {"True": 100, "False": 0}

    def test_few_numbers_are_bars_in_their_order(self):
        real = pd.DataFrame({"a": [3.0, 1.0, 1.0, np.nan]})
        display = ColumnDisplay.from_tables(real, real)
        real_bars, _ = bar_lengths(display.ax_)
        assert list(real_bars.items()) == [("1", 50), ("3", 25), ("missing", 25)]
        assert display.ax_.yaxis_inverted()  # the first at the top

    def test_rare_categories_are_counted_together(self):
        real = pd.DataFrame({"a": list("aaabbbccdd") + [f"rare {index}" for index in range(10)]})
        real_bars, _ = bar_lengths(ColumnDisplay.from_tables(real, real).ax_)
        assert "8 others" in real_bars
        assert len(real_bars) == 7
        assert sum(real_bars.values()) == pytest.approx(100)

    def test_numbers_are_histograms_of_shares_on_common_bins(self):
        rng = np.random.default_rng(0)
        real, generated = rng.normal(size=(300, 1)), rng.normal(1, 1, size=(100, 1))
        first, second = ColumnDisplay.from_tables(real, generated).ax_.patches
        for patch, values in ((first, real), (second, generated)):
            heights, edges, _ = patch.get_data()
            np.testing.assert_allclose(heights, np.histogram(values, edges)[0] / len(values))
        np.testing.assert_array_equal(first.get_data().edges, second.get_data().edges)
        assert first.get_data().values.sum() == pytest.approx(1)

    def test_whole_numbers_have_whole_bins(self):
        values = np.arange(20)[:, None]
        heights, edges, _ = ColumnDisplay.from_tables(values, values).ax_.patches[0].get_data()
        assert np.array_equal(edges % 1, np.full(len(edges), 0.5))
        np.testing.assert_allclose(heights[heights > 0], 1 / 20)

    def test_long_tails_are_in_the_outer_bars_with_a_note(self):
        rng = np.random.default_rng(0)
        values = np.append(rng.normal(size=1000), [1e6])[:, None]
        ax = ColumnDisplay.from_tables(values, values).ax_
        heights, edges, _ = ax.patches[0].get_data()
        assert edges[-1] < 10
        assert heights.sum() == pytest.approx(1)
        assert ax.get_xlabel() == "tails in the outer bars"

    def test_fractions_of_missing_numbers_are_written(self):
        real = np.arange(40.0)[:, None]
        generated = np.where(real < 10, np.nan, real)
        ax = ColumnDisplay.from_tables(real, generated).ax_
        assert ax.get_xlabel() == "missing 0 % real,\n25 % generated"
        assert ax.patches[1].get_data().values.sum() == pytest.approx(1)

    def test_distance_counts_missing_cells(self):
        real = np.arange(40.0)[:, None]
        display = ColumnDisplay.from_tables(real, np.where(real < 10, np.nan, real))
        assert display.differences_[0] == pytest.approx(0.25)

    def test_a_column_of_missing_cells_only(self):
        real = pd.DataFrame({"a": [np.nan, np.nan], "b": [None, None]})
        display = ColumnDisplay.from_tables(real, real)
        assert [bar_lengths(ax)[0] for ax in display.axes_] == [{"missing": 100}, {"missing": 100}]

    def test_a_column_that_is_missing_on_one_side_only(self):
        real = pd.DataFrame({"a": np.arange(30.0)})
        generated = pd.DataFrame({"a": np.full(30, np.nan)})
        display = ColumnDisplay.from_tables(real, generated)
        assert display.ax_.get_xlabel() == "missing 0 % real,\n100 % generated"
        assert display.differences_[0] == 1

    def test_of_many_columns_those_that_differ_most_are_drawn_and_counted(self):
        real = np.random.default_rng(0).normal(size=(200, 40))
        generated = real.copy()
        generated[:, 31] += 5
        generated[:, 7] += 1
        display = ColumnDisplay.from_tables(real, generated)
        assert len(display.axes_) == 12
        assert display.columns_[:2] == ["x31", "x7"]
        assert display.figure_.get_suptitle() == "Real and generated rows (12 of 40 columns, those that differ most)"
        assert ColumnDisplay.from_tables(real, generated, max_columns=1).correlation_ax_ is None

    def test_correlations_differ_by_generated_minus_real(self):
        one = np.arange(50.0)
        real, generated = np.c_[one, one], np.c_[one, -one]
        display = ColumnDisplay.from_tables(real, generated)
        change = display.correlation_ax_.images[0].get_array()
        assert change[0, 1] == pytest.approx(-2)
        assert change.mask.tolist() == [[True, False], [False, True]]
        assert display.correlation_ax_.images[0].get_clim() == pytest.approx((-2, 2))
        names = [label.get_text() for label in display.correlation_ax_.get_xticklabels()]
        assert names == list(display.columns_)

    def test_associations_of_categories_and_numbers(self):
        a, b = np.repeat(["u", "v"], 30), np.tile(["p", "q"], 30)
        number = np.repeat([0.0, 5.0], 30) + np.linspace(0, 1, 60)
        real = pd.DataFrame({"a": a, "same": a, "other": b, "number": number})
        generated = real.assign(same=b, number=number[::-1].copy())
        generated["number"] = np.tile(np.linspace(0, 1, 30), 2)
        display = ColumnDisplay.from_tables(real, generated)
        change = display.correlation_ax_.images[0].get_array()
        position = {name: index for index, name in enumerate(display.columns_)}
        assert change[position["a"], position["same"]] == pytest.approx(-1)
        assert change[position["same"], position["other"]] == pytest.approx(1)
        assert change[position["a"], position["number"]] == pytest.approx(-np.sqrt(0.75), abs=0.02)
        assert change[position["a"], position["other"]] == pytest.approx(0)

    def test_columns_of_very_many_categories_take_little_memory(self):
        names = np.random.default_rng(0).permutation(4000).astype(str)
        real = pd.DataFrame({"a": names, "b": names[::-1]})
        tracemalloc.start()
        ColumnDisplay.from_tables(real, real)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 50e6

    def test_columns_are_matched_by_name(self):
        real = pd.DataFrame({"a": np.arange(30.0), "b": -np.arange(30.0)})
        display = ColumnDisplay.from_tables(real, real[["b", "a"]])
        np.testing.assert_array_equal(display.differences_, 0)

    def test_an_array_beside_a_table_takes_its_names(self):
        real = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0)})
        assert sorted(ColumnDisplay.from_tables(real.to_numpy(), real).columns_) == ["a", "b"]
        assert list(real.columns) == ["a", "b"]

    def test_names_may_be_numbers(self):
        real = pd.DataFrame({0: np.arange(30.0), 1: list("ab") * 15})
        titles = {ax.get_title() for ax in ColumnDisplay.from_tables(real, real).axes_}
        assert titles == {"0\n0 % off", "1\n0 % off"}

    def test_of_many_rows_some_are_drawn(self):
        rows = np.arange(100.0)[:, None]
        display = ColumnDisplay.from_tables(rows, rows, max_rows=10, random_state=0)
        assert (len(display.X_real), len(display.X_generated)) == (10, 10)

    @pytest.mark.parametrize(
        ("generated", "message"),
        [
            (np.ones((3, 2)), r"as many columns as `X_real` \(1\). Got 2"),
            (pd.DataFrame({"b": [1]}), r"columns of `X_real`. Got \['b'\]"),
            (np.array([[np.inf]]), "Numbers of `X_generated` must be finite, or missing. Got infinity in column"),
            (np.ones(3), r"`X_generated` must be two-dimensional. Got shape \(3,\)"),
            (pd.DataFrame({"a": []}), "one row and one column at least"),
        ],
    )
    def test_tables_are_checked(self, generated, message):
        with pytest.raises(ValueError, match=message):
            ColumnDisplay.from_tables(pd.DataFrame({"a": [1.0, 2.0]}), generated)


class TestReconstruction:
    def test_titles_say_r2_and_accuracy_the_worst_first(self):
        X = pd.DataFrame({"n": np.arange(50.0), "c": list("ab") * 25, "one": 3.0})
        back = pd.DataFrame({"n": np.full(50, 24.5), "c": ["a"] * 50, "one": 3.1})
        display = ReconstructionDisplay.from_rows(X, back)
        assert [ax.get_title() for ax in display.axes_] == ["n\nR² 0.00", "c\n50 % equal", "one\nconstant"]
        assert legend_texts(display) == ["original", "reconstruction"]

    def test_a_generator_reconstructs_in_the_condition_of_each_row(self, generator, table):
        y = np.where(table["member"], "in", "out")
        display = ReconstructionDisplay.from_estimator(generator, table, y, max_rows=30, random_state=0)
        expected = generator.inverse_transform(
            generator.transform(display.X, y[display.X.index]), y[display.X.index]
        ).reset_index(drop=True)
        drawn = display.X_reconstructed.reset_index(drop=True)
        assert (drawn["member"] == expected["member"]).mean() > 0.95
        np.testing.assert_allclose(drawn["age"], expected["age"], atol=1)

    def test_conditions_of_drawn_rows_are_passed_to_the_generator(self, table):
        class Echo:
            def interpolate(self, X_from, X_to, n_steps, *, y_from, y_to):
                self.passed = y_from, y_to
                return pd.concat([X_from, X_to]).sort_index(kind="stable")

        model = Echo()
        display = ReconstructionDisplay.from_estimator(
            model, table, table["age"].to_numpy(), max_rows=9, random_state=0
        )
        for passed in model.passed:
            np.testing.assert_array_equal(passed, display.X["age"])
        pd.testing.assert_frame_equal(display.X_reconstructed, display.X)

    def test_of_many_columns_some_are_drawn_and_counted(self):
        X = np.random.default_rng(0).normal(size=(50, 20))
        back = X.copy()
        back[:, 13] = 0
        display = ReconstructionDisplay.from_rows(X, back, max_columns=2)
        assert display.columns_[0] == "x13"
        assert display.figure_.get_suptitle() == "Original and reconstruction (2 of 20 columns, the least kept)"


class TestSamples:
    def test_columns_of_classes_have_their_colours(self, generator):
        y = ["in"] * 30 + ["out"] * 20
        display = SampleDisplay.from_estimator(generator, y=y, random_state=0)
        assert len(display.samples) == 50
        assert legend_texts(display) == ["in", "out"]
        colors = [to_hex(patch.get_edgecolor()).upper() for patch in panel_of(display, "age").patches]
        assert colors == ["#0072B2", "#E69F00"]
        bars, _ = bar_lengths(panel_of(display, "member"))
        assert bars["True"] == 100 * display.samples["member"][:30].mean()

    def test_rows_without_classes_are_filled_and_have_no_legend(self, generator):
        display = SampleDisplay.from_estimator(generator, 40, random_state=0)
        assert legend_texts(display) == []
        assert panel_of(display, "age").patches[0].get_fill()
        assert display.figure_.get_suptitle() == "40 samples"

    def test_one_row_of_conditions_is_for_all_rows(self):
        class Echo:
            def sample(self, n_samples, y, random_state):
                return np.arange(float(n_samples))[:, None]

        assert len(SampleDisplay.from_estimator(Echo(), y=pd.DataFrame({"a": [1], "b": [2]})).samples) == 1000
        assert len(SampleDisplay.from_estimator(Echo(), y=pd.DataFrame({"a": [1, 2], "b": [2, 3]})).samples) == 2
        for y in ({"a": 1}, {"a": {1, 2}, "b": (1, 2)}):
            assert len(SampleDisplay.from_estimator(Echo(), y=y).samples) == 1000
        assert len(SampleDisplay.from_estimator(Echo(), y={"a": [1, 2], "b": 2}).samples) == 2

    def test_first_columns_are_drawn_and_counted(self):
        display = SampleDisplay.from_samples(np.ones((3, 30)), max_columns=4)
        assert display.columns_ == ["x0", "x1", "x2", "x3"]
        assert display.figure_.get_suptitle() == "3 samples (4 of 30 columns, the first)"

    def test_too_many_classes_are_refused(self):
        with pytest.raises(ValueError, match=r"at most 8 classes where columns are drawn\. Got 9"):
            SampleDisplay.from_samples(np.ones((9, 1)), range(9))


class TestManifold:
    def test_maps_of_numbers_and_categories(self):
        number = np.arange(9.0)
        rows = pd.DataFrame({"n": number, "c": list("aaabbbccc")})
        display = ManifoldDisplay.from_rows(rows, [-1, 0, 1])
        first = panel_of(display, "n").collections[0].get_array()
        np.testing.assert_array_equal(first, number.reshape(3, 3))
        second = panel_of(display, "c").collections[0].get_array()
        assert (np.diff(second, axis=1) == 0).all()
        assert len(np.unique(second)) == 3
        bar = display.figure_.axes[-1]
        assert sorted(label.get_text() for label in bar.get_yticklabels()) == ["a", "b", "c"]

    def test_columns_that_change_are_drawn(self):
        rows = np.ones((9, 15))
        rows[:, 8] = np.arange(9)
        display = ManifoldDisplay.from_rows(rows, [-1, 0, 1], max_columns=1)
        assert display.columns_ == ["x8"]
        assert display.figure_.get_suptitle() == "Columns over the code (1 of 15 columns, those that change most)"

    def test_the_condition_is_passed_to_the_generator(self, generator):
        display = ManifoldDisplay.from_estimator(generator, y="in", n_steps=3)
        expected = generator.inverse_transform(
            np.c_[np.tile(display.positions, 3), np.repeat(display.positions, 3)], "in"
        )
        pd.testing.assert_frame_equal(display.X_decoded, expected)


class TestTransfer:
    def test_cells_contain_values_and_their_change_in_standard_deviations(self):
        X = pd.DataFrame({"n": [1.0, 3.0], "c": ["a", "b"]})
        up = pd.DataFrame({"n": [3.0, 3.0], "c": ["a", "a"]})
        display = TransferDisplay.from_rows(X, [up], ["up"], y=["p", "q"])
        texts = [text.get_text() for text in display.ax_.texts]
        assert texts == ["1", "a", "3", "a", "3", "b", "3", "a"]
        strength = display.ax_.images[0].get_array()
        np.testing.assert_allclose(strength[:, 0], [0, 2 / np.std([1, 3, 3, 3]), 0, 0])
        assert [label.get_text() for label in display.ax_.get_yticklabels()] == [
            "original, p",
            "as up",
            "original, q",
            "as up",
        ]

    def test_other_categories_are_marked(self):
        X = pd.DataFrame({"n": [1.0, 3.0], "c": ["a", "b"]})
        display = TransferDisplay.from_rows(X, [X.assign(c="a", n=5.0)], ["up"])
        boxes = [patch.get_xy() for patch in display.ax_.patches]
        assert boxes == [(0.5, 2.5)]

    def test_long_categories_are_compared_whole_and_truncated(self):
        X = pd.DataFrame({"c": ["a very long category, one"]})
        display = TransferDisplay.from_rows(X, [pd.DataFrame({"c": ["a very long category, two"]})], ["up"])
        assert len(display.ax_.patches) == 1
        assert [text.get_text() for text in display.ax_.texts] == ["a very long …"] * 2

    def test_a_cell_that_is_no_longer_missing_is_marked(self):
        X = pd.DataFrame({"n": [1.0, np.nan]})
        display = TransferDisplay.from_rows(X, [X.fillna(3.0)], ["up"])
        assert [text.get_text() for text in display.ax_.texts] == ["1", "1", "missing", "3"]
        assert [patch.get_xy() for patch in display.ax_.patches] == [(-0.5, 2.5)]

    def test_changes_are_in_units_of_all_rows(self, generator, table):
        display = TransferDisplay.from_estimator(generator, table, classes=["in", "out"], max_rows=2, random_state=0)
        index = list(table.columns).index("age")
        assert display.scales[index] == pytest.approx(table["age"].std(ddof=0))
        assert np.isnan(display.scales[list(table.columns).index("town")])

    def test_known_classes_are_passed_to_the_generator(self, table):
        class Recorder:
            def transfer(self, X, y, *, y_from=None):
                self.y_from = y_from
                return X

        model = Recorder()
        TransferDisplay.from_estimator(model, table, table["member"].to_numpy(), classes=[1], max_rows=3)
        assert len(model.y_from) == 3
        TransferDisplay.from_estimator(model, table, np.full(len(table), -1), classes=[1], max_rows=3)
        assert model.y_from is None

    def test_columns_that_change_are_drawn_and_counted(self):
        X = np.zeros((2, 12))
        X[1] = 1
        other = X.copy()
        other[:, [3, 9]] += 1
        display = TransferDisplay.from_rows(X, [other], ["b"], max_columns=2)
        assert display.columns_ == ["x3", "x9"]
        assert display.ax_.get_title() == "The same style in each class (2 of 12 columns, those that change most)"


class TestQuality:
    def test_bars_are_generated_rows_and_marks_are_real_ones(self, table):
        train, holdout = table.iloc[::2], table.iloc[1::2]
        wrong = holdout.assign(age=holdout["age"] + 200)
        display = QualityDisplay.from_tables(train, holdout, wrong, random_state=0)
        columns, _, rows = display.axes_
        assert columns.get_yticklabels()[0].get_text() == "age"  # the worst comes first
        assert columns.containers[0][0].get_width() == 1
        assert columns.lines[0].get_xdata()[0] < 0.4
        assert rows.containers[0][0].get_width() > 0.9  # detection
        assert legend_texts(display) == ["generated rows", "real rows"]

    def test_the_worst_pairs_of_many_are_drawn(self, table):
        train, holdout = table.iloc[::2], table.iloc[1::2]
        display = QualityDisplay.from_tables(train, holdout, holdout, max_bars=3, random_state=0)
        assert [len(ax.get_yticklabels()) for ax in display.axes_] == [3, 3, 3]
        assert len(display.pair_errors) == 15

    def test_samples_of_an_estimator_are_the_same_with_the_same_seed(self, generator, table):
        displays = [
            QualityDisplay.from_estimator(generator, table, table.iloc[::2], random_state=seed) for seed in (0, 0, 1)
        ]
        same = [display.row_figures.equals(displays[0].row_figures) for display in displays]
        assert same == [True, True, False]
