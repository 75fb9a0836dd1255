//! The tile in the vector instructions of each processor, from one macro: what differs is how wide a vector is and how many rows fit.

/// A module with `run`, for vectors of `$width` numbers: `$vectors` of them are a row of the tile, and a part has `$most` rows at most.
macro_rules! tile {
    (
        $(#[$attribute:meta])* $name:ident, $features:literal, $width:literal x $vectors:literal, rows $($rows:literal)* and $most:literal,
        $zero:expr, $load:path, $splat:path, $multiply_add:path, $add:path, $store:path, $prefetch:path
    ) => {
        $(#[$attribute])*
        pub(super) mod $name {
            use super::super::{COLUMN_PITCH, COLUMNS, Layout, ROW_PITCH};

            /// # Safety
            /// As `tile`, for all `rows`. The processor must have the instructions.
            #[target_feature(enable = $features)]
            pub(in super::super) unsafe fn run(
                layout: Layout,
                rows: usize,
                depth: usize,
                a: *const f32,
                b: [*const f32; 2],
                c: *mut f32,
                pitch: usize,
            ) {
                let row_step = match layout {
                    Layout::RowMajor => ROW_PITCH,
                    Layout::ColumnMajor => 1,
                };
                // Parts about equally large.
                let parts = rows.div_ceil($most);
                for part in 0..parts {
                    let (from, to) = (part * rows / parts, (part + 1) * rows / parts);
                    // SAFETY: a part lies within what the caller vouches for.
                    unsafe { some_rows(layout, to - from, depth, a.add(from * row_step), b, c.add(from * pitch), pitch) };
                }
            }

            /// # Safety
            /// As `tile`, and `rows` is not more than a part has.
            #[target_feature(enable = $features)]
            unsafe fn some_rows(
                layout: Layout,
                rows: usize,
                depth: usize,
                a: *const f32,
                b: [*const f32; 2],
                c: *mut f32,
                pitch: usize,
            ) {
                match (layout, rows) {
                    $(
                        // SAFETY: the caller's.
                        (Layout::RowMajor, $rows) => unsafe { tile::<$rows, ROW_PITCH, 1>(depth, a, b, c, pitch) },
                        // SAFETY: the caller's.
                        (Layout::ColumnMajor, $rows) => unsafe { tile::<$rows, 1, COLUMN_PITCH>(depth, a, b, c, pitch) },
                    )*
                    // SAFETY: the caller's.
                    (Layout::RowMajor, _) => unsafe { tile::<$most, ROW_PITCH, 1>(depth, a, b, c, pitch) },
                    // SAFETY: the caller's.
                    (Layout::ColumnMajor, _) => unsafe { tile::<$most, 1, COLUMN_PITCH>(depth, a, b, c, pitch) },
                }
            }

            /// # Safety
            /// `a` holds `(R - 1) * ROW_STEP + (depth - 1) * K_STEP + 1` numbers, each strip of `b` that a row has vectors of holds
            /// `depth * 16`, `c` holds `(R - 1) * pitch` and a row.
            #[target_feature(enable = $features)]
            unsafe fn tile<const R: usize, const ROW_STEP: usize, const K_STEP: usize>(
                depth: usize,
                mut a: *const f32,
                mut b: [*const f32; 2],
                c: *mut f32,
                pitch: usize,
            ) {
                let mut sums = [[$zero; $vectors]; R];
                // SAFETY: within the numbers that the caller vouches for; `wrapping_add` lets the last step go beyond.
                unsafe {
                    // The rows of `c` are far apart, and are needed in a few thousand cycles.
                    for index in 0..R {
                        $prefetch(c.add(index * pitch).cast());
                    }
                    for _ in 0..depth {
                        // No closures here: one would not be inlined into `std`'s functions, which lack the instructions.
                        let mut row = [$zero; $vectors];
                        for (vector, column) in row.iter_mut().enumerate() {
                            *column = $load(b[vector * $width / COLUMNS].add(vector * $width % COLUMNS));
                        }
                        for (index, sums) in sums.iter_mut().enumerate() {
                            let x = $splat(*a.add(index * ROW_STEP));
                            for (sum, column) in sums.iter_mut().zip(row) {
                                *sum = $multiply_add(x, column, *sum);
                            }
                        }
                        a = a.wrapping_add(K_STEP);
                        for strip in &mut b {
                            *strip = strip.wrapping_add(COLUMNS);
                        }
                    }
                    for (index, sums) in sums.iter().enumerate() {
                        for (vector, &sum) in sums.iter().enumerate() {
                            let c = c.add(index * pitch + vector * $width);
                            $store(c, $add($load(c), sum));
                        }
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::{float32x4_t, vaddq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vst1q_f32};

/// As x86-64 orders them.
#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
#[inline]
fn multiply_add(x: float32x4_t, y: float32x4_t, sum: float32x4_t) -> float32x4_t {
    vfmaq_f32(sum, x, y)
}

/// There is no stable instruction for it.
#[cfg(target_arch = "aarch64")]
#[inline]
fn no_prefetch(_: *const f32) {}

tile!(
    #[cfg(target_arch = "x86_64")]
    avx512, "avx512f", 16 x 2, rows 1 2 3 4 5 6 7 8 9 10 11 12 13 and 14,
    super::_mm512_setzero_ps(), super::_mm512_loadu_ps, super::_mm512_set1_ps, super::_mm512_fmadd_ps, super::_mm512_add_ps,
    super::_mm512_storeu_ps, super::_mm_prefetch::<{ super::_MM_HINT_T0 }>
);

tile!(
    #[cfg(target_arch = "x86_64")]
    avx2, "avx2,fma", 8 x 2, rows 1 2 3 4 5 and 6,
    super::_mm256_setzero_ps(), super::_mm256_loadu_ps, super::_mm256_set1_ps, super::_mm256_fmadd_ps, super::_mm256_add_ps,
    super::_mm256_storeu_ps, super::_mm_prefetch::<{ super::_MM_HINT_T0 }>
);

tile!(
    #[cfg(target_arch = "aarch64")]
    neon, "neon", 4 x 4, rows 1 2 3 4 5 and 6,
    super::vdupq_n_f32(0.0), super::vld1q_f32, super::vdupq_n_f32, super::multiply_add,
    super::vaddq_f32, super::vst1q_f32, super::no_prefetch
);
