//! Casts to inferred types as `clippy::as_underscore` and `clippy::as_pointer_underscore` judge them.
//! The points: 1 pointers, 2 references, 3 numbers, 4 what is not inferred, 5 values of unknown type, 6 macros.

use core::ffi::c_void;
use core::ptr::{addr_of, addr_of_mut, NonNull};

pub struct Lamp {
    pub raw: *mut u8,
    pub next: NonNull<Lamp>,
    pub name: &'static [u8],
    pub steps: u32,
}

pub struct Handle<T>(*const T);

impl<T> Handle<T> {
    pub fn get(&self) -> *const T {
        self.0
    }

    pub fn both(&self) -> (*mut u8, *const u8) {
        let first: *mut u8 = self.get() as _; //# 1 method-of-the-file
        let second: *const u8 = self.0 as _; //# 1 tuple-field
        (first, second)
    }
}

pub fn pointers(lamp: &Lamp, ptr: *const c_void, mutable: *mut Lamp) {
    let _a: *mut c_void = ptr as _; //# 1 const-to-mut
    let _b: *const Lamp = mutable as _; //# 1 mut-to-const
    let _c: *const u8 = lamp.raw as _; //# 1 field
    let _d: usize = ptr as _; //# 1 to-an-address
    let _e: *mut u8 = lamp.next.as_ptr() as _; //# 1 non-null
    let _f: *const i8 = lamp.name.as_ptr() as _; //# 1 slice
    let _g: *const u8 = c"lamp".as_ptr() as _; //# 1 c-string
    let _h: *const u8 = (ptr) as _; //# 1 parentheses
    let _i: *mut u8 = ptr.cast_mut() as _; //# 1 cast-mut
    let _j: *mut u8 = ptr.cast::<u8>() as *mut _; //# 1 pointer-to-inferred
    let _k: *const u8 = mutable as *const _ as *const u8; //# 1 first-of-two-casts
    let _l: *mut u8 = mutable as *const Lamp as *mut _; //# 1 second-of-two-casts
    let _m: *const u8 = core::ptr::null::<Lamp>() as _; //# 1 null
    let _n: *const u8 = addr_of!(lamp.steps) as _; //# 1 addr-of
    let _o: *const u8 = &raw const lamp.steps as _; //# 1 raw-borrow
    let _p: *mut u8 = if lamp.steps > 0 { mutable } else { core::ptr::null_mut() } as _; //# 1 branches
    let _q: *const u8 = Box::into_raw(Box::new(3u8)) as _; //# 1 into-raw
    let local = mutable;
    let _r: *mut u8 = local as _; //# 1 local
    let _s: *mut c_void = unsafe { *(&raw const lamp.raw) } as _; //# 1 raw-borrow-read
    let _t: *const u8 = mutable //# 1 several-lines
        .cast_const()
        .cast::<c_void>() as _;
}

pub fn references(lamp: &Lamp, steps: &mut u32, text: &str) {
    let _a = lamp as *const _; //# 2 shared
    let _b: *const Lamp = lamp as _; //# 2 shared-underscore
    let _c = steps as *mut _; //# 2 mutable
    let _d = &lamp.steps as *const _; //# 2 borrow
    let _e = text as *const _; //# 2 text
    let _f = &mut 3 as *mut _; //# 2 temporary
    let _g = "text" as *const _; //# 2 literal
    let _h = lamp.name as *const _; //# 2 field-of-reference-type
    let _i: *const u8 = &[1u8, 2] as _; //# 2 array
    let _j: *mut u32 = addr_of_mut!(*steps) as _; //# 2 addr-of-mut
}

impl Lamp {
    pub fn as_ptr(&self) -> *const Self {
        self as _ //# 2 self
    }

    pub fn as_mut(&mut self) -> *mut Self {
        self as *mut _ //# 2 self-mutable
    }

    pub fn each(&self) -> impl Fn() -> *const Self + '_ {
        move || self as _ //# 2 self-in-a-closure
    }
}

pub fn numbers(lamp: &Lamp, wide: u64, byte: u8, yes: bool) {
    let _a: u64 = lamp.steps as _; //# 3 field | clippy-only: integers are none of this rule
    let _b: u8 = wide as _; //# 3 narrowing | clippy-only: integers are none of this rule
    let _c: usize = 3 as _; //# 3 literal | clippy-only: integers are none of this rule
    let _d: u32 = yes as _; //# 3 boolean | clippy-only: integers are none of this rule
    let _e: char = byte as _; //# 3 character | clippy-only: integers are none of this rule
    let _f: *const u8 = 0x1000 as _; //# 3 literal-to-pointer | clippy-only: integers are none of this rule
    let _g: *mut u8 = (wide as usize) as *mut _; //# 3 address-to-pointer | clippy-only: integers are none of this rule
    let _h: f32 = 1.5f64 as _; //# 3 floating | clippy-only: numbers are none of this rule
}

pub fn named(lamp: &Lamp, ptr: *const c_void, wide: u64) {
    let _a = ptr as *const Lamp; //# 4 pointer
    let _b = lamp as *const Lamp; //# 4 reference
    let _c = wide as u32; //# 4 number
    let _d = ptr as *const NonNull<_> as *const NonNull<u8>; //# 4 inferred-inside
    let _e = ptr as *const *const _ as *const *const u8; //# 4 pointer-to-a-pointer
    let _f = ptr as usize; //# 4 address
    use core::fmt::Write as _; //# 4 import
}

pub fn handed_out<T: Copy>(values: &[*mut T], pair: impl Fn() -> *mut T) {
    for value in values.iter() {
        let _a: *const u8 = *value as _; //# 5 iterator | clippy-only: what iterators hand out is not told
    }
    let _b: *const u8 = pair() as _; //# 5 closure | clippy-only: what closures return is not told
    let _c: *const u8 = values[0] as _; //# 5 index
    let _d: *const u8 = *values.first().unwrap() as _; //# 5 method-of-core | clippy-only: what the standard library returns is not told
    let _e: fn(u8) -> u8 = id as _; //# 5 function | clippy-only: a function is no pointer to data
}

fn id(x: u8) -> u8 {
    x
}

macro_rules! pass {
    ($e:expr) => {
        $e
    };
}

macro_rules! cast {
    ($e:expr) => {
        $e as *const _ //# 6 metavariable | clippy-only: behind a metavariable there may be a number
    };
}

macro_rules! field {
    ($e:ident) => {{
        let lamp: &Lamp = $e;
        lamp.raw as *const _ //# 6 in-a-definition
    }};
}

pub fn macros(lamp: &Lamp) {
    let _a: *const u8 = pass!(lamp.raw as _); //# 6 in-a-call
    let _b: *const Lamp = cast!(lamp);
    let _c: *const u8 = field!(lamp);
    println!("{:?}", lamp as *const _); //# 6 in-a-format
    assert!(lamp.raw as *const _ != core::ptr::null::<u8>()); //# 6 in-an-assertion
}
