//! Keeps freed memory for the next layer, instead of giving it back to the system and asking for it again.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the C library's own switch for this has no safe form")
)]

/// Lets this process keep the memory that it frees. Layers allocate and free images of many megabytes; glibc maps and
/// unmaps each anew, and every page of it is faulted in, zeroed and, with several threads, announced to the other cores:
/// a fifth of a training step. Does nothing where the C library is another one.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::ffi::c_int;

        const M_TRIM_THRESHOLD: c_int = -1;
        const M_MMAP_MAX: c_int = -4;
        const M_ARENA_MAX: c_int = -8;
        unsafe extern "C" {
            fn mallopt(parameter: c_int, value: c_int) -> c_int;
        }
        for (parameter, value) in [(M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, c_int::MAX)] {
            // SAFETY: sets a number inside the allocator, under its own lock, to a value that its manual allows.
            unsafe {
                mallopt(parameter, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_is_still_given_and_taken() {
        super::keep_freed_memory();
        for size in [1 << 10, 1 << 24, 1 << 26] {
            let numbers = vec![1u8; size];
            assert_eq!(numbers.iter().map(|&n| usize::from(n)).sum::<usize>(), size);
        }
    }
}
