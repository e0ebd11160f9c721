"""Rule `multiple-unsafe-operations`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Finding,
    Label,
    Level,
    Meta,
    Node,
    OperationKind,
    Rule,
    Severity,
    UnsafeOperation,
    compiled_together,
    span_of,
    unsafe_keyword,
    unsafe_operations,
)

_SHOWN = 6


class MultipleUnsafeOperations(Rule):
    """An unsafe block holds one unsafe operation, so that its `SAFETY:` comment speaks about that one.

    Why: a comment over several operations tends to justify the first of them. With a block for each, nobody can add
    an unsafe call to code that has its comment already, and a reviewer sees which requirement which sentence meets.

    Counted are calls of unsafe functions and methods, dereferences of raw pointers, accesses of mutable statics, reads
    of a union's fields, and inline assembly. Operations in a block inside of the block are that one's.

    Bad:

        fn put(pair: *mut Pair) {
            // SAFETY: `pair` is valid.
            unsafe {
                bindings::put_device((*pair).parent);
            }
        }

    Good:

        fn put(pair: *mut Pair) {
            // SAFETY: `pair` points to a valid `Pair` for as long as it is registered.
            let parent = unsafe { (*pair).parent };
            // SAFETY: A `Pair` owns a reference to its parent, which is given up here.
            unsafe { bindings::put_device(parent) };
        }

    Notes: what is unsafe is read off the tree's own declarations, the C bindings and a table of the language's own
    functions; a dereference counts where the type of the pointer is known. A call that is an argument of a macro counts
    once, however often the macro repeats it. Of what stands under different `cfg`s, only one counts.
    A union's field counts through a reference, too, which clippy does not see.

    See: https://rust-lang.github.io/rust-clippy/master/index.html#multiple_unsafe_ops_per_block
    """

    meta = Meta(
        name="multiple-unsafe-operations",
        group="safety",
        summary="unsafe block with more than one unsafe operation",
        severity=Severity.WARNING,
        since="0.1.0",
        level=Level.STRICT,
        clippy=("multiple_unsafe_ops_per_block",),
        doc_code=True,
        origin="002",
        precision="6.1: no findings; 6.12: 34 of 34 right; 7.2: 19 of 19 sampled of 129 right",
    )
    on = frozenset({"unsafe_block"})
    words = (b"unsafe",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Count the operations of one block."""
        operations = compiled_together(cx, node, unsafe_operations(cx, node))
        if len(operations) < 2:
            return
        yield self.finding(
            cx,
            unsafe_keyword(node) or node,
            f"unsafe block with {len(operations)} unsafe operations: {_words(operations, cx)}",
            help="give each unsafe operation a block and a `SAFETY:` comment of its own",
            related=tuple(Label(span_of(each.node), str(each.kind.value)) for each in operations[:_SHOWN]),
        )


def _words(operations: tuple[UnsafeOperation, ...], cx: Context) -> str:
    counts = Counter(_word(each, cx) for each in operations)
    words = [f"{word} ({count} times)" if count > 1 else word for word, count in counts.items()]
    if len(words) > _SHOWN:
        words[_SHOWN:] = ["more"]
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _word(operation: UnsafeOperation, cx: Context) -> str:
    if operation.callee is not None:
        return f"a call of `{operation.callee.name}`"
    if operation.kind is OperationKind.ASSEMBLY:
        return "`asm!`"
    return f"`{' '.join(cx.text(operation.node).split())}`"
