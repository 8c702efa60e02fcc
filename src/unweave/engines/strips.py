"""Norm, rectifier, 3 x 3 convolution and what is added to it, in strips of a map that stay in the caches of a core.

The convolution has fewer multiplications (`unweave.engines.winograd`). A map that is normalised, padded, joined with
another one, taken into tiles and added to a third by one pass each goes through memory as often; here each strip of it
does all that on its way. Transforms are sums of what lies in the caches, without a copy into tiles: along the lines of
the strip first, then along the columns of what came out. Everything is written by plain operators into memory that the
next strip takes again.

The loop is a TorchScript: there are some fifty short operators to a strip, and threads that work on other rows would
wait for each other at every one of them for Python's lock.
"""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from unweave.engines.winograd import FEWEST_TILES

STRIP_BYTES = 3 * 2**19  # of what a strip needs, for each thread: it stays in the caches of a core
Strips = Callable[..., Tensor]
_TURN = threading.Lock()


def tiles_of_a_strip(inputs: int, outputs: int, threads: int) -> int:
    """How many tiles of 4 x 4 are best worked on at once, by the channels on either side."""
    numbers = max(48 * inputs, 36 * outputs) + max(36 * inputs, 30 * outputs)  # of a tile, see `convolved`
    return max(FEWEST_TILES, STRIP_BYTES * threads // (4 * numbers))


@functools.cache
def _compiled() -> Strips:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of its own future
        try:
            compiled: Strips = torch.jit.script(convolved)
        except Exception:  # a program that was packed without its source
            return convolved
    return compiled


def compiled() -> Strips:
    """`convolved`, free of Python's lock; itself where that cannot be had."""
    with _TURN:
        return _compiled()


def convolved(
    parts: list[Tensor],
    scale: Tensor,
    offset: Tensor,
    slope: float,
    kernel: Tensor,
    beside: list[Tensor],
    weights: list[Tensor],
    bias: Tensor,
    tiles: int,
) -> Tensor:
    """W * leaky_relu(scale x + offset), and what is beside it.

    Args:
        parts: of x, side by side in its channels.
        scale, offset: of each channel.
        slope: of the rectifier below 0.
        kernel: W as `Winograd` keeps it, but with the tiles' columns before their lines.
        beside: parts of what is added to each output; none for nothing.
        weights: what each of them is multiplied by; none if it is added as it is.
        bias: added with those products.
        tiles: of a strip.

    Shape:
        parts (B, F, N, inputs of each), scale and offset (B, inputs), kernel (36, inputs, outputs), beside
        (B, F, N, inputs of each), weights (inputs of each, outputs), bias (outputs,) -> (B, F, N, outputs)
    """
    batch, height, width = parts[0].size(0), parts[0].size(1), parts[0].size(2)
    inputs, outputs = kernel.size(1), kernel.size(2)
    high, wide = (height + 3) // 4, (width + 3) // 4
    y = torch.empty([batch, high, 4, wide, 4, outputs], dtype=kernel.dtype)
    by_place = y.permute([2, 4, 0, 1, 3, 5])  # in a tile
    lines = y.view([batch, 4 * high, 4 * wide, outputs])
    # Columns are shared out evenly; lines and rows of the batch are taken together where there are few tiles in each.
    cols = (wide + (wide + tiles - 1) // tiles - 1) // ((wide + tiles - 1) // tiles)
    tall = max(1, min(high, tiles // wide))
    rows = max(1, min(batch, tiles // (high * wide)))
    count = rows * tall * cols
    # Two pieces of memory, which take turns: what is read lies in one, what is written in the other.
    around = rows * (4 * tall + 2) * (4 * cols + 2) * inputs
    half = 6 * rows * tall * (4 * cols + 2) * inputs
    one = torch.empty([max(around + half, 36 * count * outputs)], dtype=kernel.dtype)
    other = torch.empty([max(max(36 * count * inputs, half // 3), 30 * count * outputs)], dtype=kernel.dtype)
    # What lies where in them: made once for all strips of one size.
    size = [0, 0, 0]
    strip = one
    heard, said = one, other
    views = [[one]]
    for row in range(0, batch, rows):
        r = min(rows, batch - row)
        for line in range(0, high, tall):
            n = min(tall, high - line)
            h, top = 4 * n + 2, 4 * line - 1
            first, last = max(0, top), min(height, top + h)
            for col in range(0, wide, cols):
                m = min(cols, wide - col)
                w, left = 4 * m + 2, 4 * col - 1
                begin, end = max(0, left), min(width, left + w)
                if size != [r, n, m]:
                    size = [r, n, m]
                    strip = one.narrow(0, 0, r * h * w * inputs).view([r, h, w, inputs])
                    heard = other.narrow(0, 0, 36 * r * n * m * inputs).view([36, r * n * m, inputs])
                    said = one.narrow(0, 0, 36 * r * n * m * outputs).view([36, r * n * m, outputs])
                    views = _views(one, other, strip, heard, said, size)
                # The strip, normalised; what is around the map stays 0.
                if first > top:
                    strip.narrow(1, 0, first - top).zero_()
                if last < top + h:
                    strip.narrow(1, last - top, top + h - last).zero_()
                if begin > left:
                    strip.narrow(2, 0, begin - left).zero_()
                if end < left + w:
                    strip.narrow(2, end - left, left + w - end).zero_()
                inside = strip.narrow(1, first - top, last - first).narrow(2, begin - left, end - begin)
                channel = 0
                for part in parts:
                    here = part.narrow(0, row, r).narrow(1, first, last - first).narrow(2, begin, end - begin)
                    some = part.size(3)
                    moved = offset.narrow(0, row, r).narrow(1, channel, some).view([r, 1, 1, some])
                    times = scale.narrow(0, row, r).narrow(1, channel, some).view([r, 1, 1, some])
                    torch.addcmul(moved, here, times, out=inside.narrow(3, channel, some))
                    channel += some
                functional.leaky_relu(inside, slope, inplace=True)
                # Lines of tiles, then columns; and back.
                _forth(views[0], views[1], views[2])
                _forth(views[3], views[4], views[5])
                torch.bmm(heard, kernel, out=said)
                _back(views[6], views[7], views[8])
                place = by_place.narrow(2, row, r).narrow(3, line, n).narrow(4, col, m)
                _back(views[9], list(place.unbind(0)), views[10])
            if len(beside) > 0:
                end = min(height, 4 * (line + n))
                done = lines.narrow(0, row, r).narrow(1, 4 * line, end - 4 * line).narrow(2, 0, width)
                channel = 0
                for number, part in enumerate(beside):
                    here = part.narrow(0, row, r).narrow(1, 4 * line, end - 4 * line)
                    if len(weights) == 0:
                        done.narrow(3, channel, part.size(3)).add_(here)
                    elif done.is_contiguous():
                        done.view([-1, outputs]).addmm_(here.reshape([-1, here.size(3)]), weights[number])
                    else:
                        done.add_(torch.matmul(here, weights[number]))
                    channel += part.size(3)
                if len(weights) > 0:
                    done.add_(bias)
    return lines.narrow(1, 0, height).narrow(2, 0, width)


def _views(
    one: Tensor, other: Tensor, strip: Tensor, heard: Tensor, said: Tensor, size: list[int]
) -> list[list[Tensor]]:
    """What each transform reads, what it writes, and what else it needs, for strips of (rows, lines, columns)."""
    r, n, m = size[0], size[1], size[2]
    h, w, inputs, outputs = strip.size(1), strip.size(2), strip.size(3), said.size(2)
    part, tile = r * n * w * inputs, r * n * m
    along = one.narrow(0, r * h * w * inputs, 6 * part).view([6, r, n, w, inputs])
    back = other.narrow(0, 0, 24 * tile * outputs).view([4, 6, r, n, m, outputs])
    spare = other.narrow(0, 24 * tile * outputs, 6 * tile * outputs)
    return [
        [strip[:, k : k + 4 * n - 3 : 4] for k in range(6)],
        list(along.unbind(0)),
        list(other.narrow(0, 0, 2 * part).view([2, r, n, w, inputs]).unbind(0)),
        [along[:, :, :, k : k + 4 * m - 3 : 4] for k in range(6)],
        list(heard.view([6, 6, r, n, m, inputs]).unbind(0)),
        list(one.narrow(0, 0, 12 * tile * inputs).view([2, 6, r, n, m, inputs]).unbind(0)),
        list(said.view([6, 6, r, n, m, outputs]).unbind(0)),
        list(back.unbind(0)),
        [spare.view([6, r, n, m, outputs])],
        list(back.unbind(1)),
        [one.narrow(0, 0, 4 * tile * outputs).view([4, r, n, m, outputs])],
    ]


def _forth(d: list[Tensor], t: list[Tensor], spare: list[Tensor]) -> None:
    """B^T d: six of the input to six; the spare ones, two, are overwritten."""
    u, w = spare[0], spare[1]
    torch.add(d[4], d[2], alpha=-4, out=u)
    torch.add(d[3], d[1], alpha=-4, out=w)
    torch.add(u, w, out=t[1])
    torch.sub(u, w, out=t[2])
    torch.sub(d[4], d[2], out=u)
    torch.sub(d[3], d[1], out=w)
    torch.add(u, w, alpha=2, out=t[3])
    torch.add(u, w, alpha=-2, out=t[4])
    torch.sub(d[0], d[2], out=t[0])
    torch.add(u, t[0], alpha=4, out=t[0])
    torch.sub(d[5], d[3], out=t[5])
    torch.add(t[5], w, alpha=-4, out=t[5])


def _back(m: list[Tensor], y: list[Tensor], spare: list[Tensor]) -> None:
    """A^T m: six to four of the output; m and the spare one are overwritten."""
    u = spare[0]
    torch.sub(m[1], m[2], out=u)
    torch.add(m[1], m[2], out=m[1])
    torch.sub(m[3], m[4], out=m[2])
    torch.add(m[3], m[4], out=m[3])
    torch.add(m[0], m[1], out=m[0])
    torch.add(u, m[5], out=m[5])
    torch.add(m[0], m[3], out=y[0])
    torch.add(u, m[2], alpha=2, out=y[1])
    torch.add(m[1], m[3], alpha=4, out=y[2])
    torch.add(m[5], m[2], alpha=8, out=y[3])
