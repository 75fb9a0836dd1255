//! The register tile: up to 14 x 32 sums of products, held in vector registers while `k` runs. Unsafe code is here and in `memory.rs`.
//!
//! With AVX-512, 28 registers hold the sums, two hold a row of `b` and one a repeated number of `a`: no other shape keeps
//! both multipliers busy with fewer loads. With AVX2 the tile is cut into parts of 6 x 16, for which 12 of its 16 registers
//! hold the sums. Other processors run the same loops in plain Rust.
#![expect(unsafe_code, reason = "vector instructions; every address is checked against its slice before the first")]

/// Rows of the tile at most.
pub(crate) const ROWS: usize = 14;
/// Columns of the tile.
pub(crate) const COLUMNS: usize = 32;
/// Longest `k` of one call with [`Layout::RowMajor`].
pub(crate) const DEPTH: usize = 256;
/// Distance of two rows of a row-major `a`: not a power of two, so that the rows lie in different sets of the cache.
pub(crate) const ROW_PITCH: usize = DEPTH + 16;
/// Distance of two columns of a column-major `a`.
pub(crate) const COLUMN_PITCH: usize = 16;

/// How `a` lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `a[row * ROW_PITCH + k]`
    RowMajor,
    /// `a[k * COLUMN_PITCH + row]`
    ColumnMajor,
}

/// `c[row * pitch + column] += sum over k of a(row, k) * b[k * COLUMNS + column]`, for `columns` of the 32.
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
    b: &[f32],
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
    assert!(rows <= ROWS && columns <= COLUMNS && a.len() >= last && b.len() >= depth * COLUMNS, "tile out of range");
    assert!(c.len() >= (rows - 1) * pitch + columns, "tile out of range");
    if columns == COLUMNS {
        run(layout, rows, depth, a, b, c, pitch);
    } else {
        let mut whole = [0.0; ROWS * COLUMNS];
        run(layout, rows, depth, a, b, &mut whole, COLUMNS);
        for (row, sums) in whole.chunks_exact(COLUMNS).take(rows).enumerate() {
            for (total, sum) in c[row * pitch..][..columns].iter_mut().zip(sums) {
                *total += sum;
            }
        }
    }
}

/// Runs arithmetic on plain arrays with the widest vectors that this processor has. The work must be small enough to be
/// inlined here.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has what the function needs.
            return unsafe { with_avx512(work) };
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has what the function needs.
            return unsafe { with_avx2(work) };
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

/// Picks the instructions that this processor has.
fn run(layout: Layout, rows: usize, depth: usize, a: &[f32], b: &[f32], c: &mut [f32], pitch: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512, and `accumulate` checked the slices.
            return unsafe { avx512::run(layout, rows, depth, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), pitch) };
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has AVX2 and FMA, and `accumulate` checked the slices.
            return unsafe { avx2::run(layout, rows, depth, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), pitch) };
        }
    }
    plain(layout, rows, depth, a, b, c, pitch);
}

/// Two rows at a time, so that their sums fit in 16 registers of 8 numbers.
fn plain(layout: Layout, rows: usize, depth: usize, a: &[f32], b: &[f32], c: &mut [f32], pitch: usize) {
    let (row_step, k_step) = match layout {
        Layout::RowMajor => (ROW_PITCH, 1),
        Layout::ColumnMajor => (1, COLUMN_PITCH),
    };
    for row in (0..rows).step_by(2) {
        let second = (row + 1).min(rows - 1); // the last row of an odd number is computed twice and kept once
        let mut sums = [[0.0f32; COLUMNS]; 2];
        for (k, b) in b.chunks_exact(COLUMNS).take(depth).enumerate() {
            for (sums, row) in sums.iter_mut().zip([row, second]) {
                let x = a[row * row_step + k * k_step];
                for (sum, &b) in sums.iter_mut().zip(b) {
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

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{COLUMN_PITCH, COLUMNS, Layout, ROW_PITCH};
    use std::arch::x86_64::{
        _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    /// # Safety
    /// As [`tile`], and `rows` is 1 to 14.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn run(
        layout: Layout,
        rows: usize,
        depth: usize,
        a: *const f32,
        b: *const f32,
        c: *mut f32,
        pitch: usize,
    ) {
        macro_rules! tiles {
            ($($rows:literal)*) => {
                match (layout, rows) {
                    // SAFETY: the caller's.
                    $((Layout::RowMajor, $rows) => unsafe { tile::<$rows, ROW_PITCH, 1>(depth, a, b, c, pitch) },)*
                    // SAFETY: the caller's.
                    $((Layout::ColumnMajor, $rows) => unsafe { tile::<$rows, 1, COLUMN_PITCH>(depth, a, b, c, pitch) },)*
                    _ => unreachable!("a tile has 1 to 14 rows"),
                }
            };
        }
        tiles!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }

    /// # Safety
    /// `a` holds `(R - 1) * ROW_STEP + (depth - 1) * K_STEP + 1` numbers, `b` holds `depth * 32`, `c` holds
    /// `(R - 1) * pitch + 32`.
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const R: usize, const ROW_STEP: usize, const K_STEP: usize>(
        depth: usize,
        mut a: *const f32,
        mut b: *const f32,
        c: *mut f32,
        pitch: usize,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; R];
        // SAFETY: within the numbers that the caller vouches for; `wrapping_add` lets the last step go beyond.
        unsafe {
            for _ in 0..depth {
                let (left, right) = (_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(16)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = _mm512_set1_ps(*a.add(row * ROW_STEP));
                    sums[0] = _mm512_fmadd_ps(x, left, sums[0]);
                    sums[1] = _mm512_fmadd_ps(x, right, sums[1]);
                }
                a = a.wrapping_add(K_STEP);
                b = b.wrapping_add(COLUMNS);
            }
            for (row, sums) in sums.iter().enumerate() {
                let c = c.add(row * pitch);
                _mm512_storeu_ps(c, _mm512_add_ps(_mm512_loadu_ps(c), sums[0]));
                let c = c.add(16);
                _mm512_storeu_ps(c, _mm512_add_ps(_mm512_loadu_ps(c), sums[1]));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{COLUMN_PITCH, COLUMNS, Layout, ROW_PITCH};
    use std::arch::x86_64::{
        _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };

    /// Rows of a part at most.
    const PART: usize = 6;
    /// Columns of a part.
    const HALF: usize = COLUMNS / 2;

    /// # Safety
    /// As [`tile`] for all `rows` and 32 columns.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn run(
        layout: Layout,
        rows: usize,
        depth: usize,
        a: *const f32,
        b: *const f32,
        c: *mut f32,
        pitch: usize,
    ) {
        let row_step = match layout {
            Layout::RowMajor => ROW_PITCH,
            Layout::ColumnMajor => 1,
        };
        // Parts about equally large: 14 rows are 5, 5 and 4.
        let parts = rows.div_ceil(PART);
        for part in 0..parts {
            let (from, to) = (part * rows / parts, (part + 1) * rows / parts);
            for column in [0, HALF] {
                // SAFETY: a part lies within what the caller vouches for.
                unsafe {
                    let (a, b, c) = (a.add(from * row_step), b.add(column), c.add(from * pitch + column));
                    some_rows(layout, to - from, depth, a, b, c, pitch);
                }
            }
        }
    }

    /// # Safety
    /// As [`tile`], and `rows` is 1 to 6.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn some_rows(
        layout: Layout,
        rows: usize,
        depth: usize,
        a: *const f32,
        b: *const f32,
        c: *mut f32,
        pitch: usize,
    ) {
        macro_rules! tiles {
            ($($rows:literal)*) => {
                match (layout, rows) {
                    // SAFETY: the caller's.
                    $((Layout::RowMajor, $rows) => unsafe { tile::<$rows, ROW_PITCH, 1>(depth, a, b, c, pitch) },)*
                    // SAFETY: the caller's.
                    $((Layout::ColumnMajor, $rows) => unsafe { tile::<$rows, 1, COLUMN_PITCH>(depth, a, b, c, pitch) },)*
                    _ => unreachable!("a part has 1 to 6 rows"),
                }
            };
        }
        tiles!(1 2 3 4 5 6);
    }

    /// # Safety
    /// `a` holds `(R - 1) * ROW_STEP + (depth - 1) * K_STEP + 1` numbers, `b` holds `(depth - 1) * 32 + 16`, `c` holds
    /// `(R - 1) * pitch + 16`.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const R: usize, const ROW_STEP: usize, const K_STEP: usize>(
        depth: usize,
        mut a: *const f32,
        mut b: *const f32,
        c: *mut f32,
        pitch: usize,
    ) {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        // SAFETY: within the numbers that the caller vouches for; `wrapping_add` lets the last step go beyond.
        unsafe {
            for _ in 0..depth {
                let (left, right) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = _mm256_set1_ps(*a.add(row * ROW_STEP));
                    sums[0] = _mm256_fmadd_ps(x, left, sums[0]);
                    sums[1] = _mm256_fmadd_ps(x, right, sums[1]);
                }
                a = a.wrapping_add(K_STEP);
                b = b.wrapping_add(COLUMNS);
            }
            for (row, sums) in sums.iter().enumerate() {
                let c = c.add(row * pitch);
                _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), sums[0]));
                let c = c.add(8);
                _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), sums[1]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Run = fn(Layout, usize, usize, &[f32], &[f32], &mut [f32], usize);

    fn check(run: Run) {
        for layout in [Layout::RowMajor, Layout::ColumnMajor] {
            for rows in 1..=ROWS {
                for depth in [1, 2, 7, DEPTH] {
                    // Small whole numbers, so that every order of summation gives the same sum.
                    let a = |row: usize, k: usize| ((row * 5 + k * 3) % 7) as f32 - 3.0;
                    let b: Vec<f32> = (0..depth * COLUMNS).map(|i| (i % 11) as f32 - 5.0).collect();
                    let (row_step, k_step) =
                        if layout == Layout::RowMajor { (ROW_PITCH, 1) } else { (1, COLUMN_PITCH) };
                    let mut packed = vec![f32::NAN; (rows - 1) * row_step + (depth - 1) * k_step + 1];
                    for row in 0..rows {
                        for k in 0..depth {
                            packed[row * row_step + k * k_step] = a(row, k);
                        }
                    }
                    let pitch = COLUMNS + 3;
                    let mut c = vec![1.0; (rows - 1) * pitch + COLUMNS];
                    run(layout, rows, depth, &packed, &b, &mut c, pitch);
                    for (i, &value) in c.iter().enumerate() {
                        let (row, column) = (i / pitch, i % pitch);
                        let sum: f32 = (0..depth).map(|k| a(row, k) * b[k * COLUMNS + column.min(31)]).sum();
                        let expected = if column < COLUMNS { 1.0 + sum } else { 1.0 };
                        assert_eq!(value, expected, "{layout:?} {rows} x {depth} at {row}, {column}");
                    }
                }
            }
        }
    }

    #[test]
    fn plain_sums_are_exact() {
        check(plain);
    }

    #[test]
    fn sums_of_this_processor_are_exact() {
        check(run);
    }

    #[test]
    fn part_of_a_tile_leaves_the_rest_alone() {
        let (a, b) = (vec![1.0; ROW_PITCH + 4], vec![2.0; 4 * COLUMNS]);
        let mut c = vec![0.5; 5 + 3];
        accumulate(Layout::RowMajor, 2, 3, 4, &a, &b, &mut c, 5);
        assert_eq!(c, [8.5, 8.5, 8.5, 0.5, 0.5, 8.5, 8.5, 8.5]);
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn a_short_slice_is_refused() {
        accumulate(Layout::RowMajor, 2, 32, 4, &[0.0; ROW_PITCH + 3], &[0.0; 128], &mut [0.0; 64], 32);
    }
}
