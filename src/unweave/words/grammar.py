"""What a request asks for and what it asks to leave out: "and", "but", "without", "everything but"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from unweave.words.tokens import LONGEST

# "everything but X", and orders that come to the same.
ALL_BUT = re.compile(
    r"^(?:keep |give me |i want |leave |just )*(?:everything|anything|all|every sound|the rest|the whole thing)\b"
    r"(?: else)?(?: (?:of it|the sounds?))?[ ,]+"
    r"(?:but|except|excepting|apart from|aside from|other than|besides|without|minus|excluding|save for|not)"
    r"(?: for)?\b[ ,]*"
)
ORDER_OUT = re.compile(
    r"^(?:please |can you |could you |i want to |let us |lets )*"
    r"(?:no more|no|not|without|minus|except for|except|remove|delete|mute|suppress|kill|erase|eliminate"
    r"|get rid of|take out|take away|cut out|filter out|leave out|strip out|clean up)\b ?"
)
ORDER_IN = re.compile(
    r"^(?:please |can you |could you |i want to |i would like to |i'd like to )*"
    r"(?:i want|i need|i would like|i'd like|give me|keep|isolate|extract|find|get|separate|show me|let me hear"
    r"|only|just|take)\b(?: only| just| me)? "
)
POLITE = re.compile(r"[ ,]+(?:please|thanks|thank you)$")
# Between what is wanted and what is not.
TURN = re.compile(
    r"[ ,;]+(?:but (?:not|no|without|never)|and (?:not|no|without)|without|minus|except(?: for)?|excluding|leaving out"
    r"|with no|rather than|instead of|(?:and |but |then )?(?:remove|delete|mute|get rid of)|not|no)(?: any| the)?\b "
)
AND = re.compile(r" ?[,;/+&] ?(?:and )?| and | plus | as well as | along with | together with ")


@dataclass(frozen=True)
class Request:
    """A request taken apart.

    Attributes:
        wanted: phrases that are asked for, each for one sound; empty for "everything but".
        unwanted: phrases that are to be left out.
    """

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]


def parse(text: str, is_name: Callable[[str], bool]) -> Request:
    """Take a request apart.

    Args:
        text: what was typed.
        is_name: whether a phrase is what people call one sound; such phrases ("rock and roll", "dishes, pots and
            pans") are never split.
    """
    plain = POLITE.sub("", " ".join(text[:LONGEST].casefold().split()).strip(" .!?,;:"))
    if is_name(plain):
        return Request((plain,), ())
    for opening in (ALL_BUT, ORDER_OUT):
        rest = opening.sub("", plain)
        if rest != plain:
            return Request((), _split(rest, is_name))
    plain = ORDER_IN.sub("", plain)
    wanted, *unwanted = TURN.split(plain)
    return Request(_split(wanted, is_name), tuple(part for side in unwanted for part in _split(side, is_name)))


def _split(text: str, is_name: Callable[[str], bool]) -> tuple[str, ...]:
    """The phrases of a list; neighbours that make up one name stay together."""
    pieces: list[tuple[str, str]] = []  # a phrase, and what stood before it
    end, before = 0, ""
    for hit in AND.finditer(text):
        pieces.append((text[end : hit.start()].strip(), before))
        end, before = hit.end(), hit.group()
    pieces.append((text[end:].strip(), before))
    found: list[str] = []
    while pieces:
        for size in range(len(pieces), 0, -1):
            joined = pieces[0][0] + "".join(before + phrase for phrase, before in pieces[1:size])
            if size == 1 or is_name(joined):
                found.append(joined)
                del pieces[:size]
                break
    return tuple(phrase for phrase in found if phrase)


def as_caption(text: str) -> tuple[str, bool]:
    """For models that read words by themselves: the sound as a caption, and whether all but that is asked for.

    What such a model is told to leave out it only hears of; so only what is wanted is told.
    """
    request = parse(text, lambda phrase: False)
    if request.wanted:
        return " and ".join(request.wanted), False
    return " and ".join(request.unwanted) or text, bool(request.unwanted)
