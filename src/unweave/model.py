"""A model: tagger + condition + separator + ontology (Fig. 1 of the paper), and the verbs that people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from unweave.conditions.base import Condition
from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.separators.base import Separator
from unweave.settings import ModelSettings
from unweave.surroundings import starts_threads, undisturbed
from unweave.taggers.base import Tagger

if TYPE_CHECKING:
    from unweave.inference.events import Event
    from unweave.inference.options import Asked
    from unweave.inference.report import Report
    from unweave.inference.track import Track

Progress = Callable[[float, float, str], None]


class Model(nn.Module):
    """What hears (tagger), what asks (condition) and what takes apart (separator).

    Args:
        tagger: None for a model that is steered by words alone.
        condition: None likewise.
        separator: works at the tagger's sample rate.
        ontology: AudioSet's by default; its labels are the tagger's K classes.
        settings: lengths, thresholds and the like; plain data will do.
        card: what people should know of it: data, licence, figures, limits.
        spec: how each part is built again, `{"tagger": {"name": ..., "arguments": {...}}, ...}`, names as registered;
            needed to save the model.

    Raises:
        UnweaveError: parts that do not fit together.
    """

    def __init__(
        self,
        tagger: Tagger | None,
        condition: Condition | None,
        separator: Separator,
        ontology: Ontology | None = None,
        settings: ModelSettings | Mapping[str, Any] | None = None,
        card: dict[str, Any] | None = None,
        spec: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        starts_threads()
        self.ontology = ontology or Ontology()
        if isinstance(settings, Mapping):
            settings = ModelSettings.from_plain(settings)
        self.settings = settings or ModelSettings()
        self.card = dict(card or {})
        self.spec = dict(spec or {})
        self.tagger = tagger
        self.condition = condition
        self.separator = separator
        self.precision = torch.float32  # that layers compute in where half precision does no harm
        self.eval()
        _check_fit(self)

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.settings.name

    @property
    def sample_rate(self) -> int:
        """Rate at which the networks work, in Hz. Recordings of any rate are brought to it and back."""
        return self.separator.sample_rate

    @property
    def labels(self) -> list[str]:
        """Names of the K classes, in the order of the tagger's output."""
        return [label.name for label in self.ontology.labels]

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        tensors = [*self.parameters(), *self.buffers()]
        return tensors[0].device if tensors else torch.device("cpu")

    def published(self) -> Model:
        """The same networks with the behaviour of the published code (`ModelSettings.published`)."""
        model = Model(
            self.tagger, self.condition, self.separator, self.ontology, self.settings.published(), self.card, self.spec
        )
        model.precision = self.precision
        return model

    def save(self, folder: str | Path, dtype: torch.dtype = torch.float32) -> Path:
        """Write the model as a folder that `load_model` reads; see `unweave.pretrained.folder.save`."""
        from unweave.pretrained.folder import save

        return save(self, folder, dtype)

    @undisturbed
    def forward(self, mixture: Tensor, anchor: Tensor) -> Tensor:
        """Take out of the mixture what sounds in the anchor (f of Algorithm 2).

        Shape:
            mixture (B, C, T), anchor (B, T) -> (B, C, T)
        """
        if self.tagger is None or self.condition is None:
            raise UnweaveError(f"The model {self.name} is steered by words and cannot listen to an example.")
        result: Tensor = self.separator(mixture, self.condition(self.tagger(anchor), anchor))
        return result

    @undisturbed
    def separate(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        level: int | Sequence[int] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Asked | None = None,
        span: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
        text: str | Sequence[str] | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        progress: Progress | None = None,
    ) -> list[Track]:
        """Take a recording apart, in memory.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            level: one or several levels of the ontology, 1 (coarse) to 6 (fine). With nothing asked: 1, 2 and 3.
            classes: names, mids or indexes of classes or other nodes; one track each, in this order.
            query: an example sound, or several: each a file or a folder of files, one track each.
            span: stretches of the recording itself; not there yet.
            text: words; not there yet.
            threshold: probability from which something counts as sounding, [0, 1]; None: the model's own.
            residual: whether what is left of each group of tracks is returned too, as "residual".
            max_tracks: at most so many tracks for each group; the rest stays in the residual.
            batch: rows that are held for the networks at once; None: 8 on a CPU, on a GPU what its memory takes.
            progress: called with (done, total, what) in s of audio.

        Returns:
            Tracks in the order asked, each group followed by its residual; the tracks of a group plus its residual
            add up to the input.

        Raises:
            UnweaveError: what was asked for or given cannot be used.
        """
        from unweave.inference.collect import separate
        from unweave.inference.options import Options

        asked = Options.of(level, classes, query, span, text, threshold, residual, max_tracks, batch)
        return separate(self, audio, sample_rate, asked, progress)

    @undisturbed
    def separate_file(
        self,
        path: str | Path,
        out_dir: str | Path,
        *,
        level: int | Sequence[int] | None = None,
        classes: str | int | Sequence[str | int] | None = None,
        query: Asked | None = None,
        span: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
        text: str | Sequence[str] | None = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
        format: str = "wav",
        subtype: str | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Report:
        """Take a recording apart block by block, into `out_dir/<stem of path>/`.

        Args are those of `separate`, and:
            format: "wav", "flac" or "ogg".
            subtype: "PCM_16", "PCM_24" or "FLOAT"; None: FLOAT for a wav of a recording in floating point, else
                PCM_24; ogg has its own.
            overwrite: put the new folder in place of one that is there, once it is complete.

        Returns:
            What was found and written.

        Raises:
            UnweaveError: what was asked for or given cannot be used, or nothing can be written there.
        """
        from unweave.inference.files import separate_file
        from unweave.inference.options import Options, Output

        asked = Options.of(level, classes, query, span, text, threshold, residual, max_tracks, batch)
        return separate_file(self, Path(path), Path(out_dir), asked, Output.of(format, subtype, overwrite), progress)

    @undisturbed
    def tag(
        self,
        audio: str | Path | ArrayLike | Tensor,
        sample_rate: int | None = None,
        *,
        threshold: float | None = None,
        batch: int | None = None,
        progress: Progress | None = None,
    ) -> list[Event]:
        """What sounds when: the events of all classes, by start.

        Args:
            audio: a file, or samples (C, T) or (T,): floating point with full scale 1.0, or int16, int32, int8, uint8.
            sample_rate: of the samples, in Hz; not for a file.
            threshold: probability from which a class counts as sounding, [0, 1]; None: the model's own.
            batch: segments that the tagger hears at once; None: as for `separate`.
            progress: called with (done, total, what) in s of audio.
        """
        from unweave.inference.collect import tag

        return tag(self, audio, sample_rate, threshold, batch, progress)


def _check_fit(model: Model) -> None:
    tagger, condition, separator = model.tagger, model.condition, model.separator
    if tagger is not None and tagger.sample_rate != separator.sample_rate:
        raise UnweaveError(
            f"The tagger hears {tagger.sample_rate} Hz and the separator {separator.sample_rate} Hz; "
            "a model needs both at one sample rate."
        )
    if tagger is not None and tagger.classes != len(model.ontology.labels):
        raise UnweaveError(
            f"The tagger has {tagger.classes} classes and the ontology {len(model.ontology.labels)}; they must agree."
        )
    if condition is not None and condition.dim != separator.condition_dim:
        raise UnweaveError(
            f"The condition has {condition.dim} numbers and the separator wants {separator.condition_dim}; "
            "they must agree."
        )
    thresholds = model.settings.class_thresholds
    if thresholds is not None and len(thresholds) != len(model.ontology.labels):
        raise UnweaveError(f"A model with {len(model.ontology.labels)} classes has {len(thresholds)} class thresholds.")
    if strange := [index for index in model.settings.known or () if not 0 <= index < len(model.ontology.labels)]:
        raise UnweaveError(
            f"A model with {len(model.ontology.labels)} classes cannot know one of index {strange[0]}; "
            f"indexes go from 0 to {len(model.ontology.labels) - 1}."
        )
