"""Rule `missing-invariant-comment`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Label, Meta, Rule, Severity, cut, in_short, unjustified

_LONGEST = 120


class MissingInvariantComment(Rule):
    """Where a value of a type with invariants is built, an `// INVARIANT:` comment says why they hold.

    Why: all code that uses the type relies on its invariants without a look at how a value came to be. They are only
    true if each place that builds one establishes them, and a reviewer can only check what is written down there.

    The comment stands above the expression or the statement, above a field of the literal, in one comment with the
    `SAFETY:` of the same code, or above an earlier statement of the function that made it true.

    Bad:

        /// A device that is switched on.
        ///
        /// # Invariants
        ///
        /// `dev` is valid and powered.
        struct Powered {
            dev: NonNull<bindings::demo>,
        }

        impl Powered {
            fn new(dev: NonNull<bindings::demo>) -> Result<Self> {
                // SAFETY: `dev` is valid.
                to_result(unsafe { bindings::demo_power(dev.as_ptr()) })?;
                Ok(Self { dev })
            }
        }

    Good:

        /// A device that is switched on.
        ///
        /// # Invariants
        ///
        /// `dev` is valid and powered.
        struct Powered {
            dev: NonNull<bindings::demo>,
        }

        impl Powered {
            fn new(dev: NonNull<bindings::demo>) -> Result<Self> {
                // SAFETY: `dev` is valid.
                to_result(unsafe { bindings::demo_power(dev.as_ptr()) })?;
                // INVARIANT: The call above has switched the device on.
                Ok(Self { dev })
            }
        }

    Notes: struct literals, calls of tuple structs and the bodies of `pin_init!` and its like count; patterns do not,
    and neither does a tuple struct's name that is handed on as a function. Invariants that speak of nothing but the
    layout or representation of the type hold for every value.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="missing-invariant-comment",
        group="safety",
        summary="value of a type with invariants built without an `INVARIANT:` comment",
        severity=Severity.WARNING,
        since="0.1.0",
        origin="002",
        precision="6.1: 1 of 1 right; 6.12: 10 of 10 right; 7.2: 42 of 42 right; unseen code: 37 of 37",
    )

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the values of a file that no comment justifies."""
        for built in unjustified(cx):
            fact = built.fact
            said = fact.invariants
            if said is None:
                continue
            first = next((cut(in_short(each), _LONGEST) for each in said.requirements), "")
            more = f"; {len(said.requirements) - 1} more" if len(said.requirements) > 1 else ""
            yield self.finding(
                cx,
                built.name,
                f"`{fact.name}` is built without an `INVARIANT:` comment",
                help=f"state in an `// INVARIANT:` comment above it why they hold: {first}{more}",
                related=(Label(said.span, f"the invariants of `{fact.name}`", fact.path),),
            )
