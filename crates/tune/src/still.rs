//! What no comparison of scores can move is held still.

use engraft_nn::train::{Body, Parameter};

/// Holds the bias of the last normalisation, for tasks that only set the scores of one linear layer against each other.
///
/// It adds the same to all of those scores, so no loss hears of it, and AdamW would move it at the full rate by what rounding
/// leaves of its gradient.
pub(crate) fn hold_last_bias(body: &mut Body) {
    let last = format!("encoder.layer.{}.output.LayerNorm.bias", body.config().layers.saturating_sub(1));
    if let Some(bias) = body.parameters_mut().iter_mut().find(|parameter| parameter.name == last) {
        *bias = Parameter::frozen(&last, &bias.shape, std::mem::take(&mut bias.values));
    }
}
