// Points 10 and 12: where the way up to the statement ends.

#![allow(dead_code, unused, clippy::all)]

pub const unsafe fn read(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub fn take(a: u8, b: u8) -> u8 {
    a + b
}

pub struct Named {
    pub a: u8,
    pub b: u8,
}

pub fn fields(p: *const u8) {
    // SAFETY: `p` is valid.
    let _n = Named {
        a: unsafe { read(p) }, //# 10 field-under-a-comment-on-the-statement
        b: 0,
    };
    let _o = Named {
        // SAFETY: `p` is valid.
        a: unsafe { read(p) }, //# 10 field-with-its-own
        b: unsafe { read(p) }, //# 10 next-field
    };
    let _q = Named {
        // SAFETY: `p` is valid.
        a: take(
            1,
            unsafe { read(p) }, //# 10 call-in-a-field
        ),
        // SAFETY: `p` is valid.
        b:
            unsafe { read(p) }, //# 10 field-value-on-the-next-line
    };
    // SAFETY: `p` is valid.
    let _base = Named {
        a: 1,
        ..unsafe { core::mem::zeroed() } //# 10 struct-base
    };
}

pub fn arms(p: *const u8, n: u8) -> u8 {
    // SAFETY: `p` is valid.
    let _x = match n {
        0 => unsafe { read(p) }, //# 10 arm-under-a-comment-on-the-statement
        // SAFETY: `p` is valid.
        1 => unsafe { read(p) }, //# 10 arm-with-its-own
        // SAFETY: `p` is valid.
        2 => take(
            1,
            unsafe { read(p) }, //# 10 call-in-an-arm
        ),
        // SAFETY: `p` is valid.
        3
        | 4 => unsafe { read(p) }, //# 10 arm-with-a-broken-pattern
        // SAFETY: `p` is valid.
        5 => {
            unsafe { read(p) } //# 10 arm-with-a-body
        }
        6 => {
            // SAFETY: `p` is valid.
            unsafe { read(p) } //# 10 in-an-arm-body
        }
        7 =>
        // SAFETY: `p` is valid.
        unsafe { read(p) }, //# 10 comment-behind-the-arrow
        // SAFETY: `p` is valid.
        8 =>
            unsafe { read(p) }, //# 10 arm-value-on-the-next-line
        // SAFETY: `p` is valid.
        9 if unsafe { read(p) } == 0 => 1, //# 10 guard
        // SAFETY: `p` is valid.
        10
            if unsafe { read(p) } == 0 => 1, //# 10 guard-on-the-next-line
        _ => unsafe { read(p) }, //# 10 arm-without
    };
    0
}

pub fn branches(p: *const u8, c: bool) -> u8 {
    // SAFETY: `p` is valid.
    let _a = if c {
        unsafe { read(p) } //# 10 then-branch
    } else {
        unsafe { read(p) } //# 10 else-branch
    };
    // SAFETY: `p` is valid.
    let _b = if c { unsafe { read(p) } } else { 0 }; //# 10 branch-on-the-line
    if c {
        1
    // SAFETY: `p` is valid.
    } else { unsafe { read(p) } } //# 10 comment-above-else-on-the-line
}

pub fn let_else(p: *const u8, o: Option<u8>) -> u8 {
    // SAFETY: `p` is valid.
    let Some(_x) = o else {
        return unsafe { read(p) }; //# 10 let-else-block
    };
    let Some(_y) = o else {
        // SAFETY: `p` is valid.
        return unsafe { read(p) }; //# 10 in-a-let-else-block
    };
    0
}

pub fn inner_blocks(p: *const u8) {
    // SAFETY: `p` is valid.
    let _a = {
        unsafe { read(p) } //# 10 inner-block
    };
    // SAFETY: `p` is valid.
    {
        unsafe { read(p) }; //# 10 statement-in-an-inner-block
    }
    // SAFETY: `p` is valid.
    unsafe { //# 10 outer-unsafe-block
        #[allow(unused_unsafe)]
        unsafe { read(p) }; //# 10 nested-unsafe-block
    }
    // SAFETY: `p` is valid.
    let _c = || {
        unsafe { read(p) } //# 10 closure-with-a-body
    };
    // SAFETY: `p` is valid.
    let _d = Some(1u8).map(|x| { unsafe { x + read(p) } }); //# 10 closure-with-a-body-on-the-line
    // SAFETY: `p` is valid.
    let _l = loop {
        break unsafe { read(p) }; //# 10 loop-body
    };
    // SAFETY: `p` is valid.
    let _async = async {
        unsafe { read(p) } //# 10 async-block
    };
    // SAFETY: `p` is valid.
    let _const = const {
        unsafe { read(core::ptr::null()) } //# 10 const-block
    };
    // SAFETY: `p` is valid.
    'a: {
        unsafe { read(p) }; //# 10 labelled-block
    }
}

pub fn heads(p: *const u8, c: bool) {
    // SAFETY: `p` is valid.
    if unsafe { read(p) } == 0 {} //# 10 if-head-on-the-line
    // SAFETY: `p` is valid.
    if c
        && unsafe { read(p) } == 0 //# 10 if-head-on-a-later-line
    {}
    if c
        // SAFETY: `p` is valid.
        && unsafe { read(p) } == 0 //# 10 comment-inside-the-head
    {}
    // SAFETY: `p` is valid.
    match unsafe { read(p) } { //# 10 match-head-on-the-line
        _ => {}
    }
    // SAFETY: `p` is valid.
    match take(
        1,
        unsafe { read(p) }, //# 10 match-head-on-a-later-line
    ) {
        _ => {}
    }
    // SAFETY: `p` is valid.
    while unsafe { read(p) } == 0 {} //# 10 while-head-on-the-line
    // SAFETY: `p` is valid.
    while c
        && unsafe { read(p) } == 0 //# 10 while-head-on-a-later-line
    {}
    // SAFETY: `p` is valid.
    for _ in 0..unsafe { read(p) } {} //# 10 for-head-on-the-line
    // SAFETY: `p` is valid.
    for _ in Some(
        unsafe { read(p) }, //# 10 for-head-on-a-later-line
    ) {}
    // SAFETY: `p` is valid.
    if let 0 = unsafe { read(p) } {} //# 10 if-let-head-on-the-line
    // SAFETY: `p` is valid.
    if let 0 = take(
        1,
        unsafe { read(p) }, //# 10 if-let-head-on-a-later-line
    ) {}
    // SAFETY: `p` is valid.
    while let 0 = take(
        1,
        unsafe { read(p) }, //# 10 while-let-head-on-a-later-line
    ) {}
    if c {
    // SAFETY: `p` is valid.
    } else if unsafe { read(p) } == 0 { //# 10 else-if-head-on-the-line
    }
}

pub fn heads_in_expressions(p: *const u8, c: bool) -> u8 {
    // SAFETY: `p` is valid.
    take(
        if unsafe { read(p) } == 0 { 1 } else { 2 }, //# 10 if-head-in-an-argument
        1,
    );
    // SAFETY: `p` is valid.
    return match
        unsafe { read(p) } //# 10 match-head-in-return
    {
        0 => 1,
        _ => 2,
    };
}

pub fn match_as_tail(p: *const u8) -> u8 {
    // SAFETY: `p` is valid.
    match
        unsafe { read(p) } //# 10 match-head-of-the-tail
    {
        0 => 1,
        _ => 2,
    }
}

pub fn match_method(p: *const u8) -> Option<u8> {
    // SAFETY: `p` is valid.
    match
        unsafe { read(p) } //# 10 match-head-under-a-method
    {
        0 => Some(1),
        _ => None,
    }
    .map(|x: u8| x + 1)
}

// SAFETY: `p` is valid.
pub fn one_line_body(p: *const u8) -> u8 { unsafe { read(p) } } //# 12 one-line-body

// SAFETY: `p` is valid.
pub fn body_below(p: *const u8) -> u8 {
    unsafe { read(p) } //# 12 comment-above-the-function
}

// SAFETY: `p` is valid.
pub fn broken_signature(
    p: *const u8,
) -> u8 { unsafe { read(p) } } //# 12 body-on-the-last-line-of-the-signature

pub struct S;

// SAFETY: nothing is read.
impl S { pub const C: u8 = unsafe { read(core::ptr::null()) }; } //# 12 one-line-impl

// SAFETY: nothing is read.
mod one_line { pub const C: u8 = unsafe { super::read(core::ptr::null()) }; } //# 12 one-line-mod

pub struct Length {
    // SAFETY: nothing is read.
    pub a: [u8; unsafe { read(core::ptr::null()) } as usize + 1], //# 12 array-length
}

// SAFETY: nothing is read.
pub struct OneLineLength { pub a: [u8; unsafe { read(core::ptr::null()) } as usize + 1] } //# 12 array-length-on-the-item-line

pub fn one_line_inner(p: *const u8) {
    // SAFETY: `p` is valid.
    fn inner(p: *const u8) -> u8 { unsafe { read(p) } } //# 12 one-line-inner-function
    // SAFETY: `p` is valid.
    const C: u8 = unsafe { read(core::ptr::null()) }; //# 12 inner-const
}

impl S {
    // SAFETY: `p` is valid.
    pub fn one_line_method(p: *const u8) -> u8 { unsafe { read(p) } } //# 12 one-line-method
}
