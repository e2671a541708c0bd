//! Texts that break careless plugins.

use engraft_plugin::text::{ExampleBuf, SpanBuf};
use std::collections::BTreeSet;

/// Empty, blank, huge, invisible, right-to-left, joined and broken texts.
pub fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\t\r\n \u{a0}\u{3000}\u{2028}\u{85}\u{b}",
        "\u{feff}\u{200b}\u{200d}\u{ad}\u{2060}",
        "\0\u{1}\u{7f}\u{9f}",
        "e\u{301}\u{302}\u{327} Z͑ͫ̓ͪ̂ͫ̽͏̴̙ naïve cafe\u{301}",
        "👩‍⚕️👨‍👩‍👧‍👦🇩🇪 🧬",
        "עִבְרִית العَرَبِيَّة \u{202e}abc\u{202c}",
        "患者发热三天，伴咳嗽。血压 120/80 mmHg",
        "<<p>< b a='>'>&amp;&#x110000;&#0;&#xD800;&#99999999999;&lt</ <!-- <![CDATA[ <script>",
        "((((([[[[{{{{ )]} \"' . , ; : - – — / \\ ...",
        "... !!! ??? not not not never n't no. 1.1.1.1 (a)(b)(c) §§ 50% $1,000.00",
        "ﬁ Ǆ ß İ ı Σς K Å ½ ² Ⅷ",
        "a",
        "no \n\n\n\n\r\n\r\n  fever",
    ]
    .map(str::to_owned)
    .into();
    let long = 100_000;
    texts.extend(
        ["a", "<", "(", " ", "\n", "不", "not ", "The patient has fever. ", "&amp;", "1. "]
            .map(|piece| piece.repeat(long / piece.len())),
    );
    texts
}

/// Each text without spans, and with spans on its edges, on single characters and over each other.
pub(crate) fn hostile_examples(labels: &[String]) -> Vec<ExampleBuf> {
    let mut examples = Vec::new();
    for (number, text) in texts().into_iter().enumerate() {
        let mut example = ExampleBuf::new(format!("hostile-{number}"), text);
        examples.push(example.clone());
        example.id.push_str("-spans");
        example.spans = edge_spans(&example.text, labels);
        if !example.spans.is_empty() {
            examples.push(example);
        }
    }
    examples
}

fn edge_spans(text: &str, labels: &[String]) -> Vec<SpanBuf> {
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).take(3).collect();
    let Some(last) = text.char_indices().next_back().map(|(at, _)| at) else { return Vec::new() };
    let mut spans = BTreeSet::from([(0, text.len()), (last, text.len())]);
    spans.extend(boundaries.windows(2).map(|pair| (pair[0], pair[1])));
    spans.extend(boundaries.last().filter(|&&at| at > 0).map(|&at| (0, at)));
    let label = |n: usize| labels[n % labels.len()].clone();
    spans.into_iter().enumerate().map(|(n, (start, end))| SpanBuf::new(start, end, label(n))).collect()
}
