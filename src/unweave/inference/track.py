"""What a separation gives back in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from unweave.inference.events import Event
from unweave.inference.options import Output
from unweave.inference.recording import Samples
from unweave.surroundings import undisturbed

RESIDUAL = "residual"


@dataclass
class Track:
    """One sound of a recording, at the recording's rate and length.

    Attributes:
        name: of the class, node or example; "residual" for what is left of a group.
        mid: of the class or node, or None.
        level: of the ontology that was asked for, or None.
        probability: the highest that the tagger gave, in [0, 1]; None for an example and a residual.
        events: when it sounds.
        audio: samples, (C, T).
        sample_rate: in Hz.
    """

    name: str
    mid: str | None
    level: int | None
    probability: float | None
    audio: Samples
    sample_rate: int
    events: list[Event] = field(default_factory=list)

    @undisturbed
    def save(self, path: str | Path, subtype: str | None = None) -> Path:
        """Write the track; the ending says how: one of the formats of `--format`.

        A wav is in floating point unless `subtype` says otherwise.

        Raises:
            UnweaveError: another ending, or nothing can be written there.
        """
        from unweave.audio.io import AudioWriter
        from unweave.audio.tags import Tags

        path = Path(path)
        output = Output.of(path.suffix[1:].lower() or "wav", subtype)
        subtype_there, tags = output.subtype_for(True), Tags(self.name)
        with AudioWriter(path, self.sample_rate, len(self.audio), output.format, subtype_there, tags=tags) as file:
            file.write(self.audio)
        return path
