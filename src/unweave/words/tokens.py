"""Text as words, and words as stems: the same for what is asked and for what is looked in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from unweave.errors import UnweaveError

VOWEL = re.compile("[aeiouy]")
DOUBLED = re.compile(r"([bdfgmnprt])\1$")
LONGEST = 400  # letters of a text; nobody describes a sound at greater length

# Words that turn or join: no sound is called so.
NEGATIONS = frozenset("not no without and or but nor except if".split())
# Words of grammar: no sound is called so either.
FUNCTION = NEGATIONS.union(
    """a an the this that these those some any my your his her its our their i me you he she it we they him them who
    whom which what is are was were be been being am do does did doing has have had having will would can could may
    might must shall should of to as so very really quite just only also too please thanks there here then than when s t
    im ive such
    """.split()
)
# Words that say nothing about which sound is meant, though some are names ("Noise", "Recording").
STOP = FUNCTION.union(
    """sound sounds noise noises like sort kind bit lot lots kinda recording recordings recorded track tracks audio clip
    hear hearing heard bits part parts
    """.split()
)
# Words that belong to a phrase and say little of its sound: who, where, how loud.
WEAK = frozenset(
    """loud loudly quiet quietly soft softly far distant distance near nearby away close big small large little huge
    tiny old new young good bad nice awful annoying horrible lovely strange weird people person someone somebody
    something one two three several many few man woman men women guy lady girl boy kid kids child children neighbour
    neighbor neighbours neighbors room kitchen garden street house home flat upstairs downstairs outside inside
    background foreground middle night day morning evening desk table floor wall window lap bedroom time going coming
    passing past getting making playing loudest whole main other another next door first second last off out up down
    on by again slowly fast quickly gently suddenly constantly always long short high low deep busy empty black white
    red green summer winter front side end start beginning
    """.split()
)
# What follows these tells of circumstances: "a dog barking IN the distance", "voices OVER the music".
PLACES = frozenset(
    """in on at over under behind beside near from while with during through into onto against among between across
    above below around inside outside upon after before off by along beneath for towards toward past because
    """.split()
)


def said(text: str) -> str:
    """What was said, on one line.

    Raises:
        UnweaveError: nothing, or too much to be a sound.
    """
    line = " ".join(text.split())
    if not line:
        raise UnweaveError("The words to look for are empty; say what is wanted, as in 'a dog barking'.")
    if len(line) > LONGEST:
        raise UnweaveError(
            f"{line[:40]!r} and {len(line) - 40} letters more are too many for a sound; say it in at most {LONGEST}."
        )
    return line


def words(text: str) -> list[str]:
    """Words in lower case, without accents, possessives and punctuation."""
    letters = unicodedata.normalize("NFKD", text[:LONGEST].casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    letters = re.sub(r"['’`]s\b", "", letters).replace("'", "").replace("’", "")
    letters = re.sub(r"\br ?& ?b\b", "rnb", letters)
    return re.findall(r"[^\W_]+", letters)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its English endings (plural, -ed, -ing, final e and y); crude, and the same for both sides."""
    if len(word) <= 3:
        return word[:-1] + "i" if len(word) == 3 and word[-1] == "y" and word[1] not in "aeou" else word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-2]
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        body = word.removesuffix(ending)
        if body != word and len(body) >= 2 and VOWEL.search(body):
            word = DOUBLED.sub(r"\1", body)
            break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 2 and word.endswith("y") and not VOWEL.match(word[-2]):
        word = word[:-1] + "i"
    return word
