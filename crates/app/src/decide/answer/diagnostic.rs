//! An arm that shows a limit, and is never chosen.

use engraft_decide::{Arm, ArmRun, Role, Row, Upkeep};

/// What was answered in one run on the team's machines, to be held against the arm `beside`; nothing is changed in it, and it costs no
/// upkeep.
pub(super) fn diagnostic(name: &str, description: &str, beside: &str, tuned: bool, rows: Vec<Row>) -> Arm {
    Arm {
        name: name.into(),
        description: description.into(),
        retrieval: true,
        tuned,
        role: Role::Diagnostic,
        beside: Some(beside.into()),
        on_premises: true,
        absent: None,
        runs: vec![ArmRun { seed: 0, rows }],
        upkeep: Upkeep::default(),
        updates: Vec::new(),
        updates_how: String::new(),
    }
}
