// Point 13: unsafe impls.

#![allow(dead_code, unused)]

pub unsafe trait Marker {}

pub unsafe trait Other {}

pub struct A<T>(T);

unsafe impl Marker for A<u8> {} //# 13 without

// SAFETY: no state.
unsafe impl Marker for A<u16> {} //# 13 documented

// SAFETY: no state.
unsafe impl Marker for A<u32> {} //# 13 first-of-two
unsafe impl Other for A<u32> {} //# 13 second-of-two

// SAFETY: no state.

unsafe impl Marker for A<u64> {} //# 13 blank-line-between

/// SAFETY: no state.
unsafe impl Marker for A<i8> {} //# 13 doc-comment

/* SAFETY: no state. */
unsafe impl Marker for A<i16> {} //# 13 block-comment

/* SAFETY: no state. */ unsafe impl Marker for A<i32> {} //# 13 block-comment-on-the-line

unsafe impl Marker for A<i64> {} // SAFETY: no state. //# 13 trailing

unsafe impl Marker for A<usize> {} //# 13 below-a-trailing-comment

// SAFETY: no state.
/* note */ unsafe impl Marker for A<isize> {} //# 13 note-before-the-keyword

// SAFETY: no state.
struct Between; unsafe impl Marker for Between {} //# 13 behind-an-item-on-the-line

// SAFETY: the comment of the constant.
const UNRELATED: u8 = 0;
unsafe impl Marker for A<bool> {} //# 13 behind-an-item

struct Trailing; // SAFETY: no state.
unsafe impl Marker for Trailing {} //# 13 behind-an-item-with-a-trailing-comment

// SAFETY: no state.
unsafe impl<T> Marker for A<[T; 3]> //# 13 several-lines
where
    T: Copy,
{
}

// SAFETY: no state.
unsafe impl< //# 13 broken-generics
    T: Copy,
> Other for A<[T; 3]> {}

// SAFETY: no state.
unsafe //# 13 keyword-alone-on-its-line
impl Other for A<u8> {}

impl<T> A<T> {
    unsafe fn method(&self) {} //# 13 unsafe-method
}

mod inner {
    unsafe impl super::Marker for super::A<f32> {} //# 13 first-in-a-module

    // SAFETY: no state.
    unsafe impl super::Marker for super::A<f64> {} //# 13 documented-in-a-module
}

mod inner_documented {
    // SAFETY: no state.
    unsafe impl super::Marker for super::A<char> {} //# 13 documented-first-in-a-module
}

// SAFETY: no state.
mod one_line { unsafe impl super::Other for super::A<char> {} } //# 13 one-line-module

fn in_a_function() {
    unsafe impl Other for A<f32> {} //# 13 in-a-function

    // SAFETY: no state.
    unsafe impl Other for A<f64> {} //# 13 documented-in-a-function
}

// SAFETY: the methods of an unsafe impl are not covered by its comment.
unsafe impl Sync for A<core::cell::Cell<u8>> {} //# 13 sync

pub unsafe trait Reader {
    fn read(p: *const u8) -> u8;
}

// SAFETY: no state.
unsafe impl Reader for A<u8> { //# 13 with-a-body
    fn read(p: *const u8) -> u8 {
        unsafe { *p } //# 13 block-in-the-body
    }
}

// SAFETY - no state.
unsafe impl Reader for A<u16> { //# 13 malformed | clippy-only: malformed-safety-marker reports it
    // SAFETY: the pointer is valid.
    fn read(p: *const u8) -> u8 { unsafe { *p } } //# 12 one-line-method-of-an-unsafe-impl
}
