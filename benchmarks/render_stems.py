"""Songs to measure on, rendered from MIDI files: a stem for each family of instruments, in the layout of an index.csv.

    apt install fluidsynth timgm6mb-soundfont; pip install mido
    python benchmarks/render_stems.py MIDI_FOLDER OUT --font /usr/share/sounds/sf2/TimGM6mb.sf2 --without INDEX.csv
    unweave evaluate stems=OUT

Every family of the General MIDI programs is rendered by itself, without reverberation and chorus, and all stems of a
song are cut at one place, where the song is loudest. Songs that an index names as `freedoom-<file>` are left out
(--without): a model has learnt from them. Needs FluidSynth and mido, which Unweave itself does not use.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from unweave.data.loudest import loudest_start

RATE = 32000
SECONDS = 20.0
DRUMS = 9  # the channel
FAMILIES: dict[str, tuple[range, str]] = {
    "Piano": (range(0, 8), "/m/05r5c"),
    "Mallet": (range(8, 16), "/m/0j45pbj"),
    "Organ": (range(16, 24), "/m/013y1f"),
    "Guitar": (range(24, 32), "/m/02sgy"),
    "Bass": (range(32, 40), "/m/018vs"),
    "Strings": (range(40, 56), "/m/02qmj0d"),
    "Brass": (range(56, 64), "/m/01kcd"),
    "Woodwind": (range(64, 80), "/m/085jw"),
    "Synth": (range(80, 104), "/m/0l14qv"),
    "Drums": (range(0), "/m/02hnl"),
}
COLUMNS = ("path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr")
QUIETEST_DB, ACTIVE = -50.0, 0.3  # a stem must be louder, and sound for such a share of the stretch


def family(channel: int, program: int) -> str | None:
    """The family that a note belongs to."""
    if channel == DRUMS:
        return "Drums"
    return next((name for name, (programs, _) in FAMILIES.items() if program in programs), None)


def families_of(path: Path) -> dict[str, object]:
    """For each family that plays, the song with the notes of that family alone."""
    import mido

    song = mido.MidiFile(path, clip=True)
    made: dict[str, object] = {}
    for name in FAMILIES:
        part = mido.MidiFile(ticks_per_beat=song.ticks_per_beat)
        programs, notes = [0] * 16, 0
        track = mido.MidiTrack()
        waiting = 0
        for message in mido.merge_tracks(song.tracks):
            waiting += message.time
            if message.type == "program_change":
                programs[message.channel] = message.program
            if message.type == "note_on" and family(message.channel, programs[message.channel]) != name:
                continue
            notes += message.type == "note_on" and message.velocity > 0
            track.append(message.copy(time=waiting))
            waiting = 0
        part.tracks.append(track)
        if notes:
            made[name] = part
    return made


def render(song: object, font: Path) -> NDArray[np.float32]:
    """Mono samples at RATE."""
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "song.mid", Path(folder) / "song.wav"
        song.save(midi)  # type: ignore[attr-defined]
        command = ["fluidsynth", "-niq", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-F", wave, font, midi]
        subprocess.run(command, check=True, capture_output=True)
        samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    return np.asarray(samples.mean(axis=1), np.float32)


def cut(stems: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The stretch in which the song is loudest, of the stems that sound in it."""
    length = max(len(wave) for wave in stems.values())
    padded = {name: np.pad(wave, (0, length - len(wave))) for name, wave in stems.items()}
    start = loudest_start(np.sum(list(padded.values()), axis=0), round(SECONDS * RATE))
    kept = {}
    for name, wave in padded.items():
        part = wave[start : start + round(SECONDS * RATE)]
        frames = part[: len(part) // 3200 * 3200].reshape(-1, 3200)
        level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
        if 10 * np.log10(np.square(part).mean() + 1e-12) > QUIETEST_DB and (level > QUIETEST_DB).mean() > ACTIVE:
            kept[name] = part
    return kept


def main() -> None:
    """Render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("midi", type=Path, help="folder of .mid files")
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--font", type=Path, required=True, help="a sound font")
    parser.add_argument("--without", type=Path, help="an index.csv with songs that are left out")
    parser.add_argument("--songs", type=int, default=20, help="at most so many (%(default)s)")
    parser.add_argument("--split", default="test", help="what the index calls them (%(default)s)")
    options = parser.parse_args()
    if shutil.which("fluidsynth") is None:
        sys.exit("There is no fluidsynth; install it (on Debian and Ubuntu: apt install fluidsynth).")
    known: set[str] = set()
    if options.without:
        with open(options.without, newline="", encoding="utf-8") as file:
            known = {row["source_group"] for row in csv.DictReader(file)}
    songs = [path for path in sorted(options.midi.glob("*.mid")) if f"freedoom-{path.stem}" not in known]
    songs = [songs[place] for place in np.linspace(0, len(songs) - 1, min(options.songs, len(songs))).astype(int)]
    rows = []
    for path in songs:
        stems = cut({name: render(part, options.font) for name, part in families_of(path).items()})
        for name, wave in stems.items() if len(stems) > 1 else ():
            place = options.out / path.stem / f"{name}.flac"
            place.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(place, np.clip(wave, -1, 1), RATE, subtype="PCM_16")
            where = place.relative_to(options.out).as_posix()
            rows.append(
                (where, "freedoom_stems", options.split, f"freedoom-{path.stem}", name, FAMILIES[name][1], RATE)
            )
        print(f"{path.name}: {', '.join(stems) or 'nothing'}", file=sys.stderr)
    with open(options.out / "index.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
