"""An output file for a video with another sound, its streams made and its header written."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from unweave.audio.containers import Plan, begins_with_index, is_quicktime
from unweave.audio.encoder import Block, Encoder, add_sound, bit_rate, priming
from unweave.audio.remux import Copier, copy_names, sound_names
from unweave.audio.resampling import Resampler
from unweave.audio.video_source import Sound


class VideoOutput:
    """A container that takes the new sound and, packet by packet, everything else of the input.

    Args:
        source: the input container.
        path: of it.
        part: the file to write.
        plan: how.
        sound: the stream that is replaced.
        sample_rate: of the blocks of `write`, in Hz.
        begin: where the first sample stands on the clock of the input, in s.
        keep_tags: see `Copier`.
        keep_data: see `Copier`.

    Raises:
        ValueError, RuntimeError, OSError: the container does not take these streams in this way.
    """

    def __init__(
        self,
        source: Any,
        path: Path,
        part: Path,
        plan: Plan,
        sound: Sound,
        sample_rate: int,
        begin: Fraction,
        keep_tags: bool,
        keep_data: bool,
    ) -> None:
        import av

        self._container: Any = av.open(f"file:{part}", "w", format=plan.muxer, options=_options(plan, source, path))
        with contextlib.ExitStack() as stack:
            stack.callback(self._container.close)
            self._copier = Copier(source, path, self._container, plan.muxer, keep_tags, keep_data)
            bits = bit_rate(plan.codec, plan.sample_rate, sound.channels, sound.bits)
            for stream in source.streams:
                if stream.index == sound.index:
                    new = add_sound(self._container, plan.codec, plan.sample_rate, plan.layout, bits, sound.samples)
                    new.metadata.update(sound_names(stream))
                    new.disposition = stream.disposition.value
                else:
                    self._copier.add(stream)
            copy_names(source, self._container)
            self._resampler = Resampler(sample_rate, plan.sample_rate, sound.channels)
            place = round(begin * plan.sample_rate)
            silence = self._skip = 0
            if plan.muxer == "avi":
                # An AVI has no times: its sound begins with the first packet, the encoder's delay included. So silence
                # fills that delay up to whole packets, and these are left out.
                if plan.codec == "libmp3lame":
                    new.options = {"reservoir": "0"}  # so that no packet needs one before it
                delay, size = priming(plan.codec, plan.sample_rate, plan.layout, bits)
                filled = -delay % size
                silence, self._skip = filled + max(place, 0), max(round(-begin * sample_rate), 0)
                place = -filled
            self._leave_early = plan.muxer == "avi"
            self._container.start_encoding()
            self._encoder = Encoder(new, place)
            self._mux(self._encoder.push(np.zeros((sound.channels, silence), np.float32)))
            self.whole_numbers = new.format.name[0] not in "fd"
            stack.pop_all()

    @property
    def left_out(self) -> list[str]:
        """A sentence for each thing that could not be copied so far."""
        return self._copier.lost

    @property
    def copied(self) -> list[int]:
        """Indexes of the input's streams whose packets `copy` takes."""
        return self._copier.indexes

    @property
    def time(self) -> Fraction:
        """How far the sound has come, in s on the clock of the input."""
        return self._encoder.time

    def write(self, block: Block) -> None:
        """Take a block (C, n) of the new sound."""
        skipped = min(self._skip, block.shape[1])
        self._skip -= skipped
        self._push(self._resampler.push(block[:, skipped:]))

    def end_sound(self) -> None:
        """The last packets of the sound."""
        self._push(self._resampler.finish())
        self._mux(self._encoder.finish())

    def copy(self, packet: Any) -> None:
        """Write a packet of the input."""
        self._copier.packet(packet)

    def close(self) -> None:
        """Write the end of the file and close it."""
        self._container.close()

    def _push(self, block: Block) -> None:
        if block.shape[1]:
            self._mux(self._encoder.push(block))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if not (self._leave_early and packet.pts < 0):
                self._container.mux(packet)


def _options(plan: Plan, source: Any, path: Path) -> dict[str, str]:
    if not is_quicktime(plan.muxer):
        return {}
    flags = []
    if any(name.startswith("com.") for name in source.metadata):
        flags.append("use_metadata_tags")  # what phones note: place, make, version
    if begins_with_index(path):
        flags.append("faststart")
    # Edit lists count in this unit: by default it is 1 ms, and so the sound would be moved by up to half of that.
    options = {"movie_timescale": str(plan.sample_rate)}
    return options | ({"movflags": "+".join(flags)} if flags else {})
