"""What the `model.json` of a model says, read without loading the model and without trusting it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from unweave.errors import ModelFileError
from unweave.strict import NotPlain, in_words, read_json

SCHEMA = 1
WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
ROLES = ("tagger", "condition", "separator")
MOST_BYTES = 16_000_000  # of a description; one of 100 000 classes with long names has less
MOST_CLASSES = 100_000

Role = Literal["tagger", "condition", "separator"]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$")]
# Beside the description: a name without a way to anywhere else.
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.xml$")]


class _Strict(BaseModel):
    """Nothing unknown, nothing that would have to be converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class PartSpec(_Strict):
    """A part by its registered name, and what it is built of (`unweave.pretrained.arguments` knows the bounds)."""

    name: Word
    arguments: dict[Word, Any] = {}


class Description(_Strict):
    """The layout of `model.json`.

    Attributes:
        schema_: the layout's number.
        dtype: of the stored weight matrices.
        parts: by role.
        settings: see `unweave.settings.ModelSettings`, which knows the bounds.
        about: the card, for people.
        classes: names of own classes; absent for AudioSet's.
        quantised: by part and trunk, the file beside this one that holds the network in 8 bits.
    """

    schema_: int = Field(alias="schema", ge=SCHEMA, le=SCHEMA)
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    parts: dict[Role, PartSpec] = Field(min_length=1)
    settings: dict[str, Any]
    about: dict[str, Any] = {}
    classes: list[str] = Field(default=[], min_length=1, max_length=MOST_CLASSES)
    quantised: dict[Role, dict[Word, FileName]] = {}


def read_description(folder: Path) -> dict[str, Any]:
    """The description of the model in a folder, as plain data that `Description` allows.

    Raises:
        ModelFileError: there is none, or it is not one of ours.
    """
    path = folder / DESCRIPTION
    try:
        description = read_json(path, MOST_BYTES)
    except FileNotFoundError:
        raise ModelFileError(f"{folder} is no model: it has no {DESCRIPTION}.") from None
    except NotPlain as fault:
        raise ModelFileError(f"{path} cannot be used: {fault}.") from fault
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not isinstance(description, dict) or not _is_current(description.get("schema")):
        raise ModelFileError(f"{path} is not of a layout that this version knows (schema {SCHEMA}).")
    try:
        Description.model_validate(description)
    except ValidationError as error:
        raise ModelFileError(f"{path} cannot be used: {in_words(error)}.") from error
    return description


def quantised_files(folder: Path) -> dict[str, dict[str, Path]]:
    """By part and trunk, the file of its network in 8 bits; empty for a model that was not quantised.

    Raises:
        ModelFileError: one of them is missing.
    """
    found: dict[str, dict[str, Path]] = {}
    for role, files in read_description(folder).get("quantised", {}).items():
        for trunk, name in files.items():
            path = folder / name
            if not (path.is_file() and path.with_suffix(".bin").is_file()):
                raise ModelFileError(f"The network in 8 bits {path} is missing; quantise the model again.")
            found.setdefault(role, {})[trunk] = path
    return found


def _is_current(schema: Any) -> bool:
    return isinstance(schema, int) and not isinstance(schema, bool) and schema == SCHEMA
