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
/// What a stopped one says, and what to do.
const STOPPED: &str = "stopped; nothing was registered";
const AGAIN: &str = "run the same command again";
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

    /// The models that are listed.
    fn listed(&self) -> Vec<String> {
        let report = self.bench.json(&["model", "list"]);
        let tuned =
            report["models"].as_array().unwrap().iter().filter(|model| model["source"] == "workspace");
        tuned.map(|model| model["name"].as_str().unwrap().to_string()).collect()
    }

    /// How many folders lie among the models and are none.
    fn unfinished(&self) -> usize {
        let entries =
            std::fs::read_dir(self.bench.path("kb/.engraft/models")).into_iter().flatten().flatten();
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

/// Runs a command until it says that, and a moment longer; with it what it said until then.
#[track_caller]
fn begun(mut command: Command, until: &str) -> (Child, String) {
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

/// Asks a process to stop, as Ctrl-C does: the error that it ends with says that, and what to do.
#[track_caller]
fn interrupt(child: Child, message: &str, hint: &str) {
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "it was over before it could be stopped");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = |part: &str| report["error"][part].as_str().unwrap().to_string();
    assert!(said("message").contains(message) && said("hint").contains(hint), "{report}");
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

    let (child, _) = begun(tuning.command("again", "2"), TRAINING);
    kill(child);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 1));

    let (child, said) = begun(tuning.command("again", "1"), TRAINING);
    assert!(said.contains("unfinished models of killed tunings removed: 1\n"), "{said}");
    interrupt(child, STOPPED, AGAIN);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 0));
    assert!(tuning.is_kept());

    let (child, _) = begun(tuning.command("again", "2"), RESUMED);
    kill(child);
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["whole".to_string()], 1));

    let said = tuning.whole("again", "4");
    assert!(said.contains(RESUMED) && said.contains("killed tunings removed: 1\n"), "{said}");
    assert!(tuning.weights("whole") == tuning.weights("again"), "the weights are others");
    assert!(!tuning.is_kept() && tuning.unfinished() == 0, "what is done is kept");
}

/// A classifier's encoder is moved; so many classes that few rows stand for each, which are gone over sixteen times.
fn shelves() -> Tuning {
    let bench = Bench::tiny();
    let row = |place: usize| {
        let class = place % 30;
        let text = format!("item {place} of shelf {class} in row {class}");
        json!({ "text": text, "label": format!("shelf {class}") })
    };
    let data = bench.path("shelves.jsonl");
    std::fs::write(&data, tuning::lines(&(0..1050).map(row).collect::<Vec<_>>())).unwrap();
    let data = data.to_str().unwrap().to_string();
    Tuning::new(bench, &["tune", "classifier", "--data", &data, "--method", "full", "--seeds", "1"])
}

#[test]
fn a_classifier_whose_encoder_is_moved_goes_on_to_the_same_model() {
    let tuning = shelves();
    tuning.whole("whole", "2");

    let (child, _) = begun(tuning.command("again", "1"), TRAINING);
    interrupt(child, STOPPED, AGAIN);
    assert_eq!(tuning.listed(), ["whole"]);
    assert!(tuning.is_kept());

    let said = tuning.whole("again", "4");
    assert!(said.contains(RESUMED), "{said}");
    assert!(tuning.weights("whole") == tuning.weights("again"), "the weights are others");
    assert!(!tuning.is_kept(), "what is done is kept");
}

#[test]
fn the_same_tuning_twice_at_a_time_is_refused_until_the_first_is_over_or_killed() {
    let tuning = shelves();
    let (child, _) = begun(tuning.command("once", "1"), TRAINING);
    // It stands still, so that it is not over before the other begins.
    kill_process(Pid::from_child(&child), Signal::STOP).unwrap();
    let second = run(tuning.command("once", "1"));
    let report: Value = serde_json::from_str(&second.stdout).unwrap();
    let error = &report["error"];
    let said = |part: &str| error[part].as_str().unwrap().to_string();
    assert_eq!((second.status, said("kind")), (3, "conflict".to_string()), "{report}");
    assert!(said("message").contains("is running") && said("hint").contains("`--seed`"), "{report}");
    kill(child);
    tuning.whole("once", "2");
    assert_eq!(tuning.listed(), ["once"]);
    assert!(!tuning.is_kept(), "what is done is kept");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_too_full_for_what_is_done_of_a_training_says_so_and_the_same_command_makes_the_model() {
    let tuning = shelves();
    // A hundred blocks of 512 bytes: as on a full disk a write fails, and no signal ends the process. All that is read would find
    // room; what is trained does not, with two moments for every number.
    let runner = ["sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "sh"];
    let (child, _) = begun(crate::disk::by(&runner, &tuning.command("shelves", "2")), TRAINING);
    interrupt(child, "kb/.engraft/training/", "free some disk space");
    assert_eq!((tuning.listed(), tuning.unfinished()), (Vec::new(), 0));

    tuning.whole("shelves", "2");
    assert_eq!((tuning.listed(), tuning.unfinished()), (vec!["shelves".to_string()], 0));
    assert!(!tuning.is_kept(), "what is done is kept");
}
