"""Names of classes that somebody else chose: each in a file of its own, none outside of the folder."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.ontology.filenames import file_names, is_name, safe_name
from unweave.ontology.graph import Node

NASTY = [
    "../../etc/passwd", "..", ".", "/etc/passwd", "C:\\Windows", "a/b", "a\\b", "a:b", "CON", "con.txt", "COM¹", "nul.",
    "residual", "Residual", " dog ", "dog.", "dog", "DOG", "dog\u200b", "~", "$(rm)", "-rf", "%s", "é", "e\u0301",
    "ß", "ss", "SS", "🐕" * 400, "ﬁ", "fi", "a" * 119 + "b", "a" * 119 + "c", "a" * 400, "a" * 401, "\u202egnp.wav",
]  # fmt: skip


def nodes(names: list[str]) -> list[Node]:
    return [Node(f"own:{name}", name, index, (), (), 1) for index, name in enumerate(names)]


def check(names: list[str], folder: Path) -> None:
    stems = file_names(nodes(names))
    assert len(stems) == len(names)
    alike = {unicodedata.normalize("NFC", stem).casefold() for stem in stems.values()}
    assert len(alike) == len(names), "two tracks in one file"
    for stem in stems.values():
        path = folder / f"{stem}.wav"
        assert path.parent == folder and path.name == f"{stem}.wav" and path.resolve().parent == folder.resolve()
        assert len(path.name.encode()) <= 255 and stem == stem.strip(" .") and stem
        assert stem.casefold() not in ("residual", "con", "nul") and not stem.casefold().startswith("con.")


def test_names_chosen_by_an_enemy_are_files_of_one_folder(tmp_path: Path) -> None:
    check(NASTY, tmp_path)
    for stem in file_names(nodes(NASTY)).values():
        (tmp_path / f"{stem}.wav").write_text(stem, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == len(NASTY)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=200) | st.sampled_from(NASTY), min_size=1, max_size=8, unique=True))
def test_any_names_are_files_of_one_folder(names: list[str]) -> None:
    check(names, Path("somewhere"))


@pytest.mark.parametrize(
    "name", ["", " ", "\t", "a\nb", "a\rb", "a\0b", "\x1b[31mred", "a\u2028b", "x" * 501, "\ud800"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert not is_name(name) and safe_name(name)
    with pytest.raises(UnweaveError, match="one line of 1 to 500 letters"):
        Ontology.flat(["kettle", name])


def test_names_keep_what_they_can() -> None:
    assert file_names(nodes(["Dog", "Bird, wild"])) == {"own:Dog": "Dog", "own:Bird, wild": "Bird, wild"}
    assert Ontology.flat(["Hund", "Straße", "音"]).file_name("音") == "音"
