//! A run that is killed again and again ends like the unbroken one, bit for bit.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::{engraft, workspace};

/// Lines of a file that may not be there yet.
fn steps_done(events: &Path) -> usize {
    fs::read_to_string(events).map_or(0, |text| text.lines().filter(|line| line.contains("\"event\":\"step\"")).count())
}

fn start(folder: &Path, out: &str, sets: &[&str], resume: bool) -> Child {
    let mut command: Command = engraft();
    command.current_dir(folder).args(["train", "run.toml", "--out", out, "--quiet"]);
    // Long enough to be killed ten times.
    command.args(["--set", "optimize.epochs=40"]);
    command.args(sets.iter().flat_map(|set| ["--set", *set]));
    if resume {
        command.arg("--resume");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

#[test]
fn ten_kills_and_resumes_end_in_the_same_bits_as_an_unbroken_run() {
    killed_and_resumed("f32", &["optimize.precision=f32"]);
}

#[test]
fn so_they_do_in_bf16() {
    killed_and_resumed("bf16", &["optimize.precision=bf16"]);
}

#[test]
fn so_they_do_where_windows_are_sampled_by_label_domain_and_difficulty_and_the_loss_is_weighed() {
    killed_and_resumed(
        "sampled",
        &[
            "data.train=",
            "data.domains.ward=train.jsonl",
            "data.domains.clinic=dev.jsonl",
            "batch.balance.by=domain",
            "batch.balance.strength=0.5",
            "batch.mix.temperature=2.0",
            "batch.mix.floor=0.1",
            "batch.curriculum.by=rarity",
            "optimize.loss.focal=2.0",
            "optimize.loss.weights=balanced",
        ],
    );
}

#[test]
fn so_they_do_where_the_pretrained_model_fills_holes() {
    let model = format!("model.source={}", support::fixtures().join("masked/bert").display());
    let holes = ["augment.1.use=masked", "augment.1.grant=[\"fill-mask\"]", "augment.1.substitute=0.5"];
    killed_and_resumed("holes", &[&[model.as_str()], &holes[..]].concat());
}

fn killed_and_resumed(name: &str, sets: &[&str]) {
    let folder = workspace(&format!("resume-{name}"));
    assert!(start(&folder, "whole", sets, false).wait().expect("it ends").success());
    let mut kills = 0;
    let mut random = 17u64;
    for round in 0.. {
        let mut child = start(&folder, "broken", sets, round > 0);
        let events = folder.join("broken/events.jsonl");
        let before = steps_done(&events);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let more = 1 + (random >> 33) as usize % 9;
        let status = loop {
            if let Some(status) = child.try_wait().expect("it can be asked") {
                break Some(status);
            }
            if kills < 10 && steps_done(&events) >= before.saturating_sub(4) + more {
                child.kill().expect("it can be killed");
                child.wait().expect("it ends");
                kills += 1;
                break None;
            }
            std::thread::yield_now();
        };
        if let Some(status) = status {
            assert!(status.success(), "round {round}: a resumed run ends well");
            break;
        }
    }
    assert_eq!(kills, 10, "the run is long enough to be killed ten times");
    for file in ["model/model.safetensors", "events.jsonl", "report.json"] {
        let read = |out: &str| fs::read(folder.join(out).join(file)).expect("both runs leave it");
        let (whole, broken) = (read("whole"), read("broken"));
        if file == "report.json" {
            let plain = |bytes: &[u8]| {
                let mut report: serde_json::Value = serde_json::from_slice(bytes).expect("it is JSON");
                report.as_object_mut().expect("it is an object").remove("timing");
                report
            };
            assert_eq!(plain(&whole), plain(&broken));
        } else {
            assert!(whole == broken, "{file} differs");
        }
    }
}
