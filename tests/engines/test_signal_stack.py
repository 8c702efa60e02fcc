import ctypes
import sys

import pytest
import torch

from unweave.engines.base import engines
from unweave.engines.cache import Cache
from unweave.engines.eight_bits import quantised
from unweave.engines.signal_stack import SignalStack, kept_signal_stack, signal_stack
from unweave.engines.trunk import Trunk
from unweave.separators.small import SmallSeparator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems keep theirs elsewhere")


@pytest.fixture
def own():
    """A signal stack of this thread that is nobody else's; what stood there before stands there afterwards."""
    before, memory = signal_stack(), ctypes.create_string_buffer(1 << 16)
    mine = SignalStack(ctypes.addressof(memory), 0, len(memory))
    ctypes.CDLL(None).sigaltstack(ctypes.byref(mine), None)
    yield mine
    ctypes.CDLL(None).sigaltstack(ctypes.byref(before), None)


@pytest.fixture
def trunk():
    torch.manual_seed(0)
    return Trunk(SmallSeparator(widths=(4, 4, 4), hidden=8).eval(), "features"), [torch.randn(1, 1, 1024, 8)]


def test_what_a_library_puts_there_is_gone_afterwards(own):
    other = ctypes.create_string_buffer(1 << 16)
    theirs = SignalStack(ctypes.addressof(other), 0, len(other))
    with pytest.raises(ValueError), kept_signal_stack():
        ctypes.CDLL(None).sigaltstack(ctypes.byref(theirs), None)
        assert signal_stack().begin == theirs.begin
        raise ValueError
    assert signal_stack().begin == own.begin


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_compiling_and_loading_leave_the_thread_as_it_was(own, trunk, name, tmp_path):
    network, row = trunk
    running = []  # a network that is given up puts back what it found, so that one which lives on must be looked at
    for _ in range(2):  # compiled, then loaded
        running.append(engines.build(name, threads=1).compile(network, row, Cache(tmp_path)))
        running[-1](*row)
        assert (signal_stack().begin, signal_stack().size) == (own.begin, own.size)
    while running:
        running.pop(0)  # in the order in which they came, not the reverse
        assert (signal_stack().begin, signal_stack().size) == (own.begin, own.size)


def test_quantising_leaves_the_thread_as_it_was(own, trunk):
    network, row = trunk
    quantised(network, [row])
    assert signal_stack().begin == own.begin
