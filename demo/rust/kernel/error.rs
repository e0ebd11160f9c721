// SPDX-License-Identifier: MIT

//! Errors of the demonstration's kernel crate.

/// An error number of C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(core::num::NonZeroI32);

/// What may fail in the kernel crate gives this; nothing needs to be said of a result without a value.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;
