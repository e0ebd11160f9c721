//! Indices and arithmetic, as clippy's `indexing_slicing` and `arithmetic_side_effects` judge.
//! The points: 1 indices, 2 slices, 3 arithmetic, 4 divisions and shifts, 5 constants, 6 checks nearby, 7 look-alikes.

pub struct Table {
    levels: Vec<u32>,
    start: u32,
}

pub fn indices(table: &Table, array: [u32; 4], at: usize) -> u32 {
    let a = table.levels[at]; //# 1 vector
    let b = array[at]; //# 1 array
    let c = array[3]; //# 1 array-by-a-literal
    let d = table.levels[0]; //# 1 vector-by-a-literal | clippy-only: we ask about variables
    let e = table.levels[at + 1]; //# 1 by-a-sum
    let f = array[at & 3]; //# 1 masked | clippy-only: a mask bounds it
    let g = table.levels[at % table.levels.len()]; //# 1 remainder | clippy-only: a remainder bounds it
    let h = table.levels.get(at).copied().unwrap_or(0); //# 1 get
    a ^ b ^ c ^ d ^ e ^ f ^ g ^ h
}

pub fn slices(data: &[u8], from: usize, to: usize) -> usize {
    let a = &data[from..to]; //# 2 from-to
    let b = &data[..to]; //# 2 up-to
    let c = &data[from..]; //# 2 beginning-at
    let d = &data[..]; //# 2 all
    let e = &data[1..3]; //# 2 by-literals | clippy-only: we ask about variables
    let f = &data[from..=to]; //# 2 inclusive
    a.len() ^ b.len() ^ c.len() ^ d.len() ^ e.len() ^ f.len()
}

pub fn arithmetic(table: &mut Table, size: u32, wide: u64) -> u32 {
    let a = table.start + size; //# 3 sum
    let b = size - table.start; //# 3 difference
    let c = size * 2; //# 3 product
    table.start += 1; //# 3 field-assigned
    table.start -= size; //# 3 field-by-a-parameter
    let d = u64::from(size) * u64::from(a); //# 3 wide-enough | clippy-only: the product of two u32 fits
    let e = (size as u64 + 1) as u32; //# 3 cast-before | clippy-only: the sum fits
    let mut f = 0u32;
    f += 1; //# 3 local | clippy-only: it comes from nowhere else
    let g = size.wrapping_add(1); //# 3 wrapping
    let h = (wide + 1) as u32; //# 3 in-parentheses
    a ^ b ^ c ^ d as u32 ^ e ^ f ^ g ^ h
}

pub fn divisions(size: u32, by: u32) -> u32 {
    let a = size / by; //# 4 divided
    let b = size % by; //# 4 remainder-of
    let c = size / 2; //# 4 divided-by-a-literal
    let d = size % 16; //# 4 remainder-by-a-literal
    let e = size << by; //# 4 shifted | ours-only: a shift by the width or more panics where overflow is checked
    let f = size >> 3; //# 4 shifted-by-a-literal
    a ^ b ^ c ^ d ^ e ^ f
}

const COUNT: usize = 4 * 2 + 1; //# 5 constant
static SLOTS: [u32; COUNT - 1] = [0; COUNT - 1]; //# 5 length
pub fn of_constants() -> u32 {
    SLOTS[COUNT - 2] //# 5 by-constants
}

pub fn checked(table: &Table, at: usize, size: u32) -> u32 {
    if at < table.levels.len() {
        return table.levels[at]; //# 6 compared-around | clippy-only: the condition compares it
    }
    if size < table.start {
        return 0;
    }
    let a = size - table.start; //# 6 compared-before | clippy-only: the condition before leaves
    let mut sum = 0;
    for i in 0..table.levels.len() {
        sum ^= table.levels[i]; //# 6 counted | clippy-only: the loop counts what is there
    }
    a ^ sum
}

pub fn look_alikes(text: String, a: f32, b: f32, at: usize, ptr: *const u8) -> usize {
    let joined = text + "x"; //# 7 strings
    let float = a + b; //# 7 floats
    let order = a < b; //# 7 comparison
    let bits = at & 7 | 1; //# 7 bits
    let moved = ptr.wrapping_add(at); //# 7 pointer
    joined.len() ^ float as usize ^ order as usize ^ bits ^ moved as usize
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub fn allowed(table: &Table, at: usize, size: u32) -> u32 {
    table.levels[at] ^ (table.start + size) //# 7 allowed
}
