//! How much growth and load a task measures.

use serde::Deserialize;

use super::words;

/// How it is found out what growth and load do to an arm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Questions that are asked among less and more; 0: growth is not measured.
    #[serde(default = "words::grown")]
    pub questions: usize,
    /// Passages or examples that are made up, at most, where there are not ten times as many.
    #[serde(default = "words::made_up")]
    pub made_up: usize,
    /// Seconds for which an arm is put under load, at most; 0: not at all.
    #[serde(default = "words::load")]
    pub load_s: f64,
    /// The same for an arm that asks a language model, where every question is a request to pay for; by default not at all.
    #[serde(default)]
    pub paid_load_s: f64,
}

impl Default for Scaling {
    fn default() -> Scaling {
        Scaling {
            questions: words::grown(),
            made_up: words::made_up(),
            load_s: words::load(),
            paid_load_s: 0.0,
        }
    }
}
