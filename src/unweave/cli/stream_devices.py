"""Sound devices through PortAudio: what there is, and a stream from one to the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from unweave.cli.stream_watch import Watch
from unweave.errors import UnweaveError
from unweave.inference.live_pump import Pump

if TYPE_CHECKING:
    from unweave.inference.live import Live

IDLE = 0.002  # s between two looks for new samples
LEFT = 5.0  # s that the last samples have to be played; a device that has stopped plays them never
COMMAND = "pip install 'unweave[live]'"


def sound_devices() -> Any:
    """The library.

    Raises:
        UnweaveError: what to install.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise UnweaveError(f"Sound devices need a library that is not installed: say {COMMAND}.") from error
    except OSError as error:
        raise UnweaveError(
            "Sound devices need PortAudio, which is not installed: say apt install libportaudio2 (or brew install "
            "portaudio). Pipes need nothing: ... | unweave stream --class NAME | ..."
        ) from error
    return sounddevice


def device_rows() -> list[tuple[str, str, str, str, str]]:
    """Number, name, channels in and out, and rate of each; marked where it is what is taken unasked."""
    library = sound_devices()
    defaults = list(library.default.device)
    return [
        (
            str(number) + ("*" if number in defaults else ""),
            f"{one['name']} ({library.query_hostapis(one['hostapi'])['name']})",
            str(one["max_input_channels"]),
            str(one["max_output_channels"]),
            f"{one['default_samplerate']:.0f}",
        )
        for number, one in enumerate(library.query_devices())
    ]


def play(
    begin: Callable[[int, int], Live],
    source: str,
    target: str,
    rate: int | None,
    channels: int | None,
    say: Callable[[str], None],
    tell: Callable[[str], None],
    stopped: Callable[[], bool],
) -> None:
    """From one device to another until somebody says stop, or a device is gone.

    Args:
        begin: makes the stream for a rate and a number of channels.
        source, target: names, parts of names, or numbers of devices; "default" for those of the system.
        rate: in Hz; None for the output's.
        channels: None for what both have, two at most.
        say: called with what is good to know.
        tell: called with what goes wrong.
        stopped: whether somebody has said stop.
    """
    library = sound_devices()
    with _told():
        entry, exit_ = (
            library.query_devices(_named(name), kind) for name, kind in ((source, "input"), (target, "output"))
        )
    rate = rate or round(exit_["default_samplerate"])
    channels = channels or max(1, min(2, entry["max_input_channels"], exit_["max_output_channels"]))
    live = begin(rate, channels)
    pump, watch = Pump(live, tell), Watch(live, say)

    def heard(data: Any, frames: int, moment: Any, status: Any) -> None:
        pump.heard(data.T)

    def played(data: Any, frames: int, moment: Any, status: Any) -> None:
        data[:] = pump.played(frames).T

    common = {"samplerate": rate, "channels": channels, "dtype": "float32", "latency": "low"}
    with _told():
        recording = library.InputStream(device=_named(source), callback=heard, **common)
        playing = library.OutputStream(device=_named(target), callback=played, **common)
    with live, _told(), recording, playing:
        say(
            f"{entry['name']} to {exit_['name']}, {pump.latency + recording.latency + playing.latency:.2f} s later, "
            "devices counted. Ctrl-C ends it."
        )
        while not stopped() and recording.active and playing.active:
            if pump.step():
                watch.look()
            else:
                time.sleep(IDLE)
        recording.stop()
        pump.step()
        until = time.monotonic() + LEFT
        while pump.end() and playing.active and time.monotonic() < until:
            time.sleep(IDLE)
        if not stopped():
            tell("A device has stopped; the stream ends here.")
    watch.finish()


def _named(name: str) -> str | int | None:
    """As PortAudio knows it."""
    return None if name == "default" else int(name) if name.isdecimal() else name


@contextmanager
def _told() -> Iterator[None]:
    """What PortAudio refuses, in a sentence."""
    try:
        yield
    except UnweaveError:
        raise
    except Exception as error:
        if not isinstance(error, ValueError) and type(error).__name__ != "PortAudioError":
            raise
        first = " ".join(str(error).split())
        raise UnweaveError(
            f"The sound device cannot be used: {first}. See unweave stream --list-devices; another --rate or "
            "--channels may do."
        ) from error
