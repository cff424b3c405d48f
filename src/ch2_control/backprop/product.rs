//! Matrix products, for the shapes of a pass through a network: a few dozen to a few thousand rows, widths up to some hundreds.
//!
//! Every entry is one sum in the order of the inner index, multiplied and then added, never fused: its bits are the same for
//! every instruction set, however the matrices are cut into tiles. Nothing is allocated beyond a room for the factors, one for
//! each thread.

use std::cell::RefCell;

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// The columns of c that are computed together: one register of AVX-512, two of AVX.
const PANEL: usize = 8;

/// At most so many rows of c are computed together.
const STRIP: usize = 16;

/// The columns of a that are copied together. Not a power of two, so that the rows of a copy do not share a line of the cache.
const DEPTH: usize = 72;

/// Room for the factors, laid out as the loops read them.
#[derive(Default)]
struct Room {
    /// The columns of b, eight by eight.
    panels: Vec<[f64; PANEL]>,
    /// A few rows of a, block by block.
    strip: Vec<[[f64; DEPTH]; STRIP]>,
}

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

    /// Whether `width` columns can be read where they are, row by row. A copy would be read from the same level of the cache:
    /// every strip of a passes over all of b.
    fn read_in_place(self, width: usize) -> bool {
        self.column == 1 && width == PANEL
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
) -> u64 {
    thread_local! {
        static ROOM: RefCell<Room> = RefCell::default();
    }
    if !c.is_empty() {
        let rows = c.len() / columns;
        // b would be laid out anew for a few rows of a. The product cᵀ = bᵀaᵀ, of the same sums, lays out those rows.
        let across = matches!(onto, Onto::Zero) && b.column != 1 && 2 * rows <= columns;
        ROOM.with_borrow_mut(|room| {
            if across {
                by_tiles(
                    b.transposed(),
                    inner,
                    a.transposed(),
                    onto,
                    &mut Target::<true> { c, columns },
                    room,
                );
            } else {
                by_tiles(a, inner, b, onto, &mut Target::<false> { c, columns }, room);
            }
        });
    }
    (c.len() * inner) as u64
}

/// Where the product goes: into c, or, `ACROSS`, transposed into c.
struct Target<'a, const ACROSS: bool> {
    c: &'a mut [f64],
    columns: usize,
}

impl<const ACROSS: bool> Target<'_, ACROSS> {
    /// The rows and columns of the product.
    fn shape(&self) -> [usize; 2] {
        let rows = self.c.len() / self.columns;
        if ACROSS { [self.columns, rows] } else { [rows, self.columns] }
    }

    /// Takes the sums of the rows i, i + 1, … and of `width` columns from `start` on.
    #[inline(always)]
    fn take<const HEIGHT: usize>(
        &mut self,
        i: usize,
        (start, width): (usize, usize),
        onto: Onto,
        sums: &[[f64; PANEL]; HEIGHT],
    ) {
        if ACROSS {
            let rows = self.c[start * self.columns..].chunks_mut(self.columns);
            for (j, row) in rows.take(width).enumerate() {
                row[i..i + HEIGHT].iter_mut().zip(sums).for_each(|(c, sums)| *c = sums[j]);
            }
            return;
        }
        let rows = self.c[i * self.columns..].chunks_exact_mut(self.columns);
        for (row, sums) in rows.zip(sums) {
            let row = &mut row[start..start + width];
            // A length that is known makes it one register.
            match (row.first_chunk_mut::<PANEL>(), onto) {
                (Some(row), Onto::Itself) => *row = std::array::from_fn(|j| row[j] + sums[j]),
                (Some(row), _) => *row = *sums,
                (None, Onto::Itself) => row.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum),
                (None, _) => row.iter_mut().zip(sums).for_each(|(c, sum)| *c = *sum),
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn by_tiles<const ACROSS: bool>(
    a: Strided,
    inner: usize,
    b: Strided,
    onto: Onto,
    target: &mut Target<ACROSS>,
    room: &mut Room,
) {
    let [rows, columns] = target.shape();
    let Room { panels, strip } = &mut *room;
    panels.resize((inner * columns.div_ceil(PANEL)).max(panels.len()), [0.0; PANEL]);
    strip.resize(inner.div_ceil(DEPTH).max(strip.len()), [[0.0; DEPTH]; STRIP]);
    for (start, panel) in (0..columns).step_by(PANEL).zip(panels.chunks_exact_mut(inner.max(1))) {
        let width = PANEL.min(columns - start);
        if !b.read_in_place(width) {
            gather(b, start, width, panel);
        }
    }
    let mut i = 0;
    macro_rules! tiles {
        ($($height:literal),*) => { $(
            while rows - i >= $height {
                times_panels::<$height, ACROSS>(a, i, b, inner, room, onto, target);
                i += $height;
            }
        )* };
    }
    // As many sums as there are registers to spare.
    if target_cfg_f!(target_feature = "avx512f") {
        tiles!(16);
    }
    tiles!(4, 3, 2, 1);
}

/// The columns start, …, start + width − 1 of b, next to each other. What stands beyond them is computed with, and not used.
#[inline(always)]
fn gather(b: Strided, start: usize, width: usize, panel: &mut [[f64; PANEL]]) {
    if width == PANEL && b.row == 1 {
        let inner = panel.len();
        let columns: [&[f64]; PANEL] = std::array::from_fn(|j| &b.data[(start + j) * b.column..][..inner]);
        for (p, row) in panel.iter_mut().enumerate() {
            *row = std::array::from_fn(|j| columns[j][p]);
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

/// `HEIGHT` rows of the product, from row `i` on.
#[inline(always)]
fn times_panels<const HEIGHT: usize, const ACROSS: bool>(
    a: Strided,
    i: usize,
    b: Strided,
    inner: usize,
    Room { panels, strip }: &mut Room,
    onto: Onto,
    target: &mut Target<ACROSS>,
) {
    let [_, columns] = target.shape();
    if a.column == 1 {
        for r in 0..HEIGHT {
            let row = &a.data[(i + r) * a.row..][..inner];
            for (block, part) in strip.iter_mut().zip(row.chunks(DEPTH)) {
                let (whole, rest) = part.as_chunks::<PANEL>();
                let (to, to_rest) = block[r].split_at_mut(whole.as_flattened().len());
                to.as_chunks_mut().0.iter_mut().zip(whole).for_each(|(to, from)| *to = *from);
                to_rest.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            }
        }
    }
    for (k, start) in (0..columns).step_by(PANEL).enumerate() {
        let width = PANEL.min(columns - start);
        let panel = &panels[k * inner..(k + 1) * inner];
        let mut bias = [0.0; PANEL];
        if let Onto::Row(row) = onto {
            bias.iter_mut().zip(&row[start..]).for_each(|(to, from)| *to = *from);
        }
        let mut sums = [[0.0; PANEL]; HEIGHT];
        if b.read_in_place(width) {
            let row = |p: usize| b.data[start + p * b.row..].first_chunk().expect("eight columns");
            sum(a, i, (0..inner).map(row), strip, bias, &mut sums);
        } else {
            sum(a, i, panel.iter(), strip, bias, &mut sums);
        }
        target.take(i, (start, width), onto, &sums);
    }
}

/// Eight columns of b times the rows of a that have been copied, or times the columns of a, which stand next to each other.
#[inline(always)]
fn sum<'a, const HEIGHT: usize>(
    a: Strided,
    i: usize,
    mut b: impl Iterator<Item = &'a [f64; PANEL]>,
    strip: &[[[f64; DEPTH]; STRIP]],
    bias: [f64; PANEL],
    result: &mut [[f64; PANEL]; HEIGHT],
) {
    let mut sums = [bias; HEIGHT];
    if a.column == 1 {
        for block in strip {
            for (p, b) in b.by_ref().take(DEPTH).enumerate() {
                add(&mut sums, |r| block[r][p], b);
            }
        }
    } else {
        for (b, x) in b.zip(a.data[i..].chunks(a.column)) {
            let x = &x[..HEIGHT];
            add(&mut sums, |r| x[r], b);
        }
    }
    // Not accumulated in place, which would be in memory.
    *result = sums;
}

/// sums_r ← sums_r + x_r b. Row by row in so many words, or the sums would not become registers.
#[inline(always)]
fn add<const HEIGHT: usize>(sums: &mut [[f64; PANEL]; HEIGHT], x: impl Fn(usize) -> f64, b: &[f64; PANEL]) {
    macro_rules! rows {
        ($($r:literal)*) => { $(
            if $r < HEIGHT {
                let x = x($r);
                for j in 0..PANEL {
                    sums[$r][j] += x * b[j];
                }
            }
        )* };
    }
    rows!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}
