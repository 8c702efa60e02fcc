"""Tiny data sets in the true layouts of the benchmarks.

tiny = tiny_benchmark("musdb18", tmp_path)
benchmark = benchmarks.build("musdb18", root=tiny.root, **tiny.options)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import yaml
from layouts import write_csv, write_layout
from torch import Tensor

from unweave.taggers import Tagger, Tags

RATE = 8000
STREAMS = ("mixture", "drums", "bass", "other", "vocals")


@dataclass
class Tiny:
    """A tiny benchmark: what its builder takes, and which recording a file of it is of."""

    root: Path
    options: dict[str, Any] = field(default_factory=dict)
    recording: Callable[[str], str] = lambda path: path


class LoudDetector(Tagger):
    """Hears every class where it is loud: the probability is the loudness of each 0.1 s."""

    sample_rate = RATE
    classes = 527
    embedding_dim = 2
    frame_rate = 10.0

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))
        self.heard: list[int] = []

    def forward(self, waveform: Tensor) -> Tags:
        self.heard.append(len(waveform))
        energy = waveform.unflatten(1, (-1, RATE // 10)).square().mean(2)  # (B, F)
        frames = (energy / energy.amax(1, keepdim=True).clamp_min(1e-9))[:, :, None].expand(-1, -1, self.classes)
        return Tags(frames.amax(1), frames, waveform[:, :2])


def sine(seconds: float, hertz: float, gain: float = 0.3, rate: int = RATE) -> np.ndarray:
    """(T,)"""
    return gain * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def write(path: Path, wave: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave.astype(np.float32), rate)
    return path


def audioset(root: Path) -> Tiny:
    """Four classes with three clips in each part; those tagged Siren are tagged Speech too."""
    write_layout("audioset", root, seconds=3.0)
    return Tiny(root, {"detector": LoudDetector(), "each": 5, "device": "cpu"}, lambda path: Path(path).stem[1:12])


def fsdkaggle2018(root: Path) -> Tiny:
    """Three classes; one training clip is of a recording that is tested on."""
    write_layout("fsdkaggle2018", root, clips_per_class=3, seconds=0.5)
    table = root / "FSDKaggle2018.meta/train_post_competition.csv"
    write(root / "FSDKaggle2018.audio_train/again.wav", sine(0.5, 300))
    table.write_text(table.read_text() + "again.wav,Bark,1,41000,Creative Commons 0\n")
    numbers = {}
    for path in sorted((root / "FSDKaggle2018.meta").glob("*.csv")):
        for row in path.read_text().splitlines()[1:]:
            numbers[row.split(",")[0]] = row.split(",")[3]
    return Tiny(root, {"each": 5}, lambda path: numbers[Path(path).name])


def fsd50k(root: Path) -> Tiny:
    """Three classes, and two kinds of guitar, of which one is a target as Guitar and both are guitars."""
    write_layout("fsd50k", root, clips_per_class=3, seconds=0.5)
    table = root / "FSD50K.ground_truth/eval.csv"
    lines = table.read_text()
    for number in range(2):
        lines += f'{7000 + number},"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h,/m/04rlf"\n'
        lines += f'{7100 + number},"Guitar,Music","/m/0342h,/m/04rlf"\n'
        write(root / f"FSD50K.eval_audio/{7000 + number}.wav", sine(0.5, 400 + number))
        write(root / f"FSD50K.eval_audio/{7100 + number}.wav", sine(0.5, 500 + number))
    table.write_text(lines)
    dev = root / "FSD50K.ground_truth/dev.csv"
    dev.write_text(dev.read_text() + '8000,"Electric_guitar,Guitar,Music","/m/02sgy,/m/0342h,/m/04rlf",train\n')
    write(root / "FSD50K.dev_audio/8000.wav", sine(0.5, 450))
    return Tiny(root, {"each": 5}, lambda path: Path(path).stem)


def musdb18(root: Path) -> Tiny:
    """Two songs to test on and one to learn from, as wav; one of the former has a namesake among the latter."""
    for number, song in enumerate(("test/A - One", "test/B - Two, live", "train/C - Three", "train/A - One")):
        parts = {name: sine(1.5, 200 * (k + 1) + number, 0.1) for k, name in enumerate(STREAMS[1:])}
        parts["mixture"] = sum(parts.values())
        for name, wave in parts.items():
            write(root / song / f"{name}.wav", np.stack([wave, 0.5 * wave], axis=1))
    return Tiny(root, {}, lambda path: path.split("/")[1])


def write_stem_file(path: Path, streams: int = 5, seconds: float = 1.0, rate: int = 44100) -> Path:
    """A .stem.mp4 with streams of AAC, each a tone of its own: 200, 400, ... Hz."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        out = [container.add_stream("aac", rate=rate) for _ in range(streams)]
        for number, stream in enumerate(out):
            wave = np.tile(sine(seconds, 200 * (number + 1), 0.2, rate).astype(np.float32), (2, 1))
            for start in range(0, wave.shape[1], 1024):
                block = np.ascontiguousarray(wave[:, start : start + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts = rate, start
                container.mux(stream.encode(frame))
        for stream in out:
            container.mux(stream.encode(None))
    return path


def slakh_track(
    root: Path, name: str, song: str, stems: dict[str, tuple[str, str, float]], seconds: float = 30.0
) -> None:
    """A track; each stem has its plug-in, its group and its gain, and is silent from 2 s to 4 s."""
    metadata: dict[str, Any] = {"UUID": song, "stems": {}}
    mix = np.zeros(round(seconds * 4000))
    for number, (stem, (plugin, family, gain)) in enumerate(stems.items()):
        metadata["stems"][stem] = {"plugin_name": plugin, "inst_class": family, "audio_rendered": True}
        wave = sine(seconds, 100 * (number + 1), gain, 4000)
        wave[2 * 4000 : 4 * 4000] = 0
        mix += wave
        write(root / name / "stems" / f"{stem}.flac", wave, 4000)
    metadata["stems"]["S99"] = {"plugin_name": "never_rendered.nkm", "inst_class": "Piano", "audio_rendered": False}
    write(root / name / "mix.flac", mix / 4, 4000)
    (root / name / "metadata.yaml").write_text(yaml.safe_dump(metadata))


def slakh2100(root: Path) -> Tiny:
    """Two test tracks and two to learn from, one of which is the same song as a test track."""
    drums, piano, bass = ("drums.nkm", "Drums", 0.3), ("grand/piano, old.nkm", "Piano", 0.2), ("bass.nkm", "Bass", 0.05)
    slakh_track(root, "test/Track00001", "song-1", {"S00": piano, "S01": drums, "S02": bass})
    slakh_track(root, "test/Track00002", "song-2", {"S00": drums, "S03": ("short.nkm", "Guitar", 0.3)}, 13.0)
    slakh_track(root, "train/Track00003", "song-3", {"S00": piano, "S01": drums}, 9.0)
    slakh_track(root, "train/Track00004", "song-1", {"S00": piano, "S01": drums}, 9.0)
    songs = {path.parent.name: yaml.safe_load(path.read_text())["UUID"] for path in root.rglob("metadata.yaml")}
    return Tiny(root, {"each": 8}, lambda path: songs[path.split("/")[1]])


def voicebank(root: Path) -> Tiny:
    """Four utterances to test on, and three to learn from, one of them with the name of one that is tested on."""
    lines = []
    for number, (noise, snr) in enumerate((("bus", "2.5"), ("cafe", "7.5"), ("living", "12.5"), ("office", "17.5"))):
        clean = sine(0.6, 300 + 50 * number)
        name = f"p{(232, 257)[number % 2]}_{number + 1:03d}"
        write(root / f"clean_testset_wav/{name}.wav", clean)
        write(root / f"noisy_testset_wav/{name}.wav", clean + sine(0.6, 1900, 0.1))
        lines.append(f"{name} {noise} {snr}\n")
    (root / "log_testset.txt").write_text("".join(lines))
    for name in ("p226_001", "p287_004", "p232_001"):
        write(root / f"clean_trainset_28spk_wav/{name}.wav", sine(0.6, 350))
    return Tiny(root, {}, lambda path: Path(path).stem)


def published(root: Path) -> Tiny:
    """Test and training folders with labels as FSD50K and FSDKaggle2018 have them, and one that no class fits."""
    for part, count in (("test", 3), ("train", 2)):
        for label in ("Violin_or_fiddle", "Chirp_and_tweet", "a/b=c,d"):
            for number in range(count):
                stem = root / f"2s_segments_balanced_{part}/label={label}/label={label},index={number:03d}"
                for what in ("mixture", "source"):
                    write(stem.with_name(f"{stem.name},{what}.wav"), sine(2.0, 300 + number))
    return Tiny(root, {"of": "fsd50k"})


INDEXED = {"Dog": "/m/0bt9lr", "Rain": "/m/06mb1", "Siren": "/m/03kmc9", "can opening": ""}
STEMS = {"Bass": "/m/018vs", "Drums": "/m/02hnl", "Piano": "/m/05r5c"}


def indexed(root: Path) -> Tiny:
    """An index.csv of environmental clips, speakers and stems of songs, two recordings of each held out."""
    rows: list[tuple[object, ...]] = []

    def add(path: str, dataset: str, split: str, group: str, label: str, mid: str, wave: np.ndarray) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / path, wave, RATE)
        rows.append((path, dataset, split, group, label, mid, RATE))

    for take in range(4):
        split, fold = ("train", 1) if take < 2 else ("valid", 4)
        for number, (label, mid) in enumerate(INDEXED.items()):
            quiet = np.zeros(RATE // 2)
            wave = np.concatenate([quiet, sine(1.5, 300.0 * (number + 1) + take), quiet])
            add(f"esc50/{fold}-{take}{number}-A.wav", "esc50", split, f"source {number} {take}", label, mid, wave)
        voice = sine(1.5, 180.0 + take) * (1 + sine(1.5, 3.0))
        add(f"speech/{take}.wav", "librispeech_small", split, f"speaker {take}", "Speech", "/m/09x0r", voice)
        for number, (label, mid) in enumerate(STEMS.items()):
            wave = sine(3.0, 100.0 * (number + 2) + take)
            add(f"songs/{take}/{label}.wav", "freedoom_stems", split, f"song {take}", label, mid, wave)
    write_csv(
        root / "index.csv", ("path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr"), rows
    )
    groups = {str(row[0]): str(row[3]) for row in rows}
    return Tiny(root, recording=lambda path: groups[path])


FOLDERS = {
    "esc50": {"Dog": "/m/0bt9lr", "Crow": "/m/04s8yn", "can opening": ""},
    "kitchen20": {"Frying (food)": "/m/0dxrf", "Blender": "/m/02pjr4"},
    "berklee": {"Glass": "/m/039jq", "Cowbell": "/m/0239kh", "Cough": "/m/01b_21"},
    "philharmonia": {"Flute": "/m/0l14j_"},
    "instruments": {"Piano": "/m/05r5c"},
    "ambient": {"Wind": "/m/03m9d0z", "Stream": "/m/0j6m2", "office": ""},
}


def folders(root: Path, seconds: float = 1.0) -> Tiny:
    """An index.csv of several data sets, two recordings of each class held out."""
    rows: list[tuple[object, ...]] = []
    for dataset, classes in FOLDERS.items():
        for label, mid in classes.items():
            for take in range(4):
                path, group = f"{dataset}/{len(rows):02d}.wav", f"{dataset} {label} {take}"
                write(root / path, sine(seconds, 300.0 + 40 * len(rows)))
                rows.append((path, dataset, "train" if take < 2 else "valid", group, label, mid, RATE))
    write_csv(
        root / "index.csv", ("path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr"), rows
    )
    groups = {str(row[0]): str(row[3]) for row in rows}
    return Tiny(root, recording=lambda path: groups[path])


def few_scenes(root: Path, seconds: float = 1.0) -> Tiny:
    """The same for scenes, of which few are enough."""
    return replace(folders(root, seconds), options={"scenes": 4})


DEMO = (("Speech", 0.5, 1.0), ("Dog", 1.2, 1.8))


def demo(root: Path) -> Tiny:
    """A scene of 2 s with its two sounds beside it."""
    time = np.arange(2 * RATE) / RATE
    for number, (hertz, (_, start, end)) in enumerate(zip((440, 1100), DEMO, strict=True)):
        wave = sine(2.0, hertz, 0.2) * ((time >= start) & (time < end))
        write(root / f"{number}.wav", np.stack([wave, 0.5 * wave], axis=1))
    sounds = [{"class": name, "start": start, "end": end} for name, start, end in DEMO]
    about = {"seconds": 2, "sample_rate": RATE, "sounds": sounds}
    (root / "scene.json").write_text(json.dumps(about), encoding="utf-8")
    return Tiny(root)


BENCHMARKS: dict[str, Callable[[Path], Tiny]] = {
    "absent": indexed,
    "audioset": audioset,
    "demo": demo,
    "detection": indexed,
    "environmental": indexed,
    "esc50": indexed,
    "fsd50k": fsd50k,
    "fsdkaggle2018": fsdkaggle2018,
    "instruments": folders,
    "musdb18": musdb18,
    "never-worse": few_scenes,
    "objects": folders,
    "published": published,
    "scenes": few_scenes,
    "slakh2100": slakh2100,
    "speech-in-noise": indexed,
    "stems": indexed,
    "two-sounds": folders,
    "voicebank-demand": voicebank,
}


def tiny_benchmark(name: str, root: Path, *arguments: Any) -> Tiny:
    """Write the tiny data set of a benchmark below `root`."""
    return BENCHMARKS[name](root, *arguments)
