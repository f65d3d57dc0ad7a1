//! What a decision does not tell of growth and load, and why.

use engraft_decide::{DataFact, Experiment};

use super::task::{Task, TaskKind};

/// What of growth and load an experiment holds nothing of, each with the reason.
pub(super) fn left_out(task: &Task, experiment: &Experiment) -> Vec<DataFact> {
    let (grown, pressed) = experiment
        .scale
        .as_ref()
        .map_or((false, false), |scale| (!scale.sizes.is_empty(), !scale.loads.is_empty()));
    let growth = (!grown).then(|| fact("Where there is more to look through", no_growth(task)));
    let load = (!pressed).then(|| fact("Under load", no_load(task)));
    growth.into_iter().chain(load).collect()
}

fn fact(what: &str, why: &str) -> DataFact {
    DataFact { what: what.into(), value: why.into() }
}

fn no_growth(task: &Task) -> &'static str {
    match task.kind {
        TaskKind::Write => {
            "the time of a text is that of the language model, however many examples there are"
        }
        _ if task.asks_a_model() => {
            "every answer of a language model among fewer passages would have to be paid for; with `generator = \"extractive\"` \
             the same documents show what more of them do to search"
        }
        _ if task.scale.questions == 0 => "the task asks for none (`scale.questions` is 0)",
        _ => "there is too little to look through for anything to be left out or made up",
    }
}

fn no_load(task: &Task) -> &'static str {
    match task.asks_a_model() {
        true if task.scale.paid_load_s == 0.0 => {
            "every question asked under load is paid for: `scale.paid_load_s` says for how many seconds an arm may be"
        }
        false if task.scale.load_s == 0.0 => "the task asks for none (`scale.load_s` is 0)",
        _ => "no arm that could be chosen answered anything",
    }
}

#[cfg(test)]
mod tests {
    use engraft_decide::Scale;

    use super::*;

    #[track_caller]
    fn check(task: &str, expected: [&str; 2]) {
        let task = Task::parse(task, "".into(), "t").unwrap();
        for (said, expected) in [no_growth(&task), no_load(&task)].into_iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn what_is_paid_for_is_left_out_for_that_and_what_is_not_wanted_for_that() {
        check(
            "kind = 'classify'\nscale = { questions = 0, load_s = 0 }",
            ["`scale.questions`", "`scale.load_s`"],
        );
        check(
            "kind = 'answer'\ngenerator = 'endpoint'",
            ["would have to be paid for", "`scale.paid_load_s`"],
        );
        check("kind = 'write'", ["the language model, however many", "`scale.paid_load_s`"]);
        check("kind = 'extract'", ["too little", "answered anything"]);
    }

    #[test]
    fn what_was_measured_is_not_said_to_be_left_out() {
        let task = Task::parse("kind = 'classify'", "".into(), "t").unwrap();
        let frame = crate::decide::frame::Frame {
            task: &task,
            created: String::new(),
            command: String::new(),
            threads: 1,
        };
        let told = |scale: Option<Scale>| -> Vec<String> {
            let experiment = Experiment { scale, ..frame.experiment() };
            left_out(&task, &experiment).into_iter().map(|fact| fact.what).collect()
        };
        assert_eq!(told(None), ["Where there is more to look through", "Under load"]);
        let trial = engraft_decide::LoadTrial {
            arm: "base".into(),
            per_second: 1.0,
            workers: 1,
            ms: vec![1.0],
            busy_s: 0.0,
            unanswered: 0,
        };
        assert_eq!(
            told(Some(Scale { loads: vec![trial], ..Scale::default() })),
            ["Where there is more to look through"]
        );
    }
}
