"""A recipe: one YAML that says what is learnt from what, and how.

Every key is checked; one that is unknown is an error with a suggestion, so that none is silently without effect. A
recipe may stand on another one (`base: other.yaml`) and say only what differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from unweave.training.loop import LoopSettings

T = TypeVar("T")


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class Part(Strict):
    """A registered part and the arguments that it is built with."""

    name: str
    arguments: dict[str, Any] = {}


class DataRecipe(Strict):
    """Where the sounds are.

    Attributes:
        store: what `unweave prepare` made, or an index of the published packs.
        dataset, root, options: if there is no store yet, it is prepared from this data set first.
        clip_seconds: clips are cut, or padded with silence, to this length.
        sampler: "balanced" (every class equally often) or "random".
        workers: processes that read clips.
        resident: whether the clips lie in the memory of the device that trains, where mixtures are made of them too:
            what a GPU wants, and a few GB at most.
    """

    store: Path
    dataset: str | None = None
    root: Path | None = None
    options: dict[str, Any] = {}
    clip_seconds: float = Field(default=10.0, gt=0)
    sampler: Literal["balanced", "random"] = "balanced"
    workers: int = Field(default=0, ge=0)
    resident: bool = False


class TagsLearning(Strict):
    """A tagger learnt from tags alone (see `unweave.training.tagging`)."""

    how: Literal["tags"]
    batch: int = Field(default=32, ge=1)
    seconds: float = Field(default=10.0, gt=0)
    mixup: float = 0.5
    mixed: Literal["spectrogram", "waveform"] = "spectrogram"
    mask: bool = True
    weights: dict[str, int] = {}
    common: int = 1
    loop: LoopSettings


class TeacherLearning(Strict):
    """A tagger learnt from tags and a teacher's soft labels (see `unweave.training.distilling`).

    `teacher_layer` is the layer whose features are learnt too, with the weight `imitate`; None for scores alone. For
    `weights` and `common` see `unweave.training.tasks.class_weights`.
    """

    how: Literal["teacher"]
    teacher: Path
    teacher_classes: Path
    teacher_layer: str | None = None
    imitate: float = Field(default=10.0, ge=0)
    batch: int = Field(default=32, ge=1)
    patches: int = 6
    mixed: float = 0.4
    choice: float = 5.0
    weights: dict[str, int] = {}
    common: int = 1
    loop: LoopSettings


class TaggerRecipe(Strict):
    """The tagger of the query net.

    Attributes:
        part: what it is; None takes that of `weights`.
        weights: where its weights come from: a name of `unweave models`, a file, a folder. None: it is learnt here, or
            stays random.
        mode: what the separator's training does with it (Section 3.4.4): freeze, random, scratch, finetune, shortcut
            or adaptor.
        learn: how it is learnt before the separator.
    """

    part: Part | None = None
    weights: str | None = None
    mode: Literal["freeze", "random", "scratch", "finetune", "shortcut", "adaptor"] = "freeze"
    learn: Annotated[TagsLearning | TeacherLearning, Field(discriminator="how")] | None = None


class DetectorRecipe(Strict):
    """The detector that finds anchors, where it is not the tagger itself."""

    part: Part | None = None
    weights: str | None = None


Seconds = Annotated[float, Field(ge=0.5, le=10)]
Count = Annotated[int, Field(ge=2, le=4)]


class Mining(Strict):
    """Where anchors are cut (Section 3.3): "detector", "in-clip" or "out-clip", and how long they are, in s.

    Lists of either are drawn from, for each batch anew; the first duration is that of the model's segments.
    """

    name: str | Annotated[list[str], Field(min_length=1)] = "detector"
    seconds: Seconds | Annotated[list[Seconds], Field(min_length=1)] = 2.0


class Mixing(Strict):
    """What is mixed (Section 3.6).

    Attributes:
        sources: J, in a mixture; a list is drawn from, for each batch anew.
        targets: of them that are asked for; None draws 1 to J - 1.
        energy: "none", "random" (+-20 dB) or "match".
        check: whether sources of a mixture must not share a class (Algorithm 1, step 3).
        threshold: probability from which an anchor holds a class; "classes" for one each, as the tagger's training
            found them.
    """

    sources: Count | Annotated[list[Count], Field(min_length=1)] = 2
    targets: int | None = Field(default=None, ge=1, le=3)
    energy: str = "match"
    check: bool = False
    threshold: float | Literal["classes"] = 0.5


def several(value: T | list[T]) -> list[T]:
    """A value, or those of a list."""
    return value if isinstance(value, list) else [value]


class Thawing(Strict):
    """When a query net that learns begins to, in steps, and its learning rate relative to the separator's."""

    after: int = Field(default=0, ge=0)
    rate: float = Field(default=1.0, gt=0)


class PaperLearning(Strict):
    """The paper's method (see `unweave.training.method`)."""

    how: Literal["paper"]
    batch: int = Field(default=16, ge=2)
    mining: Mining = Mining()
    mixing: Mixing = Mixing()
    augment: dict[str, dict[str, Any]] = {}
    loss: Literal["l1", "snr"] = "l1"
    thaw: Thawing | None = None
    loop: LoopSettings


class FewClipsLearning(Strict):
    """A few thousand clips, one CPU (see `unweave.training.separation`), or one GPU (`data.resident`).

    `third`, `bed`, `alone`, `rooms` and `together` are for resident clips.
    """

    how: Literal["few clips"]
    batch: int = Field(default=8, ge=1)
    seconds: float = 2.0
    share: float = 0.9
    gain: float = 5.0
    wide: float = Field(default=0.0, ge=0, le=1)
    wide_gain: float = 20.0
    speed: float = 0.15
    third: float = Field(default=0.0, ge=0, le=1)
    bed: float = Field(default=0.0, ge=0, le=1)
    beds: str = "ambient"
    alone: float = Field(default=0.0, ge=0, le=1)
    rooms: float = Field(default=0.0, ge=0, le=1)
    together: float = Field(default=0.0, ge=0, le=1)
    shares: dict[Literal["soft", "named", "node", "absent"], float] = {"soft": 0.3, "named": 0.65, "absent": 0.05}
    weights: dict[str, int] = {}
    common: int = 1
    loop: LoopSettings


Learning = Annotated[PaperLearning | FewClipsLearning, Field(discriminator="how")]


class SeparatorRecipe(Strict):
    """The separator; `learn` are stretches of training, each from the weights of the one before."""

    part: Part | None = None
    weights: str | None = None
    learn: list[Learning] = []


class Recipe(Strict):
    """All of a run.

    `settings` and `card` go into the model that comes out; `half` stores its weight matrices in half precision.
    """

    name: str
    folder: Path
    seed: int = 0
    data: DataRecipe
    tagger: TaggerRecipe
    detector: DetectorRecipe | None = None
    condition: Part
    separator: SeparatorRecipe
    half: bool = False
    settings: dict[str, Any] = {}
    card: dict[str, Any] = {}
