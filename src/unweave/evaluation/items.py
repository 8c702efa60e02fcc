"""What is separated and scored: a target, what it is mixed with, and what it is asked for by.

An item says where its sounds lie; no sound is copied. `unweave.evaluation.mixtures` makes the mixture of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from unweave.errors import UnweaveError


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sound file.

    Attributes:
        path: of the file, below the benchmark's root, with "/" between folders.
        start: in s.
        seconds: its length; None for all that follows. Where the file ends before, silence follows.
        stream: number of the stream in a file that holds several (a stem file).
    """

    path: str
    start: float = 0.0
    seconds: float | None = None
    stream: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A mixture and the target that is to be taken out of it.

    Attributes:
        id: different from those of all other items of the benchmark.
        label: the class as the benchmark calls it; items with one label are summarised together.
        target: pieces that add up to the target; none if it is silence, where a class is asked for that is not there.
        others: what it is mixed with, one source each.
        mixture: a recording of the mixture itself; then `others` may be empty.
        classes: what the target is asked for by: AudioSet mids, or names of a model's own classes. Empty if no class
            fits; then it can only be asked for by example.
        snr: energy of the target over that of each other source, in dB; None leaves them as loud as they are.
        group: the recording that the target is of; figures of one recording are not independent of each other.
        part: what it is summarised apart by ("5 dB", "unseen"), "" if by nothing.
    """

    id: str
    label: str
    target: tuple[Piece, ...]
    others: tuple[Piece, ...] = ()
    mixture: Piece | None = None
    classes: tuple[str, ...] = ()
    snr: float | None = 0.0
    group: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class SceneEvent:
    """A sound of a scene.

    Attributes:
        piece: the sound, from its onset to its end.
        at: where it begins in the scene, in s.
        gain: in dB.
        classes: AudioSet mids, or names of a model's own classes.
        sound: what sounds: events of one name are one sound that comes several times. "" if it comes once.
        pan: where it comes from in a stereo scene, from -1 (left) to 1; None leaves its own channels.
        room: reverberation time of the room that it sounds in, in s; None for no room.
        fill: whether the piece is repeated, faded into itself, until the scene ends.
    """

    piece: Piece
    at: float
    gain: float = 0.0
    classes: tuple[str, ...] = ()
    sound: str = ""
    pan: float | None = None
    room: float | None = None
    fill: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Sounds at known times, for what finds them.

    Attributes:
        id: different from those of all other scenes of the benchmark.
        seconds: its length.
        events: what sounds when.
        label: what scenes are summarised together by.
        channels: how many it has.
        asked: the class that is asked for by name, where one is: a mid, or a name of a model's own classes.
        group: the recording that the sound which is asked for is of.
        part: what it is summarised apart by, "" if by nothing.
    """

    id: str
    seconds: float
    events: tuple[SceneEvent, ...]
    label: str = "scene"
    channels: int = 1
    asked: str = ""
    group: str = ""
    part: str = ""


LATER = {"channels": 1, "sound": "", "pan": None, "room": None, "fill": False}
"""What came after the first runs were measured: left out at its default, so that their scenes are still the same."""


def to_plain(item: Item | Scene) -> dict[str, Any]:
    """As JSON takes it; what is left at its default is left out."""
    plain = {key: value for key, value in asdict(item).items() if value not in ("", (), None) or key == "snr"}
    if isinstance(item, Scene):
        plain["events"] = tuple(_without_later(event) for event in plain.get("events", ()))
        plain = _without_later(plain)
    return plain


def _without_later(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in LATER or value != LATER[key]}


def from_plain(values: Mapping[str, Any]) -> Item | Scene:
    """The way back.

    Raises:
        UnweaveError: something is missing or unknown.
    """
    made = dict(values)
    try:
        if "events" in made:
            made["events"] = tuple(_event(event) for event in made["events"])
            return Scene(**made)
        for key in ("target", "others"):
            made[key] = tuple(Piece(**piece) for piece in made.get(key, ()))
        made["mixture"] = Piece(**made["mixture"]) if made.get("mixture") else None
        made["classes"] = tuple(made.get("classes", ()))
        return Item(**made)
    except (TypeError, KeyError) as error:
        raise UnweaveError(f"An item of the benchmark cannot be read ({error}); prepare it again.") from error


def _event(values: Mapping[str, Any]) -> SceneEvent:
    made = dict(values)
    return SceneEvent(**{**made, "piece": Piece(**made["piece"]), "classes": tuple(made.get("classes", ()))})
