//! The allocator of programs that train: mimalloc, with blocks where vectors like them, and pages that are kept.

/// `mi_option_purge_delay` of mimalloc 2 and 3, which the bindings do not name.
#[cfg(feature = "mimalloc")]
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// mimalloc, whose larger blocks begin at lines of the cache. Allocators put them sixteen bytes behind one: every vector
/// of a tensor then lies across two lines, and is read and written twice.
///
/// ```ignore
/// #[global_allocator]
/// static ALLOCATOR: engraft_engine::kernel::Lines = engraft_engine::kernel::Lines;
/// ```
#[cfg(feature = "mimalloc")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

#[cfg(feature = "mimalloc")]
mod lines {
    use super::Lines;
    use libmimalloc_sys::{mi_free, mi_malloc_aligned, mi_realloc_aligned, mi_zalloc_aligned};
    use std::alloc::{GlobalAlloc, Layout};

    /// Bytes from which on a block begins at a line.
    const LARGE: usize = 4096;
    const LINE: usize = 64;

    /// The alignment of a block of so many bytes.
    fn align(layout: Layout, size: usize) -> usize {
        if size >= LARGE { layout.align().max(LINE) } else { layout.align() }
    }

    // SAFETY: mimalloc gives blocks of at least the size and alignment that are asked for, or null; it frees and resizes
    // whatever it gave, whichever alignment that had.
    unsafe impl GlobalAlloc for Lines {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the alignment is a power of two.
            unsafe { mi_malloc_aligned(layout.size(), align(layout, layout.size())).cast() }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: as above.
            unsafe { mi_zalloc_aligned(layout.size(), align(layout, layout.size())).cast() }
        }

        unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
            // SAFETY: it came from here.
            unsafe { mi_free(block.cast()) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: as in both above.
            unsafe { mi_realloc_aligned(block.cast(), size, align(layout, size)).cast() }
        }
    }
}

/// Gives what is free back to the system, and keeps what is freed from now on: a step frees what the next one asks for
/// again, and a page that comes back has to be cleared by the kernel first. Called when a model has been read, which
/// frees much that is never asked for again. It changes nothing in programs whose allocator is not mimalloc.
pub(crate) fn keep_pages() {
    #[cfg(feature = "mimalloc")]
    // SAFETY: one walks over the heap of this thread, the other stores a number in a table of options; mimalloc documents
    // both as callable at any time.
    unsafe {
        libmimalloc_sys::mi_collect(true);
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}
