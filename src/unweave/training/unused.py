"""Keys of a recipe that are known but would be without effect beside its other keys.

A researcher who sets a threshold and forgets to turn the check on would report an ablation that never took place. So
such a key is an error, unless it has the value that it has when it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel

from unweave.data.miners import miners
from unweave.training.loop_settings import LoopSettings
from unweave.training.recipe import FewClipsLearning, PaperLearning, Recipe, TagsLearning, TeacherLearning, several

COSINE = LoopSettings(steps=1)  # whose values are those of keys that are left out


class Unused(NamedTuple):
    """A key, and what it would need or goes without."""

    key: str
    why: str


def unused(recipe: Recipe) -> Iterator[Unused]:
    """The keys of `recipe` that are set and without effect."""
    yield from _data(recipe)
    if recipe.tagger.learn is not None:
        yield from _tagger(recipe.tagger.learn, recipe.data.sampler == "random")
    for number, learning in enumerate(recipe.separator.learn):
        key = f"separator.learn.{number}"
        yield from _loop(learning.loop, f"{key}.loop")
        if isinstance(learning, PaperLearning):
            yield from _mixing(learning, key)
            if learning.thaw is not None and recipe.tagger.mode in ("freeze", "random"):
                yield Unused(f"{key}.thaw", f"with tagger.mode: {recipe.tagger.mode} the query net does not learn")
    if recipe.detector is not None and not any(map(_listens, recipe.separator.learn)):
        yield Unused("detector", "no stretch of separator.learn wants one; set it to null")


def _data(recipe: Recipe) -> Iterator[Unused]:
    data = recipe.data
    paper = any(isinstance(learning, PaperLearning) for learning in recipe.separator.learn)
    if data.root is not None and data.dataset is None:
        yield Unused("data.root", "it needs data.dataset, which says what lies there")
    if data.options and data.dataset is None:
        yield Unused("data.options", "they are those of data.dataset, which is not set")
    if not paper and _differs(data, "clip_seconds"):
        yield Unused("data.clip_seconds", "only `how: paper` cuts clips to one length")
    if not paper and not isinstance(recipe.tagger.learn, TagsLearning):
        for name in ("sampler", "workers"):
            if _differs(data, name):
                yield Unused(f"data.{name}", "only `how: paper` and `how: tags` read clips by it")


def _tagger(learning: TagsLearning | TeacherLearning, at_random: bool) -> Iterator[Unused]:
    yield from _loop(learning.loop, "tagger.learn.loop")
    if isinstance(learning, TeacherLearning):
        return
    for name in ("weights", "common"):
        if at_random and _differs(learning, name):
            yield Unused(f"tagger.learn.{name}", "classes have weights with data.sampler: balanced")
    if learning.mixup == 0 and _differs(learning, "mixed"):
        yield Unused("tagger.learn.mixed", "with tagger.learn.mixup: 0 nothing is mixed")


def _mixing(learning: PaperLearning, key: str) -> Iterator[Unused]:
    mixing = learning.mixing
    names = several(learning.mining.name)
    if mixing.check and all(miners.build(name).one_clip for name in names):
        yield Unused(f"{key}.mixing.check", f"sources of mining.name: {', '.join(names)} always share their class")
    if not mixing.check and _differs(mixing, "threshold"):
        yield Unused(f"{key}.mixing.threshold", "it needs mixing.check: true")


def _loop(loop: LoopSettings, key: str) -> Iterator[Unused]:
    if loop.schedule not in ("cosine", "constant") and loop.warmup != COSINE.warmup:
        yield Unused(f"{key}.warmup", f"schedule: {loop.schedule} has none; take cosine or constant")
    if loop.schedule != "published" and loop.schedule_steps != COSINE.schedule_steps:
        yield Unused(f"{key}.schedule_steps", "it needs schedule: published")


def _listens(learning: PaperLearning | FewClipsLearning) -> bool:
    """Whether a detector has something to do; few clips refuse one in words of their own."""
    if isinstance(learning, FewClipsLearning):
        return True
    kinds = [miners.build(name) for name in several(learning.mining.name)]
    return any(miner.needs_curve or (learning.mixing.check and not miner.one_clip) for miner in kinds)


def _differs(part: BaseModel, name: str) -> bool:
    return bool(getattr(part, name) != type(part).model_fields[name].get_default(call_default_factory=True))
