"""Rule `shrinker-zero-is-not-empty`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    ZERO_CASE_KINDS,
    Context,
    Finding,
    Label,
    Meta,
    Node,
    Rule,
    Severity,
    is_constant,
    span_of,
    zero_case,
)


class ShrinkerZeroIsNotEmpty(Rule):
    """A shrinker that counts zero objects says zero, not `SHRINK_EMPTY`.

    Why: zero means that nothing can be freed right now: a lock was held, or all objects are dirty. `SHRINK_EMPTY`
    means that the cache holds nothing at all, and the caller does not ask again until an object is added to it. A
    cache that says so while it holds objects is left alone just when memory is short.

    Bad:

        fn from_count(count: usize) -> CountObjects {
            if count == 0 {
                return CountObjects { inner: bindings::SHRINK_EMPTY };
            }
            CountObjects { inner: count as c_ulong }
        }

    Good:

        fn from_count(count: usize) -> CountObjects {
            CountObjects { inner: count as c_ulong }
        }

    Good:

        fn count(cache: &Cache) -> c_ulong {
            if cache.is_empty() {
                return bindings::SHRINK_EMPTY;
            }
            cache.freeable() as c_ulong
        }

    Notes: reported is a value that is returned as it is unless it is zero. A test of something else, such as whether
    the cache holds anything, is the right place for `SHRINK_EMPTY`, which is recognised behind constants of Rust, too.

    See: include/linux/shrinker.h; mm/shrinker.c
    """

    meta = Meta(
        name="shrinker-zero-is-not-empty",
        group="shrinker",
        summary="a count of zero becomes `SHRINK_EMPTY`",
        severity=Severity.ERROR,
        since="0.1.0",
        doc_code=True,
        origin="002",
        precision="6.1, 6.12 and 7.2: no findings",
    )
    on = ZERO_CASE_KINDS
    words = (b"shrink", b"SHRINK")

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Judge what becomes of a value that is zero."""
        case = zero_case(node, cx)
        if case is None or not case.is_mapping:
            return
        if not is_constant(case.result, cx.table("shrinker")["empty"]["constants"], cx):
            return
        yield self.finding(
            cx,
            case.result,
            f"a `{cx.text(case.tested)}` of zero is reported as a cache that holds nothing at all",
            help="return zero, which means that nothing can be freed right now",
            related=(Label(span_of(case.condition), "the case of zero"),),
        )
