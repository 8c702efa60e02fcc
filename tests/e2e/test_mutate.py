"""benchmarks/mutate.py on a package of two lines: it makes faults in a copy, and says what its tests made of them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import mutate  # noqa: E402

sys.path.pop(0)
SOURCE = "def double(x):\n    return 2 * x\n"
TEST = "from unweave.maths import double\nassert double(3) == 6\n"


@pytest.fixture
def root(tmp_path):
    for name, text in (("src/unweave/maths.py", SOURCE), ("src/unweave/__init__.py", ""), ("tests/check.py", TEST)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("2 * x", "3 * x", "caught"),
        ("2 * x", "x * 2", "survived"),
        ("4 * x", "3 * x", "gone"),
        ("x", "y", "gone"),  # it stands there twice
    ],
)
def test_a_fault_is_caught_survives_or_is_gone_and_the_source_stays(root, old, new, result):
    fault = mutate.Mutation("doubles", "maths.py", old, new, ["check.py"])
    outcome = mutate.attempt(fault, root, (sys.executable,))
    assert (outcome.result, outcome.mutation) == (result, fault)
    assert (root / "src/unweave/maths.py").read_text() == SOURCE


def test_the_list_is_of_files_that_are_there_and_of_faults_that_differ():
    listed = mutate.read()
    assert len(listed) >= 54 and len({one.what for one in listed}) == len(listed)
    for one in listed:
        assert one.old != one.new and one.tests
        assert (mutate.ROOT / "src/unweave" / one.file).is_file(), one.what
        assert all((mutate.ROOT / "tests" / test).exists() for test in one.tests), one.what
