"""What the documentation tells people to type: blocks of code and commands, with the line that they stand on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md"), *ROOT.joinpath("examples").glob("*.md")})
FENCE = re.compile(r"^( *)(`{3,})([\w-]*)[^`]*$")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
STARTS = ("unweave", "unweave-light", "make", "pip", "python", "torchrun", "pipx", "uv", "docker", "tensorboard")


class Block(NamedTuple):
    """A block of code: where it begins, its language ("" if it is only indented), its text, why it is not run."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None = None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    """All blocks of all pages, fenced or indented by four blanks."""
    for page in PAGES:
        yield from blocks_of(page, page.read_text("utf-8"))


def blocks_of(page: Path, text: str) -> Iterator[Block]:
    lines = text.splitlines()
    number, not_run = 0, None
    while number < len(lines):
        line = lines[number]
        if match := NOT_RUN.match(line.strip()):
            not_run = match[1]
        elif match := FENCE.match(line):
            start, inside = number + 2, []
            number += 1
            while number < len(lines) and not lines[number].strip().startswith(match[2]):
                inside.append(lines[number].removeprefix(match[1]))
                number += 1
            yield Block(page, start, match[3], "\n".join(inside), not_run)
            not_run = None
        elif line.startswith("    ") and (number == 0 or not lines[number - 1].strip()):
            start, inside = number + 1, []
            while number < len(lines) and (lines[number].startswith("    ") or not lines[number].strip()):
                inside.append(lines[number][4:])
                number += 1
            yield Block(page, start, "", "\n".join(inside).rstrip(), not_run)
            not_run = None
            continue
        elif line.strip():
            not_run = None
        number += 1


def commands(block: Block) -> list[str]:
    """The command lines of a block, whole: what is continued is joined, prompts and what was printed are left out.

    Of an indented block, which may show anything, only lines that begin with a program of `STARTS` are commands; so it
    is in a fenced one for what follows a line with a prompt.
    """
    if block.language not in ("", "bash", "console", "text"):
        return []  # `sh` is for whole scripts, which a test of their own runs (tests/app)
    text = re.sub(r"\\\n\s*", "", block.text)
    prompts = any(line.startswith("$ ") for line in text.splitlines())
    strict = block.language == "bash" and not prompts
    found = []
    for line in text.splitlines():
        line = line.strip()
        if prompts and not line.startswith("$ "):
            continue
        line = line.removeprefix("$ ")
        if line and not line.startswith("#") and (strict or line.split()[0] in STARTS):
            found.append(line)
    return found


def spans() -> Iterator[tuple[str, str]]:
    """Commands in running text, `unweave ...` with at least one option or argument, and where they stand."""
    for page in PAGES:
        text, fenced = page.read_text("utf-8"), False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced and not line.startswith("    "):
                for span in re.findall(r"`(unweave [^`]+)`", line):
                    yield f"{page.relative_to(ROOT)}:{number}", span


def simple(command: str) -> list[list[str]]:
    """The words of each program of a command line: what is piped, chained or redirected is taken apart.

    Environment variables in front, redirections and comments are left out.
    """
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    programs: list[list[str]] = [[]]
    skip = False
    for word in lexer:
        if skip:
            skip = False
        elif set(word) <= set("<>"):
            skip = True
        elif set(word) <= set("|&;"):
            programs.append([])
        elif programs[-1] or not re.match(r"^[A-Z_]+=", word):
            programs[-1].append(word)
    return [words for words in programs if words]
