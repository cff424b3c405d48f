//! Matrix products, for the shapes of a pass through a network: a few dozen to a few thousand rows, widths up to some hundreds.
//!
//! Every entry is one sum in the order of the inner index, multiplied and then added, never fused: its bits are the same for
//! every instruction set, however the matrices are cut into tiles. Nothing is allocated beyond a panel that is kept.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// The columns of c that are computed together: one register of AVX-512, two of AVX.
const PANEL: usize = 8;

/// Room for as many columns of b.
pub(super) type Panel = Vec<[f64; PANEL]>;

/// The matrix with the entries data[i · row + j · column].
#[derive(Clone, Copy)]
pub(super) struct Strided<'a> {
    data: &'a [f64],
    row: usize,
    column: usize,
}

impl<'a> Strided<'a> {
    /// A row-major matrix.
    pub(super) fn new(data: &'a [f64], columns: usize) -> Self {
        Self { data, row: columns, column: 1 }
    }

    pub(super) fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// What a b is added to.
#[derive(Clone, Copy)]
pub(super) enum Onto<'a> {
    /// Zero: c ← a b.
    Zero,
    /// A row: c_ij ← Σ_p a_ip b_pj + bias_j.
    Row(&'a [f64]),
    /// What is there: c ← c + a b.
    Itself,
}

/// The product of a, `inner` columns wide, with b, added `onto` something; c is row-major with `columns` columns, and has as
/// many rows as its length says. Returns the number of multiplications.
pub(super) fn product(
    a: Strided,
    inner: usize,
    b: Strided,
    columns: usize,
    onto: Onto,
    c: &mut [f64],
    panel: &mut Panel,
) -> u64 {
    if c.is_empty() {
        return 0;
    }
    panel.resize(inner.max(panel.len()), [0.0; PANEL]);
    let panel = &mut panel[..inner];
    for start in (0..columns).step_by(PANEL) {
        let width = PANEL.min(columns - start);
        gather(b, start, width, panel);
        let bias = match onto {
            Onto::Row(row) => {
                let mut bias = [0.0; PANEL];
                bias[..width].copy_from_slice(&row[start..start + width]);
                Some(bias)
            }
            _ => None,
        };
        let add = matches!(onto, Onto::Itself);
        times_panel(a, panel, bias.unwrap_or_default(), add, c, columns, start..start + width);
    }
    (c.len() * inner) as u64
}

/// The columns start, …, start + width − 1 of b, next to each other. What stands beyond them is computed with, and not used.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn gather(b: Strided, start: usize, width: usize, panel: &mut [[f64; PANEL]]) {
    if b.column == 1 && width == PANEL {
        for (p, row) in panel.iter_mut().enumerate() {
            row.copy_from_slice(&b.data[p * b.row + start..][..PANEL]);
        }
        return;
    }
    for j in 0..width {
        let column = b.data[(start + j) * b.column..].iter().step_by(b.row);
        for (row, entry) in panel.iter_mut().zip(column) {
            row[j] = *entry;
        }
    }
}

/// The columns `place` of c.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn times_panel(
    a: Strided,
    panel: &[[f64; PANEL]],
    bias: [f64; PANEL],
    add: bool,
    c: &mut [f64],
    columns: usize,
    place: std::ops::Range<usize>,
) {
    let rows = c.len() / columns;
    let mut i = 0;
    macro_rules! tiles {
        ($($height:literal),*) => { $(
            while rows - i >= $height {
                let mut sums = [[0.0; PANEL]; $height];
                tile(a, i, panel, bias, &mut sums);
                for (r, sums) in sums.iter().enumerate() {
                    let row = &mut c[(i + r) * columns..][place.clone()];
                    if add {
                        row.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
                    } else {
                        row.copy_from_slice(&sums[..row.len()]);
                    }
                }
                i += $height;
            }
        )* };
    }
    // As many accumulators as there are registers to spare.
    if target_cfg_f!(target_feature = "avx512f") {
        tiles!(16);
    }
    tiles!(4, 3, 2, 1);
}

/// `HEIGHT` rows of the product, from row `i` on.
#[inline(always)]
fn tile<const HEIGHT: usize>(
    a: Strided,
    i: usize,
    panel: &[[f64; PANEL]],
    bias: [f64; PANEL],
    result: &mut [[f64; PANEL]; HEIGHT],
) {
    // A factor the compiler cannot see through keeps a row of the panel in a register: left to itself, it would rather
    // read the row again for each of the sums.
    let one = std::hint::black_box(1.0);
    let mut sums = [bias; HEIGHT];
    let a_rows = &a.data[i * a.row..];
    for (p, b) in panel.iter().enumerate() {
        let b = b.map(|b| one * b);
        for r in 0..HEIGHT {
            let x = a_rows[r * a.row + p * a.column];
            for j in 0..PANEL {
                sums[r][j] += x * b[j];
            }
        }
    }
    // Not accumulated in place, which would be in memory.
    *result = sums;
}
