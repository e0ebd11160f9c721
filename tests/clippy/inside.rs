// Point 7: a comment as the first thing inside the block.

#![allow(dead_code, unused)]

pub unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn inside(p: *const u8) {
    unsafe { //# 7 first-line
        // SAFETY: `p` is valid.
        read(p)
    };
    unsafe { //# 7 behind-a-blank-line

        // SAFETY: `p` is valid.
        read(p)
    };
    unsafe { // SAFETY: `p` is valid. //# 7 behind-the-brace
        read(p)
    };
    unsafe { /* SAFETY: `p` is valid. */ read(p) }; //# 7 block-comment
    unsafe { //# 7 several-lines
        // SAFETY: `p` is valid,
        // as its owner promised.
        read(p)
    };
    unsafe { //# 7 other-case
        // Safety: `p` is valid.
        read(p)
    };
    unsafe { //# 7 prose-first
        // Read it.
        // SAFETY: `p` is valid.
        read(p)
    };
    unsafe { //# 7 prose-before-the-marker
        // Read it. SAFETY: `p` is valid.
        read(p)
    };
    unsafe { //# 7 behind-a-statement
        let q = p;
        // SAFETY: `p` is valid.
        read(q)
    };
    unsafe { //# 7 prose
        // `p` is valid.
        read(p)
    };
    unsafe { //# 7 doc-comment | clippy-only: malformed-safety-marker reports it
        /// SAFETY: `p` is valid.
        read(p)
    };
    unsafe { //# 7 at-the-end
        read(p)
        // SAFETY: `p` is valid.
    };
    unsafe //# 7 brace-on-the-next-line
    {
        // SAFETY: `p` is valid.
        read(p)
    };
    let _x = if p.is_null() { 0 } else { unsafe { //# 7 in-a-branch
        // SAFETY: `p` is valid.
        read(p)
    } };
    unsafe { //# 7 no-colon | clippy-only: malformed-safety-marker reports it
        // SAFETY `p` is valid.
        read(p)
    };
}

pub unsafe trait Marker {
    fn nothing() {}
}

unsafe impl Marker for u8 { //# 7 not-for-impls
    // SAFETY: no state.
    fn nothing() {}
}
