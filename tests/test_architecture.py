"""The shape of the package: what may import what, how long files get, what an import costs."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "unweave"
FILES = sorted(SOURCE.rglob("*.py"))
PACKAGES = [file for file in FILES if file.name == "__init__.py"]
LONGEST = 350

# A part may import parts of lower layers. Networks stand below what works with them, the verbs that people call above
# it; `pretrained` makes models of weights, so it stands above `model`.
LAYERS = {
    "allocator": 0,
    "waiting": 0,
    "untold": 0,
    "errors": 0,
    "atomic": 0,
    "claims": 0,
    "drawing": 0,
    "processes": 0,
    "registry": 0,
    "regular": 0,
    "settings": 0,
    "strict": 0,
    "surroundings": 0,
    "unpickling": 0,
    "ontology": 1,
    "audio": 1,
    "words": 2,
    "taggers": 2,
    "conditions": 2,
    "separators": 2,
    "engines": 3,
    "networks": 3,
    "inference": 4,
    "data": 4,
    "asking": 5,
    "model": 6,
    "pretrained": 7,
    "quantising": 8,
    "exporting": 8,
    "training": 8,
    "evaluation": 8,
    "batch": 9,
    "cli": 10,
    "app": 10,
    "__init__": 11,
    "__main__": 11,
}
# Tags are what a condition is made of; training watches the metrics.
NEIGHBOURS = {("conditions", "taggers"), ("training", "evaluation")}
FRONT_ONLY = {"typer", "click", "rich", "gradio"}


def part(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


@functools.cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imports_on_load(body: list[ast.stmt]) -> Iterator[str]:
    """Modules imported when a file is: also under `if` and `try`, not in functions, nor for type checkers alone."""
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (name.name for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"relative import of {statement.module}; write the whole name"
            yield from (f"{statement.module}.{name.name}" for name in statement.names)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            yield from imports_on_load(statement.orelse)
        else:
            for field in ("body", "orelse", "finalbody", "handlers"):
                for child in getattr(statement, field, []):
                    yield from imports_on_load(child.body if isinstance(child, ast.ExceptHandler) else [child])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_file_keeps_to_the_shape(file: Path) -> None:
    tree, here = parsed(file), part(file)
    assert here in LAYERS, f"say in LAYERS where {here} stands"
    for name in imports_on_load(tree.body):
        top, *rest = name.split(".")
        if top == "unweave" and rest:
            there = rest[0]
            lower = LAYERS.get(there, -1) < max(LAYERS[here], 1)  # the plainest parts know each other
            assert there == "__version__" or here == there or lower or (here, there) in NEIGHBOURS, f"{here} -> {name}"
        assert top not in FRONT_ONLY or here in ("cli", "app"), f"{name} belongs to the command line and the page"
    assert ast.get_docstring(tree), "say in a docstring what this file is"
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST, "one idea a file"


def test_rule_sees_imports_but_not_those_in_functions() -> None:
    code = "try:\n  import a\nexcept E:\n  import b\nif X:\n  from c import d\nclass C:\n  import e\n"
    code += "def f():\n  import g\nif TYPE_CHECKING:\n  import h\nwith q:\n  import i\n"
    assert list(imports_on_load(ast.parse(code).body)) == ["a", "b", "c.d", "e", "i"]


def imports_anywhere(tree: ast.Module) -> Iterator[str]:
    """All modules that a file imports, in functions and for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def circle(trees: dict[str, ast.Module]) -> list[str]:
    """Modules that import each other in a circle; empty if there are none."""

    def home(name: str) -> str:
        while name and name not in trees:
            name = name.rpartition(".")[0]
        return name

    graph = {name: {home(there) for there in imports_anywhere(tree)} - {name, ""} for name, tree in trees.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_files_do_not_import_each_other_in_circles() -> None:
    names = {file: ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts) for file in FILES}
    assert circle({name.removesuffix(".__init__"): parsed(file) for file, name in names.items()}) == []


def test_rule_sees_circles_wherever_the_import_stands() -> None:
    code = {
        "p": "",
        "p.a": "from p.b import x",
        "p.b": "import p.c",
        "p.c": "def f():\n  from p import a\nif TYPE_CHECKING:\n  import p.a",
    }
    trees = {name: ast.parse(text) for name, text in code.items()}
    assert set(circle(trees)) == {"p.a", "p.b", "p.c"}
    assert circle(trees | {"p.c": ast.parse("from p.d import a")}) == []


def test_import_loads_nothing_heavy_and_does_nothing() -> None:
    code = "import sys, unweave; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "unweave" in loaded
    assert not {"torch", "matplotlib", "numpy", "typer", "huggingface_hub", "soundfile", "av"} & set(loaded)


def test_exported_names_resolve() -> None:
    import unweave

    assert set(unweave.__all__) <= set(dir(unweave))
    for name in unweave.__all__:
        value = getattr(unweave, name)
        assert name == "__version__" or value.__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = unweave.nonsense


@pytest.mark.parametrize("file", PACKAGES, ids=lambda file: file.parent.name)
def test_lists_of_exports_are_sorted_and_true(file: Path) -> None:
    module = importlib.import_module(".".join(file.parent.relative_to(SOURCE.parent).parts))
    names = getattr(module, "__all__", [])
    assert names == sorted(names)
    assert [name for name in names if not hasattr(module, name)] == []


def test_no_paths_of_one_machine() -> None:
    folders = ["src", "tests", "docs", "examples", "recipes", "benchmarks", ".ci"]
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    files += [file for file in ROOT.iterdir() if file.is_file() and file.name != ".git"]  # a file in a worktree
    machine = re.compile(r"(^|[^\w.])/(" + "|".join(["work", "farm", "root", "opt/wheels", r"home/\w+"]) + ")/", re.M)
    found = []
    for file in files:
        if file.suffix not in {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".csv", ".cff", ".tsv", ""}:
            continue
        found += [f"{file.relative_to(ROOT)}: {hit.group()}" for hit in machine.finditer(file.read_text("utf-8"))]
    assert found == []
