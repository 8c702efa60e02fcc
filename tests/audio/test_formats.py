"""What each format holds, and what it does not is said before any work."""

from __future__ import annotations

from pathlib import Path

import pytest
from videos import noise

from unweave.audio.formats import FORMATS, check
from unweave.audio.io import AudioWriter, read_audio
from unweave.errors import UnweaveError


@pytest.mark.parametrize("format", list(FORMATS))
def test_what_is_allowed_can_be_written(tmp_path: Path, format: str) -> None:
    kind = FORMATS[format]
    rates = (kind.rates[0], kind.rates[-1]) if kind.rates else (8000, 192000)
    for rate in set(rates):
        for channels in {1, min(8, kind.channels)}:
            subtype = check(format, rate, channels)
            assert subtype == (kind.subtypes[0] if kind.subtypes else None)
            with AudioWriter(tmp_path / "x", rate, channels, format, subtype) as file:  # type: ignore[arg-type]
                file.write(noise(2000 / rate, channels, rate=rate))
            x, got = read_audio(tmp_path / "x")
            assert (len(x), got) == (channels, rate)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("mp3", 96000, 2), "44100 or 48000 Hz; street.wav would need 96000 Hz. Write ogg or wav"),
        (("mp3", 44100, 6), "1 to 2 channels; street.wav would need 6"),
        (("m4a", 192000, 2), "street.wav would need 192000 Hz"),
        (("m4a", 48000, 9), "1 to 8 channels"),
        (("opus", 44100, 2), "48000 Hz only; street.wav would need 44100 Hz. Write ogg or m4a"),
        (("opus", 48000, 5), "1, 2, 3, 4, 6 or 8 channels; street.wav would need 5"),
        (("flac", 44100, 9), "1 to 8 channels"),
        (("ogg", 300000, 2), "rate of 1 to 200000"),
        (("flac", 65541, 2), "a rate in tens"),
        (("ogg", 48000, 6, None, "hexagonal"), "keeps only the bass"),
        (("wav", 0, 2), "rate of 1 to"),
        (("wav", 44100, 0), "channels"),
        (("aiff", 44100, 2), "no output format 'aiff'; choose wav, flac, ogg, mp3, m4a or opus"),
        (("mp3", 44100, 2, "PCM_16"), "no subtype PCM_16"),
        (("flac", 44100, 2, "FLOAT"), "whole numbers"),
    ],
)
def test_what_is_not_is_said_in_a_sentence(arguments: tuple, says: str) -> None:  # type: ignore[type-arg]
    format, rate, channels, *subtype = arguments
    with pytest.raises(UnweaveError, match=says):
        check(format, rate, channels, "street.wav", *subtype)
