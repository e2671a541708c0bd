//! What becomes of numbers and dates, form by form.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use engraft_plugin::edit;
use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{Plugin, Setting};
use engraft_plugin::text::{ExampleBuf, Views};
use engraft_preprocessor_numbers::{Numbers, Settings, Slashes};

fn clean_with(text: &str, settings: Settings) -> String {
    let example = ExampleBuf::new("1", text);
    let plugin = Numbers::open(settings, &Setting::default()).unwrap();
    let edits = plugin.clean(&Views::examples([&example]).as_slice()[0]).unwrap();
    edit::apply(&example, &edits).unwrap().text
}

fn clean(text: &str) -> String {
    clean_with(text, Settings::default())
}

#[test]
fn numbers_lose_their_grouping_and_nothing_else() {
    for (text, expected) in [
        ("$1,000.00", "$1000.00"),
        ("1,250,000", "1250000"),
        ("12,5", "12,5"),
        ("1,2,3", "1,2,3"),
        ("1.1.1.1", "1.1.1.1"),
        ("in 10,000.", "in 10000."),
        ("120/80 mmHg", "120/80 mmHg"),
        ("−3.2%", "-3.2%"),
        ("5−10 mg", "5−10 mg"),
        ("COVID-19 B1,000", "COVID-19 B1,000"),
        ("007 0.50", "007 0.50"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
}

#[test]
fn units_of_size_are_written_out() {
    for (text, expected) in [
        ("12.5亿", "1250000000"),
        ("0.5万", "5000"),
        ("3万5千", "35000"),
        ("1百万", "1000000"),
        ("3万5", "3万5"),
        ("1,250万元", "12500000元"),
        ("1.2万亿", "1200000000000"),
        ("USD 2.5 million", "USD 2500000"),
        ("a 3-billion loss", "a 3000000000 loss"),
        ("3 millions", "3 millions"),
        ("1.23456 thousand", "1234.56"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
}

#[test]
fn chinese_numerals_become_digits_where_they_are_numbers() {
    for (text, expected) in [
        ("三千万", "30000000"),
        ("第十二条", "第12条"),
        ("二十一世纪", "21世纪"),
        ("百分之三点五", "3.5%"),
        ("三点五亿元", "350000000元"),
        ("三点五十分", "三点50分"),
        ("十分重要，万一一般", "十分重要，万一一般"),
        ("一〇三室", "103室"),
        ("数百万人", "数百万人"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
}

#[test]
fn dates_become_iso_dates() {
    for (text, expected) in [
        ("2025年3月5日", "2025-03-05"),
        ("2025 年 3 月 5 日", "2025-03-05"),
        ("二〇二五年三月", "2025-03"),
        ("二〇二五年", "2025年"),
        ("三月五日", "3月5日"),
        ("三年五个月", "三年五个月"),
        ("2025年2月30日", "2025年2月30日"),
        ("5 Mar 2025", "2025-03-05"),
        ("5th of March, 2025", "2025-03-05"),
        ("March 2025", "March 2025"),
        ("May 5 patients", "May 5 patients"),
        ("2025/3/5", "2025-03-05"),
        ("25/12/2024", "2024-12-25"),
        ("12/25/2024", "2024-12-25"),
        ("1.2.3.4", "1.2.3.4"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
    let month_first = Settings { slashes: Slashes::MonthFirst, ..Settings::default() };
    assert_eq!(clean_with("03/04/2025", month_first), "2025-03-04");
}

#[test]
fn what_was_brought_to_one_form_stays_as_it_is() {
    for text in ["2025-03-05", "1250000", "30%", "-3.2%", "3月5日"] {
        assert_eq!(clean(text), text);
    }
}
