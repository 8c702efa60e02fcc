"""How a model cuts, gates and joins: the numbers that belong to a model and not to its networks."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from unweave.errors import ModelFileError
from unweave.strict import in_words

Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class ModelSettings:
    """Plain data; saved beside the weights.

    Attributes:
        name: what the model is called.
        segment_seconds: length of the pieces that are tagged and separated one by one, in s.
        overlap_seconds: how much neighbouring segments share and cross-fade over, in s; 0 is a hard cut.
        threshold: probability from which a node of the ontology counts as sounding, in [0, 1] (delta of Algorithm 3).
        class_gate: the same for classes that were asked for by name. It is low, since who asks has heard something.
        class_share: of the highest probability that such a class has anywhere, from which it counts as sounding
            elsewhere too; 0 leaves `class_gate` alone.
        prominence: dB by which the odds of a source in each bin rise with every dB that it drowns the rest of a segment
            by (`unweave.inference.prominence`); 0 leaves what the separator says.
        level_threshold: how sure one must be of a node of a level of the ontology for a track of its own, as
            `auto_threshold`; None: as sure as `threshold` in one segment.
        auto_threshold: how sure one must be of a sound for a track of its own where nothing was asked for, [0, 1]
            (`unweave.asking.cut`).
        auto_finer: how much surer of a class below for its name, [0, 1].
        auto_longer: how much less sure for every doubling of the time that it sounds, [0, 1].
        faintest_db: tracks that nobody asked for by name and that are fainter than this under the recording stay in
            the residual; None for no such limit.
        exclusive: whether the tracks of a set share what there is (`unweave.inference.sharing`).
        full_band: whether tracks hold what lies above the model's band, too (`unweave.inference.above`).
        edge_seconds: fade at the edges of activity where segments do not overlap, in s.
        tree: what a node holds follows only first parents, as in the published code.
        by_name: a class asked for by name is told to the condition as such (not only as a group of one).
        class_thresholds: thresholds of the K classes that stand in for `threshold`, or None.
        known: indexes of the classes that the model has learnt, or None if it knows all K.
    """

    name: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")] = "unnamed"
    segment_seconds: Annotated[float, Field(ge=0.05, le=60)] = 2.0
    overlap_seconds: Annotated[float, Field(ge=0, le=30)] = 0.5
    threshold: Probability = 0.2
    class_gate: Probability = 0.02
    class_share: Probability = 0.1
    prominence: Annotated[float, Field(ge=0, le=2)] = 0.0
    level_threshold: Probability | None = None
    auto_threshold: Probability = 0.675
    auto_finer: Probability = 0.2
    auto_longer: Annotated[float, Field(ge=0, le=60)] = 0.04
    faintest_db: Annotated[float, Field(ge=-300, le=0)] | None = -50.0
    exclusive: bool = True
    full_band: bool = True
    edge_seconds: Annotated[float, Field(ge=0, le=10)] = 0.01
    tree: bool = False
    by_name: bool = True
    class_thresholds: tuple[Probability, ...] | None = None
    known: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_seconds <= self.segment_seconds / 2 or self.segment_seconds <= 0:
            raise ModelFileError(
                f"Segments of {self.segment_seconds} s cannot overlap by {self.overlap_seconds} s; "
                "at most half is possible."
            )
        for name in ("threshold", "class_gate", "class_share", "auto_threshold"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ModelFileError(f"The {name} of a model is a probability between 0 and 1, not {value}.")
        if not 0 <= self.prominence <= 2:
            raise ModelFileError(f"The prominence of a model is a number between 0 and 2, not {self.prominence}.")

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> ModelSettings:
        """Build from what JSON gives.

        Raises:
            ModelFileError: a setting that is not known here, or of the wrong kind.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        strange = sorted(values.keys() - known)
        if strange:
            close = difflib.get_close_matches(strange[0], known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ModelFileError(
                f"Unknown setting {strange[0]!r} of a model; known are {', '.join(sorted(known))}.{hint}"
            )
        try:
            # As JSON, so that lists are tuples and nothing else is taken for what it is not.
            text = json.dumps(dict(values))
            return _adapter().validate_json(text, strict=True)
        except (TypeError, ValueError, RecursionError) as error:
            reason = in_words(error) if isinstance(error, ValidationError) else str(error)
            raise ModelFileError(f"The settings of the model cannot be used: {reason}.") from error

    def to_plain(self) -> dict[str, Any]:
        """The same as what JSON takes."""
        return dataclasses.asdict(self)

    def published(self) -> ModelSettings:
        """The behaviour of the published code, so that published results can be compared.

        Segments of 2 s cut hard, the ontology as a tree, threshold 0.2 for everything, no fades,
        what the separator says as it is.
        """
        return dataclasses.replace(
            self,
            segment_seconds=2.0,
            overlap_seconds=0.0,
            threshold=0.2,
            class_gate=0.2,
            class_share=0.0,
            prominence=0.0,
            exclusive=False,
            full_band=False,
            faintest_db=None,
            edge_seconds=0.0,
            level_threshold=None,
            tree=True,
            by_name=False,
            class_thresholds=None,
        )


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[ModelSettings]:
    return TypeAdapter(ModelSettings)
