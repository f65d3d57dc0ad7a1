//! What tunings left behind that were killed, or stopped and never gone on with: the next tuning takes it away.

use engraft_tune::Keep;
use engraft_tune::artefact::sweep;

use crate::tune::{TuneRequest, judging};
use crate::{Context, Error, Workspace};

/// Before a tuning reads anything: refuses a name that it could not have, and takes away what earlier ones left, saying how many.
pub(crate) fn begin(context: Context, workspace: &Workspace, asked: &TuneRequest) -> Result<(), Error> {
    judging::must_be_free(workspace, asked)?;
    let unfinished = sweep(&workspace.models());
    if unfinished > 0 {
        context.progress.say(&format!("unfinished models of killed tunings removed: {unfinished}"));
    }
    let forgotten = Keep::sweep(&workspace.trainings(), (context.now_ns)());
    if forgotten > 0 {
        context.progress.say(&format!("trainings stopped more than 30 days ago forgotten: {forgotten}"));
    }
    Ok(())
}
