from pathlib import Path

import pytest

from bench.__main__ import PARTS
from bench.document import DOCUMENT, Bar, bars, filled, measured, names, table, write

TWO = "# A\n<!-- measured: one -->\nold\n<!-- end -->\nprose\n<!-- measured: two -->\nold\n<!-- end -->\n"


def test_the_document_has_a_place_for_every_part() -> None:
    assert sorted(names(DOCUMENT.read_text(encoding="utf-8"))) == sorted(PARTS)


def test_a_place_is_filled_and_the_rest_stays() -> None:
    assert filled(TWO, "two", "new \\1") == TWO.replace(
        "prose\n<!-- measured: two -->\nold", "prose\n<!-- measured: two -->\nnew \\1"
    )


def test_a_place_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="three"):
        filled(TWO, "three", "new")


def test_write_fills_a_file(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(TWO, encoding="utf-8")

    write("one", "new", path)
    write("one", "newer", path)

    assert path.read_text(encoding="utf-8") == TWO.replace("old", "newer", 1)


def test_tables_have_as_many_cells_in_each_row() -> None:
    assert table(["a", "b"], [["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"


def test_a_bar_that_is_missed_stands_out() -> None:
    told = bars([Bar("speed", "4 times", "5 times", met=True), Bar("size", "3 MB", "4 MB", met=False)])

    assert told.splitlines()[2:] == ["| speed | 4 times | 5 times | yes |", "| size | 3 MB | 4 MB | **no** |"]


def test_what_is_measured_says_when_and_where() -> None:
    assert "Python 3." in measured("text")
    assert measured("text").startswith("text\n\nMeasured 20")
