"""Rows on disk: appended whole, cut back to what was whole, read as numbers."""

import math

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.rows import RowWriter, read_rows


def row(number, **figures):
    return {"item": f"a,{number}", "label": 'the "x"', "group": "", "part": "", "system": "mixture", **figures}


def test_what_is_written_is_read(tmp_path):
    writer = RowWriter(tmp_path / "rows.csv", ("sdr", "sdri"))
    writer.append([row(0, sdr=1.23456789, sdri=-0.00001), row(1, sdr=math.nan, sdri=2.0)])
    writer.append([row(2, sdr=3.0)])
    writer.close()
    first, second, third = read_rows(tmp_path)
    assert (first["item"], first["label"], first["sdr"], str(first["sdri"])) == ("a,0", 'the "x"', 1.2346, "0.0")
    assert math.isnan(second["sdr"]) and second["sdri"] == 2.0
    assert math.isnan(third["sdri"])


def test_going_on_cuts_off_what_is_beyond(tmp_path):
    path = tmp_path / "rows.csv"
    writer = RowWriter(path, ("sdr",))
    writer.append([row(i, sdr=float(i)) for i in range(3)])
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'"a,3",half a li')
    assert len(read_rows(path, whole=False)) == 3
    writer = RowWriter(path, ("sdr",), keep=3)
    writer.close()
    assert path.read_bytes() == whole
    with pytest.raises(UnweaveError, match="3 rows where there should be 4"):
        RowWriter(path, ("sdr",), keep=4)
    with pytest.raises(UnweaveError, match="other columns"):
        RowWriter(path, ("pesq",), keep=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,label\n", "does not begin with the columns"),
        ("item,label,group,part,system,sdr\na,b,c,d,e,1\na,b\n", "Line 3 .* has 2 cells"),
        ("item,label,group,part,system,sdr\na,b,c,d,e,loud\n", "Line 2 .* is damaged"),
    ],
)
def test_damage_is_said(tmp_path, text, said):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(UnweaveError, match=said):
        read_rows(tmp_path)


def test_no_rows_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="no rows"):
        read_rows(tmp_path / "nowhere.csv")
