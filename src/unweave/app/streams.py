"""Server-sent events: something as it is now, and again whenever it has changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse

LOOK_SECONDS = 0.25
_ALIVE_SECONDS = 15.0  # after which a silent connection says that it is there


def events(
    name: str,
    snapshot: Callable[[], Any],
    over: Callable[[], bool],
    entered: Callable[[], None] = lambda: None,
    left: Callable[[], None] = lambda: None,
) -> StreamingResponse:
    """A stream of them.

    Args:
        name: of the events.
        snapshot: what is told, in plain data.
        over: asked before each look; after that, one more is told and the stream ends.
        entered: called when it begins.
        left: called when it ends, however that comes.
    """

    async def told() -> AsyncIterator[str]:
        entered()
        try:
            last, silent = "", 0.0
            while True:
                end = over()
                now = json.dumps(snapshot(), separators=(",", ":"))
                if now != last:
                    last, silent = now, 0.0
                    yield f"event: {name}\ndata: {now}\n\n"
                elif silent >= _ALIVE_SECONDS:
                    silent = 0.0
                    yield ": still here\n\n"
                if end:
                    return
                await asyncio.sleep(LOOK_SECONDS)
                silent += LOOK_SECONDS
        finally:
            left()

    return StreamingResponse(told(), media_type="text/event-stream")
