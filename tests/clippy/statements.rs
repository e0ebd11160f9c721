// Points 1, 2, 3, 9 and 11: from the block up to its statement.

#![allow(dead_code, unused, deprecated)]

pub const unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn take(a: u8, b: u8) -> u8 {
    a + b
}

pub struct Pair(pub u8, pub u8);

pub struct Named {
    pub a: u8,
    pub b: u8,
}

pub fn plain(p: *const u8) {
    unsafe { read(p) }; //# 1 no-comment

    // SAFETY: `p` is valid.
    unsafe { read(p) }; //# 1 comment-above

    // SAFETY: one line ends, the next begins.
    let _x = unsafe { read(p) }; //# 9 let-same-line

    // SAFETY: `p` is valid.

    unsafe { read(p) }; //# 3 blank-line-between
}

pub fn tail(p: *const u8) -> u8 {
    // SAFETY: `p` is valid.
    unsafe { read(p) } //# 2 tail-expression
}

pub fn tail_undocumented(p: *const u8) -> u8 {
    unsafe { read(p) } //# 2 tail-without
}

pub fn not_unsafe_code() {
    // The keyword alone asks for nothing.
    unsafe fn inner() {} //# 1 unsafe-fn
    let _f: unsafe fn() = inner; //# 1 unsafe-fn-type
}

extern "C" {
    fn external(p: *const u8);
}

#[allow(unsafe_code)]
unsafe extern "C" fn callback(p: *const u8) { //# 1 unsafe-extern-fn
    // SAFETY: the caller promises that `p` is valid.
    unsafe { external(p) }; //# 1 in-unsafe-fn
    unsafe { external(p) }; //# 1 in-unsafe-fn-without
}

pub fn same_line(p: *const u8) {
    /* SAFETY: `p` is valid. */ unsafe { read(p) }; //# 2 block-comment-on-the-line
    let _between = 0;
    unsafe { read(p) }; /* SAFETY: `p` is valid. */ //# 2 block-comment-behind
}

pub fn trailing(p: *const u8) {
    let _a = unsafe { read(p) }; // SAFETY: `p` is valid. //# 2 trailing-comment
    let _b = 0;
    unsafe { //# 2 trailing-at-brace-not-tagged
        read(p) // SAFETY: `p` is valid.
    };
}

pub fn blank_lines_in_a_run(p: *const u8) {
    // SAFETY: `p` is valid.

    // More of the same.

    unsafe { read(p) }; //# 3 blank-line-inside-the-run
}

pub fn calls(p: *const u8) -> Option<u8> {
    // SAFETY: `p` is valid.
    take(
        1,
        unsafe { read(p) }, //# 9 call-argument
    );

    // SAFETY: `p` is valid.
    let _o = Some(
        unsafe { read(p) }, //# 9 tuple-struct-argument
    );

    // SAFETY: `p` is valid.
    take(
        take(
            2,
            unsafe { read(p) }, //# 9 nested-call-argument
        ),
        1,
    );

    // SAFETY: `p` is valid.
    let _m = 7u8
        .checked_add(
            unsafe { read(p) }, //# 9 method-argument
        );

    // SAFETY: `p` is valid.
    let _n = Some(1u8)
        .map(|x| x + 1)
        .and_then(|x| {
            Some(x)
        })
        .or(Some(unsafe { read(p) })); //# 9 end-of-a-method-chain

    // SAFETY: `p` is valid.
    Some(
        unsafe { read(p) }, //# 9 tail-call-argument
    )
}

pub fn between_arguments(p: *const u8) {
    take(
        // SAFETY: `p` is valid.
        1,
        unsafe { read(p) }, //# 9 comment-on-another-argument
    );
    take(
        // SAFETY: `p` is valid.
        unsafe { read(p) }, //# 9 comment-on-the-argument
        2,
    );
    take(
        1,
        // SAFETY: `p` is valid.
        take(
            1,
            unsafe { read(p) }, //# 9 comment-on-an-argument-around
        ),
    );
}

pub fn aggregates(p: *const u8) {
    // SAFETY: `p` is valid.
    let _t = (
        42,
        unsafe { read(p) }, //# 9 tuple
    );
    // SAFETY: `p` is valid.
    let _a = [
        42,
        unsafe { read(p) }, //# 9 array
    ];
    // SAFETY: `p` is valid.
    let _r = [
        unsafe { read(p) }; //# 9 array-repeat
        5
    ];
    // SAFETY: `p` is valid.
    let _i = [1u8, 2][
        unsafe { read(p) } as usize //# 9 index
    ];
    // SAFETY: `p` is valid.
    let _range = 0..
        unsafe { read(p) }; //# 9 range | clippy-only: desugared to a struct literal, but an expression like any other
}

pub fn operators(p: *const u8) {
    // SAFETY: `p` is valid.
    let _n = !
        unsafe { read(p) }; //# 9 unary
    // SAFETY: `p` is valid.
    let _b = 1
        + unsafe { read(p) }; //# 9 binary
    // SAFETY: `p` is valid.
    let _c =
        unsafe { read(p) } as u32; //# 9 cast
    // SAFETY: `p` is valid.
    let _r = &
        unsafe { read(p) }; //# 9 reference
    // SAFETY: `p` is valid.
    let _p = (
        unsafe { read(p) } //# 9 parentheses
    );
}

pub fn question(p: *const u8) -> Option<u8> {
    // SAFETY: `p` is valid.
    let _q = Some(
        unsafe { read(p) }, //# 9 question-mark-in-let
    )?;
    // SAFETY: `p` is valid.
    Some(
        unsafe { read(p) }, //# 9 question-mark-in-statement | clippy-only: desugared to a match, but an expression like any other
    )?;
    // SAFETY: `p` is valid.
    take(
        Some(unsafe { read(p) })?, //# 9 question-mark-in-argument
        1,
    );
    // SAFETY: `p` is valid.
    unsafe { Some(read(p)) }?; //# 9 question-mark-on-the-line
    // SAFETY: `p` is valid.
    return Some(
        unsafe { read(p) }, //# 9 return
    );
}

pub async fn awaits(p: *const u8) {
    // SAFETY: `p` is valid.
    let _a = core::future::ready(
        unsafe { read(p) }, //# 9 await-in-let
    ).await;
    // SAFETY: `p` is valid.
    core::future::ready(
        unsafe { read(p) }, //# 9 await-in-statement | clippy-only: desugared to a match, but an expression like any other
    ).await;
}

pub fn assignments(p: *const u8) {
    let mut x = 0;
    let mut pair = Pair(0, 0);
    // SAFETY: `p` is valid.
    x =
        unsafe { read(p) }; //# 9 assignment
    // SAFETY: `p` is valid.
    x +=
        unsafe { read(p) }; //# 9 compound-assignment
    // SAFETY: `p` is valid.
    pair
        .0 =
        unsafe { read(p) }; //# 9 assignment-with-a-broken-left-side
    // SAFETY: `p` is valid.
    pair
        .0 +=
        unsafe { read(p) }; //# 9 compound-assignment-with-a-broken-left-side
    pair
        // SAFETY: `p` is valid.
        .0 =
        unsafe { read(p) }; //# 9 comment-above-the-equals-sign
    // SAFETY: `p` is valid.
    _ =
        unsafe { read(p) }; //# 9 assignment-to-underscore
    let (mut a, mut b) = (0u8, 0u8);
    // SAFETY: `p` is valid.
    (a, b) =
        unsafe { (read(p), read(p)) }; //# 9 destructuring-assignment
    // SAFETY: `p` is valid.
    [0u8; 2][
        unsafe { read(p) } as usize //# 9 left-side
    ] = 1;
}

pub fn closures(p: *const u8) {
    // SAFETY: `p` is valid.
    let _c =
        || unsafe { read(p) }; //# 9 closure
    // SAFETY: `p` is valid.
    let _m = Some(1u8).map(
        |x| unsafe { x + read(p) }, //# 9 closure-argument
    );
    // SAFETY: `p` is valid.
    let _n = Some(1u8).map(
        |x| take(x, unsafe { read(p) }), //# 9 closure-that-calls
    );
}

pub fn lets(p: *const u8) {
    // SAFETY: `p` is valid.
    let _long: u8 =
        unsafe { read(p) }; //# 9 let-on-the-next-line
    // SAFETY: `p` is valid.
    let _match = match
        unsafe { read(p) } //# 9 match-head-in-let
    {
        0 => 1,
        _ => 2,
    };
    // SAFETY: `p` is valid.
    let _if = if
        unsafe { read(p) } == 0 //# 9 if-head-in-let
    {
        1
    } else {
        2
    };
    // SAFETY: `p` is valid.
    let Some(_else) = Some(
        unsafe { read(p) } //# 9 let-else-value
    ) else {
        return;
    };
    // SAFETY: `p` is valid.
    let Pair(_a, _b) =
        // Both of them.
        unsafe { Pair(read(p), read(p)) }; //# 9 another-comment-between
}

// SAFETY: nothing is read.
pub const CONST: u8 =
    unsafe { read(core::ptr::null()) }; //# 9 const

// SAFETY: nothing is read.
pub static STATIC: u8 =
    unsafe { read(core::ptr::null()) }; //# 9 static

pub const BARE_CONST: u8 = unsafe { read(core::ptr::null()) }; //# 9 const-without

pub static BARE_STATIC: u8 = unsafe { read(core::ptr::null()) }; //# 9 static-without

pub trait Consts {
    // SAFETY: nothing is read.
    const DOCUMENTED: u8 =
        unsafe { read(core::ptr::null()) }; //# 9 trait-const
    const BARE: u8 = unsafe { read(core::ptr::null()) }; //# 9 trait-const-without
}

impl Consts for Pair {
    // SAFETY: nothing is read.
    const DOCUMENTED: u8 =
        unsafe { read(core::ptr::null()) }; //# 9 impl-const
    const BARE: u8 = unsafe { read(core::ptr::null()) }; //# 9 impl-const-without
}

impl Pair {
    // SAFETY: nothing is read.
    pub const INHERENT: u8 = take_const(
        unsafe { read(core::ptr::null()) }, //# 9 const-call-argument
    );
}

pub const fn take_const(a: u8) -> u8 {
    a
}

pub fn one_comment_many_blocks(p: *const u8) {
    // SAFETY: `p` is valid.
    let _both = take(unsafe { read(p) }, unsafe { read(p) }); //# 11 two-on-a-line
    // SAFETY: `p` is valid.
    let _lines = take(
        unsafe { read(p) }, //# 11 two-in-a-statement-first
        unsafe { read(p) }, //# 11 two-in-a-statement-second
    );
    unsafe { read(p) }; //# 11 next-statement
    // SAFETY: `p` is valid.
    let _x = 1;
    let _y = unsafe { read(p) }; //# 11 statement-behind-the-next
}
