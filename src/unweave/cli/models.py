"""`unweave models`: what there is, what is known of it, and how it comes here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unweave.cli.console import print_table, progress_bar, warn

if TYPE_CHECKING:
    from unweave.pretrained.registry import ModelInfo

models = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="List, describe, fetch, import and export models.",
)


@models.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """List, describe, fetch, import and export models."""
    if context.invoked_subcommand is None:
        list_models()


@models.command("list")
def list_models() -> None:
    """List the models that can be named."""
    from unweave.pretrained.registry import available_models

    rows = [(row.name, row.kind, _place(row), _size(row), row.what) for row in available_models()]
    print_table(("name", "kind", "where", "size", "what"), rows)


@models.command()
def info(name: Annotated[str, typer.Argument(help="As `unweave models list` gives it.", show_default=False)]) -> None:
    """Say what is known of a model: licence, address, card, and what it can be asked for.

    A folder with a model of your own will do, too.
    """
    from unweave.pretrained.registry import find_model

    folder = Path(name)
    if (folder / "model.json").is_file():
        print_table(("", ""), [("name", folder.name), *_described(folder)])
        return
    row = find_model(name)
    facts = {
        "name": row.name,
        "what": row.what,
        "kind": row.kind,
        "where": _place(row),
        "size": _size(row),
        "licence": row.licence,
        "address": row.url or "",
        "sha256": "" if row.path is not None else row.sha256 or "not registered",
        "note": row.note,
    }
    rows = [(key, value) for key, value in facts.items() if value]
    more = [] if row.path is None else _described(row.path)
    print_table(("", ""), rows + [(key, value) for key, value in more if key not in facts])


def _described(folder: Path) -> list[tuple[str, str]]:
    """What the `model.json` of a folder says: the card, the settings, and the classes that it has learnt."""
    from unweave.ontology import Ontology
    from unweave.pretrained.describe import read_description
    from unweave.settings import ModelSettings

    description = read_description(folder)
    settings = description["settings"]
    known = ModelSettings.from_plain(settings).known
    about = description.get("about", {})
    rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in about.items()]
    plain = {key: value for key, value in settings.items() if not isinstance(value, list)}
    rows.append(("settings", json.dumps(plain)))
    ontology = Ontology.flat(description["classes"]) if "classes" in description else Ontology()
    names = sorted(ontology.find(index).name for index in (range(len(ontology.labels)) if known is None else known))
    return [*rows, ("can be asked for", f"{len(names)} classes: {'; '.join(names)}")]


@models.command()
def download(
    name: Annotated[str, typer.Argument(help="As `unweave models list` gives it.", show_default=False)],
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Fetch the weights of a model into the cache and say where they lie."""
    from unweave.pretrained.download import fetch
    from unweave.pretrained.registry import find_model

    row = find_model(name)
    with progress_bar(row.name, quiet) as bar:

        def show(done: int, total: int | None) -> None:
            if bar is not None:
                bar(done, total or done, "fetching")

        path = fetch(row, progress=show, say=warn)
    print(path)


@models.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A published file as it was downloaded.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write.", show_default=False)],
    half: Annotated[bool, typer.Option("--half", help="Store weight matrices in 16 bits.")] = False,
) -> None:
    """Write a published file as a folder of ours: safetensors and json, nothing that could run code."""
    import torch

    from unweave.pretrained.load import import_published

    found = import_published(path, out, torch.float16 if half else torch.float32)
    print_table(("part", "network"), [(part.role, part.name) for part in found.parts.values()])
    if found.dropped:
        warn(
            f"{len(found.dropped)} entries of {path.name} are not needed and were left out, such as {found.dropped[0]}."
        )
    print(out)


@models.command()
def quantize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A name or a path.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write.", show_default=False)],
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Recordings to calibrate on; made-up sounds without it."),
    ] = None,
    pairs: Annotated[int, typer.Option(metavar="N", min=1, help="Mixtures of two sounds to calibrate on.")] = 48,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Write a model whose networks compute in 8 bits: much faster on CPUs, a little less exact."""
    from unweave.allocator import keep_memory
    from unweave.pretrained.load import load_model
    from unweave.quantising.write import quantise

    keep_memory()
    loaded = load_model(model, "cpu", backend="eager")
    if data is None:
        warn("the model is calibrated on made-up sounds; recordings like yours (--data FOLDER) serve better.")
    with progress_bar(loaded.name, quiet) as bar:

        def show(done: int, total: int) -> None:
            if bar is not None:
                bar(done, total, "quantising")

        quantise(loaded, out, data, pairs, show)
    print(out)


@models.command()
def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A name or a path.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write.", show_default=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a model exported before.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Write a model as ONNX, for machines without torch and for the browser (docs/light.md)."""
    from unweave.exporting.write import export
    from unweave.pretrained.load import load_model

    loaded = load_model(model, "cpu", backend="eager")
    with progress_bar(loaded.name, quiet) as bar:

        def show(done: int, total: int) -> None:
            if bar is not None:
                bar(done, total, "exporting")

        export(loaded, out, overwrite, show)
    print(out)


def _place(row: ModelInfo) -> str:
    return "in the package" if row.embedded else "by download" if row.url else "by hand"


def _size(row: ModelInfo) -> str:
    return "" if row.bytes is None else f"{row.bytes / 1e6:.1f} MB"
