//! Unsafe items with and without sections.
#![allow(unused)]

pub unsafe fn bare() {} //# 1 bare

/// Docs.
pub unsafe fn docs_alone() {} //# 1 docs-alone

/// # Safety
pub unsafe fn heading() {} //# 2 heading

/// # SAFETY
pub unsafe fn heading_capitals() {} //# 2 heading-capitals

/// # Implementation safety
pub unsafe fn heading_implementation() {} //# 2 heading-implementation

/// # Implementation Safety
pub unsafe fn heading_implementation_capitals() {} //# 2 heading-implementation-capitals

/// ### Safety
pub unsafe fn heading_deep() {} //# 2 heading-deep

/// Safety
/// ======
pub unsafe fn heading_underlined() {} //# 2 heading-underlined

/// # Safety ##
pub unsafe fn heading_closed() {} //# 2 heading-closed

/// # `Safety`
pub unsafe fn heading_code() {} //# 2 heading-code | clippy-only: an odd form is for another rule

/// # **Safety**
pub unsafe fn heading_bold() {} //# 2 heading-bold

/// # safety
pub unsafe fn heading_small() {} //# 2 heading-small | clippy-only: an odd form is for another rule

/// # Safety:
pub unsafe fn heading_colon() {} //# 2 heading-colon | clippy-only: an odd form is for another rule

/// #Safety
pub unsafe fn heading_unspaced() {} //# 2 heading-unspaced | clippy-only: an odd form is for another rule

/// # Safety requirements
pub unsafe fn heading_wordy() {} //# 2 heading-wordy | clippy-only: an odd form is for another rule

/// # Safety of floats
pub unsafe fn heading_other() {} //# 2 heading-other

/// Safety: must hold.
pub unsafe fn marker() {} //# 2 marker | clippy-only: an odd form is for another rule

/// Docs are about safety.
pub unsafe fn prose() {} //# 2 prose

/// ```
/// # Safety
/// ```
pub unsafe fn fenced() {} //# 3 fenced

/// ~~~ignore
/// # Safety
pub unsafe fn fence_open() {} //# 3 fence-open

///     # Safety
pub unsafe fn indented() {} //# 3 indented

///    # Safety
pub unsafe fn three_spaces() {} //# 3 three-spaces

/// Text
/// # Safety
pub unsafe fn below_text() {} //# 3 below-text

/// - item
///
///   # Safety
pub unsafe fn in_item() {} //# 3 in-item

// # Safety
pub unsafe fn comment() {} //# 3 comment

//// # Safety
pub unsafe fn four_slashes() {} //# 3 four-slashes

/** # Safety */
pub unsafe fn block() {} //# 4 block

/**
 * # Safety
 *
 * Must hold.
 */
pub unsafe fn block_starred() {} //# 4 block-starred

/**
    # Safety

    Must hold.
*/
pub unsafe fn block_plain() {} //# 4 block-plain

/*** # Safety */
pub unsafe fn block_three_stars() {} //# 4 block-three-stars

/// Docs.
#[inline]
/// # Safety
pub unsafe fn behind_attribute() {} //# 4 behind-attribute

/// # Safety
// A remark.
#[cfg(all())]
#[inline(
    always
)]
pub unsafe fn above_attributes() {} //# 4 above-attributes

/// # Safety

pub unsafe fn above_blank() {} //# 4 above-blank

#[doc = "# Safety"]
pub unsafe fn attribute() {} //# 4 attribute

#[doc = "Docs."]
pub unsafe fn attribute_other() {} //# 4 attribute-other

#[doc = "Docs.\n\n# Safety\n"]
pub unsafe fn attribute_lines() {} //# 4 attribute-lines

#[doc = r"# Safety"]
pub unsafe fn attribute_raw() {} //# 4 attribute-raw

#[doc = concat!("# ", "Safety")]
pub unsafe fn attribute_macro() {} //# 4 attribute-macro

#[doc(alias = "Safety")]
pub unsafe fn attribute_alias() {} //# 4 attribute-alias

pub unsafe fn inner() { //# 4 inner
    //! # Safety
}

unsafe fn private() {} //# 5 private

pub(crate) unsafe fn restricted() {} //# 5 restricted

fn outer() {
    unsafe fn nested() {} //# 5 nested
}

#[doc(hidden)]
pub unsafe fn hidden() {} //# 5 hidden

#[doc(hidden)]
pub mod hidden_module {
    pub unsafe fn inside() {} //# 5 in-hidden-module
}

unsafe extern "C" fn callback() {} //# 5 callback | clippy-only: only C calls it, strict

pub unsafe extern "C" fn exported() {} //# 5 exported

pub const unsafe fn constant() {} //# 5 constant

#[allow(clippy::missing_safety_doc)]
pub unsafe fn allowed() {} //# 5 allowed

pub unsafe trait Bare {} //# 6 trait-bare

/// # Safety
pub unsafe trait Documented { //# 6 trait-documented
    unsafe fn bare(); //# 6 method-bare

    /// # Safety
    unsafe fn documented(); //# 6 method-documented

    unsafe fn provided() {} //# 6 method-provided
}

pub struct Type;

unsafe impl Bare for Type {} //# 6 impl

unsafe impl Documented for Type { //# 6 impl-methods
    unsafe fn bare() {} //# 6 impl-method

    unsafe fn documented() {} //# 6 impl-method-documented
}

impl Type {
    pub unsafe fn method(&self) {} //# 6 inherent

    /// # Safety
    pub unsafe fn method_documented(&self) {} //# 6 inherent-documented
}

unsafe extern "C" {
    pub unsafe fn foreign(); //# 6 foreign
}
