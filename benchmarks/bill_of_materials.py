"""What Unweave is made of: every package that it needs as it is installed here, with version and licence.

    python benchmarks/bill_of_materials.py [EXTRA ...] > bill.json

The form is CycloneDX 1.5. Needs the package `packaging`.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(root: str, extras: set[str]) -> dict[str, Distribution]:
    """The installed packages that one needs, and those that they need."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(root, extra) for extra in ("", *sorted(extras))]
    while waiting:
        name, extra = waiting.pop()
        name = canonicalize_name(name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform, or not installed
        for line in found[name].requires or ():
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting += [(need.name, wanted) for wanted in ("", *need.extras)]
    return found


def licence(package: Distribution) -> str:
    """As the package tells it: an SPDX expression, classifiers, or the first line of its own words."""
    told = package.metadata
    classifiers = [
        line.rpartition("::")[2].strip() for line in told.get_all("Classifier") or () if line.startswith("License ::")
    ]
    free = (told.get("License") or "").strip().splitlines()
    return told.get("License-Expression") or ", ".join(classifiers) or (free[0][:80] if free else "not told")


def component(name: str, package: Distribution) -> dict[str, Any]:
    """One row of the bill."""
    return {
        "type": "library",
        "name": name,
        "version": package.version,
        "purl": f"pkg:pypi/{name}@{package.version}",
        "licenses": [{"license": {"name": licence(package)}}],
    }


def main() -> int:
    """Print the bill."""
    found = closure("unweave", set(sys.argv[1:]))
    rows = [component(name, package) for name, package in sorted(found.items())]
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": rows}, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
