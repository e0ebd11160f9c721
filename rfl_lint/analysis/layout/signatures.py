"""What the signature of an allocating function says of its layouts, and which of them is the old one."""

from __future__ import annotations

import re
from typing import Final

from rfl_lint.analysis.code.local_calls import Function, Parameter
from rfl_lint.facts import head_name
from rfl_lint.rule import Context

POINTER: Final = re.compile(r"\*\s*(mut|const)\b|\bNonNull\b")


def speaks_of_layouts(cx: Context) -> bool:
    """Whether the word stands in the file at all; for `Context.memo`."""
    return b"Layout" in cx.source.data


def layouts_of(function: Function) -> tuple[Parameter, ...]:
    """The parameters of a function that are layouts or references to layouts."""
    return tuple(each for each in function.parameters if head_name(each.type) == "Layout")


def is_reallocation(function: Function) -> bool:
    """Whether a function changes an allocation: by its name, or because of two layouts and a pointer."""
    if not any(POINTER.search(parameter.type) for parameter in function.parameters):
        return False
    return len(layouts_of(function)) > ("realloc" not in function.name)


def is_old(parameter: Parameter, function: Function) -> bool:
    """Whether a layout describes the allocation as it is: by name, by place, or next to a new size."""
    layouts = layouts_of(function)
    if "old" in parameter.name or len(layouts) == 1:
        return "old" in parameter.name or any(is_new_size(each, function) for each in function.parameters)
    others = [each for each in layouts if each is not parameter]
    return "new" not in parameter.name and parameter is layouts[1] and "old" not in others[0].name


def is_new_size(parameter: Parameter, function: Function) -> bool:
    """Whether a parameter is the new size in `realloc(ptr, layout, new_size)`."""
    named = "size" in parameter.name and "old" not in parameter.name
    return (
        named and parameter.type == "usize" and "realloc" in function.name and len(layouts_of(function)) == 1
    )
