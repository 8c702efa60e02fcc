import json

import pytest

from unweave.data.datasets import datasets
from unweave.data.datasets.table_rows import tags
from unweave.errors import UnweaveError


def write(folder, text, name="clips.csv", files=("a.wav", "b.wav", "c.wav")):
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def build(root, **options):
    return datasets.build("table", root=root, **options)


def labels(collection):
    return {
        clip.path.name: sorted(collection.vocabulary.names[place] for place in clip.classes)
        for clip in collection.clips
    }


@pytest.mark.parametrize(
    "text",
    [
        "path,labels\na.wav,Dog;Rain\nb.wav,Siren\n",
        'file,tags\na.wav,"Dog, Rain"\nb.wav,Siren\n',
        "Filename,Class\na.wav,Dog|rain\nb.wav,siren\n",
        "file;label\na.wav;Dog,Rain\nb.wav;Siren\n",
        "\ufefflabels,path\nRain;/m/0bt9lr,a.wav\n/m/03kmc9,b.wav\n",
        "path,label\na.wav,Dog\na.wav,Rain\nb.wav,Siren\n",
    ],
)
def test_tables_are_written_in_many_ways(tmp_path, text):
    collection = build(write(tmp_path, text))
    assert collection.vocabulary.is_audioset and collection.missing == []
    assert labels(collection) == {"a.wav": ["Dog", "Rain"], "b.wav": ["Siren"]}


def test_a_tsv_and_jsonl_with_lists(tmp_path):
    tsv = write(tmp_path / "one", "path\tlabels\na.wav\tmy bell;my saw\n", "clips.tsv")
    assert labels(build(tsv)) == {"a.wav": ["my bell", "my saw"]}
    lines = [{"file": "a.wav", "labels": ["my bell", "my saw, big"]}, {"file": "b.wav", "labels": "my bell"}]
    jsonl = write(tmp_path / "two", "\n".join(map(json.dumps, lines)) + "\n\n", "clips.jsonl")
    assert labels(build(jsonl)) == {"a.wav": ["my bell", "my saw, big"], "b.wav": ["my bell"]}
    assert build(jsonl.parent).clips[0].label == "my bell;my saw, big"


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Violin, fiddle", ("Violin, fiddle",)),
        ("Dog, Violin, fiddle,Rain", ("Dog", "Violin, fiddle", "Rain")),
        ("Violin, fiddle; Dog", ("Violin, fiddle", "Dog")),
        ("my bell,my saw, my bell,", ("my bell", "my saw")),
        (["a", " b", "", None], ("a", "b")),
        (None, ()),
        (3, ("3",)),
    ],
)
def test_cells_of_several_tags(cell, found):
    assert tags(cell) == found


def test_with_own_classes_a_comma_always_parts(tmp_path):
    table = write(tmp_path, 'path,labels\na.wav,"Violin, fiddle"\n')
    assert labels(build(table, labels="own")) == {"a.wav": ["Violin", "fiddle"]}


def test_groups_and_splits_are_kept(tmp_path):
    text = "path,label,group,split\na.wav,bell,x,training\nb.wav,bell,x,TRAIN\nc.wav,saw,y,validation\n"
    clips = build(write(tmp_path, text)).clips
    assert [(clip.group, clip.split) for clip in clips] == [("x", "train"), ("x", "train"), ("y", "valid")]


def test_a_split_is_made_by_recording(tmp_path):
    files = [f"{number}.wav" for number in range(80)]
    rows = [f"{file},bell,session {number // 4}" for number, file in enumerate(files)]
    collection = build(write(tmp_path, "path,label,group\n" + "\n".join(rows), files=files))
    sides: dict[str, set[str]] = {}
    for clip in collection.clips:
        sides.setdefault(clip.group, set()).add(clip.split)
    assert all(len(parts) == 1 for parts in sides.values())
    assert set.union(*sides.values()) == {"train", "valid"}


def test_a_recording_on_both_sides_is_refused(tmp_path):
    text = "path,label,group,split\na.wav,bell,x,train\nb.wav,bell,x,test\n"
    with pytest.raises(UnweaveError, match="recording x sits on both sides"):
        build(write(tmp_path, text))


def test_rows_that_cannot_be_used_are_said(tmp_path):
    text = "path,label\na.wav,bell\n,bell\nb.wav,\ngone.wav,bell\na.wav,bell\n"
    collection = build(write(tmp_path, text))
    assert [clip.path.name for clip in collection.clips] == ["a.wav"]
    assert collection.missing == [
        "Line 3 of clips.csv: it names no file.",
        "Line 4 of clips.csv: it has no tag.",
        "a.wav in line 6 of clips.csv: it is listed twice, and the first time counts.",
        "gone.wav: there is no such file.",
    ]
    assert collection.left_out == 4


def test_many_rows_that_cannot_be_used_are_one_sentence(tmp_path):
    rows = "".join(f"gone {number}.wav,bell\n" for number in range(100))
    collection = build(write(tmp_path, f"path,label\na.wav,bell\n{rows}"))
    assert collection.left_out == 100
    (said,) = collection.missing
    assert said.startswith("100 clips, for example gone 0.wav, gone 1.wav") and len(said) < 200


def test_files_may_lie_elsewhere(tmp_path):
    table = write(tmp_path / "here", "path,label\na.wav,bell\n", files=["sounds/a.wav"])
    assert build(table, audio="sounds").clips[0].path == tmp_path / "here/sounds/a.wav"
    elsewhere = tmp_path / "there/a.wav"
    elsewhere.parent.mkdir()
    elsewhere.touch()
    table.write_text(f"path,label\n{elsewhere},bell\n../there/./a.wav,saw\n")
    assert len(build(table).clips) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,mood\na.wav,sad\n", r"needs a column for the tags .*; line 2 has path, mood"),
        ("sound,label\na.wav,bell\n", "needs a column for the file"),
        ("path,label,split\na.wav,bell,monday\n", "Line 2 .* the split 'monday'"),
        ("path,label\na.wav,bell,saw\n", "Line 2 .* more cells"),
        ("path,label,split\na.wav,bell,train\na.wav,saw,test\n", "lists a.wav twice, in lines 2 and 3"),
        ("path,label\n", "No clip of the data set table"),
        ("path,label\na.wav,\n", "Line 2 of clips.csv: it has no tag"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, said):
    with pytest.raises(UnweaveError, match=said):
        build(write(tmp_path, text))


@pytest.mark.parametrize(("text", "said"), [("{'path': 1}\n", "Line 1 .* not JSON"), ("[1]\n", "not an object")])
def test_what_is_wrong_with_jsonl_is_said(tmp_path, text, said):
    with pytest.raises(UnweaveError, match=said):
        build(write(tmp_path, text, "clips.jsonl"))


def test_which_table_must_be_plain(tmp_path):
    with pytest.raises(UnweaveError, match="holds no table"):
        build(tmp_path)
    write(tmp_path, "path,label\na.wav,bell\n", "one.csv")
    assert len(build(tmp_path).clips) == 1
    write(tmp_path, "path,label\na.wav,bell\n", "two.csv")
    with pytest.raises(UnweaveError, match=r"several tables \(one.csv, two.csv\)"):
        build(tmp_path)
    with pytest.raises(UnweaveError, match="no table; give a file"):
        build(tmp_path / "a.wav")


def test_labels_that_audioset_lacks_are_listed_with_what_is_near(tmp_path):
    text = "path,label\na.wav,Dgo\nb.wav,zzqx\nc.wav,Rain\n"
    with pytest.raises(UnweaveError, match=r"'Dgo' \(did you mean 'Dog'.*'zzqx'[,;]? .*own") as error:
        build(write(tmp_path, text), labels="audioset")
    assert "'Rain'" not in str(error.value).replace("mean 'Rain'", "")
