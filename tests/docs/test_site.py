"""The documentation site: links lead somewhere, pages are in the navigation, drawings say what they show.

`make docs` builds it and refuses warnings; what can be known without building is here.
"""

from __future__ import annotations

import importlib.util
import pydoc
import re
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from snippets import PAGES, ROOT

DOCS = ROOT / "docs"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCED = re.compile(r"^(`{3,}).*?^\1", re.M | re.S)


def prose(page: Path) -> str:
    return re.sub(r"`[^`\n]+`", "", FENCED.sub("", page.read_text("utf-8")))


def slugs(page: Path) -> set[str]:
    """Anchors of the headings, as the site makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.M):
        plain = unicodedata.normalize("NFKD", re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading)).encode("ascii", "ignore")
        found.add(re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain.decode()).strip().lower()))
    return found


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere_and_every_picture_says_what_it_shows(page: Path) -> None:
    for picture, text, goal in LINK.findall(prose(page)):
        assert not picture or len(text) > 10, f"{goal}: say in words what the picture shows"
        if re.match(r"[a-z]+:", goal):
            continue
        path, _, anchor = goal.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), f"{goal}: there is no such file"
        assert not anchor or anchor in slugs(there), f"{goal}: no such heading; there are {sorted(slugs(there))}"


FOLDERS = {"src", "tests", "docs", "examples", "recipes", "benchmarks", "light"}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_files_that_are_named_are_there(page: Path) -> None:
    """`recipes/toy.yaml`, and `data/sampler.py` below src/unweave: what a page calls by its path has not moved."""
    below = {folder.name for folder in (ROOT / "src" / "unweave").iterdir() if folder.is_dir()}
    if page.name == "CHANGELOG.md":
        return  # tells of what was
    for named in re.findall(
        r"`([\w-]+/[\w./-]+\.(?:py|yaml|md|csv|ipynb|flac))`", FENCED.sub("", page.read_text("utf-8"))
    ):
        first = named.partition("/")[0]
        there = [ROOT / named] if first in FOLDERS else [ROOT / "src" / "unweave" / named] if first in below else []
        assert not there or any(path.exists() for path in there), f"`{named}` is not there"


def entries(nav: list[Any]) -> list[str]:
    values = [value for entry in nav for value in (entry.values() if isinstance(entry, dict) else [entry])]
    return [page for value in values for page in (entries(value) if isinstance(value, list) else [value])]


def config() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_every_page_is_in_the_navigation_once() -> None:
    named = entries(config()["nav"])
    assert len(named) == len(set(named))
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert pages - set(named) == set()
    assert set(named) - pages <= {"page.md", "http.md", "live.md", "scale.md", "light.md", "try.md"}, "not written yet"


def test_nothing_is_fetched_when_it_is_read() -> None:
    assert config()["theme"]["font"] is False and config()["strict"] is True
    assert "extra_javascript" not in config() and not any("://" in sheet for sheet in config()["extra_css"])
    for drawing in DOCS.rglob("*.svg"):
        assert not re.search(r"(href|src)=.https?:|url\(.?https?:|@import", drawing.read_text("utf-8"))


@pytest.mark.parametrize("drawing", sorted(DOCS.rglob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_is_whole_and_tells_who_cannot_see_it(drawing: Path) -> None:
    root = ElementTree.parse(drawing).getroot()
    names = [child.tag.rpartition("}")[2] for child in root]
    assert {"title", "desc"} <= set(names)
    width, height = (float(value) for value in root.attrib["viewBox"].split()[2:])
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.attrib["x"]) <= width and 0 <= float(text.attrib["y"]) <= height, text.text


def test_what_the_page_of_python_names_is_there() -> None:
    named = re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text("utf-8"), re.M)
    assert len(named) > 10
    for name in named:
        found = pydoc.locate(name)
        assert found is not None and found.__doc__, f"{name} is not there, or says nothing of itself"
    import unweave

    assert {name.rpartition(".")[2] for name in named} >= set(unweave.__all__) - {"__version__"}


def test_the_table_of_published_models_has_all_of_them() -> None:
    from unweave.pretrained.registry import available_models

    text = (DOCS / "models" / "published.md").read_text("utf-8")
    for row in available_models():
        line = next((line for line in text.splitlines() if f"`{row.name}`" in line and line.startswith("|")), None)
        assert line is not None, f"{row.name} is not in docs/models/published.md"
        assert ("not stated" in line) == ("no licence of the weights is stated" in row.licence), row.name


@pytest.fixture(scope="module")
def hooks() -> ModuleType:
    pytest.importorskip("mkdocs", reason="the site's hooks need mkdocs: pip install '.[docs]'")
    spec = importlib.util.spec_from_file_location("hooks", DOCS / "_site" / "hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_that_are_not_written_are_left_out_of_the_navigation(hooks: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    nav = [{"One": [{"A": "a.md"}, {"B": "b.md"}]}, {"Two": ["c.md"]}, "a.md", {"D": "d.md"}]
    assert hooks.present(nav, tmp_path) == [{"One": [{"A": "a.md"}]}, "a.md"]


def test_links_out_of_docs_lead_to_pages_of_those_files(hooks: ModuleType) -> None:
    text = "[a](../src/unweave/model.py) [b](usage.md#x) [c](../CONTRIBUTING.md) [d](https://x.org) [e](../tests)"
    assert hooks.rewritten(text, "docs/index.md", "index.md") == (
        "[a](files/src/unweave/model.py.md) [b](usage.md#x) [c](files/CONTRIBUTING.md) [d](https://x.org) "
        "[e](files/tests/index.md)"
    )
    assert hooks.rewritten("[a](../results.md)", "docs/models/small.md", "models/small.md") == "[a](../results.md)"
    shown = hooks.rewritten("[u](docs/usage.md)", "CONTRIBUTING.md", "files/CONTRIBUTING.md")
    assert shown == "[u](../usage.md)"


def test_code_with_fences_of_its_own_stays_one_block(hooks: ModuleType) -> None:
    shown = hooks.fenced("a\n`````\nb", "text")
    assert shown.startswith("``````text\n") and shown.endswith("\n``````\n")
    assert "# A tour" in hooks.content("examples/tour.ipynb") and "````python" in hooks.content("examples/tour.ipynb")
