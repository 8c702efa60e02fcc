import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.kept import Kept


def test_what_was_found_is_there_the_next_time(tmp_path):
    path = tmp_path / "new" / "found.jsonl"
    kept = Kept(path)
    assert kept.get("a", 1) is None and not path.exists()
    kept.put({("a", 1): 2.5})
    kept.put({("ä\n", 2): [1, 2], ("b",): 0.0})
    again = Kept(path)
    assert (again.get("a", 1), again.get("ä\n", 2), again.get("b"), again.get("c")) == (2.5, [1, 2], 0.0, None)


@pytest.mark.parametrize("cut", range(1, 23))
def test_half_a_line_is_written_over(tmp_path, cut):
    path = tmp_path / "found.jsonl"
    Kept(path).put({("a",): 1, ("b",): 2})
    path.write_bytes(path.read_bytes()[:-cut])
    kept = Kept(path)
    assert (kept.get("a"), kept.get("b")) == (1 if cut <= 11 else None, None)
    kept.put({("c",): 3})
    again = Kept(path)
    assert (again.get("b"), again.get("c")) == (None, 3)


def test_another_file_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    for text in ("hello\n", "[1]\n", "[[1], 2, 3]\n", "{}\n", "7\n", "[7, 8]\n"):
        path.write_text(text)
        with pytest.raises(UnweaveError, match="does not hold what was kept"):
            Kept(path)
        assert path.read_text() == text
    with pytest.raises(UnweaveError, match="does not hold"):
        Kept(tmp_path)


def test_without_a_file_it_is_kept_in_memory():
    kept = Kept()
    kept.put({("a",): 1})
    assert kept.get("a") == 1
