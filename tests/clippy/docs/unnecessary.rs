//! # Safety
//!
//! Of the crate.
#![allow(unused)]

/// # Safety
pub fn heading() {} //# 7 heading

/// ### Safety
pub fn heading_deep() {} //# 7 heading-deep

/// # SAFETY
pub fn heading_capitals() {} //# 7 heading-capitals

/// # safety
pub fn heading_small() {} //# 7 heading-small | ours-only: an odd form of the section is one

/// # Implementation safety
pub fn heading_implementation() {} //# 7 heading-implementation

/// Safety: none.
pub fn marker() {} //# 7 marker

/// # Safety of floats
pub fn heading_other() {} //# 7 heading-other

/// ```
/// # Safety
/// ```
pub fn fenced() {} //# 7 fenced

/// # Safety
pub unsafe fn needed() {} //# 7 needed

/// # Safety
fn private() {} //# 8 private

/// # Safety
pub trait Safe { //# 8 trait
    /// # Safety
    fn method(); //# 8 method

    /// # Safety
    unsafe fn method_unsafe(); //# 8 method-unsafe
}

/// # Safety
pub unsafe trait Unsafe {} //# 8 trait-unsafe

/// # Safety
pub struct Type; //# 8 struct | ours-only: a type needs no unsafe to be used

/// # Safety
pub enum Choice {} //# 8 enum | ours-only: a type needs no unsafe to be used

/// # Safety
pub mod module {} //# 8 module

/// # Safety
pub type Pointer = unsafe fn(); //# 8 alias

/// # Safety
pub static mut STATE: u32 = 0; //# 8 static-mut

/// # Safety
#[macro_export]
macro_rules! called { //# 8 macro
    () => {};
}

impl Type {
    /// # Safety
    pub fn method(&self) {} //# 8 inherent

    /// # Safety
    #[allow(clippy::unnecessary_safety_doc)]
    pub fn allowed(&self) {} //# 8 allowed
}

impl Safe for Type {
    /// # Safety
    fn method() {} //# 8 impl-method | ours-only: docs of a safe method, whoever declared it

    /// # Safety
    unsafe fn method_unsafe() {} //# 8 impl-method-unsafe
}

unsafe extern "C" {
    /// # Safety
    pub fn foreign(); //# 8 foreign
}

/// # Safety
#[doc(hidden)]
pub fn hidden() {} //# 8 hidden
