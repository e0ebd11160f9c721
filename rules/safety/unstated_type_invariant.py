"""Rule `unstated-type-invariant`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import Context, Finding, Label, Meta, Rule, Severity, unstated


class UnstatedTypeInvariant(Rule):
    """A comment appeals to a type invariant only where the type's docs state it.

    Why: "by the type invariant" shifts the proof to the docs of the type. Where these state none, nothing has been
    proven, no constructor has to establish it, and no later change of the type can be checked against it.

    Bad:

        /// A shrinker that is registered.
        struct Registration {
            shrinker: NonNull<bindings::shrinker>,
        }

        impl Drop for Registration {
            fn drop(&mut self) {
                // SAFETY: Okay by type invariants.
                unsafe { bindings::shrinker_free(self.shrinker.as_ptr()) };
            }
        }

    Good:

        /// A shrinker that is registered.
        ///
        /// # Invariants
        ///
        /// `shrinker` is registered, and owned by this value.
        struct Registration {
            shrinker: NonNull<bindings::shrinker>,
        }

        impl Drop for Registration {
            fn drop(&mut self) {
                // SAFETY: By the type invariants, `shrinker` is registered and ours.
                unsafe { bindings::shrinker_free(self.shrinker.as_ptr()) };
            }
        }

    Notes: "the type invariant" in a method is that of the type of the `impl`, or of the variable that the comment
    speaks of; one "of `Foo`" is that of `Foo`. The rule is silent where the appeal may mean something documented: a
    type or field that the comment names, a field, parameter or new value with invariants in the same function, or words
    on an invariant anywhere in the type's definition.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="unstated-type-invariant",
        group="safety",
        summary="appeal to an invariant that the type's docs do not state",
        severity=Severity.WARNING,
        since="0.1.0",
        origin="002",
        precision="6.1: no findings; 6.12: 4 of 4 right; 7.2: 10 of 10 right; unseen code: 14 of 17, since mended",
    )
    words = (b"nvariant",)

    def check_file(self, cx: Context) -> Iterator[Finding]:
        """Report the appeals of all `SAFETY` and `INVARIANT` comments."""
        for appeal in unstated(cx):
            name = appeal.fact.name
            yield self.finding(
                cx,
                appeal.span,
                f"`{name}` documents no invariants to appeal to",
                help=f"state in an `# Invariants` section what always holds of a `{name}`, or give the reason itself",
                related=(Label(appeal.fact.span, f"`{name}` is defined here", appeal.fact.path),),
            )
