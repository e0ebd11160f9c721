"""Which installed packages bring rules: entry points of one group, found without reading what all packages say.

The library that knows entry points takes longer to import than a small file takes to be linted. So their files are
looked at first, as bytes, and the library is asked only where another package than this one names the group.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP: Final = "rfl_lint.rules"
_OWN: Final = ("rfl_lint-", "rfl-lint-", "rfl_lint.egg-info")
_METADATA: Final = (".dist-info", ".egg-info")


def rule_entry_points() -> list[EntryPoint]:
    """The entry points of the group, of all packages that can be imported, by name and value."""
    if not is_named_by_others(sys.path):
        return []
    from importlib import metadata  # noqa: PLC0415 - see above

    return sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda point: (point.name, point.value))


def is_named_by_others(path: Iterable[str]) -> bool:
    """Whether another package on an import path may name the group; what cannot be looked at may."""
    for entry in path:
        folder = entry or os.curdir
        try:
            with os.scandir(folder) as found:
                names = [each.path for each in found if each.name.endswith(_METADATA)]
        except FileNotFoundError:
            continue
        except OSError:
            return True  # a zip file, say
        if any(_names_group(name) for name in names if not os.path.basename(name).startswith(_OWN)):  # noqa: PTH119
            return True
    return False


def _names_group(metadata: str) -> bool:
    try:
        with open(os.path.join(metadata, "entry_points.txt"), "rb") as stream:  # noqa: PTH118, PTH123
            return ENTRY_POINT_GROUP.encode() in stream.read()
    except FileNotFoundError:
        return False
    except OSError:
        return not os.path.isfile(metadata)
