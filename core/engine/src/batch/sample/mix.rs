//! Mix: shares of domains in every epoch.
//!
//! ```text
//! share = (1 − floor) · given/Σ given           + floor / domains      with `shares`
//!       = (1 − floor) · n^(1/T) / Σ n^(1/T)     + floor / domains      without: T the temperature
//! ```
//!
//! The floor is the part of an epoch that all domains share equally, so that none is forgotten, whatever the shares say. An
//! epoch is as long as without mixing. Source of the temperature: Arivazhagan et al. 2019 (arXiv:1907.05019).

use super::{Marks, percent, take};
use crate::{Error, Result};
use engraft_plugin::{Random, seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[batch.mix]`: the share of each domain in every epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// The field of the records that names their domain; `data.domains` sets `domain`.
    pub by: String,
    /// What each domain gets, as parts of the whole: `{ law = 3, news = 1 }`. By their sizes where nothing is given.
    pub shares: BTreeMap<String, f64>,
    /// Without `shares`: 1 leaves domains as large as they are, more brings them nearer to each other, 5 is usual for
    /// languages.
    pub temperature: f64,
    /// The part of an epoch that all domains share equally, 0 to 1, whatever `shares` or sizes say.
    pub floor: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Self { by: "domain".to_owned(), shares: BTreeMap::new(), temperature: 1.0, floor: 0.0 }
    }
}

impl Mix {
    /// Refuses shares that do not name the domains there are.
    pub(super) fn check(&self, domains: &[String]) -> Result<()> {
        let refuse = |key: &str, expected: String, got: String| {
            Err(Error::Setting { key: format!("batch.mix.{key}"), expected, got })
        };
        if !(0.0..=1.0).contains(&self.floor) {
            return refuse("floor", "0 to 1".to_owned(), self.floor.to_string());
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return refuse("temperature", "more than 0".to_owned(), self.temperature.to_string());
        }
        if domains.is_empty() {
            let expected = format!("records with a field `{}`, or files in `data.domains`", self.by);
            return refuse("by", expected, "none".to_owned());
        }
        if self.shares.is_empty() {
            return Ok(());
        }
        let named: Vec<&String> = self.shares.keys().collect();
        if let Some(missing) = domains.iter().find(|domain| !self.shares.contains_key(*domain)) {
            let expected = format!("a share of `{missing}`, which the training data has (0 leaves it to the floor)");
            return refuse("shares", expected, format!("shares of {named:?}"));
        }
        if let Some((other, _)) = self.shares.iter().find(|(name, _)| !domains.contains(name)) {
            return refuse("shares", format!("domains of the training data: {domains:?}"), format!("`{other}`"));
        }
        let is_share = |share: &f64| *share >= 0.0 && share.is_finite();
        if !self.shares.values().all(is_share) || self.shares.values().sum::<f64>() <= 0.0 {
            return refuse("shares", "numbers of 0 or more, one above 0".to_owned(), format!("{:?}", self.shares));
        }
        Ok(())
    }

    /// How many of `whole` windows each domain gets; domains without a window get none.
    fn wanted(&self, sizes: &BTreeMap<u32, usize>, name: impl Fn(u32) -> String) -> BTreeMap<u32, usize> {
        let whole: usize = sizes.values().sum();
        let part = |(of, size): (&u32, &usize)| match self.shares.get(&name(*of)) {
            Some(share) => *share,
            None => libm::pow(*size as f64, 1.0 / self.temperature),
        };
        let parts: Vec<f64> = sizes.iter().map(part).collect();
        let sum: f64 = parts.iter().sum();
        let even = 1.0 / sizes.len().max(1) as f64;
        let own = |part: f64| if sum > 0.0 { part / sum } else { even };
        let shares = parts.iter().map(|part| (1.0 - self.floor) * own(*part) + self.floor * even);
        sizes.keys().copied().zip(shares.map(|share| (share * whole as f64).round() as usize)).collect()
    }

    fn sizes(windows: &[u32], domain: impl Fn(u32) -> u32) -> BTreeMap<u32, usize> {
        let mut sizes = BTreeMap::new();
        windows.iter().for_each(|&at| *sizes.entry(domain(at)).or_default() += 1);
        sizes
    }

    /// The windows of an epoch; `domain` says of which domain a window is.
    pub(in crate::batch) fn apply(
        &self,
        windows: Vec<u32>,
        domain: impl Fn(u32) -> u32 + Copy,
        name: impl Fn(u32) -> String,
        run_seed: u64,
        epoch: usize,
    ) -> Vec<u32> {
        let mut random = Random::new(seed(run_seed, &["mix", &epoch.to_string()]));
        let wanted = self.wanted(&Self::sizes(&windows, domain), name);
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        windows.into_iter().for_each(|at| members.entry(domain(at)).or_default().push(at));
        let mut all: Vec<u32> =
            members.into_iter().flat_map(|(of, members)| take(members, wanted[&of], &mut random)).collect();
        all.sort_unstable();
        all
    }

    /// What it makes of these windows, in words.
    pub(in crate::batch) fn told(
        &self,
        windows: &[u32],
        domain: impl Fn(u32) -> u32,
        name: impl Fn(u32) -> String + Copy,
    ) -> String {
        let sizes = Self::sizes(windows, domain);
        let wanted = self.wanted(&sizes, name);
        let whole: usize = wanted.values().sum();
        let shown = |of: u32| if of == Marks::NONE { "(none)".to_owned() } else { name(of) };
        let line = |(of, size): (&u32, &usize)| {
            format!("{} {size} → {} ({})", shown(*of), wanted[of], percent(wanted[of], whole))
        };
        format!("mix by {}, windows an epoch: {}", self.by, sizes.iter().map(line).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(of: u32) -> String {
        ["law", "news"][of as usize].to_owned()
    }

    /// 20 windows of law, 80 of news.
    fn counts(mix: &Mix) -> [usize; 2] {
        let domain = |at: u32| u32::from(at >= 20);
        let taken = mix.apply((0..100).collect(), domain, name, 7, 0);
        [0, 1].map(|of| taken.iter().filter(|&&at| domain(at) == of).count())
    }

    fn shares(law: f64, news: f64, floor: f64) -> Mix {
        let shares = BTreeMap::from([("law".to_owned(), law), ("news".to_owned(), news)]);
        Mix { shares, floor, ..Mix::default() }
    }

    #[test]
    fn shares_are_kept_and_the_epoch_is_as_long() {
        assert_eq!(counts(&shares(3.0, 1.0, 0.0)), [75, 25]);
        assert_eq!(counts(&Mix::default()), [20, 80]);
        assert_eq!(counts(&Mix { temperature: 2.0, ..Mix::default() }), [33, 67]); // √20 : √80 = 1 : 2
    }

    #[test]
    fn a_domain_of_share_0_is_explored_by_the_floor() {
        assert_eq!(counts(&shares(0.0, 1.0, 0.0)), [0, 100]);
        assert_eq!(counts(&shares(0.0, 1.0, 0.1)), [5, 95]);
        assert_eq!(counts(&shares(0.0, 1.0, 1.0)), [50, 50]);
    }

    #[test]
    fn shares_name_every_domain_and_no_other() {
        let domains = ["law".to_owned(), "news".to_owned()];
        assert!(shares(0.0, 1.0, 0.0).check(&domains).is_ok());
        let code = |mix: Mix, domains: &[String]| mix.check(domains).unwrap_err().to_string();
        assert!(code(shares(1.0, 1.0, 0.0), &domains[..1]).contains("`news`"));
        assert!(
            code(Mix { shares: BTreeMap::from([("law".to_owned(), 1.0)]), ..Mix::default() }, &domains)
                .contains("a share of `news`")
        );
        assert!(code(shares(0.0, 0.0, 0.5), &domains).contains("one above 0"));
        assert!(code(shares(1.0, 1.0, 1.5), &domains).contains("batch.mix.floor"));
        assert!(code(Mix::default(), &[]).contains("data.domains"));
    }
}
