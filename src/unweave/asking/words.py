"""By words: not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unweave.asking.base import Look, Way, ways
from unweave.errors import UnweaveError
from unweave.inference.wish import Prepared

if TYPE_CHECKING:
    from unweave.inference.recording import Recording
    from unweave.networks import Networks


@ways.register("words")
class Words(Way):
    """Refuses all of them."""

    look = Look(option="--text", metavar="WORDS", help="A description.", argument="text", setting=None, place=50)

    @classmethod
    def of(cls, given: Any) -> Words | None:
        """Nothing, or a sentence."""
        if given:
            raise UnweaveError(
                "Asking by words (--text) is not there yet; ask by class, by level or with an example sound."
            )
        return None

    def plain(self) -> list[Any]:
        """Nothing."""
        return []

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing."""
        return Prepared()
