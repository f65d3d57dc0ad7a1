//! A decision in the studio while it runs: told over a stream, as far as a language model lets it get that waits for the test.

use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::sleep;
use std::time::Duration;

use engraft_testkit::endpoint::Scripted;
use serde_json::Value;

use crate::decide_model::{bench, reader, rooms};
use crate::studio::Studio;

/// Requests that are answered before the stream is opened.
const FIRST: usize = 10;
/// Requests that are answered before it is looked at again.
const NEXT: usize = 80;
/// How long those in between take, four at a time: together longer than a decision lets pass between telling how far it is.
const EACH: Duration = Duration::from_millis(50);

/// How many requests are answered.
#[derive(Default)]
struct Gate {
    open: Mutex<usize>,
    opened: Condvar,
}

impl Gate {
    fn open(&self, requests: usize) {
        *self.open.lock().unwrap() = requests;
        self.opened.notify_all();
    }

    /// Waits until a request with so many before it is answered.
    fn wait(&self, before: usize) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| *open <= before).unwrap());
    }
}

#[test]
fn a_decision_is_told_step_by_step_while_it_runs_and_then_what_it_came_to() {
    let gate = Arc::new(Gate::default());
    gate.open(FIRST);
    let held = Arc::clone(&gate);
    let server = Scripted::start(move |asked, before| {
        held.wait(before);
        if (FIRST..NEXT).contains(&before) {
            sleep(EACH);
        }
        reader(asked)
    })
    .unwrap();
    let bench = bench(&server, "timeout_s = 600.0");
    let task = bench.path("task.toml");
    std::fs::write(&task, rooms(&bench)).unwrap();
    bench.json(&["user", "add", "kim", "--role", "owner"]);
    let made = bench.json(&["token", "create", "--as", "kim", "--scope", "read"]);
    let token = made["token"].as_str().unwrap();

    let mut command = bench.command(&["--json", "decide", task.to_str().unwrap()]);
    let mut deciding = command.stdout(Stdio::piped()).spawn().unwrap();
    while server.asked().len() <= FIRST {
        assert!(deciding.try_wait().unwrap().is_none(), "it ended before it was asked for anything");
        sleep(Duration::from_millis(20));
    }
    let studio = Studio::start(bench.command(&["serve", "--addr", "127.0.0.1:0"]));
    let page = studio.get("/decisions/1", token);
    assert!(page.contains(r#"data-live="/decisions/1/live""#) && page.contains("Last heard"), "{page}");
    let mut events = studio.hear("/decisions/1/live", token);
    let first = events.next().unwrap();
    gate.open(NEXT);
    let next = events.next().unwrap();
    gate.open(usize::MAX);
    let last = events.find(|event| event.contains("data-decided")).unwrap();

    for event in [&first, &next] {
        assert!(event.contains("Last heard") && !event.contains("data-decided"), "{event}");
    }
    assert!(first != next && next.contains("Ask ") && next.contains(" of "), "{first}\n{next}");
    let output = deciding.wait_with_output().unwrap();
    let decision: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{decision}");
    let verdict = decision["verdict"].as_str().unwrap();
    assert!(last.contains(verdict.split('`').next().unwrap()), "{verdict}: {last}");
    assert!(studio.get("/decisions/1", token).contains("data-weigh"));
}
