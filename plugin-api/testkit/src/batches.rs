//! The same answers however the items are batched.

use crate::hostile::{items, items_of_examples};
use crate::item::{Answer, Item, ask, brief};
use crate::subject::{Subject, Verdict};
use engraft_plugin::register::Instance;

impl Subject<'_> {
    /// Asks the same items in one batch, backwards, one by one, and in threes on a fresh instance: the
    /// answers must be the same to the last bit, refusals included.
    ///
    /// The items are those of the descriptor's examples and of [`crate::texts`].
    ///
    /// # Errors
    /// Names the first item whose answers differ.
    pub fn batches(&self) -> Verdict {
        let fresh = self.open_default()?;
        for (instance, fresh) in self.open_default()?.iter().zip(&fresh) {
            let mut groups = items(instance)?;
            groups.extend(items_of_examples(&self.descriptor));
            groups.iter().try_for_each(|items| compare(instance, fresh, items))?;
        }
        Ok(())
    }
}

fn compare(instance: &Instance, fresh: &Instance, items: &[Item]) -> Verdict {
    let whole = ask(instance, items)?;
    let backwards: Vec<_> = items.iter().rev().cloned().collect();
    let mut turned = ask(instance, &backwards)?;
    turned.reverse();
    same("backwards", items, &whole, &turned)?;
    same("one by one", items, &whole, &in_parts(instance, items, 1)?)?;
    same("in threes on a fresh instance", items, &whole, &in_parts(fresh, items, 3)?)
}

fn in_parts(instance: &Instance, items: &[Item], size: usize) -> Result<Vec<Answer>, String> {
    let parts: Result<Vec<_>, _> = items.chunks(size).map(|items| ask(instance, items)).collect();
    Ok(parts?.concat())
}

fn same(how: &str, items: &[Item], expected: &[Answer], found: &[Answer]) -> Verdict {
    let differs = items.iter().zip(expected).zip(found).find(|((_, expected), found)| expected != found);
    match differs {
        None => Ok(()),
        Some(((item, expected), found)) => {
            let item = brief(item);
            Err(format!("{how}: other answers\nitem: {item}\nwhole batch: {expected:?}\n{how}: {found:?}"))
        }
    }
}
