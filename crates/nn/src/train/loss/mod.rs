//! What training makes small: each function returns the mean loss and its gradient.

mod classes;
mod contrast;
mod preference;
#[cfg(test)]
mod tests;

pub use classes::{binary, cross_entropy};
pub use contrast::{cosine_square, in_batch};
pub use preference::{
    PreferenceLogs, bradley_terry, dpo, ipo, kto_desirable, kto_undesirable, odds_ratio, simpo,
};

/// `ln(1 + eˣ)`, without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + e⁻ˣ)`.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
