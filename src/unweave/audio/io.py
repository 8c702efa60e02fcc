"""Audio files in and out: the names that the rest of the package uses."""

from __future__ import annotations

from unweave.audio.decoder import AudioInfo
from unweave.audio.reader import AudioReader, open_audio, probe, read_audio
from unweave.audio.writer import AudioWriter, check_format

__all__ = ["AudioInfo", "AudioReader", "AudioWriter", "check_format", "open_audio", "probe", "read_audio"]
