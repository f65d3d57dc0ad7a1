//! A tuned extractor as people read of it.

use std::fmt::Write;

use engraft_app::tune::ExtractorReport;

use crate::print::tuning::{figure, tuned};

pub(crate) fn extractor(report: &ExtractorReport) -> String {
    let mut text = String::new();
    for tier in &report.steps {
        let gain = tier.gain.as_ref().map_or(String::new(), |gain| format!(", gain {}", figure(gain)));
        let _ = writeln!(
            text,
            "{}: span F1 {} cross-validated{gain}; {} on evaluation rows; {:.1} s",
            tier.method,
            figure(&tier.cross_validated),
            figure(&tier.eval),
            tier.seconds
        );
    }
    let notes = [
        (report.repaired, "spans were moved to where their quote stands"),
        (report.unplaced, "spans or values could not be placed in their text and were left out"),
        (report.unsayable, "training spans share a word with another or end inside one"),
    ];
    for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "note: {count} {what}");
    }
    text + &tuned(&report.tune)
}
