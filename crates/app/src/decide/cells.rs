//! The arms of a task that learns from examples: the four cells, perfect use of what is found, and chance.

use engraft_decide::{Arm, ArmRun, Role, Upkeep};

/// An arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Base,
    Retrieval,
    Tuned,
    Both,
    PerfectReader,
    RandomExamples,
}

impl Cell {
    /// All of them, as they are shown.
    pub(super) const ALL: [Cell; 6] =
        [Cell::Base, Cell::Retrieval, Cell::Tuned, Cell::Both, Cell::PerfectReader, Cell::RandomExamples];

    pub(super) fn name(self) -> &'static str {
        match self {
            Cell::Base => "base",
            Cell::Retrieval => "retrieval",
            Cell::Tuned => "tuned",
            Cell::Both => "both",
            Cell::PerfectReader => "perfect-reader",
            Cell::RandomExamples => "random-examples",
        }
    }

    /// How many of `seeds` training seeds make a difference to it.
    pub(super) fn seeds(self, seeds: usize) -> usize {
        if self == Cell::Base { seeds.min(1) } else { seeds }
    }

    /// The arm without its changes.
    pub(super) fn arm(self, description: String, runs: Vec<ArmRun>, upkeep: Upkeep) -> Arm {
        let role = match self {
            Cell::PerfectReader | Cell::RandomExamples => Role::Diagnostic,
            _ => Role::Candidate,
        };
        let diagnostic = role == Role::Diagnostic;
        Arm {
            name: self.name().into(),
            description,
            retrieval: !matches!(self, Cell::Base | Cell::Tuned),
            tuned: matches!(self, Cell::Tuned | Cell::Both),
            role,
            beside: diagnostic.then(|| Cell::Retrieval.name().into()),
            on_premises: true,
            absent: None,
            runs,
            upkeep,
            updates: Vec::new(),
            updates_how: String::new(),
        }
    }
}
