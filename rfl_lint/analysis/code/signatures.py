"""What a function's signature leaves to its body, where a trait has settled it."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.types.inference import function_of
from rfl_lint.rule import Context
from rfl_lint.syntax import Node

_FAILS: Final = re.compile(r"\b(?:\w*Result|Option|impl)\b")


def must_succeed(node: Node, cx: Context) -> bool:
    """Whether code stands in a method that has no way to return an error, and whose trait will not let it have one."""
    function = function_of(node, cx)
    return function is not None and bool(function.trait) and _FAILS.search(function.returns) is None
