"""Whoever runs the trunks, the answer is the same."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from unweave.engines import attach, base, engines, pick, runner, winograd
from unweave.errors import UnweaveError
from unweave.separators import Separator
from unweave.separators.resunet import ResUNet
from unweave.separators.small import SmallSeparator
from unweave.untold import untold

DIM = 5
BUILDERS = {
    "resunet": lambda: ResUNet(DIM, window_size=128, hop=32, widths=(4, 8)),
    "unet": lambda: ResUNet(DIM, window_size=128, hop=32, widths=(4, 8), residual=False, convolutions=1),
    "small": lambda: SmallSeparator(DIM, (4, 4, 6), 128, 32, (4, 2), ((2, 2), (2, 1)), hidden=6),
}
COMPILING = ("openvino", "onnx")


def learnt(name: str) -> Separator:
    """As if trained: no normalisation is the identity."""
    torch.manual_seed(0)
    separator = BUILDERS[name]()
    for module in separator.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1), module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5), nn.init.normal_(module.bias, std=0.1)
    return separator.eval()


def asked(rows: int = 3, samples: int = 1500, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        0.1 * torch.randn(rows, samples, generator=generator),
        3 * torch.randn(rows, DIM, generator=generator),
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one test compiled, the others load."""
    return tmp_path_factory.mktemp("compiled")


def answer(separator: Separator, mixture: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return separator.decode(separator.encode(mixture), condition)


@pytest.mark.parametrize("backend", COMPILING)
@pytest.mark.parametrize("name", BUILDERS)
def test_compiled_networks_agree_with_the_network_as_it_is(
    name: str, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(winograd, "FEWEST", 8)  # so that convolutions as narrow as these are rewritten too
    expected = answer(learnt(name), *asked())
    separator = attach(learnt(name), backend, tmp_path)
    got = answer(separator, *asked())
    assert (got - expected).abs().max() < 1e-4 * expected.abs().max()
    assert len(list(tmp_path.iterdir())) == len(separator.trunks)
    # The next process finds them there.
    monkeypatch.setattr(engines.build(backend).__class__, "build", None)
    assert torch.equal(answer(attach(learnt(name), backend, tmp_path), *asked()), got)


def in_half(separator: Separator) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return answer(separator, *asked())


def test_half_precision_is_near_and_kept_apart(cache: Path) -> None:
    """The network of the model in the box is near in half precision, too: see `tests/e2e/test_box.py`."""
    name = "resunet"  # the layers of the UNet are all among its own
    expected = answer(learnt(name), *asked())
    separator = attach(learnt(name), "openvino", cache, precision=torch.bfloat16)
    got = in_half(separator)
    assert got.dtype == torch.float32 and (got - expected).square().sum() < 1e-2 * expected.square().sum()
    assert torch.equal(in_half(attach(learnt(name), "openvino", cache, precision=torch.bfloat16)), got)
    # Neither who computes in float32 nor an engine of float32 gets what was compiled for half of it.
    assert torch.equal(answer(separator, *asked()), expected)
    exact = answer(attach(learnt(name), "openvino", cache), *asked())
    assert (exact - expected).abs().max() < 1e-4 * expected.abs().max()


def test_under_auto_half_precision_gives_one_type_whoever_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    types = set()
    for starting in (10.0, -1.0):  # as it is, then compiled
        monkeypatch.setattr(runner, "STARTING", starting)
        separator = attach(learnt("small"), "auto", precision=torch.bfloat16)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            types |= {each.dtype for each in separator.features(torch.randn(1, 1, 64, 40))}
    assert types == {torch.float32}


def test_who_computes_in_float32_alone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnweaveError, match="onnx computes in float32 alone; choose openvino or eager"):
        attach(learnt("small"), "onnx", precision=torch.bfloat16)
    monkeypatch.setattr(engines.build("openvino").__class__, "installed", classmethod(lambda cls: False))
    assert pick("auto").title == "onnx" and pick("auto", torch.bfloat16).title == "eager"


@pytest.mark.parametrize("backend", ["eager", *COMPILING])
def test_no_row_depends_on_the_others(backend: str, cache: Path) -> None:
    separator = attach(learnt("resunet"), backend, cache)
    mixture, condition = asked(4)
    together = answer(separator, mixture, condition)
    alone = torch.cat([answer(separator, mixture[i : i + 1], condition[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)  # the linear layers before the trunk round


def test_what_no_engine_may_run_runs_as_it_is(cache: Path) -> None:
    """Gradients flow, and a separator that goes on learning is not answered by what was compiled before."""
    separator, plain = attach(learnt("resunet"), "openvino", cache), learnt("resunet")
    answer(separator, *asked())
    mixture, condition = asked()
    for one in (separator, plain):
        one.decode(one.encode(mixture), condition).square().sum().backward()
    torch.testing.assert_close(separator.first.weight.grad, plain.first.weight.grad)
    assert separator.state_dict().keys() == plain.state_dict().keys()
    separator.train(), plain.train()
    assert torch.equal(answer(separator, mixture, condition), answer(plain, mixture, condition))


def test_a_copy_is_run_with_its_own_weights(cache: Path) -> None:
    separator = attach(learnt("resunet"), "openvino", cache)
    before = answer(separator, *asked())
    other, plain = copy.deepcopy(separator), learnt("resunet")
    for one in (other, plain):
        nn.init.zeros_(one.last.weight)
    expected = answer(plain, *asked())
    assert (expected - before).abs().max() > 0.1 * before.abs().max()
    assert (answer(other, *asked()) - expected).abs().max() < 1e-4 * expected.abs().max()
    assert torch.equal(answer(separator, *asked()), before)


def test_openvino_leaves_its_threads_on_all_cores(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers beside each other would all be pinned to the first cores, and wait for each other there."""
    openvino, made = untold("openvino"), []
    load = openvino.Core.import_model

    def noted(*given: object, **named: object) -> object:
        made.append(load(*given, **named))
        return made[-1]

    monkeypatch.setattr(openvino.Core, "import_model", noted)
    answer(attach(learnt("small"), "openvino", cache), *asked())
    assert made and not any(network.get_property("ENABLE_CPU_PINNING") for network in made)


def test_every_length_is_answered(cache: Path) -> None:
    separator, plain = attach(learnt("resunet"), "openvino", cache), learnt("resunet")
    for samples in (700, 1500, 4000):
        expected = answer(plain, *asked(1, samples))
        assert (answer(separator, *asked(1, samples)) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_an_engine_that_is_not_there_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("openvino", "onnxruntime"):
        monkeypatch.setitem(sys.modules, library, None)
    find = base.importlib.util.find_spec
    monkeypatch.setattr(
        base.importlib.util, "find_spec", lambda name: None if name in ("openvino", "onnxruntime") else find(name)
    )
    with pytest.raises(UnweaveError, match=r"openvino needs .*pip install 'unweave\[openvino\]'"):
        attach(learnt("small"), "openvino")
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[onnx\]'"):
        attach(learnt("small"), "onnx")
    assert torch.equal(answer(attach(learnt("small")), *asked(1)), answer(learnt("small"), *asked(1)))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnweaveError, match="no backend 'tensorrt'; choose from auto, eager, onnx, openvino"):
        attach(learnt("small"), "tensorrt")


def test_an_engine_that_fails_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*anything: object) -> bytes:
        raise RuntimeError("no such operation\nat line 3")

    monkeypatch.setattr(engines.build("openvino").__class__, "build", fail)
    with pytest.raises(UnweaveError, match="openvino cannot run this model: no such operation. Choose --backend"):
        answer(attach(learnt("small"), "openvino"), *asked(1))


def test_auto_goes_on_without_an_engine_that_fails_and_says_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*anything: object) -> bytes:
        raise RuntimeError("no such operation")

    said: list[str] = []
    monkeypatch.setattr(runner, "STARTING", -1.0)
    monkeypatch.setattr(engines.build("openvino").__class__, "build", fail)
    separator = attach(learnt("small"), say=said.append)
    for _ in range(3):
        assert torch.equal(answer(separator, *asked(1)), answer(learnt("small"), *asked(1)))
    (sentence,) = said
    assert sentence.startswith("PyTorch goes on alone") and "openvino could not run this model" in sentence


BOTH = """
import sys, threading
import torch
from unweave.engines import attach
from unweave.separators.resunet import ResUNet
torch.set_num_threads(2)
sys.setswitchinterval(1e-6)
torch.manual_seed(0)
separator = attach(ResUNet(3, window_size=128, hop=32, widths=(4, 4)).eval(), "openvino")
engine = separator.logits.engine
with torch.inference_mode():
    features, shifts = separator.encode(torch.randn(1, 800)).tensors["features"], separator.shifts(torch.randn(1, 3))
run = engine.compile(separator.logits.trunk, [features, shifts], separator.logits.cache)
assert met, "the threads would bring the first array"
start = threading.Barrier(2)
def work():
    start.wait()
    for _ in range(20):
        run(features, shifts)
threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("done")
"""

WATCHED = """
from unweave.untold import untold
openvino = untold("openvino")
met, plain = [], openvino.Tensor
def watched(*given, **named):
    met.append(1)
    return plain(*given, **named)
openvino.Tensor = watched
"""


def test_two_threads_that_bring_openvino_its_first_arrays_do_not_wait_for_each_other() -> None:
    words = [sys.executable, "-W", "ignore", "-c", WATCHED + BOTH]
    assert subprocess.run(words, capture_output=True, text=True, check=True, timeout=3000).stdout == "done\n"
