"""`unweave-light`: separate and tag on the command line."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from unweave_light import __version__
from unweave_light.errors import LightError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 done, 2 wrong use or bad input."""
    given = _parser().parse_args(arguments)
    try:
        from unweave_light.files import event_row
        from unweave_light.model import load

        light = load(given.model)
        for path in given.inputs:
            if given.command == "tag":
                events = light.tag(path, threshold=given.threshold)
                rows = [("class", "mid", "start", "end", "probability"), *map(event_row, events)]
                csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
                continue
            target, tracks = light.separate_file(
                path,
                given.out,
                level=given.level,
                classes=given.classes,
                threshold=given.threshold,
                overwrite=given.overwrite,
            )
            for track in tracks:
                print(target / track["file"])
    except LightError as error:
        print(f"unweave-light: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read has seen enough
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unweave-light", description="Unweave without torch.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    separate = commands.add_parser("separate", help="each sound of a recording as a track of its own")
    tag = commands.add_parser("tag", help="what sounds when, as a table")
    for one in (separate, tag):
        one.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="wav, flac, ogg, opus or mp3")
        one.add_argument("--model", type=Path, metavar="FOLDER", help="that unweave models export wrote")
        one.add_argument("--threshold", type=float, metavar="P", help="probability from which something sounds")
    separate.add_argument("-o", "--out", type=Path, default=Path("separated"), metavar="DIR", help="folder to write to")
    separate.add_argument("--level", action="append", metavar="auto|N|classes", help="1 (coarse) to 6 (fine)")
    separate.add_argument("--class", dest="classes", action="append", metavar="NAME", help="a class to take out")
    separate.add_argument("--overwrite", action="store_true", help="replace the results of an earlier run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
