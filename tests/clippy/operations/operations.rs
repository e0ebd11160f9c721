// Which operations count, and to which block they belong.

#![allow(dead_code, unused, static_mut_refs, unused_unsafe)]

use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::pin::Pin;
use std::ptr::{self, NonNull};

pub unsafe fn get(p: *const u8) -> u8 {
    let _ = p;
    0
}

pub unsafe fn take(a: u8, b: u8) -> u8 {
    a + b
}

pub struct Two {
    pub a: u8,
    pub b: u8,
}

impl Two {
    pub unsafe fn checked(&self) -> u8 {
        self.a
    }

    pub fn plain(&self) -> u8 {
        self.b
    }
}

pub unsafe trait Handler {
    unsafe fn handle(&self) -> u8;
    unsafe fn make() -> u8;
    fn safe(&self) -> u8;
}

pub union Word {
    pub number: u32,
    pub bytes: [u8; 4],
}

pub struct Hooks {
    pub hook: unsafe fn(u8),
    pub plain: fn(u8),
}

static mut COUNT: u32 = 0;
static LIMIT: u32 = 0;

pub fn run<T>(f: impl FnOnce() -> T) -> T {
    f()
}

pub fn calls(p: *const u8, two: &Two) {
    unsafe { get(p) }; //# 1 one-call
    unsafe { get(p) + get(p) }; //# 1 two-calls
    unsafe { take(get(p), 1) }; //# 1 call-in-argument
    unsafe { two.checked() + two.plain() }; //# 1 unsafe-and-safe-method
    unsafe { two.checked() + two.checked() }; //# 1 two-methods
    unsafe { Two::checked(two) + Two::checked(two) }; //# 1 methods-by-path
    unsafe { crate::get(p) + self::get(p) }; //# 1 by-path
}

pub fn of_traits<T: Handler>(value: &T) {
    unsafe { value.handle() + T::make() }; //# 1 generic
    unsafe { value.handle() + value.safe() as u8 }; //# 1 generic-and-safe
    unsafe { <T as Handler>::make() + <T as Handler>::make() }; //# 1 qualified
}

pub fn pointers(hooks: &Hooks, hook: unsafe fn(u8), plain: fn(u8)) {
    unsafe { ((hooks.hook)(1), (hooks.hook)(2)) }; //# 1 field-pointers
    unsafe { ((hooks.hook)(1), (hooks.plain)(2)) }; //# 1 field-pointer-and-safe
    unsafe { (hook(1), hook(2)) }; //# 1 parameter-pointers
    unsafe { (hook(1), plain(2)) }; //# 1 parameter-pointer-and-safe
    let held = get;
    unsafe { held(ptr::null()) + held(ptr::null()) }; //# 1 inferred-value | clippy-only: a function that a name was bound to is not followed
}

pub fn dereferences(p: *mut Two, pp: *const *const u8, r: &mut u8, b: Box<u8>) {
    unsafe { (*p).a }; //# 2 one
    unsafe { (*p).a + (*p).b }; //# 2 two-fields
    unsafe { **pp }; //# 2 twice-at-once
    unsafe { *p.cast::<u8>().add(1) }; //# 2 of-a-call
    unsafe { (*r) + (*b) + (*p).a }; //# 2 references-and-boxes
    unsafe { (&raw const (*p).a, &raw const (*p).b) }; //# 2 raw-borrows
    unsafe { ptr::addr_of!((*p).a).read() }; //# 2 addr-of
    unsafe { (*p).checked() }; //# 2 receiver
    unsafe { &mut *p }; //# 2 reborrow
    unsafe { //# 2 assignments
        (*p).a = 1;
        (*p).b += 1;
    }
}

pub fn statics() {
    unsafe { COUNT += 1 }; //# 3 one-change
    unsafe { COUNT = COUNT + 1 }; //# 3 read-and-write
    unsafe { (&raw const COUNT, &raw mut COUNT) }; //# 3 raw-borrows-of-static
    unsafe { (COUNT, LIMIT) }; //# 3 mutable-and-not
}

pub fn unions(word: Word, to: &mut Word) {
    unsafe { word.number }; //# 4 one-read
    unsafe { word.number + word.bytes[0] as u32 }; //# 4 two-reads
    unsafe { //# 4 writes
        to.number = 1;
        to.number = 2;
    }
}

pub fn of_the_language(p: *mut u8, slice: &[u8], cell: MaybeUninit<u8>, nn: NonNull<u8>, mut kept: ManuallyDrop<u8>) {
    unsafe { (p.read(), p.write(1)) }; //# 5 read-and-write-methods
    unsafe { (ptr::read(p), ptr::write(p, 1)) }; //# 5 read-and-write-functions
    unsafe { std::slice::from_raw_parts(p.add(1), 1) }; //# 5 slice-of-add
    unsafe { slice.get_unchecked(0) + slice.get_unchecked(1) }; //# 5 unchecked-twice
    unsafe { cell.assume_init() + nn.as_ref() }; //# 5 cell-and-nonnull
    unsafe { NonNull::new_unchecked(p).as_ref() }; //# 5 made-and-used
    unsafe { (nn.as_ptr(), p.wrapping_add(1), p.is_null()) }; //# 5 safe-steps
    unsafe { mem::transmute::<u8, i8>(*p) }; //# 5 transmute-of-dereference
    unsafe { (ManuallyDrop::drop(&mut kept), *p) }; //# 5 manual-drop
    unsafe { String::from_utf8_unchecked(Vec::from_raw_parts(p, 1, 1)) }; //# 5 alloc-constructors
}

pub fn blocks(p: *const u8) {
    unsafe { get(p) + unsafe { get(p) } }; //# 6 nested
    unsafe { get(p) + run(|| get(p)) }; //# 6 closure
    unsafe { get(p) + run(|| unsafe { get(p) }) }; //# 6 closure-with-a-block
    unsafe { //# 6 item-inside
        unsafe fn inner(p: *const u8) -> u8 {
            get(p) + get(p)
        }
        inner(p)
    };
    unsafe { //# 6 constant-inside
        const SIZE: usize = mem::size_of::<Two>();
        get(p)
    };
}

macro_rules! id {
    ($e:expr) => {
        $e
    };
}

macro_rules! both {
    ($e:expr) => {
        ($e, $e)
    };
}

pub fn macros(p: *const u8) {
    unsafe { id!(get(p)) + id!(get(p)) }; //# 7 arguments
    unsafe { (assert_eq!(get(p), 0), assert!(get(p) == 0)) }; //# 7 in-assertions
    unsafe { both!(get(p)) }; //# 7 argument-used-twice
    println!("{}", unsafe { get(p) + get(p) }); //# 7 block-in-macro
}
