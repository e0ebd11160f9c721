// SPDX-License-Identifier: MIT

//! Lamps that a board keeps for as long as a device is bound.

use kernel::{bindings, device::Device, prelude::*, sync::Arc};

struct Lamp {
    level: u32,
}

unsafe extern "C" fn unplug(data: *mut c_void) {
    // SAFETY: `data` is what `Arc::into_raw` returned in `plug`, and the board gives it up here.
    drop(unsafe { Arc::from_raw(data.cast::<Lamp>()) });
}

fn plug(dev: &Device, lamp: Arc<Lamp>) -> Result {
    let data = Arc::into_raw(lamp).cast_mut();
    // SAFETY: `dev` is valid, and `data` is until `unplug` runs.
    let ret = unsafe { bindings::demo_board_plug(dev.as_raw(), Some(unplug), data.cast()) };
    if ret != 0 {
        return Err(Error::from_errno(ret));
    }
    Ok(())
}

fn plug_or_keep(dev: &Device, lamp: Arc<Lamp>) -> Result {
    let data = Arc::into_raw(lamp).cast_mut();
    // SAFETY: `dev` is valid, and `data` is until `unplug` runs.
    let ret = unsafe { bindings::demo_board_plug(dev.as_raw(), Some(unplug), data.cast()) };
    if ret != 0 {
        // SAFETY: The board has not taken it.
        drop(unsafe { Arc::from_raw(data) });
        return Err(Error::from_errno(ret));
    }
    Ok(())
}
