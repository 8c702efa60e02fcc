import pytest
from benchmark_layouts import sine, tiny_benchmark, write

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Piece
from unweave.ontology import Ontology

TEST = "2s_segments_balanced_test"


@pytest.fixture
def root(tmp_path):
    return tiny_benchmark("published", tmp_path).root


def test_mixtures_and_sources_by_label(root):
    benchmark = benchmarks.build("published", root=root, of="fsd50k")
    labels = ("Chirp_and_tweet", "Violin_or_fiddle", "a/b=c,d")
    assert [item.id for item in benchmark.items] == [f"{label}/{n:03d}" for label in labels for n in range(3)]
    last = benchmark.items[-1]
    name = f"{TEST}/label=a/b=c,d/label=a/b=c,d,index=002"
    assert last.target == (Piece(f"{name},source.wav"),) and last.mixture == Piece(f"{name},mixture.wav")
    assert last.label == "a/b=c,d" and last.snr is None and last.others == ()
    assert {label: len(pieces) for label, pieces in benchmark.examples.items()} == dict.fromkeys(labels, 2)
    assert benchmark.count_note() == "9 pairs; the paper has 19 500"


def test_the_folder_of_labels_itself_will_do(root):
    whole, inside = (benchmarks.build("published", root=place) for place in (root, root / TEST))
    assert [item.id for item in inside.items] == [item.id for item in whole.items]
    assert inside.examples == {} and inside.count_note() == "9 pairs"
    assert (inside.root / inside.items[0].target[0].path).is_file()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Violin_or_fiddle", "Violin, fiddle"),
        ("Oboe", "Wind instrument, woodwind instrument"),
        ("Dishes_and_pots_and_pans", "Dishes, pots, and pans"),
        ("Bird_vocalization_and_bird_call_and_bird_song", "Bird vocalization, bird call, bird song"),
        ("Tick-tock", "Tick-tock"),
        ("Crack", "Crack"),
        ("scarbee_clavinet_full.nkm", None),
    ],
)
def test_labels_are_asked_for_by_the_class_that_they_name(tmp_path, label, name):
    for what in ("mixture", "source"):
        write(tmp_path / f"label={label}/label={label},index=000,{what}.wav", sine(2.0, 300))
    (item,) = benchmarks.build("published", root=tmp_path).items
    assert [Ontology().find(mid).name for mid in item.classes] == ([] if name is None else [name])


def test_audiosets_folders_are_named_after_numbers(tmp_path):
    for what in ("mixture", "source"):
        write(tmp_path / f"class_id=74/class_id=74,index=007,{what}.wav", sine(2.0, 300))
    (item,) = benchmarks.build("published", root=tmp_path, of="audioset").items
    assert (item.id, item.label, item.classes) == ("Dog/007", "Dog", ("/m/0bt9lr",))


def test_plug_ins_are_counted_for_slakh(root):
    note = benchmarks.build("published", root=root, of="slakh2100").count_note()
    assert note == "3 plug-ins; the paper has 151, its code 148"


def test_what_is_not_of_the_layout_is_passed_over_and_half_pairs_are_said(root):
    (root / TEST / "label=Chirp_and_tweet/label=Chirp_and_tweet,index=001,source.wav").unlink()
    write(root / TEST / "label=Bark/label=Dog,index=000,mixture.wav", sine(2.0, 300))
    write(root / TEST / "notes,mixture.wav", sine(2.0, 300))
    benchmark = benchmarks.build("published", root=root)
    assert len(benchmark.items) == 8
    assert benchmark.missing == (
        "label=Chirp_and_tweet/label=Chirp_and_tweet,index=001,source.wav: there is no such file.",
    )


def test_another_set_is_refused(root):
    with pytest.raises(UnweaveError, match="no published set 'esc50'; choose audioset, fsdkaggle2018, fsd50k, slakh"):
        benchmarks.build("published", root=root, of="esc50")
