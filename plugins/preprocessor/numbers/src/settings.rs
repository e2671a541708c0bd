//! The settings of `numbers`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is brought to one form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Numbers of digits lose the marks between thousands: `1,250,000` becomes `1250000`, `−3` becomes `-3`.
    pub grouping: bool,
    /// The comma is the decimal mark and the point stands between thousands: `1.250,5` becomes `1250.5`.
    pub decimal_comma: bool,
    /// Numbers with a unit of size are written out: `12.5亿` becomes `1250000000`, `3 million` `3000000`.
    pub magnitudes: bool,
    /// Chinese numerals become digits: `三千万` becomes `30000000`, `百分之三十` `30%`.
    pub chinese: bool,
    /// Dates become `2025-03-05`: `2025年3月5日`, `二〇二五年三月五日`, `March 5, 2025`, `5 Mar 2025`, `2025/3/5`.
    pub dates: bool,
    /// Which number comes first in `03/04/2025`, where dates are written.
    pub slashes: Slashes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grouping: true,
            decimal_comma: false,
            magnitudes: true,
            chinese: true,
            dates: true,
            slashes: Slashes::Keep,
        }
    }
}

/// Which number comes first in a date with the year at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Slashes {
    /// It is not known: such dates stay as they are, unless one number is greater than 12.
    Keep,
    /// The day.
    DayFirst,
    /// The month.
    MonthFirst,
}
