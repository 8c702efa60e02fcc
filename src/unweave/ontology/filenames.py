"""Names of nodes as names of files that every common file system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from unweave.ontology.graph import Node

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")  # breaks lines, or is half a letter
ILLEGAL = re.compile(rf'(?:[<>:"/\\|?*]|{CONTROL.pattern})+')
# Names that Windows keeps for devices, with any ending, and the name that the rest of a recording is written under.
RESERVED = re.compile(r"(?i)^((con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(\..*)?|residual)$")
LONGEST, LONGEST_BYTES = 120, 200  # file systems allow 255 bytes, of which an ending and a folder's own rules need some
LONGEST_NAME = 500  # letters of a class of one's own


def is_name(text: str) -> bool:
    """Whether people can read and write `text` as the name of a class: one line, neither empty nor endless."""
    return 0 < len(text) <= LONGEST_NAME and bool(text.strip()) and not CONTROL.search(text)


def safe_name(text: str) -> str:
    """`text` as the stem of a file: illegal characters become "_"; no space or dot at an end; never empty."""
    stem = ILLEGAL.sub("_", unicodedata.normalize("NFC", text[: 10 * LONGEST]))
    stem = _shortened(stem, LONGEST_BYTES).strip(" .")
    if not stem:
        return "_"
    if not RESERVED.match(stem):
        return stem
    return f"_{stem}" if "." in stem else f"{stem}_"


def file_names(nodes: Iterable[Node]) -> dict[str, str]:
    """Stems for the nodes of one folder, by mid: no two alike, even where upper and lower case are one."""
    nodes = list(nodes)
    stems = {node.mid: safe_name(node.name) for node in nodes}
    counts: dict[str, int] = {}
    for stem in stems.values():
        counts[_key(stem)] = counts.get(_key(stem), 0) + 1
    taken = {key for key, count in counts.items() if count == 1}
    names: dict[str, str] = {}
    for mid, stem in stems.items():
        if counts[_key(stem)] > 1:
            stem = _free(f"{_shortened(stem, LONGEST_BYTES // 2)} {safe_name(mid).strip('_')}", taken)
        names[mid] = stem
    return names


def unique_names(names: Sequence[str]) -> list[str]:
    """The same names, later ones with a number where some file system would take them for one that came before."""
    taken: set[str] = set()
    return [_free(name, taken) for name in names]


def _free(stem: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; it is taken from now on."""
    short = _shortened(stem, LONGEST_BYTES).strip(" .")
    new, number = short, 1
    while _key(new) in taken:
        number += 1
        new = f"{short} {number}"
    taken.add(_key(new))
    return new


def _shortened(stem: str, most_bytes: int) -> str:
    return stem[:LONGEST].encode("utf-8")[:most_bytes].decode("utf-8", errors="ignore")


def _key(stem: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())
