"""`unweave stream`: sound in, one sound out, while it happens."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from unweave.cli.console import print_table, warn
from unweave.cli.options import Backend, Device, Named, Threshold
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.inference.change import Change
    from unweave.inference.live import Live
    from unweave.model import Model

    Begin = Callable[[int, int], Live]

stream = typer.Typer(add_completion=False, rich_markup_mode=None)

Many = list[str] | None


@stream.command()
def run(
    classes: Annotated[
        Many, typer.Option("--class", metavar="NAME", help='A class that is given out, several together; "all" is all.')
    ] = None,
    remove: Annotated[Many, typer.Option(metavar="WHAT", help="Everything but it instead.")] = None,
    keep: Annotated[Many, typer.Option(metavar="WHAT", help="Another word for --class; examples too.")] = None,
    gain: Annotated[Many, typer.Option(metavar="WHAT=DB", help='With it louder or softer, "Dog=-12".')] = None,
    latency: Annotated[
        float, typer.Option(metavar="S", help="From a sample's coming in to its going out, 0.1 to 1.5 s.")
    ] = 0.25,
    rate: Annotated[
        int | None, typer.Option(metavar="R", help="Of raw samples, in Hz; a WAV stream says it itself.")
    ] = None,
    channels: Annotated[int | None, typer.Option(metavar="C", help="Of raw samples; 1.", show_default=False)] = None,
    sample_format: Annotated[
        str | None,
        typer.Option(metavar="s16le|s24le|s32le|f32le", help="Of raw samples; s16le.", show_default=False),
    ] = None,
    input_device: Annotated[
        str | None, typer.Option(metavar="NAME|N", help="Listen to a sound device; default is the system's.")
    ] = None,
    output_device: Annotated[str | None, typer.Option(metavar="NAME|N", help="And play on one; the same.")] = None,
    list_devices: Annotated[bool, typer.Option("--list-devices", help="Print the sound devices.")] = False,
    model: Named = None,
    threshold: Threshold = None,
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Annotated[
        str,
        typer.Option(
            metavar="auto|float32|bfloat16|float16",
            help="Of the networks; auto: bfloat16 where a CPU is quicker in it.",
        ),
    ] = "auto",
    catch_up: Annotated[
        float | None,
        typer.Option(metavar="S", help="Leave out what has waited longer, for sources that do not wait: microphones."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what goes wrong.")] = False,
) -> int:
    """Take sounds out of a stream while it sounds.

    Reads a WAV stream or raw samples from standard input and writes the same to standard output, sample for
    sample, --latency later; at the end of input or at Ctrl-C all that came in is given out.
    """
    from unweave.asking.streaming import streamed
    from unweave.cli.stream_pipes import Stop
    from unweave.inference.live import Live
    from unweave.inference.live_timing import Timing

    if list_devices:
        from unweave.cli.stream_devices import device_rows

        print_table(("number", "name", "in", "out", "rate"), device_rows())
        return 0
    wanted = streamed(classes, remove, keep, gain)
    Timing.of(latency, 1000)
    if catch_up is not None and not 0 < catch_up < math.inf:
        raise UnweaveError(f"--catch-up is a time in s, 0.1 for example, not {catch_up:g}.")
    say = (lambda text: None) if quiet else warn

    def load() -> Begin:
        loaded = load_for_stream(model, device, backend, precision)
        Live(loaded, 48000, 1, wanted, latency, threshold).rehearse()  # whatever compiles does it now
        return lambda rate, channels: _begin(loaded, rate, channels, wanted, latency, threshold, say)

    if input_device is None and output_device is None:
        return _pipe(load, (rate, channels, sample_format), catch_up, say)
    from unweave.cli.stream_devices import play, sound_devices

    sound_devices()
    with Stop().heard() as stop:
        places = input_device or "default", output_device or "default"
        play(load(), *places, rate, channels, say, warn, lambda: stop.asked)
    return 0


def _pipe(
    load: Callable[[], Begin],
    said: tuple[int | None, int | None, str | None],
    catch_up: float | None,
    say: Callable[[str], None],
) -> int:
    """From standard input to standard output."""
    from unweave.cli.stream_pipes import Incoming, Stop, format_of, pieces, standard_input
    from unweave.cli.stream_watch import Watch

    if sys.stdout.isatty():
        raise UnweaveError("This would write sound to the terminal; send it on: unweave stream ... | ffplay -i -")
    read = standard_input()
    begin = load()  # before anything is read: what comes in until then would be late for ever
    with Stop().heard() as stop:
        incoming = Incoming(read, stop)
        form = format_of(incoming, *said)
        live = begin(form.sample_rate, form.channels)
        watch = Watch(live, say)
        with live:
            write(form.header())
            for data in pieces(incoming, form, catch_up, warn):
                write(form.encode(live.push(form.decode(data))))
                watch.look()
            write(form.encode(live.flush()))
        watch.finish()
    return 0


def write(data: bytes) -> None:
    """To standard output, at once."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def load_for_stream(model: str | None, device: str, backend: str, precision: str) -> Model:
    """A model that is ready when the stream begins: compiled for the best engine that is installed, not on its way."""
    from unweave.allocator import keep_memory
    from unweave.engines import pick
    from unweave.pretrained.device import pick_device, pick_precision
    from unweave.pretrained.load import load_model
    from unweave.training.halves import bfloat16_is_quicker

    keep_memory()
    where = pick_device(device)
    if precision == "auto":
        precision = "bfloat16" if where.type == "cpu" and bfloat16_is_quicker(where) else "float32"
    if backend == "auto":
        backend = pick(precision=pick_precision(precision, where)).title if where.type == "cpu" else "eager"
    return load_model(model, device, backend=backend, precision=precision, say=warn)


def _begin(
    model: Model,
    sample_rate: int,
    channels: int,
    wanted: Change,
    latency: float,
    threshold: float | None,
    say: Callable[[str], None],
) -> Live:
    """A stream that is warm, with a word on what it costs."""
    from unweave.cli.stream_watch import too_slow
    from unweave.inference.live import Live

    live = Live(model, sample_rate, channels, wanted, latency, threshold)
    for sentence in live.sentences:
        warn(sentence)
    load = live.rehearse()
    title = wanted.title if wanted.parts else "all of it kept"
    say(
        f"{title}, {live.delay} samples ({live.latency:g} s) later; {channels} x {sample_rate} Hz; "
        f"{load:.2f} s of work for each second of sound."
    )
    if load > 1:
        warn(too_slow(load))
    return live
