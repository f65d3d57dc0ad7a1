//! Simulated comparisons whose true difference is known: right and wrong answers or grades, alone or alike in documents.

use engraft_eval::{SplitMix, Units};

/// How two systems differ on one question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The first alone is right in `wins` of 1,000 questions, the second alone in `losses`.
    Binary { wins: usize, losses: usize },
    /// Half of the questions are the same; in the others the first scores the root of a uniform number and the second
    /// another uniform number.
    Graded,
}

/// A world to draw comparisons from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    /// What one question says.
    pub(crate) kind: Kind,
    /// How many questions.
    pub(crate) n: usize,
    /// The correlation of questions of one document, in thousandths; 0: every question has its own document.
    pub(crate) icc: usize,
}

impl World {
    /// Eight kinds of comparison at five sizes.
    pub(crate) fn forty() -> Vec<World> {
        let binary = |wins, losses| Kind::Binary { wins, losses };
        let kinds = [
            (binary(100, 20), 0),
            (binary(100, 100), 0),
            (binary(250, 150), 0),
            (binary(150, 100), 100),
            (binary(150, 100), 300),
            (Kind::Graded, 0),
            (Kind::Graded, 100),
            (Kind::Graded, 300),
        ];
        let sizes = [20, 50, 100, 300, 1000];
        kinds.iter().flat_map(|&(kind, icc)| sizes.map(|n| World { kind, n, icc })).collect()
    }

    /// The true mean difference.
    pub(crate) fn truth(&self) -> f64 {
        match self.kind {
            Kind::Binary { wins, losses } => (wins as f64 - losses as f64) / 1000.0,
            Kind::Graded => 0.5 * (2.0 / 3.0 - 0.5),
        }
    }

    /// Which questions share a document: sizes go round 1, 2 and 3 in sets of 20, and 1 to 9 in larger ones.
    pub(crate) fn units(&self) -> Units {
        if self.icc == 0 {
            return Units::independent(self.n);
        }
        let largest = if self.n <= 20 { 3 } else { 9 };
        let sizes = (0..).flat_map(|document| std::iter::repeat_n(document, document % largest + 1));
        Units::documents(&sizes.take(self.n).collect::<Vec<usize>>())
    }

    /// The differences of one drawn comparison. With the root of the correlation as its chance, a question is its
    /// document's own draw instead of a new one, which gives just that correlation.
    pub(crate) fn draw(&self, seed: u64) -> Vec<Option<f64>> {
        let mut draw = SplitMix::new(seed, 77);
        let largest = if self.n <= 20 { 3 } else { 9 };
        let (mut left, mut document, mut shared) = (0, 0, 0.0);
        let copies = (self.icc as f64 / 1000.0).sqrt();
        (0..self.n)
            .map(|_| {
                if left == 0 {
                    (left, shared) = (document % largest + 1, self.kind.draw(&mut draw));
                    document += 1;
                }
                left -= 1;
                let own = self.kind.draw(&mut draw);
                Some(if self.icc > 0 && uniform(&mut draw) < copies { shared } else { own })
            })
            .collect()
    }
}

impl Kind {
    fn draw(self, draw: &mut SplitMix) -> f64 {
        match self {
            Kind::Binary { wins, losses } => match draw.below(1000) {
                at if at < wins => 1.0,
                at if at < wins + losses => -1.0,
                _ => 0.0,
            },
            Kind::Graded => {
                let (same, first, second) = (draw.below(2) == 0, uniform(draw), uniform(draw));
                if same { 0.0 } else { first.sqrt() - second }
            }
        }
    }
}

/// In `[0, 1)`.
pub(crate) fn uniform(draw: &mut SplitMix) -> f64 {
    draw.below(1 << 53) as f64 / (1u64 << 53) as f64
}
