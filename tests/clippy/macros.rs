// Points 10 and 14: macros.

#![allow(dead_code, unused)]

pub unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn take(a: u8, b: u8) -> u8 {
    a + b
}

pub unsafe trait Marker {}

macro_rules! id {
    ($e:expr) => {
        $e
    };
}

macro_rules! call {
    ($($e:expr),*) => {
        take($($e),*)
    };
}

macro_rules! bind {
    ($e:expr) => {
        let _bound = $e;
    };
}

macro_rules! documented {
    ($p:expr) => {
        // SAFETY: the caller promises that `$p` is valid.
        unsafe { read($p) } //# 14 documented-in-a-definition
    };
}

macro_rules! bare {
    ($p:expr) => {
        unsafe { read($p) } //# 14 bare-in-a-definition
    };
}

macro_rules! statement {
    ($p:expr) => {{
        // SAFETY: the caller promises that `$p` is valid.
        let _x = unsafe { read($p) }; //# 14 let-in-a-definition
        // SAFETY: the caller promises that `$p` is valid.
        let _y =
            unsafe { read($p) }; //# 14 next-line-in-a-definition | clippy-only: one comment covers its statement, in macros too
        let _z = // SAFETY: the caller promises that `$p` is valid.
            unsafe { read($p) }; //# 14 behind-code-in-a-definition
        let _u = 0; // SAFETY: about `_u`.
        unsafe { read($p) }; //# 14 behind-another-statement-in-a-definition | ours-only: the comment belongs to the other statement
        let _w = unsafe { //# 14 inside-in-a-definition
            // SAFETY: the caller promises that `$p` is valid.
            read($p)
        };
        // SAFETY: the caller promises that `$p` is valid.
        #[allow(unused)]
        let _v = unsafe { read($p) }; //# 14 attribute-in-a-definition
    }};
}

macro_rules! arms {
    // SAFETY: above the arm.
    (first $p:expr) => { unsafe { read($p) } }; //# 14 one-line-arm
    (second $p:expr) => {
        unsafe { read($p) } //# 14 second-arm
    };
    (third $p:expr) => { // SAFETY: behind the brace of the arm.
        unsafe { read($p) } //# 14 behind-the-brace-of-the-arm
    };
}

// SAFETY: above the definition.
macro_rules! one_line { ($p:expr) => { unsafe { read($p) } }; } //# 12 one-line-definition

macro_rules! implement {
    ($($t:ty),*) => {
        $(
            // SAFETY: no state.
            unsafe impl Marker for $t {} //# 14 impl-in-a-repetition
        )*
    };
}

macro_rules! implement_bare {
    ($t:ty) => {
        unsafe impl Marker for $t {} //# 14 bare-impl-in-a-definition
    };
}

macro_rules! implement_with_attributes {
    ($(#[$attr:meta])* $t:ty) => {
        // SAFETY: no state.
        $(#[$attr])*
        unsafe impl Marker for $t {} //# 14 impl-below-repeated-attributes | clippy-only: the attributes come from the caller, the comment stands above them
    };
}

macro_rules! implement_below_attributes {
    ($(#[$attr:meta])* $t:ty) => {
        $(#[$attr])*
        // SAFETY: no state.
        unsafe impl Marker for $t {} //# 14 comment-below-repeated-attributes
    };
}

macro_rules! function {
    ($name:ident) => {
        fn $name(p: *const u8) -> u8 {
            // SAFETY: `p` is valid.
            unsafe { read(p) } //# 14 function-from-a-definition
        }
    };
}

macro_rules! function_bare {
    ($name:ident) => {
        // SAFETY: above the function.
        fn $name(p: *const u8) -> u8 {
            unsafe { read(p) } //# 14 bare-function-from-a-definition
        }
    };
}

macro_rules! hygienic {
    ($p:ident, $body:block) => {
        let $p = core::ptr::null();
        $body
    };
}

macro_rules! never_expanded {
    ($p:expr) => {
        unsafe { read($p) } //# 14 never-expanded | ours-only: clippy sees expansions only
    };
}

implement!(u8, u16);
implement_bare!(u32);
implement_with_attributes!(#[allow(dead_code)] u64);
implement_below_attributes!(#[allow(dead_code)] i64);
function!(one);
function_bare!(two);

pub fn expansions(p: *const u8) {
    documented!(p);
    bare!(p);
    statement!(p);
    arms!(first p);
    arms!(second p);
    arms!(third p);
    one_line!(p);
}

pub fn arguments(p: *const u8) {
    id!(unsafe { read(p) }); //# 14 argument
    // SAFETY: `p` is valid.
    id!(unsafe { read(p) }); //# 14 documented-argument
    id!(
        // SAFETY: `p` is valid.
        unsafe { read(p) } //# 14 documented-inside-the-call
    );
    // SAFETY: `p` is valid.
    let _a = call!(
        1,
        unsafe { read(p) } //# 14 multi-line-argument-in-let
    );
    // SAFETY: `p` is valid.
    bind!(
        unsafe { read(p) } //# 14 multi-line-argument-of-a-let-inside | clippy-only: what the macro does with it is not seen
    );
    // SAFETY: `p` is valid.
    take(
        1,
        id!(
            unsafe { read(p) } //# 14 argument-of-a-macro-in-a-call
        ),
    );
    hygienic!(q, {
        unsafe { read(q) }; //# 14 block-argument
        // SAFETY: `q` is valid.
        unsafe { read(q) }; //# 14 documented-in-a-block-argument
    });
    // SAFETY: `p` is valid.
    hygienic!(q, {
        unsafe { read(q) }; //# 14 block-argument-under-a-comment
    });
}

pub fn formatting(p: *const u8) {
    println!("{}", unsafe { read(p) }); //# 10 println
    // SAFETY: `p` is valid.
    println!("{}", unsafe { read(p) }); //# 10 println-on-the-line
    // SAFETY: `p` is valid.
    println!(
        "{}",
        unsafe { read(p) } //# 10 println-argument-on-a-later-line
    );
    println!(
        "{}",
        // SAFETY: `p` is valid.
        unsafe { read(p) } //# 10 println-argument-with-its-own
    );
    // SAFETY: `p` is valid.
    let _s = format!(
        "{}",
        unsafe { read(p) } //# 10 format-in-let
    );
    // SAFETY: `p` is valid.
    panic!(
        "{}",
        unsafe { read(p) } //# 10 panic-argument
    );
}

pub fn branching(p: *const u8) {
    // SAFETY: `p` is valid.
    assert!(unsafe { read(p) } == 0); //# 10 assert-on-the-line
    // SAFETY: `p` is valid.
    assert!(
        unsafe { read(p) } == 0 //# 10 assert-on-a-later-line
    );
    // SAFETY: `p` is valid.
    assert_eq!(
        unsafe { read(p) }, //# 10 assert-eq-on-a-later-line
        0
    );
    // SAFETY: `p` is valid.
    debug_assert!(
        unsafe { read(p) } == 0 //# 10 debug-assert-on-a-later-line
    );
    // SAFETY: `p` is valid.
    let _m = matches!(
        unsafe { read(p) }, //# 10 matches-in-let
        0
    );
    // SAFETY: `p` is valid.
    matches!(
        unsafe { read(p) }, //# 10 matches-as-a-statement
        0
    );
    // SAFETY: `p` is valid.
    let _v = vec![
        unsafe { read(p) }, //# 10 vec-in-let
    ];
}

pub fn cut_by_cfg(p: *const u8) {
    #[cfg(any())]
    unsafe { read(p) }; //# 15 cut-by-cfg | ours-only: every side of a cfg is looked at
}
