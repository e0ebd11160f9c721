//! Safety comments as `clippy::unnecessary_safety_comment` judges them. The mark stands on the line of the code.
//! The points: 1 items, 2 statements and tails, 3 the unsafe code further in, 4 macros, 5 other places, 6 markers.

pub struct Plain(u32);

// SAFETY: x
const LIMIT: u32 = 1; //# 1 const-item
// SAFETY: x
static TABLE: [u32; 1] = [1]; //# 1 static-item
// SAFETY: x
type Alias = u32; //# 1 alias
// SAFETY: x
pub struct Other(u32); //# 1 struct
// SAFETY: x
pub enum Choice { //# 1 enum
    One,
}
// SAFETY: x
pub trait Named { //# 1 trait
    fn name(&self) -> u32;
}
// SAFETY: x
impl Named for Plain { //# 1 impl-of-safe-trait
    fn name(&self) -> u32 {
        self.0
    }
}
// SAFETY: x
impl Plain { //# 1 inherent-impl | ours-only: clippy asks impls of traits alone; nothing is unsafe here either
    fn one(&self) -> u32 {
        1
    }
}
// SAFETY: x
mod inner {} //# 1 module
// SAFETY: x
use core::fmt::Debug; //# 1 use
// SAFETY: x
fn function() {} //# 1 function
// SAFETY: x
pub unsafe fn marked() {} //# 1 unsafe-function | clippy-only: another rule asks for `# Safety`, where the text belongs
// SAFETY: x
pub unsafe trait Guarded {} //# 1 unsafe-trait | clippy-only: what the trait asks for is said in its docs, as another rule reports
// SAFETY: x
unsafe impl Guarded for Plain {} //# 1 unsafe-impl
// SAFETY: x
#[unsafe(no_mangle)]
pub extern "C" fn exported() {} //# 1 unsafe-attribute | clippy-only: the attribute is what is unsafe
// SAFETY: x
const PAIR: (u32, u32) = (1, unsafe { core::mem::zeroed() }); //# 3 in-a-tuple-of-a-const | clippy-only: its twin accepts this comment
/* SAFETY: x */
const BLOCK: u32 = 1; //# 1 block-comment

fn statements(p: *const u32, high: bool) -> u32 {
    // SAFETY: x
    let a = 1; //# 2 let
    // SAFETY: x
    drop(a); //# 2 call
    // SAFETY: x
    let b = unsafe { *p }; //# 2 unsafe-let
    // SAFETY: x
    unsafe { *p }; //# 2 unsafe-statement
    let mut c = b;
    // SAFETY: x
    c += 1; //# 2 assignment
    // SAFETY: x
    for _ in 0..c {} //# 2 loop
    // SAFETY: x

    let d = 1; //# 2 blank-line-between
    // SAFETY: x
    #[allow(unused)]
    let e = d; //# 2 attribute-between
    // SAFETY: x
    c //# 2 tail
}

fn unsafe_tail(p: *const u32) -> u32 {
    // SAFETY: x
    unsafe { *p } //# 2 unsafe-tail
}

fn further_in(p: *const u32, high: bool) -> (u32, u32) {
    // SAFETY: x
    let a = (1, unsafe { *p }); //# 3 in-a-tuple
    // SAFETY: x
    let b = Some(unsafe { *p }); //# 3 in-an-argument
    // SAFETY: x
    if high { //# 3 in-a-branch | clippy-only: misplaced, not needless, and its twin says so
        drop(unsafe { *p });
    }
    // SAFETY: x
    let c = if high { unsafe { *p } } else { 1 }; //# 3 in-a-branch-of-a-let | clippy-only: its twin accepts this comment
    // SAFETY: x
    let d = || unsafe { *p }; //# 3 in-a-closure
    // SAFETY: x
    let f = || { //# 3 in-a-closure-with-braces | clippy-only: misplaced, not needless
        unsafe { *p }
    };
    // SAFETY: x
    match high { //# 3 in-an-arm
        true => drop(unsafe { *p }),
        false => {}
    }
    // SAFETY: x
    return (1, unsafe { *p }); //# 3 in-a-return
}

fn one_early(p: *const u32) -> u32 {
    // SAFETY: x
    let q = p; //# 3 a-statement-too-early | clippy-only: its twin reports the block; one fault, one report
    unsafe { *q }
}

// SAFETY: x
fn holds_a_block(p: *const u32) -> u32 { //# 3 in-a-function | clippy-only: misplaced, not needless
    unsafe { *p }
}

unsafe fn within(p: *const u32) -> u32 {
    // SAFETY: x
    *p //# 3 unsafe-operation-of-an-unsafe-function | clippy-only: the operation is unsafe, block or not
}

pub unsafe trait Promised {
    fn size(&self) -> u32;
}

// SAFETY: x
unsafe impl Promised for Plain {
    fn size(&self) -> u32 {
        // SAFETY: x
        let size = 4; //# 3 in-a-method-of-an-unsafe-impl | clippy-only: it argues for what the implementation promises
        size
    }
}

fn in_a_block(p: *const u32) -> u32 {
    // SAFETY: x
    unsafe {
        // SAFETY: x
        let q = *p; //# 3 unsafe-operation-in-a-block
        q
    }
}

macro_rules! reads {
    ($p:expr) => {
        unsafe { *$p }
    };
}

macro_rules! adds {
    ($a:expr) => {
        $a + 1
    };
}

fn macros(p: *const u32) -> u32 {
    // SAFETY: x
    let a = reads!(p); //# 4 unsafe-in-the-definition
    // SAFETY: x
    let b = adds!(a); //# 4 safe-definition
    // SAFETY: x
    assert!(b > 0); //# 4 assert | ours-only: clippy looks at no statement that a macro makes
    // SAFETY: x
    let c = adds!(unsafe { *p }); //# 4 unsafe-argument
    b + c
}

fn places(high: bool, plain: &Plain) -> u32 {
    let _a = Plain(
        // SAFETY: x
        1, //# 5 argument | ours-only: clippy looks above statements, tails and items
    );
    match high {
        // SAFETY: x
        true => drop(1), //# 5 arm | ours-only: clippy looks above statements, tails and items
        false => {}
    }
    let b = 1; // SAFETY: x //# 5 behind | ours-only: clippy looks above statements, tails and items
    if high { //# 5 after-code-with-a-comment-behind | clippy-only: the comment belongs to the line that it ends
        // SAFETY: x
    } //# 5 nothing-follows
    b
}

fn markers() -> u32 {
    // Safety: x
    let a = 1; //# 6 lower-case
    // There is no safety: at all.
    let b = a; //# 6 prose | clippy-only: a line that mentions the word is no marker
    // safety is not needed
    let c = b; //# 6 no-colon
    // INVARIANT: y
    // SAFETY: x
    let d = c; //# 6 second-tag
    /// SAFETY: x
    fn documented() {} //# 6 docs | clippy-only: docs are the business of another rule
    d
}
