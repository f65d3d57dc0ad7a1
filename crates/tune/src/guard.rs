//! A training that leads nowhere is stopped: by a loss or gradients that are no numbers, or by something that nothing would move.

use engraft_nn::train::{Parameter, gradient_norm};

use crate::TuneError;

/// Refuses a loss that is no number. Steps count from 1.
pub(crate) fn check_loss(step: u64, loss: f64) -> Result<(), TuneError> {
    match loss.is_finite() {
        true => Ok(()),
        false => Err(TuneError::Diverged { message: format!("the loss of step {step} is {loss}") }),
    }
}

/// Refuses gradients that are no numbers; `norm` is how long they are together.
pub(crate) fn check_norm(step: u64, norm: f64) -> Result<(), TuneError> {
    match norm.is_finite() {
        true => Ok(()),
        false => {
            Err(TuneError::Diverged { message: format!("the gradients of step {step} are {norm} long") })
        }
    }
}

/// Refuses a step that gives a trained tensor no gradient, or one that is no number, and names it; a tensor may have none yet
/// where `may_rest` says so of its name.
pub(crate) fn check_moves<'a>(
    step: u64,
    parameters: impl IntoIterator<Item = &'a Parameter>,
    may_rest: impl Fn(&str) -> bool,
) -> Result<(), TuneError> {
    for parameter in parameters.into_iter().filter(|parameter| parameter.trained) {
        let (name, norm) = (&parameter.name, gradient_norm([parameter]));
        if !norm.is_finite() {
            let message = format!("the gradient of {name} in step {step} is {norm} long");
            return Err(TuneError::Diverged { message });
        }
        if norm == 0.0 && !may_rest(name) {
            return Err(unmoved(name, step));
        }
    }
    Ok(())
}

/// What is said of something that nothing would move.
pub(crate) fn unmoved(name: &str, step: u64) -> TuneError {
    TuneError::Unmoved { message: format!("{name} has no gradient in step {step}, so nothing would move it") }
}
