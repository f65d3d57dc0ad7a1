//! A tuning is stopped or killed: nothing is registered, and the same command goes on where it was, to the same model.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::bench::{Bench, run};
use crate::{ranking, tuning};

/// What the trainer says once it begins.
const TRAINING: &str = "train: ";
/// What it says when it begins where another process was.
const RESUMED: &str = "going on after step ";
/// Short beside any training here, and long enough for some steps.
const MOMENT: Duration = Duration::from_millis(50);

/// A workspace, and the words of a tuning that takes a second or more.
struct Tuning {
    bench: Bench,
    words: Vec<String>,
}

impl Tuning {
    fn new(bench: Bench, words: &[&str]) -> Tuning {
        Tuning { bench, words: words.iter().map(ToString::to_string).collect() }
    }

    fn command(&self, name: &str, threads: &str) -> Command {
        let kb = self.bench.path("kb");
        let mut command =
            self.bench.bare(&["--workspace", kb.to_str().unwrap(), "--json", "--threads", threads]);
        command.args(&self.words).args(["--name", name]);
        command
    }

    /// Runs it to its end; what it said on the way.
    fn whole(&self, name: &str, threads: &str) -> String {
        let run = run(self.command(name, threads));
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        run.stderr
    }

    /// Runs it until it says that, and a moment longer; with it what it said until then.
    fn begun(&self, name: &str, threads: &str, until: &str) -> (Child, String) {
        let mut command = self.command(name, threads);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            said += &(line.unwrap() + "\n");
            if said.contains(until) {
                break;
            }
        }
        assert!(said.contains(until), "{said}");
        std::thread::sleep(MOMENT);
        (child, said)
    }

    /// The models that are listed.
    fn listed(&self) -> Vec<String> {
        let report = self.bench.json(&["model", "list"]);
        let tuned =
            report["models"].as_array().unwrap().iter().filter(|model| model["source"] == "workspace");
        tuned.map(|model| model["name"].as_str().unwrap().to_string()).collect()
    }

    /// How many folders lie among the models and are none.
    fn unfinished(&self) -> usize {
        let entries = std::fs::read_dir(self.bench.path("kb/.engraft/models")).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count()
    }

    /// Whether something is kept of a training.
    fn is_kept(&self) -> bool {
        let kept = std::fs::read_dir(self.bench.path("kb/.engraft/training"));
        kept.is_ok_and(|mut inside| inside.next().is_some())
    }

    fn weights(&self, name: &str) -> Vec<u8> {
        let file = format!("kb/.engraft/models/{name}/encoder/model.safetensors");
        std::fs::read(self.bench.path(&file)).unwrap()
    }
}

/// Asks a process to stop, as Ctrl-C does: it says so and what to do.
#[track_caller]
fn interrupt(child: Child) {
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "it was over before it could be stopped");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(said["error"]["message"].as_str().unwrap().starts_with("stopped"), "{said}");
    assert_eq!(said["error"]["hint"], "run the same command again");
}

#[track_caller]
fn kill(mut child: Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(9), "it was over before it could be killed");
}

#[test]
fn what_was_killed_and_stopped_and_killed_again_goes_on_to_the_same_model() {
    let bench = ranking::furnished(Bench::tiny());
    let judged = ranking::pairs(&bench);
    let words = ["tune", "reranker", "--data", &judged, "--seeds", "2", "--window", "64", "--epochs", "300"];
    let tuning = Tuning::new(bench, &[&words[..], &["--batch", "4"]].concat());
    tuning.whole("whole", "2");
    assert!(!tuning.is_kept(), "what is done is kept");

    let (child, _) = tuning.begun("again", "2", TRAINING);
    kill(child);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 1));

    let (child, said) = tuning.begun("again", "1", TRAINING);
    assert!(said.contains("unfinished models of killed tunings removed: 1\n"), "{said}");
    interrupt(child);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 0));
    assert!(tuning.is_kept());

    let (child, _) = tuning.begun("again", "2", RESUMED);
    kill(child);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 1));

    let said = tuning.whole("again", "4");
    assert!(said.contains(RESUMED) && said.contains("killed tunings removed: 1\n"), "{said}");
    assert!(tuning.weights("whole") == tuning.weights("again"), "the weights are others");
    assert!(!tuning.is_kept() && tuning.unfinished() == 0, "what is done is kept");
}

#[test]
fn a_classifier_whose_encoder_is_moved_goes_on_to_the_same_model() {
    let bench = Bench::tiny();
    // So many classes that few rows stand for each: those are gone over sixteen times.
    let row = |place: usize| {
        let class = place % 30;
        let text = format!("item {place} of shelf {class} in row {class}");
        json!({ "text": text, "label": format!("shelf {class}") })
    };
    let data = bench.path("shelves.jsonl");
    std::fs::write(&data, tuning::lines(&(0..1050).map(row).collect::<Vec<_>>())).unwrap();
    let data = data.to_str().unwrap().to_string();
    let words = ["tune", "classifier", "--data", &data, "--method", "full", "--seeds", "1"];
    let tuning = Tuning::new(bench, &words);
    tuning.whole("whole", "2");

    let (child, _) = tuning.begun("again", "1", TRAINING);
    interrupt(child);
    assert_eq!(tuning.listed(), ["whole"]);
    assert!(tuning.is_kept());

    let said = tuning.whole("again", "4");
    assert!(said.contains(RESUMED), "{said}");
    assert!(tuning.weights("whole") == tuning.weights("again"), "the weights are others");
    assert!(!tuning.is_kept(), "what is done is kept");
}
