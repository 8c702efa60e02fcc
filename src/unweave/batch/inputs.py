"""What a campaign is made of: folders, patterns, lists and single recordings, told one by one, never all in memory."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from unweave.batch.items import Item, inside, make_item
from unweave.batch.lists import is_list, read_list
from unweave.batch.stores import Found, find, is_address, is_tar
from unweave.errors import UnweaveError
from unweave.inference.places import place_key

# What recordings are called. A folder holds other things, too, and a file that is named itself is always taken.
ENDINGS = frozenset(
    "3gp aac ac3 aif aifc aiff amr ape asf au avi caf flac flv m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpeg mpg mts oga "
    "ogg ogv opus rf64 snd spx ts voc w64 wav wave webm wma wmv wv".split()
)
_PATTERN = "*?["


@dataclass
class Inputs:
    """All items of some inputs, in an order that is the same every time.

    Args:
        sources: folders, patterns ("calls/**/*.wav"), lists (.txt, .csv, .tsv, .jsonl, .json), recordings.
        out: the output; results that lie in a folder of recordings are none.

    Attributes:
        left_out: files in folders whose endings are not those of recordings, by ending; counted as items are told.
    """

    sources: Sequence[str]
    out: Path | str
    left_out: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        """Look at every source, before any work.

        Raises:
            UnweaveError: one is not there, two have the same name, or there is none.
        """
        several = [Path(source).name for source in self.sources if self._is_prefixed(source)]
        if twice := [name for name, count in Counter(several).items() if count > 1]:
            raise UnweaveError(
                f"Two inputs are called {twice[0]}, so that their results would have the same places; do them one "
                "after the other, each with an output of its own."
            )
        for source in self.sources:
            if not (is_address(source) or os.path.exists(source) or _is_pattern(source)) and len(self.sources) == 1:
                raise UnweaveError(f"There is no file {source}; check the name and the folder.")

    def __iter__(self) -> Iterator[Item]:
        self.left_out.clear()
        single = [source for source in self.sources if self._is_single(source)]
        common = os.path.commonpath([os.path.abspath(os.path.dirname(one)) for one in single]) if single else ""
        for source in self.sources:
            if self._is_single(source):
                continue
            prefix = f"{Path(source).name}/" if self._is_prefixed(source) else ""
            if is_address(source) or is_tar(source):
                yield from _apart(self._recordings(prefix, find(source, str(self.out))))
            elif os.path.isdir(source):
                yield from self._walk(source, prefix)
            elif is_list(source):
                yield from read_list(Path(source), prefix)
            else:
                base = _fixed(source)
                files = sorted(file for file in glob.iglob(source, recursive=True) if os.path.isfile(file))
                yield from _apart([Found(prefix + inside(file, base), file) for file in files])
        yield from _apart([Found(inside(file, common), file) for file in single])

    def _recordings(self, prefix: str, files: Sequence[Found]) -> list[Found]:
        """Those of some files that are called like recordings; the others are counted."""
        wanted = []
        for file in files:
            ending = os.path.splitext(file.name)[1].lower()
            if ending[1:] in ENDINGS:
                wanted.append(file._replace(name=prefix + file.name))
            else:
                self.left_out[ending or "no ending"] += 1
        return wanted

    def _is_single(self, source: str) -> bool:
        return not (
            is_address(source) or is_tar(source) or os.path.isdir(source) or is_list(source) or _is_pattern(source)
        )

    def _is_prefixed(self, source: str) -> bool:
        """Whether names need that of the source in front, because there are several."""
        return len(self.sources) > 1 and not self._is_single(source) and not _is_pattern(source)

    def _walk(self, folder: str, prefix: str) -> Iterator[Item]:
        """All recordings of a folder and of those in it, sorted, links to folders not followed."""
        own = os.path.realpath(self.out)
        try:
            with os.scandir(folder) as found:
                entries = sorted((e for e in found if not e.name.startswith(".")), key=lambda entry: entry.name)
        except OSError as error:
            raise UnweaveError(f"{folder} cannot be read: {error.strerror or error}.") from error
        folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        files = [entry for entry in entries if not entry.is_dir()]
        wanted = self._recordings(prefix, [Found(entry.name, entry.path) for entry in files])
        yield from _apart(wanted, [prefix + entry.name for entry in folders])
        for entry in folders:
            if os.path.realpath(entry.path) != own:
                yield from self._walk(entry.path, f"{prefix}{entry.name}/")


def _apart(files: Sequence[Found], folders: Sequence[str] = ()) -> Iterator[Item]:
    """Items of names and paths; those that are alike but for their endings keep these in their places."""
    stems = Counter(place_key(os.path.splitext(file.name)[0]) for file in files)
    stems.update(map(place_key, folders))
    for file in files:
        item = make_item(file.name, file.path, alone=stems[place_key(os.path.splitext(file.name)[0])] == 1)
        yield item if file.stamp is None else replace(item, stamp=file.stamp)


def _is_pattern(source: str) -> bool:
    return not is_address(source) and any(c in source for c in _PATTERN) and not os.path.exists(source)


def _fixed(pattern: str) -> str:
    """The folder in which a pattern begins to vary."""
    first = min(pattern.index(letter) for letter in _PATTERN if letter in pattern)
    return os.path.dirname(pattern[:first]) or "."
