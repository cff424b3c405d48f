//! What happens in a pass between the matrix products, compiled for several instruction sets.
//!
//! The loops use `a * b + c` and never a fused operation, so their bits do not depend on the instruction set.

use multiversion::multiversion;

use super::Activation;
use super::activation::{
    NEAR, REDUCED, of_large_sine, of_near_silu, of_relu, of_silu, of_sine, of_softplus, of_tanh,
};

/// Adds the sum of the rows to `sum`. Sixteen columns at a time stay in registers.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn add_rows(rows: &[f64], sum: &mut [f64]) {
    let width = sum.len();
    let (blocks, rest) = sum.as_chunks_mut::<16>();
    let starts = (0..width).step_by(16);
    for (start, block) in starts.zip(blocks) {
        let mut sums = *block;
        for row in rows.chunks_exact(width) {
            let row: &[f64; 16] = row[start..].first_chunk().expect("sixteen columns");
            for j in 0..16 {
                sums[j] += row[j];
            }
        }
        *block = sums;
    }
    let start = width - rest.len();
    for row in rows.chunks_exact(width) {
        rest.iter_mut().zip(&row[start..]).for_each(|(sum, y)| *sum += y);
    }
}

/// Whether every number is finite: 0 · x is 0 exactly for finite x.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn all_finite(numbers: &[f64]) -> bool {
    let mut zeros = [0.0; 16];
    let (blocks, rest) = numbers.as_chunks::<16>();
    for block in blocks {
        for (zero, x) in zeros.iter_mut().zip(block) {
            *zero += 0.0 * x;
        }
    }
    zeros.iter().chain(rest).all(|x| x.is_finite())
}

/// Whether no number is beyond ±`bound`. They are counted, since a search that stops early goes one by one.
#[inline(always)]
fn all_within(bound: f64, numbers: &[f64]) -> bool {
    numbers.iter().filter(|x| x.abs() <= bound).count() == numbers.len()
}

/// z ← σ(z), and the first `order` derivatives at z into `slopes`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn activate(activation: Activation, order: usize, z: &mut [f64], slopes: &mut [Vec<f64>; 3]) {
    let [first, second, third] = slopes;
    // A macro, since a function that is handed over need not become part of the loop, and then runs number by number.
    macro_rules! in_order {
        ($sigma:ident) => {
            match order {
                0 => z.iter_mut().for_each(|z| *z = $sigma(*z)[0]),
                1 => {
                    for (z, first) in z.iter_mut().zip(first) {
                        [*z, *first, ..] = $sigma(*z);
                    }
                }
                2 => {
                    for ((z, first), second) in z.iter_mut().zip(first).zip(second) {
                        [*z, *first, *second, _] = $sigma(*z);
                    }
                }
                _ => {
                    for (((z, first), second), third) in z.iter_mut().zip(first).zip(second).zip(third) {
                        [*z, *first, *second, *third] = $sigma(*z);
                    }
                }
            }
        };
    }
    match activation {
        Activation::Tanh => in_order!(of_tanh),
        Activation::Silu if all_within(NEAR, z) => in_order!(of_near_silu),
        Activation::Silu => in_order!(of_silu),
        Activation::Softplus => in_order!(of_softplus),
        Activation::Relu => in_order!(of_relu),
        Activation::Sine if all_within(REDUCED, z) => in_order!(of_sine),
        Activation::Sine => in_order!(of_large_sine),
    }
}

/// The derivatives in y = σ(z): ẏ_k = σ' ż_k for every tangent and l_y = σ' l_z + σ'' Σ_k ż_k² for a Laplacian.
///
/// `before` and `after` hold the tangents and then the Laplacian, `slopes` the derivatives of σ at the values.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn push_forward(tangents: usize, slopes: &[Vec<f64>; 3], before: &[f64], after: &mut [f64]) {
    let [first, second, _] = slopes;
    let size = first.len();
    if size == 0 {
        return;
    }
    for (before, after) in before.chunks_exact(size).zip(after.chunks_exact_mut(size)) {
        for ((after, before), first) in after.iter_mut().zip(before).zip(first) {
            *after = first * before;
        }
    }
    if let Some(laplacian) = after.chunks_exact_mut(size).nth(tangents) {
        for tangent in before.chunks_exact(size).take(tangents) {
            for ((l, z), second) in laplacian.iter_mut().zip(tangent).zip(second) {
                *l += second * (z * z);
            }
        }
    }
}

/// v ← σ'v for the cotangents v of y = σ(z), where σ' = 1 − y², or is 1 where y > 0 and 0 elsewhere.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn pull_back_values(activation: Activation, y: &[f64], cotangents: &mut [f64]) {
    let slope = |y: f64| if y > 0.0 { 1.0 } else { 0.0 };
    match activation {
        Activation::Tanh => cotangents.iter_mut().zip(y).for_each(|(v, y)| *v *= 1.0 - y * y),
        _ => cotangents.iter_mut().zip(y).for_each(|(v, y)| *v *= slope(*y)),
    }
}

/// The way back through [`push_forward`] and y = σ(z), in place. With cotangents v of y, u_k of ẏ_k and w of l_y, those
/// of z, ż_k and l_z are
///
/// σ'v + Σ_k σ'' u_k ż_k + w(σ'' l_z + σ''' Σ_k ż_k²),   σ' u_k + 2wσ'' ż_k,   σ'w.
// ANCHOR: pull_back
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
pub(super) fn pull_back(tangents: usize, slopes: &[Vec<f64>; 3], before: &[f64], cotangents: &mut [f64]) {
    let [first, second, third] = slopes;
    let size = first.len();
    let (value, rest) = cotangents.split_at_mut(size);
    for (v, first) in value.iter_mut().zip(first) {
        *v *= first;
    }
    if size == 0 || rest.is_empty() {
        return;
    }
    let (along, laplacian) = rest.split_at_mut(tangents * size);
    let (z_along, z_laplacian) = before.split_at(tangents * size);
    let laplacian = &mut laplacian[..z_laplacian.len()];
    for (u, z) in along.chunks_exact_mut(size).zip(z_along.chunks_exact(size)) {
        if laplacian.is_empty() {
            for ((((v, u), z), first), second) in value.iter_mut().zip(u).zip(z).zip(first).zip(second) {
                *v += second * (*u * z);
                *u *= first;
            }
        } else {
            let streams = value.iter_mut().zip(u).zip(z).zip(laplacian.iter());
            let slopes = first.iter().zip(second).zip(third);
            for ((((v, u), z), w), ((first, second), third)) in streams.zip(slopes) {
                *v += second * (*u * z) + third * (w * (z * z));
                *u = first * *u + 2.0 * (second * (w * z));
            }
        }
    }
    let streams = value.iter_mut().zip(laplacian).zip(z_laplacian);
    for (((v, w), z), (first, second)) in streams.zip(first.iter().zip(second)) {
        *v += second * (*w * z);
        *w *= first;
    }
}
// ANCHOR_END: pull_back
