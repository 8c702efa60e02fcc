"""How long threads that share a layer of a network wait for each other before they leave their cores to others.

By itself the OpenMP library of torch's Linux packages (libgomp) lets a thread spin for milliseconds at the end of every
layer. Where something else has the other's core meanwhile, that is most of the time that there is.
"""

from __future__ import annotations

import os

VARIABLE = "GOMP_SPINCOUNT"
SPINS = 3000  # some tenths of a millisecond, enough for threads that run; libgomp has 300 000


def wait_briefly() -> None:
    """Let threads wait for so long at most, from before torch is loaded on, unless whoever runs this has said how."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault(VARIABLE, str(SPINS))


def waits_briefly() -> bool:
    """Whether they do: then it costs little to share out a layer on a machine that others use, too."""
    spins = os.environ.get(VARIABLE, "")
    if spins.strip().isdecimal():
        return int(spins) <= SPINS
    return os.environ.get("OMP_WAIT_POLICY", "").strip().lower() == "passive"
