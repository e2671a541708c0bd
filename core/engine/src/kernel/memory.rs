//! What the allocator does with pages that are freed.

/// `mi_option_purge_delay` of mimalloc 2 and 3, which the bindings do not name.
#[cfg(feature = "mimalloc")]
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

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
