//! The same answers however the items are batched.

use crate::hostile::{items, items_of_examples};
use crate::item::{Answer, Item, ask, brief};
use crate::linked::{find, open_default};
use engraft_plugin::kind::Plugin;
use engraft_plugin::register::Instance;

/// Asks the same items in one batch, backwards, one by one, in threes and on a fresh instance: the
/// answers must be the same to the last bit, refusals included.
///
/// The items are those of the descriptor's examples and of [`crate::texts`].
///
/// # Panics
/// Names the first item whose answers differ.
pub fn batches<P: Plugin>() {
    let (registration, descriptor) = find::<P>();
    let fresh = open_default(registration);
    for (instance, fresh) in open_default(registration).iter().zip(&fresh) {
        let mut groups = items(instance);
        groups.extend(items_of_examples(&descriptor));
        for items in groups {
            compare(instance, fresh, &items);
        }
    }
}

fn compare(instance: &Instance, fresh: &Instance, items: &[Item]) {
    let whole = ask(instance, items);
    let backwards: Vec<_> = items.iter().rev().cloned().collect();
    let mut turned = ask(instance, &backwards);
    turned.reverse();
    same("backwards", items, &whole, &turned);
    let alone: Vec<_> = items.chunks(1).flat_map(|item| ask(instance, item)).collect();
    same("one by one", items, &whole, &alone);
    let threes: Vec<_> = items.chunks(3).flat_map(|items| ask(fresh, items)).collect();
    same("in threes on a fresh instance", items, &whole, &threes);
}

fn same(how: &str, items: &[Item], expected: &[Answer], found: &[Answer]) {
    for ((item, expected), found) in items.iter().zip(expected).zip(found) {
        assert!(
            expected == found,
            "{how}: other answers\nitem: {}\nwhole batch: {expected:?}\n{how}: {found:?}",
            brief(item)
        );
    }
}
