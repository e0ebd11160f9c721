// SPDX-License-Identifier: MIT

//! Runs on the build machine: `format!` and `Vec` are fine here, and the kernel's rules do not apply.

fn main() {
    let steps: Vec<u32> = (1..8).map(|step| step * 125).collect();
    println!("{}", format!("static STEPS: [u32; {}] = {:?};", steps.len(), steps));
}
