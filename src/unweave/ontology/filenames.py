"""Names of nodes as names of files that every common file system takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from unweave.ontology.graph import Node

ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
# Names that Windows keeps for devices, and the name that the rest of a recording is written under.
RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d|residual)$")
LONGEST = 120  # letters; file systems allow 255 bytes, of which an ending and a folder's own rules need some


def safe_name(text: str) -> str:
    """`text` as the stem of a file: illegal characters become "_"; no space or dot at an end; never empty."""
    stem = ILLEGAL.sub("_", text)[:LONGEST].strip(" .")
    if not stem:
        return "_"
    return f"{stem}_" if RESERVED.match(stem) else stem


def file_names(nodes: Iterable[Node]) -> dict[str, str]:
    """Stems for the nodes of one folder, by mid: no two alike, even where upper and lower case are one."""
    nodes = list(nodes)
    stems = {node.mid: safe_name(node.name) for node in nodes}
    counts: dict[str, int] = {}
    for stem in stems.values():
        counts[stem.casefold()] = counts.get(stem.casefold(), 0) + 1
    return {
        mid: stem if counts[stem.casefold()] == 1 else f"{stem} {safe_name(mid).strip('_')}"
        for mid, stem in stems.items()
    }


def unique_names(names: Sequence[str]) -> list[str]:
    """The same names, later ones with a number where upper and lower case aside they would be one file."""
    taken: set[str] = set()
    result = []
    for name in names:
        new, number = name, 1
        while new.casefold() in taken:
            number += 1
            new = f"{name} {number}"
        taken.add(new.casefold())
        result.append(new)
    return result
