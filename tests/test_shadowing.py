"""Types in short, as messages show them."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.types.typeref import parse_type, type_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("&'a mut a::Foo<'a, T>", "&mut Foo<T>"),
        ("* const [ u8 ]", "*const [u8]"),
        ("*mut [u8; N]", "*mut [u8; _]"),
        ("(A, &B)", "(A, &B)"),
        ("Box<dyn Fn(u8) -> u8>", "Box<_>"),
        ("fn(u8)", "_"),
    ],
)
def test_a_type_in_short(text: str, shown: str) -> None:
    assert type_text(parse_type(text)) == shown
