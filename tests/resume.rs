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

fn start(folder: &Path, out: &str, precision: &str, resume: bool) -> Child {
    let mut command: Command = engraft();
    command.current_dir(folder).args(["train", "run.toml", "--out", out, "--quiet"]);
    // Long enough to be killed ten times.
    command.args(["--set", &format!("optimize.precision={precision}"), "--set", "optimize.epochs=40"]);
    if resume {
        command.arg("--resume");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

#[test]
fn ten_kills_and_resumes_end_in_the_same_bits_as_an_unbroken_run() {
    killed_and_resumed("f32");
}

#[test]
fn so_they_do_in_bf16() {
    killed_and_resumed("bf16");
}

fn killed_and_resumed(precision: &str) {
    let folder = workspace(&format!("resume-{precision}"));
    assert!(start(&folder, "whole", precision, false).wait().expect("it ends").success());
    let mut kills = 0;
    let mut random = 17u64;
    for round in 0.. {
        let mut child = start(&folder, "broken", precision, round > 0);
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
