"""Each example runs to its end, without a warning, and leaves its picture, if any, where it was started."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
WITHOUT_PICTURE = {"remote_search": "distributed", "score_chunks": "pandas"}  # and what they need


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.stem in WITHOUT_PICTURE], ids=lambda path: path.stem)
def test_example_without_a_picture_runs(path, tmp_path, monkeypatch, capsys):
    pytest.importorskip(WITHOUT_PICTURE[path.stem])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path)])
    runpy.run_path(str(path), run_name="__main__")
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.stem not in WITHOUT_PICTURE], ids=lambda path: path.stem)
def test_example_runs(path, tmp_path, monkeypatch, capsys):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    picture = f"{path.stem.removeprefix('plot_')}.png"
    assert [file.name for file in tmp_path.iterdir()] == [picture]
    assert (tmp_path / picture).stat().st_size > 10_000
    assert capsys.readouterr().out.endswith(f"Saved {picture}\n")
    assert pyplot.get_fignums()  # for sphinx-gallery, which takes figures that are open


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short_and_has_a_title(path):
    lines = path.read_text().splitlines()
    assert len(lines) < 80
    if path.stem.startswith("plot_"):
        assert lines[0] == '"""'
        assert lines[2] == "=" * len(lines[1])
        assert "# %%" in lines


def test_there_are_examples():
    assert len(EXAMPLES) >= 9
