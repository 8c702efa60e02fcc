"""One registry for each kind of part, so that a new part is one new file with a decorator.

A registry imports the files of its own package when it is first asked for a name: nothing else is edited
to make a new tagger, condition, separator or data set known.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from unweave.errors import UnweaveError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Registry(Generic[T]):
    """Names to builders of `T`.

    Args:
        kind: what is registered, as it is called in messages ("separator").
        package: the package whose modules register themselves ("unweave.separators").
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._builders: dict[str, Callable[..., T]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[F], F]:
        """Decorate a class or a function that builds one; a name can be taken only once."""

        def add(builder: F) -> F:
            if name in self._builders:
                raise ValueError(f"The {self.kind} {name!r} is registered twice; choose another name.")
            self._builders[name] = builder
            return builder

        return add

    def build(self, name: str, /, **arguments: Any) -> T:
        """Build the part called `name`.

        Raises:
            UnweaveError: no such part, or arguments that it does not take.
        """
        self.find(name)
        try:
            return self._builders[name](**arguments)
        except TypeError as error:
            raise UnweaveError(self._misfit(name, arguments, error)) from error

    def find(self, name: str) -> None:
        """Refuse a name that is not registered.

        Raises:
            UnweaveError: no such part.
        """
        self._load()
        if name not in self._builders:
            close = difflib.get_close_matches(name[:100], self._builders, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise UnweaveError(f"There is no {self.kind} {name[:100]!r}; known are {', '.join(self.names())}.{hint}")

    def _misfit(self, name: str, arguments: dict[str, Any], error: TypeError) -> str:
        parameters = inspect.signature(self._builders[name]).parameters
        known = list(parameters)
        strange = [key for key in arguments if key not in known]
        if not strange or any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            return f"The {self.kind} {name!r} cannot be built from {sorted(arguments)}: {error}."
        close = difflib.get_close_matches(strange[0], known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"The {self.kind} {name!r} takes no {strange[0]!r}, but {', '.join(known) or 'nothing'}.{hint}"

    def names(self) -> list[str]:
        """Every registered name, sorted."""
        self._load()
        return sorted(self._builders)

    def builder(self, name: str) -> Callable[..., T]:
        """What builds the part called `name`, which must be known."""
        self._load()
        return self._builders[name]

    def home(self, name: str) -> str:
        """The module that registered `name`, which must be known."""
        self._load()
        return str(self._builders[name].__module__)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self.package}."):
            importlib.import_module(module.name)
        self._loaded = True
