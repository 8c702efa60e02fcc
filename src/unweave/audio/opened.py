"""A file open in FFmpeg, which sees its bytes and nothing else of this machine or the network.

FFmpeg knows formats that only say where sounds are (play lists, concat scripts, MPEG-DASH, SDP, VobSub) or that make a
pattern out of a file's name (series of pictures), and would open whatever they name. It gets no protocol to open it
with, and no name; what is known to be such a list is refused in a sentence.
"""

from __future__ import annotations

from typing import Any

from unweave.audio.source import Bytes, View
from unweave.errors import UnweaveError

BUFFER = 1 << 16  # bytes that are read at once
_HEAD = 512  # bytes
_LISTS = (
    b"#extm3u",  # HLS, and the play lists of programs that play
    b"ffconcat",
    b"<?xml",  # MPEG-DASH, IMF, XSPF
    b"<mpd",
    b"<asx",
    b"<smil",
    b"[playlist]",
    b"[reference]",
    b"v=0",  # SDP
    b"# vobsub index file",
)


def opened(data: Bytes, metadata_errors: str = "ignore") -> Any:
    """An input container of PyAV.

    Args:
        data: the file.
        metadata_errors: what becomes of texts in it that are no UTF-8, as for `bytes.decode`.

    Raises:
        UnweaveError: it is a list of other files.
        av.error.FFmpegError: FFmpeg cannot read it.
    """
    import av

    refuse_lists(data)
    return av.open(
        View(data, f"sound{data.path.suffix}"),
        options={"protocol_whitelist": "none"},
        metadata_errors=metadata_errors,
        buffer_size=BUFFER,
    )


def refuse_lists(data: Bytes) -> None:
    """Refuse what only says where sounds are.

    Raises:
        UnweaveError: it is such a list.
    """
    head = data.read_at(0, _HEAD).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(_LISTS):
        raise UnweaveError(f"{data.path} is a list of sounds and not a sound; give the sound itself.")
