//! Calls that panic, as clippy's `unwrap_used`, `expect_used`, `panic`, `todo`, `unimplemented` and `unreachable` judge.
//! The points: 1 methods, 2 macros, 3 constants, 4 tests, 5 comments and docs, 6 look-alikes, 7 macros of one's own.

pub struct Store {
    chosen: Option<usize>,
}

pub fn methods(store: &Store, text: Result<u32, u32>) -> usize {
    let a = store.chosen.unwrap(); //# 1 unwrap-of-an-option
    let b = store.chosen.expect("no slot"); //# 1 expect-of-an-option
    let c = text.unwrap(); //# 1 unwrap-of-a-result
    let d = text.expect("no text"); //# 1 expect-of-a-result
    let e = text.unwrap_err(); //# 1 unwrap-err
    let f = text.expect_err("a text"); //# 1 expect-err
    let g = Some(1) //# 1 start-of-a-chain | clippy-only: the line of the name is marked, not the chain's first
        .map(|x| x + 1)
        .unwrap(); //# 1 end-of-a-chain | ours-only: the line of the name is marked, not the chain's first
    let h = Option::unwrap(store.chosen); //# 1 as-a-function
    let i = [1].iter().map(|x| Some(x).unwrap()).count(); //# 1 in-a-closure
    a + b + g + h + i + (c + d + e + f) as usize
}

pub fn macros(mode: u32) -> u32 {
    match mode {
        0 => panic!(), //# 2 panic
        1 => panic!("mode {}", mode), //# 2 panic-with-a-message
        2 => todo!(), //# 2 todo
        3 => unimplemented!("mode"), //# 2 unimplemented
        4 => unreachable!(), //# 2 unreachable
        5 => core::panic!("mode"), //# 2 panic-by-path
        6 => {
            debug_assert!(mode > 3); //# 2 debug-assert
            assert!(mode > 3); //# 2 assert
            assert_eq!(mode, 6); //# 2 assert-eq
            mode
        }
        _ => mode,
    }
}

const FIRST: usize = Some(1).unwrap(); //# 3 constant
static SECOND: usize = match Some(2) {
    Some(n) => n,
    None => panic!("no second"), //# 3 panic-in-a-static
};
pub const fn evaluated(n: Option<usize>) -> usize {
    n.unwrap() //# 3 public-const-function
}
const fn private(n: Option<usize>) -> usize {
    n.unwrap() //# 3 private-const-function-of-constants | clippy-only: only constants call it
}
const THIRD: usize = private(Some(3));
pub fn in_const_block() -> usize {
    const { Some(4).unwrap() } //# 3 const-block
}

#[cfg(test)]
mod tests {
    #[test]
    fn works() {
        Some(1).unwrap(); //# 4 test
    }
}

pub fn comments(store: &Store) -> usize {
    // PANIC: There is always a slot.
    let a = store.chosen.unwrap(); //# 5 panic-comment | clippy-only: the comment says why it cannot fire
    // It cannot fail: there is always a slot.
    let b = store.chosen.expect("no slot"); //# 5 comment-that-says-why | clippy-only: the comment says why it cannot fire
    // The type invariant guarantees that `unwrap` succeeds.
    let c = store.chosen.unwrap(); //# 5 comment-that-names-the-call | clippy-only: the comment says why it cannot fire
    // A slot.
    let d = store.chosen.unwrap(); //# 5 other-comment
    a + b + c + d
}

/// Chooses.
///
/// # Panics
///
/// Panics if there is no slot.
pub fn documented(store: &Store) -> usize {
    store.chosen.unwrap() //# 5 panics-section | clippy-only: callers can read of it
}

pub fn dies() -> ! {
    panic!("gone") //# 5 never-returns | clippy-only: that is what the function is for
}

pub struct Parser;

impl Parser {
    fn expect(&self, token: u32) -> u32 {
        token
    }
    fn unwrap(self) -> u32 {
        3
    }
}

pub fn alike(parser: Parser, store: &Store) -> usize {
    let a = parser.expect(3); //# 6 a-method-expect-of-another-type
    let b = parser.unwrap(); //# 6 a-method-unwrap-of-another-type
    let c = store.chosen.unwrap_or(3); //# 6 unwrap-or
    let d = store.chosen.unwrap_or_default(); //# 6 unwrap-or-default
    (a + b) as usize + c + d
}

pub fn infallible(text: Result<u32, core::convert::Infallible>) -> u32 {
    text.unwrap() //# 6 an-error-without-values
}

macro_rules! chosen {
    ($store:expr) => {
        $store.chosen.unwrap() //# 7 unwrap-in-a-macro | ours-only: clippy does not look into what macros make
    };
}

macro_rules! dies {
    () => {
        panic!("gone") //# 7 panic-in-a-macro | ours-only: clippy does not look into what macros make
    };
}

pub fn uses(store: &Store, late: bool) -> usize {
    if late {
        dies!(); //# 7 use-of-the-macro
    }
    chosen!(store)
}

#[cfg(any())]
pub fn left_out(store: &Store) -> usize {
    store.chosen.unwrap() //# 7 cut-by-cfg | ours-only: clippy does not see what is not built
}

#[allow(clippy::unwrap_used)]
pub fn allowed(store: &Store) -> usize {
    store.chosen.unwrap() //# 7 allowed
}
