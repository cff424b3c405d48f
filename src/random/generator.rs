//! xoshiro256++ (Blackman and Vigna 2021), for any number of states side by side.

/// One step of L generators: the word that each gives. Word i of generator l is `state[i][l]`.
///
/// One operation for all generators after the other, so that each is one instruction on a register of them.
#[inline(always)]
pub(super) fn next<const L: usize>(state: &mut [[u64; L]; 4]) -> [u64; L] {
    let [a, b, c, d] = *state;
    let sum = both(a, d, u64::wrapping_add);
    let word = both(each(sum, |sum| sum.rotate_left(23)), a, u64::wrapping_add);
    let c = both(c, a, |c, a| c ^ a);
    let d = both(d, b, |d, b| d ^ b);
    let shifted = each(b, |b| b << 17);
    *state = [
        both(a, d, |a, d| a ^ d),
        both(b, c, |b, c| b ^ c),
        both(c, shifted, |c, shifted| c ^ shifted),
        each(d, |d| d.rotate_left(45)),
    ];
    word
}

#[inline(always)]
fn each<const L: usize>(mut a: [u64; L], f: impl Fn(u64) -> u64) -> [u64; L] {
    for a in &mut a {
        *a = f(*a);
    }
    a
}

#[inline(always)]
fn both<const L: usize>(mut a: [u64; L], b: [u64; L], f: impl Fn(u64, u64) -> u64) -> [u64; L] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = f(*a, b);
    }
    a
}
