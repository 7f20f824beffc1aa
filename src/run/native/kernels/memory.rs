//! Numbers in memory: at the lines of the cache, in large pages where there are many, and shared by threads that write them.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::fmt::{Debug, Formatter};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Numbers of a line of the cache, which is a register's worth of the widest instruction set too.
pub(crate) const LINE: usize = 16;

/// Bytes of it.
const LINE_BYTES: usize = LINE * size_of::<f32>();

/// Bytes in a large page.
const PAGE: usize = 2 << 20;

/// A fixed number of numbers, which begin at a line of the cache.
///
/// Where there are many, the system is asked for large pages: weights that are read once from one end to the other come up to twice
/// as fast, since processors do not fetch ahead across the end of a page.
pub struct Memory {
    start: NonNull<f32>,
    length: usize,
}

// SAFETY: it owns its numbers, as a `Vec` does.
unsafe impl Send for Memory {}
// SAFETY: as for `Send`.
unsafe impl Sync for Memory {}

impl Memory {
    /// So many zeros.
    pub fn zeros(length: usize) -> Self {
        let layout = layout(length);
        // SAFETY: the layout has a size.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        if layout.align() == PAGE {
            ask_for_large_pages(start, layout.size());
        }
        // SAFETY: there is room for so many bytes, and numbers may be all bits zero.
        unsafe { start.write_bytes(0, layout.size()) };
        Self { start: start.cast(), length }
    }
}

impl Deref for Memory {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: there are so many numbers, written when they were made, and borrowed as this is.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(self.start.as_ptr().cast(), layout(self.length)) };
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let mut clone = Self::zeros(self.length);
        clone.copy_from_slice(self);
        clone
    }
}

impl Debug for Memory {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} numbers", self.length)
    }
}

/// An output of several tasks, each of which writes to a part of its own.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) *mut f32);

// SAFETY: it is an address. Whoever writes through it (unsafe) answers for it that no other thread is at the same numbers.
unsafe impl Send for Shared {}
// SAFETY: as for `Send`.
unsafe impl Sync for Shared {}

impl Shared {
    /// So many numbers from one on.
    ///
    /// # Safety
    ///
    /// They are in the output, and nobody else has them.
    pub(crate) unsafe fn part<'a>(self, first: usize, count: usize) -> &'a mut [f32] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(first), count) }
    }
}

/// `count` of the numbers, from the first on that stands at a line of the cache: there are to be [`spare`] more.
pub(crate) fn aligned(numbers: &mut [f32], count: usize) -> &mut [f32] {
    let skipped = numbers.as_ptr().align_offset(LINE_BYTES);
    &mut numbers[skipped..][..count]
}

/// How many numbers [`aligned`] wants beside those that it gives.
pub(crate) const fn spare() -> usize {
    LINE
}

/// Has the line that a number is in brought near, where the processor takes such hints: what is behind the pointer does not matter.
#[inline(always)]
pub(crate) fn prefetch(number: *const f32) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint reads nothing, and every processor of the architecture has it.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(number.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = number;
}

/// How so many numbers are allocated.
fn layout(length: usize) -> Layout {
    let bytes =
        length.checked_mul(size_of::<f32>()).expect("fewer bytes than there are addresses").max(LINE_BYTES);
    Layout::from_size_align(bytes, if bytes >= PAGE { PAGE } else { LINE_BYTES })
        .expect("fewer bytes than there are addresses")
}

/// Asks for large pages; the system may refuse, and nothing but speed depends on it.
#[cfg(target_os = "linux")]
fn ask_for_large_pages(start: NonNull<u8>, bytes: usize) {
    const MADV_HUGEPAGE: i32 = 14;
    unsafe extern "C" {
        fn madvise(start: *mut std::ffi::c_void, bytes: usize, advice: i32) -> i32;
    }
    // SAFETY: the range is allocated and begins at a page. The advice does not change what is in it, nor in its last page.
    unsafe { madvise(start.as_ptr().cast(), bytes, MADV_HUGEPAGE) };
}

/// Elsewhere, pages are what they are.
#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages(_: NonNull<u8>, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_line_and_are_kept() {
        for length in [0, 1, 17, PAGE / 4 - 1, PAGE / 4 + 3] {
            let mut memory = Memory::zeros(length);
            assert_eq!(memory.as_ptr().align_offset(LINE_BYTES), 0);
            assert!(memory.len() == length && memory.iter().all(|&number| number.to_bits() == 0));
            memory.fill(2.0);
            assert_eq!(memory.clone()[..], vec![2.0; length]);
        }
    }

    #[test]
    fn scratch_begins_at_a_line() {
        for count in [0, 1, 16, 17, 100] {
            let mut any = vec![0.0; count + spare() + 3];
            let found = aligned(&mut any[3..], count);
            assert_eq!((found.len(), found.as_ptr().align_offset(LINE_BYTES)), (count, 0));
        }
    }
}
