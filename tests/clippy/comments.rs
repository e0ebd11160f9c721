// Points 3 to 6: which comments count.

#![allow(dead_code, unused)]

pub unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn take(a: u8, b: u8) -> u8 {
    a + b
}

pub fn line_comments(p: *const u8) {
    // Safety: `p` is valid.
    unsafe { read(p) }; //# 4 capitalised
    // safety: `p` is valid.
    unsafe { read(p) }; //# 4 lower-case
    // sAfEtY: `p` is valid.
    unsafe { read(p) }; //# 4 mixed-case
    //SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 no-space
    //   SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 more-spaces
    // SAFETY:
    unsafe { read(p) }; //# 4 nothing-behind-it
    // SAFETY:`p` is valid.
    unsafe { read(p) }; //# 4 no-space-behind-it
    //// SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 four-slashes
    // - SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 list-item
    // **SAFETY:** `p` is valid.
    unsafe { read(p) }; //# 4 bold
    // `p` is valid.
    unsafe { read(p) }; //# 4 prose
    // The pointer is checked above. SAFETY: it is valid.
    unsafe { read(p) }; //# 4 begins-a-sentence
    // The pointer is checked above. safety: it is valid.
    unsafe { read(p) }; //# 4 begins-a-sentence-in-lower-case
    // INVARIANT, SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 two-tags-at-once
    // ポインタ SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 behind-a-word-of-another-script
}

pub fn runs(p: *const u8) {
    // First something else.
    // SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 second-line
    // SAFETY: `p` is valid,
    // which its owner promised
    // on two further lines.
    unsafe { read(p) }; //# 4 first-of-four-lines
    // INVARIANT: the field is set.
    //
    // SAFETY: `p` is valid.
    //
    // GUARANTEE: it stays so.
    unsafe { read(p) }; //# 4 middle-of-a-run
    // SAFETY: `p` is valid.
    //
    unsafe { read(p) }; //# 4 empty-comment-line-behind
    // SAFETY: this one belongs to the binding.
    let _x = 0;
    // Something else.
    unsafe { read(p) }; //# 4 run-ends-at-code
}

pub fn doc_comments(p: *const u8) {
    /// SAFETY: `p` is valid.
    unsafe { read(p) }; //# 4 doc-comment
    /// ```
    /// // SAFETY: `p` is valid.
    /// ```
    unsafe { read(p) }; //# 4 code-block-in-a-doc-comment
    /// ```
    /// SAFETY: `p` is valid.
    /// ```
    unsafe { read(p) }; //# 4 marker-in-a-code-block
    /// SAFETY: `p` is valid.
    /// ```
    /// let x = 1;
    /// ```
    unsafe { read(p) }; //# 4 marker-above-a-code-block
}

pub fn not_a_marker(p: *const u8) {
    // There is no safety: at all.
    unsafe { read(p) }; //# 4 no-safety-at-all | ours-only: prose that says there is none
    // Whoever wrote this forgot the SAFETY: comment.
    unsafe { read(p) }; //# 4 talks-about-the-comment | ours-only: prose about the marker, no marker
    // Here is unsafety: plenty.
    unsafe { read(p) }; //# 4 longer-word | ours-only: another word that ends in the same letters
    // SAFETY `p` is valid.
    unsafe { read(p) }; //# 4 no-colon | clippy-only: malformed-safety-marker reports it
    // SAFETY - `p` is valid.
    unsafe { read(p) }; //# 4 dash | clippy-only: malformed-safety-marker reports it
    // Safety - `p` is valid.
    unsafe { read(p) }; //# 4 capitalised-dash | clippy-only: malformed-safety-marker reports it
    // # Safety
    // `p` is valid.
    unsafe { read(p) }; //# 4 heading | clippy-only: malformed-safety-marker reports it
    // SAFTEY: `p` is valid.
    unsafe { read(p) }; //# 4 misspelt | clippy-only: malformed-safety-marker reports it
    // SAFETY : `p` is valid.
    unsafe { read(p) }; //# 4 space-before-the-colon | clippy-only: malformed-safety-marker reports it
    // SAFETY (of `p`): it is valid.
    unsafe { read(p) }; //# 4 parenthesis-before-the-colon | clippy-only: malformed-safety-marker reports it
    // Safety is somebody else's concern.
    unsafe { read(p) }; //# 4 begins-a-line-as-a-word
    // All of this is a matter of memory
    // safety. It is not explained.
    unsafe { read(p) }; //# 4 wrapped-word
}

pub fn block_comments(p: *const u8) {
    /* SAFETY: `p` is valid. */
    unsafe { read(p) }; //# 5 one-line
    /*
     * SAFETY: `p` is valid.
     */
    unsafe { read(p) }; //# 5 with-stars
    /* Something else first.
       SAFETY: `p` is valid. */
    unsafe { read(p) }; //# 5 ends-on-the-last-line
    /*
    // SAFETY: `p` is valid.
    */
    unsafe { read(p) }; //# 5 line-comment-inside
    /* SAFETY: `p` is valid. */

    unsafe { read(p) }; //# 5 blank-line-between
    /* `p` is valid. */
    unsafe { read(p) }; //# 5 without-a-marker
    /* SAFETY: `p` is valid. */
    // note
    unsafe { read(p) }; //# 5 line-comment-below
    // SAFETY: `p` is valid.
    /* note */
    unsafe { read(p) }; //# 5 line-comment-above
    /* SAFETY: `p` is valid. */
    /* note */
    unsafe { read(p) }; //# 5 two-block-comments
    /* note */
    /* SAFETY: `p` is valid. */
    unsafe { read(p) }; //# 5 second-of-two-block-comments
    /* SAFETY: `p` /* nested */ is valid. */
    unsafe { read(p) }; //# 5 nested
    /** SAFETY: `p` is valid. */
    unsafe { read(p) }; //# 5 doc-block-comment
    /* SAFETY: `p` is valid. */
    let _x =
        unsafe { read(p) }; //# 5 above-the-statement
    /*
     * SAFETY: `p` is valid.
     */
    #[allow(unused_must_use)]
    unsafe { read(p) }; //# 5 attribute-below-several-lines | clippy-only: one on a single line is accepted above attributes
    /* SAFETY: `p` is valid. */ // note
    unsafe { read(p) }; //# 5 line-comment-on-its-line
    // SAFETY: `p` is valid.
    /* note */ unsafe { read(p) }; //# 5 block-comment-on-the-keyword-line
}

pub fn behind_code(p: *const u8, c: bool) {
    let _x = // SAFETY: `p` is valid.
        unsafe { read(p) }; //# 6 behind-the-equals-sign
    let _y = /* SAFETY: `p` is valid. */
        unsafe { read(p) }; //# 6 block-comment-behind-the-equals-sign
    let _z = // `p` is valid.
        unsafe { read(p) }; //# 6 prose-behind-the-equals-sign
    let _w = // not a SAFETY: comment
        unsafe { read(p) }; //# 6 not-at-the-beginning-of-the-comment
    if c { // SAFETY: `p` is valid.
        unsafe { read(p) }; //# 6 behind-an-opening-brace
    }
    take( // SAFETY: `p` is valid.
        unsafe { read(p) }, //# 6 behind-an-opening-parenthesis
        1,
    );
    match 0 {
        0 => // SAFETY: `p` is valid.
            unsafe { read(p) }, //# 6 behind-an-arrow
        _ => 0,
    };
    let _other = 0; // SAFETY: about `_other`.
    unsafe { read(p) }; //# 6 behind-another-statement | ours-only: the comment belongs to the other statement
    let _another = 0; /* SAFETY: about `_another`. */
    unsafe { read(p) }; //# 6 block-comment-behind-another-statement | ours-only: the comment belongs to the other statement
    /* SAFETY: about `_front`. */ let _front = 0;
    unsafe { read(p) }; //# 6 block-comment-before-another-statement | ours-only: the comment belongs to the other statement
    unsafe { read(p) }; // SAFETY: about this one. //# 6 trailing
    unsafe { read(p) }; //# 6 behind-the-block-above | ours-only: a trailing comment never counts, here it would serve the wrong block
    let _x = 0; // SAFETY: about `_x`.

    unsafe { read(p) }; //# 6 behind-another-statement-and-a-blank-line | ours-only: the comment belongs to the other statement
    {
        let _inner = 0;
    } // SAFETY: about the block above.
    unsafe { read(p) }; //# 6 behind-a-closing-brace | ours-only: the comment belongs to the block above
    take(
        0, // SAFETY: about the zero.
        unsafe { read(p) }, //# 6 behind-another-argument | ours-only: the comment belongs to the argument before
    );
    let _s = "// SAFETY: in a string";
    unsafe { read(p) }; //# 6 marker-in-a-string | ours-only: a string is no comment
    let _t = "
// SAFETY: in a string
"; unsafe { read(p) }; //# 4 line-of-a-string | ours-only: a string is no comment
}

fn behind_the_brace(p: *const u8) { // SAFETY: `p` is valid.
    unsafe { read(p) }; //# 12 behind-the-brace-of-the-function
}
