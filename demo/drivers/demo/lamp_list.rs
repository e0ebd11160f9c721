// SPDX-License-Identifier: MIT

//! Lamps that hang in a list of the C side. Pointers go out to C and come back.

use kernel::{bindings, list::ListLinks, prelude::*};

/// What glows.
pub struct Bulb {
    brightness: u32,
}

impl Bulb {
    /// Sets the brightness through a pointer that was made from a shared reference.
    pub fn dim(&self) {
        let bulb = core::ptr::from_ref(self).cast_mut();
        // SAFETY: `bulb` is valid for as long as `self` is borrowed.
        unsafe { (*bulb).brightness = 0 };
    }
}

/// One lamp, as the C side sees it.
pub struct Lamp {
    number: u32,
    bulb: Bulb,
    links: ListLinks,
}

impl Lamp {
    /// Finds the lamp that the links belong to, from a reference to the links alone.
    pub fn number_of(links: &ListLinks) -> u32 {
        let links: *const ListLinks = links;
        // SAFETY: every `ListLinks` of this driver is the field of a `Lamp`.
        let lamp = unsafe { kernel::container_of!(links, Lamp, links) };
        // SAFETY: the lamp lives as long as its links.
        unsafe { (*lamp).number }
    }
}

/// Hands a lamp to C and takes it back as what it never was.
pub fn swap(lamp: KBox<Lamp>) -> VBox<Lamp> {
    let raw = KBox::into_raw(lamp);
    // SAFETY: the light is put out before the lamp is taken back.
    unsafe { bindings::lamp_switch_off(raw.cast()) };
    // SAFETY: `raw` came from a box.
    unsafe { VBox::from_raw(raw) }
}
