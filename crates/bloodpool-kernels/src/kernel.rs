//! The register tile: sums of products that are held in vector registers while `k` runs. Unsafe code is here, below and in `memory.rs`.
//!
//! With AVX-512 it has 14 rows of 32 columns: 28 registers hold the sums, two a row of `b` and one a repeated number of `a`; no other
//! shape keeps both multipliers busy with fewer loads. With AVX2, 12 of 16 registers hold 6 rows of 16 columns; two such parts are a
//! tile of 12 rows, since the 16 KB of `b` that they share then stay in the first cache. With NEON, 24 of 32 registers hold the same
//! part. Other processors run the same loops in plain Rust.
#![expect(unsafe_code, reason = "vector instructions; every address is checked against its slice before the first")]

use std::sync::OnceLock;

mod vector;

/// Rows of the tile at most, whatever the processor.
pub(crate) const ROWS: usize = 14;
/// Rows of a tile where it has two parts of six.
pub(crate) const TWO_PARTS: usize = 12;
/// Columns of a [`Line`].
pub(crate) const COLUMNS: usize = 16;
/// Longest `k` of one call with [`Layout::RowMajor`].
pub(crate) const DEPTH: usize = 256;
/// Distance of two rows of a row-major `a`: not a power of two, so that the rows lie in different sets of the cache.
pub(crate) const ROW_PITCH: usize = DEPTH + 16;
/// Distance of two columns of a column-major `a`.
pub(crate) const COLUMN_PITCH: usize = 16;

/// 16 columns of a row of `b`, in one line of the cache: vectors that cross two lines take twice as long to read.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [f32; COLUMNS]);

impl Line {
    pub(crate) const ZERO: Self = Self([0.0; COLUMNS]);
}

/// How `a` lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `a[row * ROW_PITCH + k]`
    RowMajor,
    /// `a[k * COLUMN_PITCH + row]`
    ColumnMajor,
}

/// The vector instructions that the products run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// 512 bits (x86-64).
    Avx512,
    /// 256 bits with fused multiplication and addition (x86-64).
    Avx2,
    /// 128 bits (every aarch64).
    Neon,
    /// What the compiler makes of plain loops.
    Plain,
}

impl Instructions {
    /// Rows of a tile.
    pub(crate) fn rows(self) -> usize {
        match self {
            Self::Avx512 => ROWS,
            Self::Avx2 | Self::Neon | Self::Plain => TWO_PARTS,
        }
    }

    /// Columns of a tile.
    pub(crate) fn columns(self) -> usize {
        match self {
            Self::Avx512 => 2 * COLUMNS,
            Self::Avx2 | Self::Neon | Self::Plain => COLUMNS,
        }
    }
}

/// The widest vector instructions that this processor has. The environment variable `BLOODPOOL_SIMD` may ask for less: `avx2` where there
/// is AVX-512, and `plain` anywhere; it is for comparisons, and read once.
#[must_use]
pub fn instructions() -> Instructions {
    static FOUND: OnceLock<Instructions> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let limit = std::env::var("BLOODPOOL_SIMD").unwrap_or_default();
        choose(&limit)
    })
}

fn choose(limit: &str) -> Instructions {
    if limit == "plain" {
        return Instructions::Plain;
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        let wide = limit != "avx2" && std::arch::is_x86_feature_detected!("avx512f");
        return if wide { Instructions::Avx512 } else { Instructions::Avx2 };
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        return Instructions::Neon;
    }
    Instructions::Plain
}

/// Neighbouring columns of `b` over all of a call's `k`: 16 columns, and 16 more where a tile has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strips<'a> {
    pub(crate) left: &'a [Line],
    pub(crate) right: Option<&'a [Line]>,
}

/// Runs of columns that one tile takes: the first, and how many.
pub(crate) fn spans(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let most = instructions().columns();
    (0..columns).step_by(most).map(move |first| (first, most.min(columns - first)))
}

/// `c[row * pitch + column] += sum over k of a(row, k) * b[k][column]`, for the first `columns` of `b`'s.
///
/// # Panics
/// Where a slice is too short for that.
#[expect(clippy::too_many_arguments, reason = "a matrix product has this many")]
pub(crate) fn accumulate(
    layout: Layout,
    rows: usize,
    columns: usize,
    depth: usize,
    a: &[f32],
    b: Strips,
    c: &mut [f32],
    pitch: usize,
) {
    accumulate_with(instructions(), layout, rows, columns, depth, a, b, c, pitch);
}

#[expect(clippy::too_many_arguments, reason = "a matrix product has this many")]
fn accumulate_with(
    instructions: Instructions,
    layout: Layout,
    rows: usize,
    columns: usize,
    depth: usize,
    a: &[f32],
    b: Strips,
    c: &mut [f32],
    pitch: usize,
) {
    if rows == 0 || depth == 0 || columns == 0 {
        return;
    }
    let last = match layout {
        Layout::RowMajor => (rows - 1) * ROW_PITCH + depth,
        Layout::ColumnMajor => (depth - 1) * COLUMN_PITCH + rows,
    };
    assert!(rows <= instructions.rows() && columns <= instructions.columns() && a.len() >= last, "tile out of range");
    assert!(b.left.len() >= depth && b.right.is_none_or(|right| right.len() >= depth), "tile out of range");
    assert!(c.len() >= (rows - 1) * pitch + columns, "tile out of range");
    // With AVX-512 a tile of 16 columns and fewer is computed with its left half on both sides.
    let width = instructions.columns();
    let strips = [b.left, b.right.unwrap_or(b.left)];
    if columns == width && (width == COLUMNS || b.right.is_some()) {
        run(instructions, layout, rows, depth, a, strips, c, pitch);
        return;
    }
    let mut whole = [0.0; ROWS * 2 * COLUMNS];
    run(instructions, layout, rows, depth, a, strips, &mut whole, width);
    for (row, sums) in whole.chunks_exact(width).take(rows).enumerate() {
        for (total, sum) in c[row * pitch..][..columns].iter_mut().zip(sums) {
            *total += sum;
        }
    }
}

/// Runs arithmetic on plain arrays with the widest vectors that this processor has. The work must be small enough to be
/// inlined here.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        match instructions() {
            // SAFETY: the processor has what the function needs.
            Instructions::Avx512 => return unsafe { with_avx512(work) },
            // SAFETY: the processor has what the function needs.
            Instructions::Avx2 => return unsafe { with_avx2(work) },
            Instructions::Neon | Instructions::Plain => {}
        }
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn with_avx512<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// A whole tile; `accumulate` has checked that the slices hold what is read and written.
#[expect(clippy::too_many_arguments, reason = "a matrix product has this many")]
fn run(
    instructions: Instructions,
    layout: Layout,
    rows: usize,
    depth: usize,
    a: &[f32],
    b: [&[Line]; 2],
    c: &mut [f32],
    pitch: usize,
) {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    let (from, strips, to) = (a.as_ptr(), b.map(|strip| strip.as_ptr().cast::<f32>()), c.as_mut_ptr());
    match instructions {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has AVX-512, and `accumulate` checked the slices.
        Instructions::Avx512 => unsafe { vector::avx512::run(layout, rows, depth, from, strips, to, pitch) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has AVX2 and FMA, and `accumulate` checked the slices.
        Instructions::Avx2 => unsafe { vector::avx2::run(layout, rows, depth, from, strips, to, pitch) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: the processor has NEON, and `accumulate` checked the slices.
        Instructions::Neon => unsafe { vector::neon::run(layout, rows, depth, from, strips, to, pitch) },
        _ => plain(layout, rows, depth, a, b[0], c, pitch),
    }
}

/// Two rows at a time, so that their sums fit in eight registers of four numbers.
fn plain(layout: Layout, rows: usize, depth: usize, a: &[f32], b: &[Line], c: &mut [f32], pitch: usize) {
    let (row_step, k_step) = match layout {
        Layout::RowMajor => (ROW_PITCH, 1),
        Layout::ColumnMajor => (1, COLUMN_PITCH),
    };
    for row in (0..rows).step_by(2) {
        let second = (row + 1).min(rows - 1); // the last row of an odd number is computed twice and kept once
        let mut sums = [[0.0f32; COLUMNS]; 2];
        for (k, b) in b.iter().take(depth).enumerate() {
            for (sums, row) in sums.iter_mut().zip([row, second]) {
                let x = a[row * row_step + k * k_step];
                for (sum, &b) in sums.iter_mut().zip(&b.0) {
                    *sum += x * b;
                }
            }
        }
        for (index, sums) in sums.iter().take(rows - row).enumerate() {
            for (total, sum) in c[(row + index) * pitch..][..COLUMNS].iter_mut().zip(sums) {
                *total += sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of this processor, and the narrower ones.
    fn all() -> Vec<Instructions> {
        let mut all = vec![choose(""), choose("avx2"), Instructions::Plain];
        all.dedup();
        all
    }

    #[test]
    fn sums_are_exact_with_all_instructions() {
        for instructions in all() {
            for layout in [Layout::RowMajor, Layout::ColumnMajor] {
                for rows in 1..=instructions.rows() {
                    for depth in [1, 2, 7, DEPTH] {
                        for columns in [1, 15, 16, 17, 31, 32] {
                            if columns <= instructions.columns() {
                                check(instructions, layout, rows, columns, depth);
                            }
                        }
                    }
                }
            }
        }
    }

    fn check(instructions: Instructions, layout: Layout, rows: usize, columns: usize, depth: usize) {
        // Small whole numbers, so that every order of summation gives the same sum.
        let a = |row: usize, k: usize| ((row * 5 + k * 3) % 7) as f32 - 3.0;
        let b = |k: usize, column: usize| ((k * 32 + column) % 11) as f32 - 5.0;
        let (row_step, k_step) = if layout == Layout::RowMajor { (ROW_PITCH, 1) } else { (1, COLUMN_PITCH) };
        let mut packed = vec![f32::NAN; (rows - 1) * row_step + (depth - 1) * k_step + 1];
        for row in 0..rows {
            for k in 0..depth {
                packed[row * row_step + k * k_step] = a(row, k);
            }
        }
        let strip = |first: usize| -> Vec<Line> {
            (0..depth).map(|k| Line(std::array::from_fn(|column| b(k, first + column)))).collect()
        };
        let (left, right) = (strip(0), strip(COLUMNS));
        let b_strips = Strips { left: &left, right: (columns > COLUMNS).then_some(&right) };
        let pitch = columns + 3;
        let mut c = vec![1.0; (rows - 1) * pitch + columns];
        accumulate_with(instructions, layout, rows, columns, depth, &packed, b_strips, &mut c, pitch);
        for (i, &value) in c.iter().enumerate() {
            let (row, column) = (i / pitch, i % pitch);
            let sum: f32 = (0..depth).map(|k| a(row, k) * b(k, column)).sum();
            let expected = if column < columns { 1.0 + sum } else { 1.0 };
            assert_eq!(value, expected, "{instructions:?} {layout:?} {rows} x {depth} at {row}, {column}");
        }
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_short_a_is_refused() {
        let left = [Line::ZERO; 4];
        let b = Strips { left: &left, right: None };
        accumulate(Layout::RowMajor, 2, 16, 4, &[0.0; ROW_PITCH + 3], b, &mut [0.0; 32], 16);
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_short_c_is_refused() {
        let left = [Line::ZERO; 4];
        let b = Strips { left: &left, right: None };
        accumulate(Layout::RowMajor, 2, 16, 4, &[0.0; ROW_PITCH + 4], b, &mut [0.0; 31], 16);
    }

    #[test]
    fn fewer_instructions_may_be_asked_for() {
        assert_eq!(choose("plain"), Instructions::Plain);
        assert_ne!(choose("avx2"), Instructions::Avx512);
    }
}
