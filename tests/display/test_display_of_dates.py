"""Displays of tables with dates, times and durations: axes that say them, and no bars of single days."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skaae import AAETransformer
from skaae.display import ColumnDisplay, ManifoldDisplay, OutlierDisplay, ReconstructionDisplay, TransferDisplay
from skaae.display._outlier import cell_texts

N = 120


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2022-03-01") + pd.to_timedelta(rng.integers(0, 700 * 96, N) * 15, unit="min")
    return pd.DataFrame(
        {
            "at": pd.Series(at).dt.tz_localize("Europe/Berlin"),
            "day": at.strftime("%Y-%m-%d"),
            "clock": [datetime.time(int(h), 30) for h in rng.integers(0, 24, N)],
            "wait": pd.to_timedelta(rng.exponential(10, N), unit="D"),
            "x": rng.normal(size=N),
        }
    )


def tick_texts(ax):
    ax.figure.canvas.draw()
    return [label.get_text() for label in ax.get_xticklabels()]


def test_histograms_of_dates_have_axes_of_dates(table):
    later = table.assign(at=table["at"] + pd.Timedelta(days=350), wait=table["wait"] * 2)
    display = ColumnDisplay.from_tables(table, later, random_state=0)
    panels = dict(zip(display.columns_, display.axes_, strict=True))
    assert not any(ax.containers for ax in panels.values())  # no bars
    for name in ("at", "day"):
        assert tick_texts(panels[name]) in (["2023", "2024"], ["2023", "2024", "2025"])
    assert all(text.endswith(":00") for text in tick_texts(panels["clock"]))
    assert all(text.endswith(" d") for text in tick_texts(panels["wait"]))
    differences = dict(zip(display.columns_, display.differences_, strict=True))
    assert differences["day"] == 0
    assert 0.3 < differences["at"] < 1
    display.figure_.canvas.draw()


def test_few_dates_are_bars_that_say_them():
    days = pd.to_datetime(["2024-01-05", "2024-02-05", None] * 10)
    display = ColumnDisplay.from_tables(pd.DataFrame({"day": days}), pd.DataFrame({"day": days}))
    labels = [label.get_text() for label in display.axes_[0].get_yticklabels()]
    assert labels == ["2024-01-05", "2024-02-05", "missing"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        ("0001-01-01", "9999-12-31", ["5000"]),
        ("1500-01-01", "1500-03-01", ["1500-01", "1500-02"]),
        ("2024-03-01", "2024-03-09", ["2024-03-02", "2024-03-08"]),
        ("2024-03-01 10:00", "2024-03-01 10:50", ["2024-03-01 10:00", "2024-03-01 10:30"]),
        ("2024-03-01 10:00:00", "2024-03-01 10:00:25", ["2024-03-01 10:00:10", "2024-03-01 10:00:20"]),
    ],
)
def test_dates_of_all_years(low, high, ticks):
    low, high = np.array([low, high], "M8[us]")
    X = pd.DataFrame({"day": low + (high - low) // 49 * np.arange(50)})
    display = ColumnDisplay.from_tables(X, X)
    assert not display.axes_[0].containers
    assert set(ticks) <= set(tick_texts(display.axes_[0]))


def test_cells_of_dates_are_whole(table):
    texts = cell_texts(table[["at", "day", "wait"]].assign(note="Tuesday or Thursday"))
    date, clock = texts[0, 0].split("\n")
    assert date == str(table["at"][0])[:10]
    assert clock.startswith(str(table["at"][0])[11:16])
    assert texts[0, 1] == table["day"][0]
    assert texts[0, 3] == "Tuesday o…"


def test_displays_of_a_model_of_dates(table):
    model = AAETransformer(2, max_iter=3, random_state=0).fit(table)
    maps = ManifoldDisplay.from_estimator(model, n_steps=4)
    assert set(maps.columns_) == set(table)
    maps.figure_.canvas.draw()
    kept = ReconstructionDisplay.from_estimator(model, table)
    titles = dict(zip(kept.columns_, (ax.get_title() for ax in kept.axes_), strict=True))
    assert "R²" in titles["at"]
    assert "R²" in titles["clock"]


def test_the_change_of_a_date_is_in_standard_deviations(table):
    shifted = table.assign(at=table["at"] + pd.Timedelta(days=100))
    display = TransferDisplay(table[:3], [shifted[:3]], ["b"])
    display.plot()
    assert "at" in display.columns_


def test_strange_rows_with_dates(table):
    shares = np.full((2, 5), 0.2)
    display = OutlierDisplay(np.linspace(-2, 0, N), X=table[:2], shares=shares)
    display.plot()
    display.figure_.canvas.draw()
    texts = {text.get_text() for text in display.axes_[1].texts}
    assert {str(day)[:10] for day in pd.to_datetime(table.iloc[:2, 0])} <= {text.split("\n")[0] for text in texts}
