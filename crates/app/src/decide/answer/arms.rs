//! The four cells of an answering task without a language model: two are measured, and two say why they are not.

use engraft_decide::{Arm, ArmRun, NOT_PROVEN, Role, Row, Upkeep};

use super::built::Built;
use super::edits::Edited;
use super::parts::{LEAST, Tuned};

/// What the cells are made of.
pub(super) struct Cells<'c> {
    pub(super) built: &'c Built,
    /// What `retrieval` answered.
    pub(super) base: &'c [Row],
    /// What `both` answered, where that is another arm.
    pub(super) better: Option<&'c [Row]>,
    /// What tuning came to, where there was enough to tune on.
    pub(super) tuned: Option<&'c Tuned>,
    /// How many training questions there are.
    pub(super) training: usize,
    /// Whether what is not proven is shown beside the cells.
    pub(super) diagnostics: bool,
}

impl Cells<'_> {
    /// Base, retrieval, tuned and both, with the edits of `retrieval` and of `both`; empty where none was made yet.
    pub(super) fn arms(&self, [edited, edited_better]: [&[Edited]; 2]) -> Vec<Arm> {
        let described = "Finds passages and quotes the sentences that answer, or abstains".to_string();
        let retrieval = arm("retrieval", described, true, false);
        vec![
            absent("base", false),
            measured(retrieval, self.base, self.upkeep(edited), edited),
            absent("tuned", true),
            self.both(edited_better),
        ]
    }

    fn both(&self, edited: &[Edited]) -> Arm {
        let (Some(rows), Some(tuned)) = (self.better, self.tuned) else {
            let absent = Some(match self.tuned {
                Some(tuned) => not_proven(tuned.tried.is_some() && self.diagnostics),
                None => format!("it takes {LEAST} training questions to tune on"),
            });
            return Arm {
                absent,
                ..arm("both", "Retrieval tuned on the team's questions".into(), true, true)
            };
        };
        let described = format!(
            "The same with what was tuned on {} questions and proven: {}; meaning weighs {:.2}, and below a support of {:.3} it abstains",
            self.training,
            tuned.named(),
            tuned.how.dense_weight,
            tuned.how.min_support
        );
        let usual = self.upkeep(edited);
        let upkeep = Upkeep {
            labels: self.training,
            build_cpu_s: usual.build_cpu_s + tuned.cpu_s(),
            build_s: Some(self.built.s + tuned.s()),
            ..usual
        };
        measured(arm("both", described, true, true), rows, upkeep, edited)
    }

    fn upkeep(&self, edited: &[Edited]) -> Upkeep {
        let update_cpu_s = edited.iter().map(|edit| edit.cpu_s).sum::<f64>() / edited.len().max(1) as f64;
        let Built { s, cpu_s, bytes, .. } = *self.built;
        Upkeep { build_cpu_s: cpu_s, build_s: Some(s), update_cpu_s, bytes, ..Upkeep::default() }
    }
}

fn arm(name: &str, description: String, retrieval: bool, tuned: bool) -> Arm {
    Arm {
        name: name.into(),
        description,
        retrieval,
        tuned,
        role: Role::Candidate,
        beside: None,
        on_premises: true,
        absent: None,
        runs: Vec::new(),
        upkeep: Upkeep::default(),
        updates: Vec::new(),
        updates_how: String::new(),
    }
}

fn absent(name: &str, tuned: bool) -> Arm {
    Arm {
        absent: Some("without retrieval an answer needs a language model, and none is configured".into()),
        ..arm(name, "A language model answers from memory".into(), false, tuned)
    }
}

fn measured(arm: Arm, rows: &[Row], upkeep: Upkeep, edited: &[Edited]) -> Arm {
    Arm {
        runs: vec![ArmRun { seed: 0, rows: rows.to_vec() }],
        upkeep,
        updates: edited.iter().map(|edit| edit.trial.clone()).collect(),
        updates_how: "A document is edited and taken in, and a question is asked until the answer cites it"
            .into(),
        ..arm
    }
}

/// Why there is no tuned arm although parts of it were tuned; `shown`: what they do all the same is a diagnostic.
fn not_proven(shown: bool) -> String {
    let why = "no part of it was proven to help on the training questions; the data of the report say why";
    match shown {
        true => format!("{why}, and `{NOT_PROVEN}` what it does all the same"),
        false => why.into(),
    }
}

#[cfg(test)]
mod tests {
    use engraft_decide::UpdateTrial;

    use super::*;

    #[test]
    fn the_cells_are_there_before_any_edit_is_made_and_have_the_edits_afterwards() {
        let built = Built { version: String::new(), s: 2.0, cpu_s: 1.0, bytes: 3, words: String::new() };
        let cells =
            Cells { built: &built, base: &[], better: None, tuned: None, training: 5, diagnostics: true };
        let before = cells.arms([&[], &[]]);
        let names: Vec<&str> = before.iter().map(|arm| arm.name.as_str()).collect();
        assert_eq!(names, ["base", "retrieval", "tuned", "both"]);
        assert!(before[1].runs.len() == 1 && before[1].updates.is_empty() && before[1].absent.is_none());
        assert_eq!(before[3].absent.as_deref(), Some("it takes 20 training questions to tune on"));
        let trial = UpdateTrial {
            what: "change".into(),
            probe: "q".into(),
            seconds: Some(1.0),
            limit_s: 10.0,
            fresh: None,
            renewed: None,
        };
        let edits = [1.0, 3.0].map(|cpu_s| Edited { trial: trial.clone(), cpu_s });
        let after = cells.arms([&edits, &[]]);
        assert_eq!((after[1].updates.len(), after[1].upkeep.update_cpu_s), (2, 2.0));
        assert!(after[3].updates.is_empty());
    }
}
