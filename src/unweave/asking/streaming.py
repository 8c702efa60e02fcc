"""What a stream is to become: some of its sounds alone, or the stream without them, or with them louder or softer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unweave.asking.changing import change
from unweave.asking.what import every_what
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.inference.change import Change

ALL = "all"


def streamed(classes: Any = None, remove: Any = None, keep: Any = None, gain: Any = None) -> Change:
    """Check what somebody wants of a stream.

    Args:
        classes: one class or node or several, which are given out together; "all" is all there is.
        remove: a WHAT (`unweave.asking.what`) or several of them, which are taken out.
        keep: the same as `classes`, and a WHAT each.
        gain: dB by WHAT, as for `Model.remix`.

    Raises:
        UnweaveError: nothing, or things that cannot go together.
    """
    wanted = [*every_what(classes), *every_what(keep)]
    if any(isinstance(one, str) and one.strip().lower() == ALL for one in wanted):
        from unweave.inference.change import Change  # which brings torch

        if remove or gain:
            raise UnweaveError("All of a stream and a change of it cannot go together; leave out one of them.")
        return Change("kept", 1.0, ())
    found = change(remove, wanted or None, gain)
    if found is None:
        raise UnweaveError("Say what is wanted of the stream: a class, or what is to be removed, kept or made louder.")
    return found
