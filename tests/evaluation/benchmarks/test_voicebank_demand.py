import pytest
from benchmark_layouts import sine, tiny_benchmark, write

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Piece


@pytest.fixture
def root(tmp_path):
    return tiny_benchmark("voicebank-demand", tmp_path).root


def test_each_utterance_is_taken_out_of_its_noisy_recording(root):
    benchmark = benchmarks.build("voicebank-demand", root=root)
    assert [(item.id, item.part) for item in benchmark.items] == [
        ("p232_001", "2.5 dB"),
        ("p232_003", "12.5 dB"),
        ("p257_002", "7.5 dB"),
        ("p257_004", "17.5 dB"),
    ]
    for item in benchmark.items:
        assert item.target == (Piece(f"clean_testset_wav/{item.id}.wav"),)
        assert item.mixture == Piece(f"noisy_testset_wav/{item.id}.wav")
        assert item.snr is None and item.classes == ("/m/09x0r",)
    assert benchmark.metrics == ("sdr", "pesq", "ssnr", "composite", "stoi")
    assert (benchmark.sample_rate, benchmark.mono, benchmark.seconds) == (32000, True, None)
    assert benchmark.count_note() == "4 utterances; the paper has 824"


def test_without_a_log_there_are_no_parts(root):
    (root / "log_testset.txt").unlink()
    assert {item.part for item in benchmarks.build("voicebank-demand", root=root).items} == {""}


def test_the_log_may_lie_in_its_own_folder_and_say_less(root):
    (root / "logfiles").mkdir()
    lines = (root / "log_testset.txt").read_text().splitlines()
    (root / "logfiles/log_testset.txt").write_text("\r\n".join(lines[:3]) + "\r\n\r\n")
    (root / "log_testset.txt").unlink()
    benchmark = benchmarks.build("voicebank-demand", root=root)
    assert [item.part for item in benchmark.items] == ["2.5 dB", "12.5 dB", "7.5 dB", ""]
    assert benchmark.missing == ("p257_004: log_testset.txt does not say its SNR.",)


def test_all_clean_utterances_are_averaged_unless_fewer_are_asked_for(root):
    for number in range(130):
        write(root / f"clean_trainset_28spk_wav/p300_{number:03d}.wav", sine(0.1, 300))
    benchmark = benchmarks.build("voicebank-demand", root=root)
    assert len(benchmark.examples["Speech"]) > 130 and benchmark.options == {"average": "all"}
    few = benchmarks.build("voicebank-demand", root=root, average=5)
    assert len(few.examples["Speech"]) == 5 and few.options == {"average": 5}


def test_examples_are_of_the_training_part(root):
    examples = benchmarks.build("voicebank-demand", root=root).examples["Speech"]
    assert sorted(piece.path for piece in examples) == [
        "clean_trainset_28spk_wav/p226_001.wav",
        "clean_trainset_28spk_wav/p287_004.wav",
    ]
    (root / "clean_trainset_28spk_wav").rename(root / "clean_trainset_wav")
    renamed = benchmarks.build("voicebank-demand", root=root).examples["Speech"]
    assert {piece.path.split("/")[0] for piece in renamed} == {"clean_trainset_wav"}


def test_utterances_that_are_missing_or_broken_are_said(root):
    (root / "noisy_testset_wav/p232_001.wav").unlink()
    (root / "noisy_testset_wav/p232_003.wav").write_bytes(b"no sound")
    benchmark = benchmarks.build("voicebank-demand", root=root)
    assert [item.id for item in benchmark.items] == ["p257_002", "p257_004"]
    said = " ".join(benchmark.missing)
    assert "noisy_testset_wav/p232_001.wav: there is no such file" in said and "p232_003.wav" in said


def test_another_folder_is_said(tmp_path):
    (tmp_path / "clean_testset_wav").mkdir()
    with pytest.raises(UnweaveError, match="voicebank-demand finds nothing to test on"):
        benchmarks.build("voicebank-demand", root=tmp_path)
