from __future__ import annotations

import sys
from pathlib import Path

import pytest

from unweave.engines import processor


@pytest.mark.parametrize(
    ("capability", "amd", "fast"),
    [("AVX512", False, True), ("AVX512", True, False), ("AVX2", False, False), ("DEFAULT", True, False)],
)
def test_intels_with_avx512_multiply_fast(
    capability: str, amd: bool, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: capability)
    monkeypatch.setattr(processor, "_is_amd", lambda: amd)
    assert processor.multiplies_fast() is fast


@pytest.mark.parametrize("name", ["AMD64 Family 25 Model 17 Stepping 1, AuthenticAMD", "Intel64, GenuineIntel", ""])
def test_the_vendor_is_known_without_cpuinfo_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> object:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "open", missing)
    monkeypatch.setattr("platform.processor", lambda: name)
    assert processor._is_amd.__wrapped__() is ("AMD" in name)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc elsewhere")
def test_it_is_what_this_machine_says() -> None:
    assert processor._is_amd.__wrapped__() is ("AuthenticAMD" in Path("/proc/cpuinfo").read_text(encoding="utf-8"))
