"""Small videos with everything that videos have: late sound, cut starts, uneven pictures, subtitles, rotation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from unweave.audio.io import open_audio
from unweave.audio.video import VideoWriter, replace_sound

RATE = 48000
TICKS = 600  # the clock of the pictures, a second


@dataclass
class Film:
    """What to put into a video.

    Attributes:
        sounds: each (C, T); the first one is usually replaced.
        starts: of each sound, in s.
        sound_codecs: one for each sound.
        times: of the pictures, in ticks; those below 0 are cut by an edit list where the container has one.
        picture: the codec of the pictures.
        rotation: in degrees, counter-clockwise.
        subtitles: (start, end, text) in s.
        chapters: (start, end, title) in s.
        names: metadata of the file.
        attachment: (name, kind, bytes).
        rate: of the sounds, in Hz.
        sound_names: metadata of each sound.
        letters: by which the container calls the codec of the pictures; "" for its own choice.
    """

    sounds: list[np.ndarray]
    starts: list[float] = field(default_factory=lambda: [0.0])
    sound_codecs: list[str] = field(default_factory=lambda: ["aac"])
    times: list[int] = field(default_factory=lambda: [24 * n for n in range(25)])
    picture: str = "libx264"
    rotation: int | None = None
    subtitles: list[tuple[float, float, str]] = field(default_factory=list)
    subtitle_codec: str = "mov_text"
    chapters: list[tuple[float, float, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    attachment: tuple[str, str, bytes] | None = None
    rate: int = RATE
    sound_names: list[dict[str, str]] = field(default_factory=list)
    letters: str = ""


def noise(seconds: float, channels: int = 1, seed: int = 0, rate: int = RATE) -> np.ndarray:
    """Smooth noise that no other stretch is like, so that its place can be found to the sample."""
    x = np.random.default_rng(seed).standard_normal((channels, round(seconds * rate)))
    spectrum = np.fft.rfft(x)
    spectrum[:, np.fft.rfftfreq(x.shape[1], 1 / rate) > min(6000, rate / 5)] = 0
    y = np.fft.irfft(spectrum, x.shape[1])
    return (0.2 * y / np.abs(y).std()).clip(-0.9, 0.9).astype(np.float32)


def make(path: Path, film: Film, format: str | None = None) -> Path:
    """Write it."""
    options = {"movflags": "use_metadata_tags"} if any(k.startswith("com.") for k in film.names) else {}
    with av.open(str(path), "w", format=format, options=options) as container:
        container.metadata.update(film.names)
        if film.chapters:
            base = Fraction(1, 1000)
            container.set_chapters(
                [
                    {
                        "id": n,
                        "start": round(a * 1000),
                        "end": round(b * 1000),
                        "time_base": base,
                        "metadata": {"title": t},
                    }
                    for n, (a, b, t) in enumerate(film.chapters)
                ]
            )
        packets = _pictures(container, film)
        streams = []
        for number, x in enumerate(film.sounds):
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(x)]
            sound: Any = container.add_stream(film.sound_codecs[number], rate=film.rate, layout=layout)
            sound.time_base, sound.bit_rate = Fraction(1, film.rate), 96000 * len(x)
            sound.options = {"strict": "experimental"} if film.sound_codecs[number] == "vorbis" else {}
            if film.sound_names:
                sound.metadata.update(film.sound_names[number])
            streams.append(sound)
        text = _subtitles(container, film)
        if film.attachment:
            container.add_attachment(*film.attachment)
        picture = packets
        container.start_encoding()
        made: list[Any] = [*_encode_pictures(picture, film)] if picture else []
        for number, sound in enumerate(streams):
            made += _encode_sound(sound, film.sounds[number], film.starts[number], film.rate)
        made += text
        made.sort(key=lambda packet: packet.dts * Fraction(packet.time_base))
        for packet in made:
            container.mux(packet)
    return path


def _pictures(container: Any, film: Film) -> Any:
    if not film.times:
        return None
    stream: Any = container.add_stream(film.picture, rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
    if film.picture == "libx264":
        stream.options = {"bf": "2", "g": "12", "preset": "ultrafast", "x264-params": "bframes=2:b-adapt=0"}
    if film.picture not in ("libx264", "libvpx"):
        stream.codec_context.time_base = Fraction(1, 25)
    if film.picture == "mpeg4":
        stream.codec_context.max_b_frames = 2
    if film.picture == "mjpeg":
        stream.pix_fmt = "yuvj420p"
    if film.picture == "libx265":
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}
    if film.letters:
        stream.codec_context.codec_tag = film.letters
    if film.rotation is not None:
        stream.set_display_rotation(film.rotation)
    return stream


def _encode_pictures(stream: Any, film: Film) -> list[Any]:
    packets = []
    for n, time in enumerate(film.times):
        image = np.zeros((48, 64, 3), np.uint8)
        image[:, : 1 + n % 60] = (5 * n % 256, 255 - 3 * n % 256, 128)
        image[n % 40 : n % 40 + 8, 20:40] = 255
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        frame.pts, frame.time_base = time, Fraction(1, TICKS)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _encode_sound(stream: Any, x: np.ndarray, start: float, rate: int) -> list[Any]:
    convert = av.AudioResampler(stream.format.name, stream.layout.name, rate)
    size, packets, place = stream.codec_context.frame_size or 1024, [], round(start * rate)
    for begin in range(0, x.shape[1], size):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x[:, begin : begin + size]), "fltp", stream.layout.name)
        frame.rate, frame.pts = rate, None
        for piece in convert.resample(frame):
            piece.pts, piece.time_base = place, Fraction(1, rate)
            place += piece.samples
            packets += stream.encode(piece)
    return packets + stream.encode(None)


def _subtitles(container: Any, film: Film) -> list[Any]:
    if not film.subtitles:
        return []
    stream = container.add_mux_stream(film.subtitle_codec, time_base=Fraction(1, 1000))
    packets = []
    for start, end, text in film.subtitles:
        data = text.encode()
        packet = av.Packet(len(data).to_bytes(2, "big") + data if film.subtitle_codec == "mov_text" else data)
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = round((end - start) * 1000)
        packets.append(packet)
    return packets


def pictures(path: Path) -> list[tuple[str, Fraction]]:
    """Of each picture that is shown: a hash of its pixels, and its time in s."""
    with av.open(str(path)) as container:
        return [
            (hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest(), frame.pts * Fraction(frame.time_base))
            for frame in container.decode(video=0)
            if frame.pts is not None
        ]


def sound(path: Path, number: int = 0) -> tuple[np.ndarray, float]:
    """Samples (C, T) of an audio stream, put where their time stamps say, and the time of the first one in s."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[number]
        pieces: list[tuple[int, np.ndarray]] = []
        place = 0
        first = Fraction(0)
        for frame in container.decode(stream):
            begin = stream.start_time * stream.time_base if not pieces else first + Fraction(place, frame.sample_rate)
            time = begin if frame.pts is None else frame.pts * Fraction(frame.time_base)
            first = first if pieces else time
            raw = frame.to_ndarray()
            planar = raw if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels).T
            scale = {"i2": 2.0**15, "i4": 2.0**31}.get(planar.dtype.str[1:], 1.0)
            stamp = round((time - first) * frame.sample_rate)
            # Containers that count in ms round each frame; players go on where the one before ended.
            place = stamp if abs(stamp - place) > 0.003 * frame.sample_rate else place
            pieces.append((place, planar / scale))
            place += planar.shape[1]
        total = max(start + piece.shape[1] for start, piece in pieces)
        out = np.zeros((pieces[0][1].shape[0], total), np.float32)
        for start, piece in pieces:
            out[:, start : start + piece.shape[1]] = piece
        return out, float(first)


def offset(path: Path, x: np.ndarray, start: float, number: int = 0, rate: int = RATE) -> float:
    """How late a sound is in a file, in s, by cross-correlation with what should begin at `start`; and it is there."""
    y, first = sound(path, number)
    n = 1 << int(np.ceil(np.log2(y.shape[1] + x.shape[1])))
    cross = np.fft.irfft(np.fft.rfft(y[0], n) * np.conj(np.fft.rfft(x[0], n)), n)
    best = int(cross.argmax())
    lag = best if best < n // 2 else best - n
    assert cross[best] > 0.8 * float(np.sum(x[0] ** 2)), "the sound is not in the file"
    return first + lag / rate - start


def shown(path: Path) -> tuple[list[str], list[Fraction]]:
    """The hashes of all pictures that are shown, and their times in s."""
    hashes, times = zip(*pictures(path), strict=True)
    return list(hashes), list(times)


def turn_over(path: Path, stream: int = 0) -> VideoWriter:
    """Write the video beside itself with what the reader reads of its sound, upside down: surely not the old one."""
    reader = open_audio(path, stream)
    blocks = (-block for block in reader.blocks(30000))
    out = path.with_name(f"out{path.suffix}")
    start = getattr(getattr(reader, "info", None), "start", None)  # readers that fill the time before a sound say it
    return replace_sound(path, out, blocks, reader.sample_rate, reader.channels, stream=stream, start=start)
