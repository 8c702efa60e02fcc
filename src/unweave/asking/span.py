"""By a stretch of the recording itself: this sound here, wherever else it is (equation 9 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from unweave.asking.base import Look, Way, ways
from unweave.asking.needs import needs_ears
from unweave.audio.times import format_time, parse_span, parse_stretch
from unweave.errors import UnweaveError
from unweave.inference.hierarchy import known_mask
from unweave.inference.request import Group, HeardClass, Request
from unweave.inference.telling import VectorTelling
from unweave.inference.wish import Prepared
from unweave.ontology.filenames import unique_names

if TYPE_CHECKING:
    from unweave.inference.excerpt import Excerpt
    from unweave.inference.heard import Heard
    from unweave.inference.hierarchy import Probabilities
    from unweave.inference.recording import Recording
    from unweave.networks import Networks

Time: TypeAlias = float | str | None
Stretch: TypeAlias = str | tuple[Time, Time]
Spans: TypeAlias = Stretch | Sequence[Stretch]
FOLDER = "spans"
SHORTEST = 0.1  # s


@ways.register("span")
@dataclass(frozen=True)
class Span(Way):
    """One group, with one request for each stretch; what sounds like it is wanted in the whole recording.

    Attributes:
        spans: start and end of each in s, each once; None for an end that is that of the recording.
    """

    spans: tuple[tuple[float, float | None], ...]

    look = Look(
        option="--span",
        metavar="START-END",
        help="A stretch of the recording, such as 1:02-1:04.5: what sounds there.",
        argument="span",
        setting="spans",
        place=40,
    )

    @classmethod
    def of(cls, given: Any) -> Span | None:
        """Stretches as text, or as a start and an end."""
        spans = tuple(dict.fromkeys(read_span(one) for one in _several(given)))
        return cls(spans) if spans else None

    @classmethod
    def means(cls, what: Any) -> bool:
        """Two times, as text or not."""
        try:
            return (
                bool(parse_span(what)) if isinstance(what, str) else isinstance(what, tuple) and bool(read_span(what))
            )
        except UnweaveError:
            return False

    def plain(self) -> list[Any]:
        """Start and end in s."""
        return [list(span) for span in self.spans]

    def check(self, model: Networks) -> Sequence[str]:
        """The model must have a tagger."""
        needs_ears(model)
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Keep the stretches while they are heard."""
        from unweave.inference.excerpt import Excerpt
        from unweave.inference.recording import origin_of

        rate, samples, origin = recording.sample_rate, recording.samples, origin_of(recording)
        excerpts = [Excerpt(rate, start, end, samples, origin) for start, end in self.spans]

        def hear(block: Any) -> None:
            for excerpt in excerpts:
                excerpt.hear(block)

        return Prepared(partial(_groups, excerpts, batch), hear)


def _groups(excerpts: Sequence[Excerpt], batch: int | None, heard: Heard) -> list[Group]:
    """Every stretch, told everywhere."""
    everywhere = np.ones(len(heard.tags.clip), dtype=bool)
    requests = []
    for excerpt in excerpts:
        vector, probabilities = excerpt.condition(heard.model, batch)
        name = "{:.2f}-{:.2f}".format(*excerpt.times)
        classes = _classes(heard, probabilities)
        requests.append(Request(name, name, VectorTelling(vector), everywhere, query=name, heard=classes))
    for request, file in zip(requests, unique_names([request.file for request in requests]), strict=True):
        request.name = request.file = file
    return [Group(FOLDER, None, requests)]


def _classes(heard: Heard, probabilities: Probabilities) -> list[HeardClass]:
    """The classes that sound in a stretch, the most probable first."""
    sounding = np.flatnonzero(known_mask(heard.model) & (probabilities >= heard.limits))
    labels = heard.model.ontology.labels
    order = sorted(sounding, key=lambda index: -probabilities[index])
    return [HeardClass(labels[index].name, labels[index].mid, float(probabilities[index])) for index in order]


def read_span(span: Any) -> tuple[float, float | None]:
    """Start and end in s of one stretch, from "1.5-2.5", "1:02-1:04.5", "90-" or (1.5, 2.5).

    Raises:
        UnweaveError: not two times, or too little between them.
    """
    if isinstance(span, str):
        start, end = parse_span(span)
    elif isinstance(span, Sequence) and len(span) == 2:
        start, end = parse_stretch(*span)
    else:
        raise no_stretch(span)
    if end is not None and end - start < SHORTEST - 1e-9:
        raise UnweaveError(
            f"The stretch from {format_time(start)} to {format_time(end)} is too short; at least {SHORTEST} s are "
            "needed."
        )
    return start, end


def _several(given: Any) -> list[Any]:
    """A start and an end are one stretch, not two."""
    if given is None:
        return []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Sequence):
        raise no_stretch(given)
    return [given] if len(given) == 2 and _is_time(given[0]) else list(given)


def no_stretch(given: Any) -> UnweaveError:
    """What is said of what cannot be a stretch."""
    return UnweaveError(
        f"{ascii(given)[:60]} is no stretch of time; write its start and its end as 1.5-2.5 or (1.5, 2.5)."
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
