//! Borrowed strings and lists with a C layout.
//!
//! Both are a pointer and a length, so that a table of C functions can take them as they are. They
//! borrow: whoever made the view keeps the memory alive and unchanged for `'a`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A borrowed UTF-8 string: `engraft_str` in C.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str<'a> {
    pub(super) data: *const u8,
    pub(super) len: usize,
    life: PhantomData<&'a str>,
}

// SAFETY: a `Str` is a `&str` taken apart; shared borrows of text may cross threads.
unsafe impl Send for Str<'_> {}
// SAFETY: as above; there is no interior mutability.
unsafe impl Sync for Str<'_> {}

impl<'a> Str<'a> {
    /// Views a string.
    pub const fn new(text: &'a str) -> Self {
        Self { data: text.as_ptr(), len: text.len(), life: PhantomData }
    }

    /// The string itself.
    pub const fn as_str(&self) -> &'a str {
        if self.len == 0 {
            return ""; // C writers may send a null pointer with length 0
        }
        // SAFETY: made from a `&'a str` (or, over C, promised by the header to be UTF-8 that lives
        // until the call returns), so pointer, length, encoding and lifetime hold.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.data, self.len)) }
    }

    /// Pointer and length, as they came.
    pub(super) const fn into_parts(self) -> (*const u8, usize) {
        (self.data, self.len)
    }
}

impl Default for Str<'_> {
    fn default() -> Self {
        Self::new("")
    }
}

impl Deref for Str<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// A borrowed list: a pointer and a count in C.
#[repr(C)]
pub struct List<'a, T> {
    pub(super) data: *const T,
    pub(super) len: usize,
    life: PhantomData<&'a [T]>,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<'_, T> {}

// SAFETY: a `List` is a `&[T]` taken apart; it crosses threads exactly when `&[T]` does.
unsafe impl<T: Sync> Send for List<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for List<'_, T> {}

impl<'a, T> List<'a, T> {
    /// Views a slice.
    pub const fn new(items: &'a [T]) -> Self {
        Self { data: items.as_ptr(), len: items.len(), life: PhantomData }
    }

    /// The slice itself.
    pub const fn as_slice(&self) -> &'a [T] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: made from a `&'a [T]`, or over C promised to point at `len` values until the call
        // returns.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }

    /// Pointer and count, as they came.
    pub(super) const fn into_parts(self) -> (*const T, usize) {
        (self.data, self.len)
    }

    /// Views `len` values at `data`.
    ///
    /// # Safety
    /// `data` points at `len` values that stay in place, unchanged, for `'a`.
    pub(crate) const unsafe fn from_raw(data: *const T, len: usize) -> Self {
        Self { data, len, life: PhantomData }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl<T> Deref for List<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: fmt::Debug> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}
