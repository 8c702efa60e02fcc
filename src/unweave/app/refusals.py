"""What is said to a visitor whose request cannot be served: a sentence, a word for programs, and a status of HTTP."""

from __future__ import annotations

from unweave.errors import UnweaveError


class Refused(UnweaveError):
    """A request that is not served.

    Args:
        sentence: for people.
        status: of HTTP.
        code: a word for programs (docs/http.md).
        retry: seconds after which it may work, or None.
    """

    def __init__(self, sentence: str, status: int = 400, code: str = "bad_request", retry: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code, self.retry = status, code, retry

    def plain(self) -> dict[str, str]:
        """The answer."""
        return {"error": str(self), "code": self.code}


def not_found(what: str) -> Refused:
    """The same for what never was, what is gone and what is somebody else's."""
    return Refused(f"There is no such {what} here; it may have been deleted after a while.", 404, "not_found")


def not_ready(what: str) -> Refused:
    """For what will be there later."""
    return Refused(f"{what} is not ready yet; ask again in a moment.", 409, "not_ready", retry=1)
