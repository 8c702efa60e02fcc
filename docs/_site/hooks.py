"""What the documentation site needs beside its pages: files that they link to outside of docs/, as pages of their own.

In the repository a page links to `../src/unweave/audio/stft.py`, and whoever reads it there gets there. The site has
that file as a page too, so that no link leaves it and all of them are checked when it is built.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
DOCS, COPIES = "docs", "files"
LINK = re.compile(r"(?<!\\)\]\((?![a-z+]+:|#|/)([^)\s#]+)(#[^)\s]*)?\)")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".csv": "text", ".txt": "text"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out entries of the navigation whose page has not been written yet."""
    config.nav = present(config.nav or [], Path(config.docs_dir))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for every file outside of docs/ that a page links to, and for those that these link to."""
    waiting = [f"{DOCS}/{file.src_uri}" for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        here = waiting.pop()
        if not here.endswith(".md"):
            continue
        text = (ROOT / here).read_text("utf-8")
        for link in LINK.finditer(text):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(here), link[1]))
            if there.startswith(f"{DOCS}/") or there in seen or not (ROOT / there).exists():
                continue
            seen.add(there)
            waiting.append(there)
            files.append(File.generated(config, page_of(there), content=content(there)))
    return files


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to the pages of those files."""
    uri = page.file.src_uri
    if uri.startswith(f"{COPIES}/"):
        return markdown
    return rewritten(markdown, f"{DOCS}/{uri}", uri)


def present(nav: list[Any], docs: Path) -> list[Any]:
    """`nav` without the pages that are not in `docs`, and without sections that are empty then."""
    kept: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            kept += [entry] if (docs / entry).is_file() else []
            continue
        ((title, value),) = entry.items()
        if isinstance(value, list):
            below = present(value, docs)
            kept += [{title: below}] if below else []
        elif (docs / value).is_file():
            kept.append(entry)
    return kept


def page_of(path: str) -> str:
    """Where the page of a file of the repository is in the site: files/src/unweave/model.py.md."""
    inner = f"{path}/index" if (ROOT / path).is_dir() else path.removesuffix(".md")
    return f"{COPIES}/{inner}.md"


def rewritten(markdown: str, here: str, uri: str) -> str:
    """Text of the file `here`, shown as the page `uri`, with its links as they are in the site."""

    def replace(link: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(here), link[1]))
        if not (ROOT / there).exists():
            return link[0]  # the build says what is wrong with it
        goal = there.removeprefix(f"{DOCS}/") if there.startswith(f"{DOCS}/") else page_of(there)
        return f"]({posixpath.relpath(goal, posixpath.dirname(uri) or '.')}{link[2] or ''})"

    return LINK.sub(replace, markdown)


def content(path: str) -> str:
    """The page of a file of the repository."""
    head = "---\nsearch: {exclude: true}\nhide: [navigation]\n---\n\n"
    file = ROOT / path
    if file.is_dir():
        inside = sorted(one.name + "/" * one.is_dir() for one in file.iterdir() if one.name[0] not in "._")
        return head + f"# {path}\n\n" + "".join(f"- `{name}`\n" for name in inside)
    if file.suffix == ".md":
        return head + rewritten(file.read_text("utf-8"), path, page_of(path))
    if file.suffix == ".ipynb":
        return head + notebook(json.loads(file.read_text("utf-8")))
    return head + f"# {path}\n\n" + fenced(file.read_text("utf-8"), LANGUAGES.get(file.suffix, "text"))


def notebook(plain: dict[str, Any]) -> str:
    """The cells of a notebook, words as words and code as code."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in plain["cells"]]
    return "\n\n".join(text if kind == "markdown" else fenced(text, "python") for kind, text in cells)


def fenced(text: str, language: str) -> str:
    """Text as a block of code, whatever fences it holds itself."""
    fence = "`" * max(4, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
