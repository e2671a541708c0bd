//! Collects what a library tells the host's functions during one call.
//!
//! Everything told is read on the spot and copied. The first thing that breaks the contract is the call's
//! failure, whatever comes after it.

use engraft_plugin::abi::answer;
use engraft_plugin::abi::table::{Fail, Texts, WHOLE_CALL, code};
use engraft_plugin::abi::view::Str;
use engraft_plugin::{Answers, Error, Failure, Result};
use std::ffi::c_void;

/// What one call told so far; sinks carry a pointer to it.
struct Told<V> {
    said: Said,
    value: V,
}

/// What `fail` was told.
#[derive(Default)]
struct Said {
    items: Vec<(u32, Error)>,
    whole: Option<Error>,
    failure: Option<Failure>,
}

/// The answers of a batch, where they have come.
pub(super) type Slots<T> = Vec<Option<T>>;

/// Makes a call that answers as a whole: what its sink left in `value`, or the plugin's refusal.
///
/// `sink` makes the sink of the pointer that it is to carry; its function ends in [`take`] of a `V`.
pub(super) fn single<V, S>(
    value: V,
    sink: impl FnOnce(*mut c_void) -> S,
    call: impl FnOnce(*const S, *const Fail) -> i32,
) -> Result<Result<V>, Failure> {
    let (said, value) = tell(value, sink, call)?;
    if let Some((item, error)) = said.items.first() {
        return Err(Failure::Answer(format!("refused item {item} of a call that has none: {error}")));
    }
    Ok(said.whole.map_or(Ok(value), Err))
}

/// Makes a call that answers `count` items, each once. `sink` is as in [`single`]; its function ends in
/// [`take_item`] of a `T`.
pub(super) fn batch<T, S>(
    count: usize,
    sink: impl FnOnce(*mut c_void) -> S,
    call: impl FnOnce(*const S, *const Fail) -> i32,
) -> Answers<T> {
    let slots: Slots<T> = std::iter::repeat_with(|| None).take(count).collect();
    let (said, slots) = tell(slots, sink, call)?;
    if let Some(refused) = said.whole {
        return Err(Failure::Answer(format!("refused a whole batch, where items are refused one by one: {refused}")));
    }
    let mut answers: Slots<Result<T>> = slots.into_iter().map(|slot| slot.map(Ok)).collect();
    for (item, error) in said.items {
        put(&mut answers, item, Err(error))?;
    }
    let got = answers.iter().flatten().count();
    let all: Option<Vec<_>> = answers.into_iter().collect();
    all.ok_or(Failure::Count { expected: count, got })
}

fn tell<V, S>(
    value: V,
    sink: impl FnOnce(*mut c_void) -> S,
    call: impl FnOnce(*const S, *const Fail) -> i32,
) -> Result<(Said, V), Failure> {
    let mut told = Told { said: Said::default(), value };
    let host = &raw mut told;
    let sink = sink(host.cast());
    // SAFETY: `told` lives to the end of this function; the sinks reach it through this pointer only.
    let fail = Fail { host: unsafe { &raw mut (*host).said }.cast(), put: hear };
    let status = call(&raw const sink, &raw const fail);
    let Told { mut said, value } = told;
    if let Some(failure) = said.failure.take() {
        return Err(failure);
    }
    match said.whole.take() {
        Some(error) if error.code == code::PANIC => Err(Failure::Panic(error.message)),
        Some(error) if error.code == code::ANSWER => Err(Failure::Answer(error.message)),
        None if status != 0 => Err(Failure::Answer(format!("{status}, which is no success, and did not say why"))),
        whole => Ok((Said { whole, ..said }, value)),
    }
}

/// [`Fail`]'s function.
unsafe extern "C" fn hear(host: *mut c_void, item: u32, code: Str<'_>, message: Str<'_>) {
    // SAFETY: `tell` made this pointer of a `Said`, for the call that is running; the header asks for texts
    // that are there.
    let (said, texts) = unsafe { (&mut *host.cast::<Said>(), (answer::text(code), answer::text(message))) };
    match texts {
        (Ok(code), Ok(message)) if item == WHOLE_CALL => said.whole = Some(Error::new(code, message)),
        (Ok(code), Ok(message)) => said.items.push((item, Error::new(code, message))),
        (Err(failure), _) | (_, Err(failure)) => {
            said.failure.get_or_insert(failure);
        }
    }
}

/// What a sink's function does with what came: reads it into the call's value; 1 when it breaks the contract.
///
/// # Safety
/// `host` was made by [`single`] or [`batch`] for a value of type `V`, for the call that is running.
pub(super) unsafe fn take<V>(host: *mut c_void, read: impl FnOnce(&mut V) -> Result<(), Failure>) -> i32 {
    // SAFETY: the caller's promise.
    let told = unsafe { &mut *host.cast::<Told<V>>() };
    match read(&mut told.value) {
        Ok(()) => 0,
        Err(failure) => {
            told.said.failure.get_or_insert(failure);
            1
        }
    }
}

/// [`take`] for one item of a batch.
///
/// # Safety
/// `host` was made by [`batch`] for items of type `T`, for the call that is running.
pub(super) unsafe fn take_item<T>(host: *mut c_void, item: u32, read: impl FnOnce() -> Result<T, Failure>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { take(host, |slots: &mut Slots<T>| put(slots, item, read()?)) }
}

fn put<T>(slots: &mut Slots<T>, item: u32, value: T) -> Result<(), Failure> {
    let count = slots.len();
    match slots.get_mut(item as usize) {
        Some(Some(_)) => Err(Failure::Answer(format!("item {item} twice"))),
        Some(slot) => {
            *slot = Some(value);
            Ok(())
        }
        None => Err(Failure::Answer(format!("item {item} of a batch of {count}"))),
    }
}

/// A sink that collects texts, for [`single`] over a `Vec<String>`.
pub(super) fn texts(host: *mut c_void) -> Texts {
    unsafe extern "C" fn take_text(host: *mut c_void, text: Str<'_>) -> i32 {
        // SAFETY: `texts` is used for calls over a `Vec<String>`; the header asks for a text that is there.
        unsafe { take(host, |all: &mut Vec<String>| answer::text(text).map(|text| all.push(text.to_owned()))) }
    }
    Texts { host, put: take_text }
}

/// The only text of a call.
pub(super) fn only(texts: Vec<String>) -> Result<String, Failure> {
    let got = texts.len();
    <[String; 1]>::try_from(texts).map(|[text]| text).map_err(|_| Failure::Count { expected: 1, got })
}
