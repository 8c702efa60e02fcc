from __future__ import annotations

from pathlib import Path

import exportable
import pytest

from unweave.model import Model

for module in ("onnx", "onnxruntime"):
    pytest.importorskip(module, reason="needs ONNX: pip install 'unweave[onnx]'")


@pytest.fixture(scope="session")
def whole() -> Model:
    return exportable.exportable_model()


@pytest.fixture(scope="session")
def exported() -> Path:
    return exportable.exported()
