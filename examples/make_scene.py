"""Builds scene.flac, the recording of `make demo`, and scene.json, which says what sounds in it and when.

Everything in it is made here: a tune of our own (FluidSynth plays it), two spoken sentences (espeak-ng) and sounds
computed from nothing but sines and noise. Needs the programs fluidsynth and espeak-ng and a General MIDI sound font
(Debian: fluidsynth fluid-soundfont-gm espeak-ng); the demo itself needs none of them.

    python examples/make_scene.py
    python examples/make_scene.py --stems FOLDER    # only the sounds, each alone, as loud as it is in the scene
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Audio = NDArray[np.float64]  # (T,) or (2, T)

HERE = Path(__file__).parent
RATE = 44100
SECONDS = 20
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PEAK = 0.7

# The tune: (start in beats, length in beats, MIDI pitch, loudness 0 to 127); two bars and an end, in G.
TEMPO = 104
MELODY = [(0, 1, 74, 96), (1, 0.5, 79, 88), (1.5, 0.5, 81, 84), (2, 1.5, 83, 100), (3.5, 0.5, 81, 82)]
MELODY += [(4, 1, 78, 94), (5, 0.5, 74, 84), (5.5, 0.5, 76, 86), (6, 1, 78, 92), (7, 1, 76, 84), (8, 2.5, 79, 98)]
CHORDS = [
    (0, (55, 62, 67, 71)),
    (2, (52, 59, 64, 67)),
    (4, (50, 57, 62, 66)),
    (6, (48, 55, 60, 64)),
    (8, (55, 62, 67, 71)),
]
GUITAR = [(beat + step / 2, 1.2, pitch, 74) for beat, chord in CHORDS for step, pitch in enumerate(chord)]
BASS = [(beat, 1.8, chord[0] - 12, 92) for beat, chord in CHORDS]
PARTS = [(0, MELODY), (24, GUITAR), (32, BASS)]  # General MIDI: grand piano, nylon guitar, acoustic bass


@dataclass
class Sound:
    """One entry of the scene: what it is, where in time and in the stereo image, and how loud."""

    name: str  # as in AudioSet's ontology
    start: float  # s
    level: float  # dB of full scale, RMS over the loudest second
    pan: tuple[float, float]  # from, to; -1 left, 1 right
    make: Callable[[np.random.Generator], Audio]


def midi_file(parts: list[tuple[int, list[tuple[float, float, int, int]]]], ticks: int = 480) -> bytes:
    """A Standard MIDI File with one channel for each part (program, notes)."""

    def number(value: int) -> bytes:  # seven bits a byte, all but the last with the top bit set
        low, rest = bytes([value & 127]), value >> 7
        while rest:
            low, rest = bytes([rest & 127 | 128]) + low, rest >> 7
        return low

    events = [(0, b"\xff\x51\x03" + round(60e6 / TEMPO).to_bytes(3, "big"))]
    for channel, (program, notes) in enumerate(parts):
        events.append((0, bytes([0xC0 | channel, program])))
        for start, length, pitch, loudness in notes:
            events.append((round(start * ticks), bytes([0x90 | channel, pitch, loudness])))
            events.append((round((start + length) * ticks), bytes([0x80 | channel, pitch, 0])))
    events.sort(key=lambda event: event[0])
    track, now = b"", 0
    for time, message in events:
        track, now = track + number(time - now) + message, time
    track += number(ticks * 2) + b"\xff\x2f\x00"
    head = (0).to_bytes(2, "big") + (1).to_bytes(2, "big") + ticks.to_bytes(2, "big")
    return b"".join(kind + len(data).to_bytes(4, "big") + data for kind, data in ((b"MThd", head), (b"MTrk", track)))


def music(_: np.random.Generator) -> Audio:
    """The tune, in stereo."""
    with tempfile.TemporaryDirectory() as folder:
        tune, wave = Path(folder, "tune.mid"), Path(folder, "tune.wav")
        tune.write_bytes(midi_file(PARTS))
        _run("fluidsynth", "-q", "-ni", "-r", str(RATE), "-g", "0.8", "-F", str(wave), str(SOUND_FONT), str(tune))
        audio, _rate = soundfile.read(wave, always_2d=True)
    return _fade(audio.T[:, : int(7 * RATE)], 1.0)


def speech(text: str, voice: str) -> Callable[[np.random.Generator], Audio]:
    """A sentence, spoken."""

    def make(_: np.random.Generator) -> Audio:
        with tempfile.TemporaryDirectory() as folder:
            wave = Path(folder, "speech.wav")
            _run("espeak-ng", "-v", voice, "-s", "150", "-w", str(wave), text)
            audio, rate = soundfile.read(wave)
        loud = np.flatnonzero(np.abs(audio) > 1e-3)
        return soxr.resample(audio[loud[0] : loud[-1] + 1], rate, RATE)

    return make


def dog(rng: np.random.Generator) -> Audio:
    """Barks: a hoarse voice whose pitch jumps up and falls, through the resonances of a muzzle."""
    audio = np.zeros(int(2.6 * RATE))
    for start, pitch in ((0.0, 600), (0.42, 640), (1.3, 580), (1.7, 620), (2.1, 550)):
        time = _time(0.14)
        share = time / time[-1]
        phase = np.cumsum(pitch * (0.6 + 0.75 * np.sin(np.pi * share**0.7))) / RATE
        voice = 2 * (phase % 1) - 1 + 0.4 * (2 * (phase / 2 % 1) - 1)  # the half pitch makes it rough
        voice += 0.5 * rng.standard_normal(len(time))
        bark = _resonate(voice, [(500, 300, 1.0), (1000, 400, 1.0), (1800, 600, 0.6), (3200, 900, 0.3)])
        bark *= np.minimum(share / 0.05, 1) * np.exp(-3 * share) * np.minimum((1 - share) / 0.25, 1)
        _add(audio, np.tanh(2 * bark / np.abs(bark).max()), start)
    return _room(audio, rng, 0.3, 0.2)


def bell(rng: np.random.Generator) -> Audio:
    """Three strokes of a church bell: hum, prime, minor third, fifth, octave and above, each beating with its twin."""
    partials = [(0.5, 0.5, 4.0), (1, 0.7, 2.8), (1.2, 0.9, 2.4), (1.5, 0.35, 1.6), (2, 1.0, 1.8), (2.51, 0.4, 1.0)]
    partials += [(2.66, 0.4, 0.9), (3.01, 0.45, 0.8), (4.17, 0.35, 0.5), (5.43, 0.25, 0.35), (6.8, 0.15, 0.2)]
    audio = np.zeros(int(5.5 * RATE))
    for start in (0.0, 1.5, 3.0):
        time = _time(5.5 - start)
        stroke = np.zeros(len(time))
        for ratio, strength, decay in partials:
            for twin in (1.0, 1.0015):
                phase = rng.uniform(0, 2 * np.pi)
                stroke += strength * np.exp(-time / decay) * np.sin(2 * np.pi * 392 * ratio * twin * time + phase)
        stroke *= np.minimum(time / 0.003, 1)
        _add(audio, stroke + 2 * rng.standard_normal(len(time)) * np.exp(-time / 0.006), start)
    return _fade(_room(audio, rng, 0.8, 0.2), 1.2)


def rain(rng: np.random.Generator) -> Audio:
    """Hissing rain with single drops on leaves and stone, different in both ears."""
    length = int(8 * RATE)
    ears = []
    for _ in range(2):
        hiss = rng.standard_normal(length)
        spectrum, hertz = np.fft.rfft(hiss), np.fft.rfftfreq(length, 1 / RATE)
        spectrum *= (hertz / 900) / (1 + (hertz / 900) ** 2) ** 0.75 / (1 + (hertz / 6500) ** 4)
        ear = np.fft.irfft(spectrum, length) * 0.5
        for start in rng.uniform(0, 7.97, 1400):
            time = _time(0.012)
            pitch, loudness = rng.uniform(1500, 7000), 0.6 * rng.pareto(3.0)
            drop = np.exp(-time / rng.uniform(0.0006, 0.003)) * np.sin(2 * np.pi * pitch * time)
            _add(ear, min(loudness, 2.5) * drop, start)
        ears.append(ear)
    return _fade(np.stack(ears), 1.5, both=True)


def siren(rng: np.random.Generator) -> Audio:
    """A wailing siren: a rough tone that climbs and falls, through a horn."""
    time = _time(5.5)
    wail = 0.5 - 0.5 * np.cos(2 * np.pi * time / 2.2)
    phase = np.cumsum(620 * 2 ** (1.15 * wail)) / RATE
    tone = sum(np.sin(2 * np.pi * k * phase) / k**0.8 for k in range(1, 9))
    horn = _resonate(np.asarray(tone), [(900, 500, 1.0), (1900, 700, 0.8), (3300, 900, 0.3)])
    return _fade(_room(horn, rng, 0.9, 0.35), 1.0, both=True)


SCENE = [
    Sound("Music", 0.0, -22, (0, 0), music),
    Sound("Speech", 4.6, -20, (-0.3, -0.3), speech("Listen. It is starting to rain again.", "en-us+m3")),
    Sound("Rain", 6.6, -31, (0, 0), rain),
    Sound("Dog", 8.3, -20, (0.6, 0.6), dog),
    Sound("Church bell", 10.8, -23, (-0.7, -0.7), bell),
    Sound("Siren", 14.3, -24, (-0.8, 0.8), siren),
    Sound("Speech", 16.6, -19, (0.25, 0.25), speech("We should go home before it gets dark.", "en-gb+f2")),
]


def build() -> tuple[Audio, list[Audio], list[dict[str, object]]]:
    """The mixture, (2, T), its sounds, (2, T) each, which add up to it, and what they are."""
    stems, entries = [], []
    for seed, sound in enumerate(SCENE):
        audio = _place(sound.make(np.random.default_rng(seed)), *sound.pan)
        audio *= 10 ** (sound.level / 20) / _loudest_second(audio)
        audio = audio[:, : SECONDS * RATE - int(sound.start * RATE)]
        stems.append(np.zeros((2, SECONDS * RATE)))
        for channel in range(2):
            _add(stems[-1][channel], audio[channel], sound.start)
        heard = np.flatnonzero(np.abs(audio).max(axis=0) > 1e-3)
        end = sound.start + (heard[-1] + 1) / RATE
        entry = {"class": sound.name, "start": round(sound.start + heard[0] / RATE, 2), "end": round(end, 2)}
        entries.append({**entry, "pan": list(sound.pan), "level_db": sound.level})
    mixture = np.sum(stems, axis=0)
    gain = min(1.0, PEAK / np.abs(mixture).max())
    return mixture * gain, [stem * gain for stem in stems], entries


def _place(audio: Audio, start: float, end: float) -> Audio:
    """Stereo from mono by constant power, along a straight way from one place to another."""
    if audio.ndim == 2:
        return audio.copy()
    angle = (np.linspace(start, end, len(audio)) + 1) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)]) * audio


def _loudest_second(audio: Audio) -> float:
    energy = np.concatenate([[0.0], np.cumsum((audio**2).mean(axis=0))])
    window = min(RATE, audio.shape[1])
    return float(np.sqrt((energy[window:] - energy[:-window]).max() / RATE))


def _resonate(audio: Audio, resonances: list[tuple[float, float, float]]) -> Audio:
    """Filter by resonances (centre in Hz, width in Hz, strength), in the frequency domain."""
    hertz = np.fft.rfftfreq(2 * len(audio), 1 / RATE)
    shape = sum(gain / (1 + ((hertz - centre) / (width / 2)) ** 2) for centre, width, gain in resonances)
    return np.fft.irfft(np.fft.rfft(audio, 2 * len(audio)) * shape)[: len(audio)]


def _room(audio: Audio, rng: np.random.Generator, seconds: float, share: float) -> Audio:
    """Some echo: decaying noise, convolved."""
    time = _time(seconds)
    echo = rng.standard_normal(len(time)) * np.exp(-5 * time / seconds)
    size = len(audio) + len(echo)
    wet = np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(echo, size), size)[: len(audio)]
    return audio + share * wet * np.sqrt((audio**2).mean() / (wet**2).mean())


def _fade(audio: Audio, seconds: float, both: bool = False) -> Audio:
    ramp = np.sin(np.linspace(0, np.pi / 2, int(seconds * RATE))) ** 2
    audio[..., -len(ramp) :] *= ramp[::-1]
    if both:
        audio[..., : len(ramp)] *= ramp
    return audio


def _add(audio: Audio, part: Audio, start: float) -> None:
    first = int(start * RATE)
    audio[first : first + len(part)] += part[: len(audio) - first]


def _time(seconds: float) -> Audio:
    return np.arange(int(seconds * RATE)) / RATE


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        sys.exit(f"The scene needs the program {command[0]}; install it first.")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{command[0]} failed: {error.stderr.decode(errors='replace').strip()}")


def main() -> None:
    """Write the scene, or its sounds one by one: 0.wav is the first of scene.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--stems", type=Path, help="folder for the sounds and their scene.json; the scene stays as it is"
    )
    folder = parser.parse_args().stems
    scene, stems, sounds = build()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for number, stem in enumerate(stems):
            soundfile.write(folder / f"{number}.wav", stem.T, RATE, subtype="FLOAT")
    else:
        soundfile.write(HERE / "scene.flac", np.round(scene.T * 32767).astype(np.int16), RATE, subtype="PCM_16")
    manifest = {"seconds": SECONDS, "sample_rate": RATE, "sounds": sounds}
    (folder or HERE).joinpath("scene.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
