"""`unweave separate` with `--remove`, `--keep` or `--gain`: one file, the recording changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unweave.asking import all_ways
from unweave.cli.console import print_json, print_table, seconds, warn

if TYPE_CHECKING:
    from unweave.inference.remix import RemixReport


def tracks_too(asked: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether tracks are asked for beside the changed recording, and what else is said of what is not meant.

    Args:
        asked: by the arguments of `Model.separate`.
    """
    wants = {way.look.argument: way.wants for way in all_ways()}
    given = {name: value for name, value in asked.items() if value}
    return any(wants[name] for name in given), {name: value for name, value in given.items() if not wants[name]}


def tell_remix(report: RemixReport, json: bool, aloud: bool) -> None:
    """What was changed and where it lies, unless standard output is for sound."""
    for sentence in report.warnings:
        warn(sentence)
    if json:
        print_json(report.to_plain())
    if json or aloud:
        return
    rows = [
        (
            sound.name,
            "" if sound.probability is None else f"{sound.probability:.2f}",
            report.kind if report.kind != "remixed" else f"{gain:+.1f} dB",
            ", ".join(f"{seconds(event.start)}-{seconds(event.end)}" for event in sound.events[:4])
            + (f" and {len(sound.events) - 4} more" if len(sound.events) > 4 else ""),
        )
        for sound, gain in zip(report.sounds, report.gains_db, strict=True)
    ]
    print_table(("sound", "probability", "change", "when, in s"), rows)
    print(report.path)
