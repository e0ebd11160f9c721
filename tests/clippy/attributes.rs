// Point 8: attributes between the comment and the code.

#![allow(dead_code, unused)]

pub const unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn on_statements(p: *const u8) {
    // SAFETY: `p` is valid.
    #[allow(unused_must_use)]
    unsafe { read(p) }; //# 8 one-attribute
    // SAFETY: `p` is valid.
    #[allow(unused_must_use)]
    #[allow(unused_variables)]
    let _x = unsafe { read(p) }; //# 8 two-attributes
    // SAFETY: `p` is valid.
    #[allow(unused_must_use)] #[allow(unused_variables)]
    let _x = unsafe { read(p) }; //# 8 two-attributes-on-a-line
    // SAFETY: `p` is valid.
    #[allow(unused_variables)]
    let _x =
        unsafe { read(p) }; //# 8 above-the-statement
    #[allow(unused_variables)]
    // SAFETY: `p` is valid.
    let _x =
        unsafe { read(p) }; //# 8 below-the-attribute
    // SAFETY: `p` is valid.
    #[allow(unused_variables)] let _x = unsafe { read(p) }; //# 8 attribute-on-the-line
    // SAFETY: `p` is valid.
    #[allow(unused_variables)]
    // Another comment.
    let _x = unsafe { read(p) }; //# 8 comment-below-the-attribute
    // SAFETY: `p` is valid.

    #[allow(unused_variables)]

    let _x = unsafe { read(p) }; //# 8 blank-lines-around
    #[allow(unused_variables)]
    let _x = unsafe { read(p) }; //# 8 attribute-alone
}

pub fn wrong_in_clippy(p: *const u8) {
    // SAFETY: `p` is valid.
    #[allow(
        unused_variables,
        unused_must_use
    )]
    let _x = unsafe { read(p) }; //# 8 multi-line-attribute | clippy-only: rust-clippy#15915
    // SAFETY: `p` is valid.
    #[allow(unused_variables)] // not needed
    let _x = unsafe { read(p) }; //# 8 attribute-with-a-comment-behind | clippy-only: rust-clippy#16036
    // SAFETY: `p` is valid.
    #[allow(
        unused_variables, // not needed
    )] // at all
    #[allow(unused_must_use)]
    let _x =
        unsafe { read(p) }; //# 8 multi-line-attribute-with-comments | clippy-only: rust-clippy#15915, rust-clippy#16036
    #[allow(unused_variables)] // SAFETY: `p` is valid.
    let _x = unsafe { read(p) }; //# 8 behind-the-attribute
    #[allow(
        // SAFETY: `p` is valid.
        unused_variables
    )]
    let _x = unsafe { read(p) }; //# 8 inside-the-attribute
    /* SAFETY: `p` is valid. */
    #[allow(unused_variables)]
    let _x = unsafe { read(p) }; //# 8 block-comment-above-the-attribute
}

// SAFETY: nothing is read.
#[allow(dead_code)]
pub const C: u8 = unsafe { read(core::ptr::null()) }; //# 8 const

// SAFETY: nothing is read.
#[allow(dead_code)]
#[allow(
    unused
)]
pub static S: u8 =
    unsafe { read(core::ptr::null()) }; //# 8 static-under-a-multi-line-attribute | clippy-only: rust-clippy#15915

#[no_mangle] //# 1 unsafe-attribute
pub extern "C" fn exported() {}

pub unsafe trait Marker {}

pub struct A;
pub struct B;
pub struct D;

// SAFETY: no state.
#[allow(dead_code)]
unsafe impl Marker for A {} //# 8 impl

// SAFETY: no state.
#[allow(
    dead_code
)]
unsafe impl Marker for B {} //# 8 impl-under-a-multi-line-attribute | clippy-only: rust-clippy#15915

#[allow(dead_code)]
unsafe impl Marker for D {} //# 8 impl-with-an-attribute-alone
