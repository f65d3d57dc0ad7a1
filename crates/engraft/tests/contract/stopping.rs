//! A person stops a tuning, and it goes on where it was.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, run};
use crate::ranking;

/// Asks a process to stop, as Ctrl-C does.
fn interrupt(child: &Child) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::INT)
        .unwrap();
}

#[test]
fn what_a_person_stopped_goes_on_to_the_same_model() {
    let bench = ranking::furnished(Bench::tiny());
    let judged = ranking::pairs(&bench);
    let kept = bench.path("kb/.engraft/training");
    let words = |name| {
        [
            "tune",
            "reranker",
            "--data",
            judged.as_str(),
            "--seeds",
            "2",
            "--window",
            "64",
            "--epochs",
            "300",
            "--batch",
            "4",
            "--name",
            name,
        ]
    };
    let weights = |name: &str| {
        std::fs::read(bench.path(&format!("kb/.engraft/models/{name}/encoder/model.safetensors"))).unwrap()
    };
    // What was begun and is no model lies there under a name of its own.
    let tuned = || -> Vec<String> {
        let entries = std::fs::read_dir(bench.path("kb/.engraft/models")).unwrap().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let began = Instant::now();
    bench.json(&words("whole"));
    let whole = began.elapsed();
    let is_kept = || std::fs::read_dir(&kept).is_ok_and(|mut inside| inside.next().is_some());
    assert!(!is_kept(), "what is done is kept");
    // How long things take varies, so that it may be stopped too early or too late.
    let stopped = [5, 6, 4, 7, 3].into_iter().any(|tenths| {
        let mut command = bench.command(&[&["--json"], &words("stopped")[..]].concat());
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(tenths) / 10.0).max(Duration::from_millis(50)));
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            bench.json(&["model", "rm", "stopped"]);
            return false;
        }
        assert_eq!(output.status.code(), Some(3));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(said["error"]["message"].as_str().unwrap().starts_with("stopped"), "{said}");
        assert_eq!(tuned(), ["whole"]);
        is_kept()
    });
    assert!(stopped, "it could not be stopped while it was training");
    let kb = bench.path("kb");
    let again = run(bench.bare(&[&["--workspace", kb.to_str().unwrap()], &words("stopped")[..]].concat()));
    assert!(again.status == 0 && again.stderr.contains("going on after step"), "{}", again.stderr);
    assert!(weights("whole") == weights("stopped"));
    assert!(!is_kept(), "what is done is kept");
}
