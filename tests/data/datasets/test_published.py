"""ESC-50, UrbanSound8K, FSD50K and FSDKaggle2018: what is particular to each."""

import csv

import pytest
from layouts import write_csv, write_layout

from unweave.data.datasets import datasets
from unweave.data.datasets import esc50 as esc50_module
from unweave.data.datasets import fsdkaggle2018 as kaggle_module
from unweave.data.datasets import urbansound8k as urban_module
from unweave.data.vocabulary import Vocabulary, audioset_class
from unweave.errors import UnweaveError

NAMES = Vocabulary.audioset().names
ESC50 = """dog rooster pig cow frog cat hen insects sheep crow rain sea_waves crackling_fire crickets chirping_birds
water_drops wind pouring_water toilet_flush thunderstorm crying_baby sneezing clapping breathing coughing footsteps
laughing brushing_teeth snoring drinking_sipping door_wood_knock mouse_click keyboard_typing door_wood_creaks
can_opening washing_machine vacuum_cleaner clock_alarm clock_tick glass_breaking helicopter chainsaw siren car_horn
engine train church_bells airplane fireworks hand_saw""".split()
URBAN = """air_conditioner car_horn children_playing dog_bark drilling engine_idling gun_shot jackhammer siren
street_music""".split()
KAGGLE = """Acoustic_guitar Applause Bark Bass_drum Burping_or_eructation Bus Cello Chime Clarinet Computer_keyboard
Cough Cowbell Double_bass Drawer_open_or_close Electric_piano Fart Finger_snapping Fireworks Flute Glockenspiel Gong
Gunshot_or_gunfire Harmonica Hi-hat Keys_jangling Knock Laughter Meow Microwave_oven Oboe Saxophone Scissors Shatter
Snare_drum Squeak Tambourine Tearing Telephone Trumpet Violin_or_fiddle Writing""".split()


@pytest.mark.parametrize(
    ("module", "labels", "without"),
    [
        (esc50_module, ESC50, ["can_opening", "drinking_sipping", "mouse_click", "washing_machine"]),
        (urban_module, URBAN, []),
        (kaggle_module, KAGGLE, []),
    ],
)
def test_every_class_but_those_that_audioset_lacks_has_one_of_its_own(module, labels, without):
    places = {label: audioset_class(module.AUDIOSET.get(label, label)) for label in labels}
    assert sorted(label for label, place in places.items() if place is None) == without
    found = [place for place in places.values() if place is not None]
    assert len(set(found)) == len(found)
    assert set(module.AUDIOSET) <= set(labels)
    assert all(audioset_class(label) is None for label in module.AUDIOSET)  # nothing is renamed that need not be


def names(clip):
    return [NAMES[place] for place in clip.classes]


def test_esc50(tmp_path):
    root = write_layout("esc50", tmp_path, seconds=0.01)
    clips = {clip.path.name: clip for clip in datasets.build("esc50", root=root).clips}
    assert {name[0]: clip.split for name, clip in clips.items()} == {
        "1": "train",
        "2": "train",
        "3": "train",
        "4": "valid",
        "5": "test",
    }
    dog, washing = clips["1-10000-B-0.wav"], clips["1-12000-A-2.wav"]
    assert (names(dog), dog.group, dog.label) == (["Dog"], "freesound-10000", "dog")
    assert (washing.classes, washing.label) == ((), "washing_machine")
    other = datasets.build("esc50", root=root, valid_fold=1, test_fold=0).clips
    assert {clip.path.name[0]: clip.split for clip in other} == {"1": "valid", **dict.fromkeys("2345", "train")}
    for folds in ({"valid_fold": 6}, {"valid_fold": 3, "test_fold": 3}):
        with pytest.raises(UnweaveError, match="valid_fold"):
            datasets.build("esc50", root=root, **folds)


def test_a_recording_in_two_folds_is_kept_where_it_is_held_out(tmp_path):
    root = write_layout("esc50", tmp_path, clips_per_class=1, seconds=0.01)
    table = root / "meta/esc50.csv"
    text = table.read_text().replace(",20000,A", ",50000,A").replace(",31000,A", ",41000,A")
    table.write_text(text)
    collection = datasets.build("esc50", root=root)
    assert {clip.path.name for clip in collection.clips} >= {"5-50000-A-0.wav", "4-41000-A-1.wav"}
    assert collection.left_out == 2
    assert [sentence.partition(":")[0] for sentence in collection.missing] == [
        "audio/2-20000-A-0.wav",
        "audio/3-31000-A-1.wav",
    ]


def test_urbansound8k(tmp_path):
    root = write_layout("urbansound8k", tmp_path, seconds=0.01)
    clips = datasets.build("urbansound8k", root=root).clips
    assert {clip.path.parent.name: clip.split for clip in clips} == {
        "fold1": "train",
        "fold9": "valid",
        "fold10": "test",
    }
    assert {clip.label: names(clip) for clip in clips} == {
        "dog_bark": ["Bark"],
        "siren": ["Siren"],
        "street_music": ["Music"],
    }
    assert clips[0].group == "freesound-1000"


def test_fsd50k(tmp_path):
    root = write_layout("fsd50k", tmp_path, seconds=0.01)
    clips = {clip.path.name: clip for clip in datasets.build("fsd50k", root=root).clips}
    bark = clips["0.wav"]
    assert sorted(names(bark)) == ["Animal", "Bark", "Dog"] and bark.label == "Bark;Dog;Animal"
    assert [clips[f"{number}.wav"].split for number in range(3)] == ["train", "valid", "test"]
    assert clips["2.wav"].path.parent.name == "FSD50K.eval_audio"
    assert clips["2000.wav"].classes == ()
    (root / "FSD50K.ground_truth/eval.csv").unlink()
    collection = datasets.build("fsd50k", root=root)
    assert {clip.split for clip in collection.clips} == {"train", "valid"}
    assert "nothing to test on" in collection.missing[0]


def test_fsdkaggle2018(tmp_path):
    root = write_layout("fsdkaggle2018", tmp_path, seconds=0.01)
    clips = datasets.build("fsdkaggle2018", root=root).clips
    assert {clip.label: names(clip) for clip in clips} == {
        "Bark": ["Bark"],
        "Oboe": ["Wind instrument, woodwind instrument"],
        "Violin_or_fiddle": ["Violin, fiddle"],
    }
    for label in ("Bark", "Oboe", "Violin_or_fiddle"):
        assert {clip.split for clip in clips if clip.label == label} == {"train", "valid", "test"}
    whole = datasets.build("fsdkaggle2018", root=root, valid_one_in=0).clips
    assert {clip.split for clip in whole} == {"train", "test"}


def test_fsdkaggle2018_as_on_kaggle(tmp_path):
    root = write_layout("fsdkaggle2018", tmp_path, seconds=0.01)
    for part in ("train", "test"):
        (root / f"FSDKaggle2018.audio_{part}").rename(root / f"audio_{part}")
    with (root / "FSDKaggle2018.meta/train_post_competition.csv").open() as file:
        rows = [(row["fname"], row["label"], row["manually_verified"]) for row in csv.DictReader(file)]
    for path in (root / "FSDKaggle2018.meta").iterdir():
        path.unlink()
    write_csv(root / "train.csv", ("fname", "label", "manually_verified"), rows)
    collection = datasets.build("fsdkaggle2018", root=root)
    assert len(collection.clips) == len(rows)
    assert {clip.path.parent.name for clip in collection.clips} == {"audio_train"}
    scored = [("74650000.wav", "Bark", "Public"), ("74650001.wav", "None", "Ignored")]
    write_csv(root / "test_post_competition.csv", ("fname", "label", "usage"), scored)
    tested = [clip for clip in datasets.build("fsdkaggle2018", root=root).clips if clip.split == "test"]
    assert [clip.path.name for clip in tested] == ["74650000.wav"]


@pytest.mark.parametrize(
    ("name", "table", "column"),
    [
        ("esc50", "meta/esc50.csv", "src_file"),
        ("urbansound8k", "metadata/UrbanSound8K.csv", "fsID"),
        ("fsd50k", "FSD50K.ground_truth/dev.csv", "mids"),
        ("fsdkaggle2018", "FSDKaggle2018.meta/train_post_competition.csv", "label"),
    ],
)
def test_a_table_that_is_missing_or_lacks_a_column_is_said(tmp_path, name, table, column):
    root = write_layout(name, tmp_path, clips_per_class=1, seconds=0.01)
    path = root / table
    path.write_text(path.read_text().replace(column, "other", 1))
    with pytest.raises(UnweaveError, match=rf"lacks the column\(s\) {column}"):
        datasets.build(name, root=root)
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(UnweaveError, match="UTF-8"):
        datasets.build(name, root=root)
    path.unlink()
    with pytest.raises(UnweaveError, match=f"There is no.*{path.name}"):
        datasets.build(name, root=root)


def test_numbers_and_rows_that_are_none_are_said(tmp_path):
    root = write_layout("esc50", tmp_path, clips_per_class=1, seconds=0.01)
    table = root / "meta/esc50.csv"
    whole = table.read_text()
    table.write_text(whole.replace("1-10000-A-0.wav,1,", "1-10000-A-0.wav,one,"))
    with pytest.raises(UnweaveError, match="fold .*'one'"):
        datasets.build("esc50", root=root)
    table.write_text(whole + "5-x.wav,5\n")
    with pytest.raises(UnweaveError, match="Line 17 .* too few cells"):
        datasets.build("esc50", root=root)


def test_a_clip_that_is_listed_twice_counts_once(tmp_path):
    root = write_layout("esc50", tmp_path, clips_per_class=1, seconds=0.01)
    table = root / "meta/esc50.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, lines[1]]) + "\n")
    collection = datasets.build("esc50", root=root)
    assert len(collection.clips) == 15 and collection.left_out == 1
    assert collection.missing[0].endswith("it is listed twice, and the first time counts.")
