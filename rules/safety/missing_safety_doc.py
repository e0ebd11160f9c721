"""Rule `missing-safety-doc`."""

from __future__ import annotations

from collections.abc import Iterator

from rfl_lint.plugin import (
    Context,
    Extent,
    Finding,
    Meta,
    Node,
    Rule,
    Severity,
    declared_unsafe,
    is_private_callback,
    undocumented_unsafety,
)


class MissingSafetyDoc(Rule):
    """An unsafe function or trait documents in a `# Safety` section what its users must ensure.

    Why: `unsafe` moves a proof from the compiler to the caller. What is to be proven stands in that section and
    nowhere else; a `// SAFETY:` comment at a call can only be written, and reviewed, against it.

    Bad:

        /// Creates a reference to a device.
        pub unsafe fn from_raw<'a>(ptr: *const bindings::device) -> &'a Device {
            // SAFETY: By the safety requirements of this function.
            unsafe { &*ptr.cast() }
        }

    Bad:

        /// Types that may be sent to the device as they are.
        pub unsafe trait AsBytes {}

    Bad (strict):

        unsafe extern "C" fn probe_callback(pdev: *mut bindings::pci_dev) -> c_int {
            0
        }

    Good:

        /// Creates a reference to a device.
        ///
        /// # Safety
        ///
        /// `ptr` must be valid for reads for the whole of `'a`.
        pub unsafe fn from_raw<'a>(ptr: *const bindings::device) -> &'a Device {
            // SAFETY: By the safety requirements of this function.
            unsafe { &*ptr.cast() }
        }

    Notes: private items count, as in the kernel's clippy configuration. A method in an `impl` of a trait does not, for
    the trait documents it, nor does an item that is `#[doc(hidden)]` itself. Private
    `unsafe extern "C"` functions, which only C calls, are asked for their section only when the rule is strict: there
    clippy differs. A heading or marker that was meant as `# Safety` counts here; `malformed-safety-marker` speaks of
    it. Where a macro or a file supplies the docs, nothing is known of them; so it is with functions without a body
    in a macro call, and with private ones that the user of a macro gives a name.

    See: Documentation/rust/coding-guidelines.rst
    """

    meta = Meta(
        name="missing-safety-doc",
        group="safety",
        summary="unsafe function or trait without a `# Safety` section",
        severity=Severity.WARNING,
        since="0.1.0",
        clippy=("missing_safety_doc", "style", "all"),
        extent=Extent.FUNCTION,
        origin="kernel coding guidelines",
        precision="6.1: 1 of 1 right (strict); 6.12: no findings; 7.2: 1 of 1 right (strict); unseen code: 38 of 39",
    )
    on = frozenset({"function_item", "function_signature_item", "trait_item"})
    words = (b"unsafe",)

    def check(self, node: Node, cx: Context) -> Iterator[Finding]:
        """Ask for the section of an unsafe function or trait."""
        keyword = declared_unsafe(node)
        if keyword is None or not undocumented_unsafety(cx, node):
            return
        if not cx.strict and is_private_callback(cx, node):
            return
        name = node.child_by_field_name("name")
        what = "trait" if node.type == "trait_item" else "function"
        whom = "its implementations" if what == "trait" else "its callers"
        yield self.finding(
            cx,
            keyword,
            f"unsafe {what} `{cx.text(name) if name is not None else '_'}` has no `# Safety` section in its docs",
            help=f"document under `/// # Safety` what {whom} must ensure",
        )
