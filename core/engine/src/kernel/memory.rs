//! One option of the allocator.

/// `mi_option_purge_delay` of mimalloc 2 and 3, which the bindings do not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed pages instead of giving them back to the system: a step frees what the next one asks for
/// again, and a page that comes back has to be cleared by the kernel first. Call it once, at the start of
/// a program whose allocator is mimalloc; elsewhere it changes nothing.
pub fn keep_pages() {
    // SAFETY: it stores a number in a table of options; mimalloc documents it as callable at any time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}
