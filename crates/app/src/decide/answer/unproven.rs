//! What was tuned and is not proven to help, asked all the same: what it does here, whichever way that goes, and never chosen.

use engraft_decide::{Arm, NOT_PROVEN};

use super::asker::Asker;
use super::diagnostic::diagnostic;
use super::parts::Tuned;
use super::questions::Posed;
use crate::{Error, Workspace};

/// The diagnostic, beside `retrieval`; `None` where whatever was tried takes part, or nothing was.
pub(super) fn arm(
    asker: &mut Asker,
    workspace: &mut Workspace,
    tuned: &Tuned,
    asked: &[Posed],
) -> Result<Option<Arm>, Error> {
    let Some(how) = &tuned.tried else { return Ok(None) };
    let rows = asker.run(workspace, "not-proven", how, (asked, &[]))?;
    let description = format!(
        "The same as `retrieval` with all that was trained, proven to help or not: {}; meaning weighs {:.2}, and below a support of \
         {:.3} it abstains",
        tuned.tried_named(),
        how.dense_weight,
        how.min_support
    );
    Ok(Some(diagnostic(NOT_PROVEN, &description, "retrieval", true, rows)))
}
