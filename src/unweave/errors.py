"""The errors that users meet: each is a sentence that says what was wrong with which input and what to do."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of an `OSError` for which there is no room where something was to be written."""


class UnweaveError(ValueError):
    """Wrong use or bad input. The command line prints the message on one line and exits with status 2."""


class ModelFileError(UnweaveError):
    """A file of weights that cannot be used: damaged, unknown, unsafe or not the network that it claims to be."""


class DownloadError(UnweaveError):
    """Weights that could not be fetched, or that came out different from what was registered."""
