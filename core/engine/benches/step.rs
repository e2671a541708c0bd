//! Milliseconds of an optimizer step of MiniLM's size, weights drawn:
//! `cargo bench -p engraft-engine --features mimalloc --bench step -- full bf16 real 40`.
//!
//! | word | what |
//! |---|---|
//! | `full`, `lora` | all weights, or rank 16 at every linear layer |
//! | `f32`, `bf16` | how matrices are multiplied |
//! | `real`, `pad`, `long` | 32 sequences of 10 to 57 tokens, 32 of 128 each, or 8 of 512 |
//! | `recompute` | what is cheap computed again |
//! | `ops` | what each operation takes too |
//! | a number | optimizer steps |

#![allow(clippy::unwrap_used, missing_docs, reason = "a program for whoever measures")]

use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::random::{Keys, normal, row};
use engraft_engine::backend::{Feed, Machine};
use engraft_engine::model::{Config, Dropouts, Network};
use engraft_engine::optimize::Learner;
use engraft_engine::run::{OptimizeSettings, Precision};
use engraft_plugin::plan::{At, GraftBuilder, Init, Plan, Select, SiteKind, Train};
use engraft_plugin::{Task, TaskKind};
use std::time::Instant;

const CONFIG: &str = r#"{"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
    "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
    "layer_norm_eps": 1e-12, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}"#;

/// As in the program itself.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: engraft_engine::kernel::Lines = engraft_engine::kernel::Lines;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let says = |word: &str| words.iter().any(|said| said == word);
    let steps = words.iter().find_map(|word| word.parse().ok()).unwrap_or(20);
    let precision = if says("bf16") { Precision::Bf16 } else { Precision::F32 };
    let lengths: Vec<usize> = match [says("pad"), says("long")] {
        [true, _] => vec![128; 32],
        [_, true] => vec![512; 8],
        _ => (0..32).map(|at| 10 + at * 31 % 47).collect(),
    };

    let settings = OptimizeSettings { precision, recompute: says("recompute"), ..OptimizeSettings::default() };
    let machine = Machine::cpu(DType::F32).training(&settings);
    let folder = std::env::temp_dir().join("engraft-bench-step");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), CONFIG).unwrap();
    let config = Config::read(&folder).unwrap();
    let dropouts = Dropouts { hidden: 0.1, attention: 0.1, classifier: 0.1 };
    let plan = if says("lora") { lora() } else { Plan::new("full").train(Train::select("*")) };
    let task = Task::new(TaskKind::Tokens, ["Disease"]);
    let network = Network::new(&config, &dropouts, &task, Some(&plan)).unwrap();
    let weights = network.parameters.iter().enumerate().map(|(at, parameter)| {
        let count: usize = parameter.shape.iter().product();
        let is_scale = parameter.name.ends_with("LayerNorm.weight");
        let draw = |column| if is_scale { 1.0 } else { 0.02 * normal(row(at as u64, 1), column) as f32 };
        Tensor::from_vec((0..count).map(draw).collect::<Vec<f32>>(), &parameter.shape[..], &Device::Cpu).unwrap()
    });
    let mut learner = Learner::new(&network, &plan, weights.collect(), &machine).unwrap();
    let tokens: usize = lengths.iter().sum();
    println!("{tokens} tokens, values of a batch {} MiB", learner.peak(tokens, lengths.len()) >> 20);

    let mut taken = Vec::new();
    if says("ops") {
        learner.training().measure();
    }
    for step in 0..steps {
        let feed = feed(&lengths, step);
        let clock = Instant::now();
        let (loss, gradients) = learner.gradients([Ok(feed)]).unwrap();
        let computed = clock.elapsed();
        learner.step(gradients, &settings, 1e-4, 0.0).unwrap();
        taken.push((clock.elapsed(), computed, loss));
    }
    let ops = learner.training().taken();
    let mut ops: Vec<_> = ops.0.into_iter().collect();
    ops.sort_by_key(|(_, (_, time))| std::cmp::Reverse(*time));
    for (name, (count, time)) in ops {
        println!("{:7.2} ms {:4} {name}", time.as_secs_f64() * 1e3 / steps as f64, count / steps);
    }
    let loss = taken[taken.len() - 1].2;
    taken.sort_by_key(|(whole, ..)| *whole);
    let (whole, computed, _) = taken[taken.len() / 2];
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    println!(
        "{} · {:.1} ms a step ({:.1} of them gradients), {:.0} tokens/s · loss {loss:.4}",
        words.join(" "),
        milliseconds(whole),
        milliseconds(computed),
        tokens as f64 / whole.as_secs_f64(),
    );
}

fn lora() -> Plan {
    let graft = GraftBuilder::at("lora", At::new(SiteKind::Linear, Select::One("*".to_owned())));
    let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() }).add();
    let b = graft.parameter("B", &["out", "r"]).add();
    let x = graft.x().dropout(0.1);
    graft.gives("output", graft.y() + x.matmul_t(a).matmul_t(b) * 2.0);
    Plan::new("lora").dim("r", 16).graft(graft)
}

fn feed(lengths: &[usize], step: usize) -> Feed {
    let mut bounds = vec![0];
    lengths.iter().for_each(|length| bounds.push(bounds[bounds.len() - 1] + length));
    let tokens = bounds[bounds.len() - 1];
    let numbers = |limit: usize, salt: usize| (0..tokens).map(move |at| (at * 7919 + step * 104_729 + salt) % limit);
    let positions = lengths.iter().flat_map(|&length| 0..length as u32);
    Feed {
        ids: Tensor::from_iter(numbers(30_000, 1).map(|id| id as u32), &Device::Cpu).unwrap(),
        positions: Tensor::from_iter(positions, &Device::Cpu).unwrap(),
        classes: Some(Tensor::from_iter(numbers(3, 0).map(|class| class as i64), &Device::Cpu).unwrap()),
        labels: None,
        tasks: None,
        scale: 1.0 / tokens as f64,
        keys: Keys::new(1, step, 0, &bounds),
        bounds,
    }
}
