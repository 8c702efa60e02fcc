"""Streams of a video that pass into another file as they are: packets, times, rotation, names, chapters."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from unweave.audio.containers import is_quicktime
from unweave.audio.video_source import first_packet, is_cover

# Names that a container gives itself, and counts of Matroska that a new sound would make untrue.
_OWN_NAMES = {"major_brand", "minor_version", "compatible_brands", "encoder"}
_COUNTED = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS", "ENCODER", "encoder")
# What the text streams of a mov become in containers that hold plain text.
_MOV_TEXT, _PLAIN_TEXT = "mov_text", "text"
_PICTURES = {"mjpeg": "image/jpeg", "png": "image/png", "bmp": "image/bmp", "gif": "image/gif", "webp": "image/webp"}
_MOST_REFUSED = 100
_UNCUT = "The input hides pictures by an edit list, which this kind of file has not; they are shown."


class Copier:
    """Adds streams to an output that are those of an input, and passes packets from one to the other.

    Args:
        source: the input container of PyAV.
        path: of the input.
        target: the output container, nothing written yet.
        keep_tags: whether the four letters by which mov and mp4 call a codec are kept (hvc1 or hev1, which players
            treat differently); the muxer refuses some.
        keep_data: whether streams of data (time code, position) are tried.

    Attributes:
        left_out: a sentence for each thing that the output cannot hold.
    """

    def __init__(self, source: Any, path: Path, target: Any, muxer: str, keep_tags: bool, keep_data: bool) -> None:
        self._path, self._target, self._muxer = path, target, muxer
        self._keep_tags, self._keep_data = keep_tags, keep_data
        self._from_mov = source.format.name.startswith("mov,")
        self._outputs: dict[int, Any] = {}
        self._filters: dict[int, Any] = {}
        self._refused = 0
        self._texts: set[int] = set()
        self._last: dict[int, Fraction] = {}
        self.left_out: list[str] = []

    @property
    def indexes(self) -> list[int]:
        """Of the input's streams whose packets are to be passed on."""
        return list(self._outputs)

    def add(self, stream: Any) -> None:
        """Add one stream of the input to the output, or say why not."""
        if stream.type == "data" and self._made_anew(stream):
            return
        if stream.type == "data" and (stream.name is None or not self._keep_data):
            self._leave_out(stream)
            return
        if stream.type == "attachment":
            self._attach(stream, stream.metadata.get("mimetype"), stream.data)
            return
        if stream.type == "video" and is_cover(stream) and self._muxer == "matroska":
            kind = _PICTURES.get(stream.codec_context.name, "image/png")
            self._attach(stream, stream.metadata.get("mimetype", kind), first_packet(self._path, stream.index))
            return
        import av

        try:
            output = self._add(stream)
        except (av.error.FFmpegError, ValueError, RuntimeError):
            self._leave_out(stream)
            return
        output.metadata.update({k: v for k, v in stream.metadata.items() if k not in ("encoder",)})
        output.disposition = stream.disposition.value
        self._outputs[stream.index] = output

    @property
    def lost(self) -> list[str]:
        """A sentence for each thing that the output cannot hold, and for packets that are damaged."""
        some = "1 damaged packet is" if self._refused == 1 else f"{self._refused} damaged packets are"
        return [*self.left_out, *([f"{some} left out."] if self._refused else [])]

    def packet(self, packet: Any) -> None:
        """Write one packet of the input."""
        output = self._outputs[packet.stream_index]
        if packet.stream_index in self._texts and bytes(packet)[:2] == bytes(2):
            return  # a pause between subtitles, which the muxer puts in again by itself
        if packet.is_discard and not is_quicktime(self._muxer) and _UNCUT not in self.left_out:
            self.left_out.append(_UNCUT)
        filter_ = self._filters.get(packet.stream_index)
        for each in filter_.filter(packet) if filter_ else [packet]:
            self._set_times(each, packet.stream_index)
            each.stream = output
            self._mux(each)

    def _mux(self, packet: Any) -> None:
        import av

        try:
            self._target.mux(packet)
        except av.error.FFmpegError as error:
            # A damaged one among many is passed over, as players do; a full disk, or all of them, is an error.
            self._refused += 1
            if isinstance(error, OSError) or self._refused > _MOST_REFUSED:
                raise

    def _add(self, stream: Any) -> Any:
        import av

        if stream.codec_context is None:
            return self._target.add_stream_from_template(stream)
        if stream.codec_context.name == _MOV_TEXT:
            self._texts.add(stream.index)
            if not is_quicktime(self._muxer):
                self._filters[stream.index] = av.BitStreamFilterContext("mov2textsub", stream)
                return self._target.add_mux_stream(_PLAIN_TEXT, time_base=stream.time_base)
        output = self._target.add_stream_from_template(stream, opaque=True)
        if self._keep_tags:
            output.codec_context.codec_tag = stream.codec_context.codec_tag
        if stream.type == "video":
            if stream.average_rate:  # time codes are counted in it
                output.codec_context.framerate = stream.average_rate
            self._keep_shape(stream, output)
        return output

    def _keep_shape(self, stream: Any, output: Any) -> None:
        """Pixels that are not square, which the container alone may know of."""
        shape = stream.sample_aspect_ratio
        if not shape or shape == (stream.codec_context.sample_aspect_ratio or 1):
            return
        output.codec_context.sample_aspect_ratio = shape
        if not is_quicktime(self._muxer):  # PyAV does not reach the place where other muxers look for it
            self.left_out.append(f"The shape of its pixels ({shape.numerator}:{shape.denominator}) is not kept.")

    def _made_anew(self, stream: Any) -> bool:
        """Chapters of a mov, which are a stream there that is marked as not to be read, and its time code."""
        import av

        chapters = stream.discard == av.stream.Discard.all
        return self._from_mov and (chapters or (is_quicktime(self._muxer) and "timecode" in stream.metadata))

    def _attach(self, stream: Any, kind: str | None, data: bytes) -> None:
        """Matroska alone has files within a file; there a cover is one of them."""
        if self._muxer != "matroska":
            self._leave_out(stream)
            return
        name = stream.metadata.get("filename") or f"cover.{(kind or '').rpartition('/')[2]}"
        output = self._target.add_attachment(name, kind or "application/octet-stream", data)
        output.metadata.update({**stream.metadata, **output.metadata})

    def _set_times(self, packet: Any, index: int) -> None:
        """No packet without a time, none before the one before it: containers refuse both."""
        base = packet.time_base
        last = self._last.get(index)
        if packet.dts is None:
            step = packet.duration or 1
            packet.dts = packet.pts if last is None else int(last / base) + step
            if packet.dts is None:
                packet.dts = 0
            if packet.pts is not None:
                packet.dts = min(packet.dts, packet.pts)
        if last is not None and packet.dts * base <= last:
            packet.dts = int(last // base) + 1
            if packet.pts is not None:
                packet.pts = max(packet.pts, packet.dts)
        self._last[index] = packet.dts * base

    def _leave_out(self, stream: Any) -> None:
        kind = {"data": "of data", "attachment": "that is attached", "subtitle": "of subtitles"}.get(stream.type, "")
        name = getattr(stream, "name", None) or stream.type
        self.left_out.append(
            f"Stream {stream.index} {kind} ({name}) cannot be copied and is left out.".replace("  ", " ")
        )


def copy_names(source: Any, target: Any) -> None:
    """Title, place, date and the like, and the chapters."""
    target.metadata.update({k: v for k, v in source.metadata.items() if k not in _OWN_NAMES})
    chapters = source.chapters()
    if chapters:
        target.set_chapters(chapters)


def sound_names(stream: Any) -> dict[str, str]:
    """Language and title of a stream whose sound is replaced, without what counted its old bytes."""
    return {k: v for k, v in stream.metadata.items() if not k.startswith(_COUNTED)}
