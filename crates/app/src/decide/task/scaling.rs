//! How much growth and load a task measures.

use serde::Deserialize;

use super::words;

/// Passages made up at most where nothing is said.
const PASSAGES: usize = 1000;
/// Vectors made up at most: more than that is a matter of memory.
const VECTORS: usize = 100_000;

/// How it is found out what growth and load do to an arm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Questions that are asked among less and more; 0: growth is not measured.
    #[serde(default = "words::grown")]
    pub questions: usize,
    /// Passages or examples that are made up, at most, where there are not ten times as many; where nothing is said, as many as
    /// [`Scaling::passages`] and [`Scaling::vectors`] have it.
    pub made_up: Option<usize>,
    /// Seconds for which an arm is put under load, at most; 0: not at all.
    #[serde(default = "words::load")]
    pub load_s: f64,
    /// The same for an arm that asks a language model, where every question is a request to pay for; by default not at all.
    #[serde(default)]
    pub paid_load_s: f64,
}

impl Default for Scaling {
    fn default() -> Scaling {
        Scaling { questions: words::grown(), made_up: None, load_s: words::load(), paid_load_s: 0.0 }
    }
}

impl Scaling {
    /// How many passages are made up at most: each is taken in as a document.
    pub fn passages(&self) -> usize {
        self.made_up.unwrap_or(PASSAGES)
    }

    /// How many vectors of examples are made up at most: they cost nothing but memory, which nobody's wish goes beyond.
    pub fn vectors(&self) -> usize {
        self.made_up.map_or(VECTORS, |said| said.min(VECTORS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(made_up: Option<usize>, expected: (usize, usize)) {
        let scaling = Scaling { made_up, ..Scaling::default() };
        assert_eq!((scaling.passages(), scaling.vectors()), expected);
    }

    #[test]
    fn no_more_is_made_up_than_is_said() {
        check(None, (1000, 100_000));
        check(Some(0), (0, 0));
        check(Some(60), (60, 60));
        check(Some(200_000), (200_000, 100_000));
    }
}
