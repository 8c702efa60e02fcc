"""Pictures that need nothing of the program around: no backend, settings or figures of whoever else draws."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from unweave.errors import FULL

P = ParamSpec("P")
_BACKEND = "MPLBACKEND"


@contextlib.contextmanager
def plain_drawing(**settings: Any) -> Iterator[None]:
    """Draw with matplotlib's own settings and those given, whatever a matplotlibrc or the caller says; then as before.

    A notebook names a backend that our interpreter need not have, with which matplotlib cannot even be imported.
    """
    matplotlib = _import()
    # The backend is none of ours: pictures are drawn by a canvas of their own.
    plain = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font lacks are drawn as boxes, old settings are not used
        with matplotlib.rc_context():
            matplotlib.rcParams.update(plain | settings)
            yield


def drawn(draw: Callable[Concatenate[Path, P], None], path: Path, /, *args: P.args, **kwargs: P.kwargs) -> list[str]:
    """Draw a picture that work must not be lost for.

    Returns:
        Nothing, or a sentence that says why there is no picture.

    Raises:
        OSError: the disk is full.
    """
    try:
        with plain_drawing():
            draw(path, *args, **kwargs)
    except Exception as error:  # fonts, settings and versions of another library: whatever they are, tracks matter more
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        why = " ".join(str(error).split())[:200]
        return [f"{path.name} could not be drawn ({type(error).__name__}: {why}); all else is there."]
    return []


def _import() -> Any:
    try:
        import matplotlib
    except ValueError:
        if _BACKEND not in os.environ:
            raise
        named = os.environ.pop(_BACKEND)
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]  # half imported
        try:
            import matplotlib
        finally:
            os.environ[_BACKEND] = named
    return matplotlib
