"""Networks with their settings: tagger + condition + separator + ontology (Fig. 1 of the paper)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from unweave.conditions.base import Condition
from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.separators.base import Separator
from unweave.settings import ModelSettings
from unweave.surroundings import starts_threads, undisturbed
from unweave.taggers.base import Tagger

Progress = Callable[[float, float, str], None]
N = TypeVar("N", bound="Networks")


class Networks(nn.Module):
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
        first = next(itertools.chain(self.parameters(), self.buffers()), None)
        return torch.device("cpu") if first is None else first.device

    def published(self: N) -> N:
        """The same networks with the behaviour of the published code (`ModelSettings.published`)."""
        other = type(self)(
            self.tagger, self.condition, self.separator, self.ontology, self.settings.published(), self.card, self.spec
        )
        other.precision = self.precision
        return other

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


def _check_fit(model: Networks) -> None:
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
