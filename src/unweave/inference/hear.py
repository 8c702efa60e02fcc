"""The first half of every separation: from what is asked and a recording to requests (Algorithm 3, lines 1 to 6)."""

from __future__ import annotations

from collections.abc import Sequence

from unweave.inference.heard import Heard
from unweave.inference.options import Options
from unweave.inference.recording import Recording
from unweave.inference.request import Group
from unweave.inference.tagging import SegmentTags, tag_segments
from unweave.inference.unheard import count_segments
from unweave.inference.wish import Prepared
from unweave.networks import Networks, Progress


def check(model: Networks, options: Options) -> list[str]:
    """Make sure that the model can answer what is asked; gives sentences for the user.

    Raises:
        UnweaveError: it cannot.
    """
    return [sentence for wish in options.asked.wishes for sentence in wish.check(model)]


def prepare(model: Networks, recording: Recording, options: Options) -> list[Prepared]:
    """Get everything that is asked ready for a recording that is open but not heard yet.

    Raises:
        UnweaveError: an example cannot be used, or the recording does not have what is asked for.
    """
    return [wish.prepare(model, recording, options.batch) for wish in options.asked.wishes]


def hear(
    model: Networks, recording: Recording, options: Options, prepared: Sequence[Prepared], progress: Progress | None
) -> tuple[SegmentTags, list[Group]]:
    """Hear a recording once, and say what is to be separated.

    Args:
        model: one that passed `check`.
        recording: from its start.
        options: what was asked.
        prepared: the same, ready for this recording.
        progress: called with (done, total, "listening") in s.
    """
    listeners = [one.hear for one in prepared if one.hear is not None]
    if model.tagger is not None:
        tags = tag_segments(model, recording, options.batch, progress, listeners, keep=True)
    else:
        tags = count_segments(model, recording, options.batch, progress, listeners)
    return tags, plan(Heard(model, tags, options.threshold), prepared, options.max_tracks)


def plan(heard: Heard, prepared: Sequence[Prepared], max_tracks: int | None = None) -> list[Group]:
    """All requests, in groups.

    Args:
        heard: the recording.
        prepared: what is asked of it.
        max_tracks: of a group, the most prominent ones; None for all.
    """
    groups = [group for one in prepared for group in one.groups(heard)]
    for one in prepared:
        if one.amend is not None:
            groups = one.amend(heard, groups)
    if max_tracks is not None:
        for group in groups:
            best = sorted(group.requests, key=lambda request: -request.strength)[:max_tracks]
            group.requests = [request for request in group.requests if request in best]
    return groups
