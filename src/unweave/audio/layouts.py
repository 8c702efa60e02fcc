"""What the channels of a recording are: names as FFmpeg has them, masks as WAV has them, orders as Vorbis has them."""

from __future__ import annotations

# The bits of dwChannelMask (Microsoft's WAVEFORMATEXTENSIBLE), lowest first: channels always lie in this order.
_SPEAKERS = "FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL TBC TBR".split()
# What a count of channels means where nothing is said: FLAC, and Vorbis once it is put in this order.
_BY_COUNT = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# Place of Vorbis's channels in the order of WAV (Vorbis I specification, 4.3.9).
_VORBIS = {
    3: (0, 2, 1),
    5: (0, 2, 1, 3, 4),
    6: (0, 2, 1, 4, 5, 3),
    7: (0, 2, 1, 5, 6, 4, 3),
    8: (0, 2, 1, 6, 7, 4, 5, 3),
}
B_FORMAT = "B-format"


def layout_of_count(channels: int) -> str | None:
    """The usual layout of so many channels; None past eight."""
    return _BY_COUNT.get(channels)


def layout_of_mask(mask: int, channels: int) -> str | None:
    """The name of the layout of a channel mask; None if the mask does not name every channel."""
    import av

    names = [name for bit, name in enumerate(_SPEAKERS) if mask >> bit & 1]
    if len(names) != channels or mask >> len(_SPEAKERS):
        return None
    try:
        return str(av.AudioLayout("+".join(names)).name)
    except (ValueError, av.error.FFmpegError):
        return None


def mask_of_layout(layout: str | None) -> int:
    """The channel mask of a layout; 0 if it has none."""
    import av

    if layout is None or layout == B_FORMAT:
        return 0
    try:
        names = [channel.name for channel in av.AudioLayout(layout).channels]
    except (ValueError, av.error.FFmpegError):
        return 0
    bits = [_SPEAKERS.index(name) for name in names if name in _SPEAKERS]
    # A mask has one order only, so it can stand for no other.
    return sum(1 << bit for bit in bits) if len(bits) == len(names) and bits == sorted(bits) else 0


def vorbis_order(channels: int) -> tuple[int, ...]:
    """Which channel in WAV's order comes first, second, ... in a Vorbis file."""
    return _VORBIS.get(channels, tuple(range(channels)))


def known_layout(name: str, channels: int) -> str | None:
    """A layout's name as FFmpeg gives it; None for those that only count ("6 channels")."""
    return None if name == f"{channels} channels" or not name else name
