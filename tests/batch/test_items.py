from __future__ import annotations

import pytest

from unweave.batch.items import OWN, inside, key_of, make_item


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a/b/clip.wav", "a/b/clip"),
        ("clip", "clip"),
        (".wav", ".wav"),
        ("...wav", "_"),
        ("a/../../etc/x.wav", "a/etc/x"),
        (f"{OWN}/x.wav", f"{OWN}_/x"),
        (f"{OWN}.wav", f"{OWN}_"),
        (f"a/{OWN}/x.wav", f"a/{OWN}/x"),
    ],
)
def test_places_lie_within_the_output_and_never_in_the_manifest(name: str, place: str) -> None:
    assert make_item(name, name).place == place


def test_what_is_called_alike_keeps_its_ending_and_knows_its_other_place() -> None:
    alone, beside = make_item("a/x.wav", "p"), make_item("a/x.wav", "p", alone=False)
    assert (alone.place, alone.other) == ("a/x", "a/x.wav") == (beside.other, beside.place)
    assert alone.name == beside.name and alone.key == beside.key


def test_parts_of_one_recording_are_items_of_their_own() -> None:
    first, second = make_item("x.wav", "p", start=1.5, end=3), make_item("x.wav", "p", start=3)
    assert (first.name, first.place) == ("x.wav@1.50-3.00", "x@1.50-3.00")
    assert second.place == "x@3.00-" and first.key != second.key


def test_keys_are_the_same_on_every_machine_and_take_names_that_are_no_text() -> None:
    assert key_of("a/b.wav") == 0x5E8721ACE99ACA55
    assert key_of("a\udcff.wav") != key_of("a.wav")


def test_a_path_elsewhere_is_named_from_the_root() -> None:
    assert inside("/d/a/x.wav", "/d") == "a/x.wav" and inside("/e/x.wav", "/d") == "e/x.wav"
