//! Strengths from comparisons of two (Bradley and Terry 1952), with ties after Davidson (1970).
//!
//! Left beats right with a probability in proportion to e^left, right beats left to e^right, and they tie to
//! `tie` · e^((left + right) / 2). Strengths have a weak normal prior, so that who never lost is strong but not infinitely so.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::measured::estimate_grouped;
use crate::optimise::minimise;
use crate::{Metric, Resampling};

/// The prior's weight on the square of each strength: a deviation of about 7, far wider than any real strength.
const PRIOR: f64 = 0.01;

/// Who won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// Neither.
    Tie,
}

/// One comparison of two things. One of a thing with itself says nothing and is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One.
    pub left: String,
    /// The other.
    pub right: String,
    /// Which was better.
    pub outcome: Outcome,
    /// The number of what both are answers to, of any size: comparisons of one item are resampled together.
    pub item: u32,
}

/// How strong each thing is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strengths {
    /// By name.
    pub items: Vec<Strength>,
    /// How common ties are between equals: they tie with probability tie / (2 + tie). 0 without ties.
    pub tie: f64,
}

/// How strong one thing is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strength {
    /// Which thing.
    pub item: String,
    /// On a logarithmic scale with mean 0: one more wins e times as often. n is the number of its comparisons, the interval
    /// is over items. Who never lost or never won has none: nothing but the prior holds such a strength.
    pub strength: Metric,
    /// How often it won.
    pub wins: usize,
    /// How often it lost.
    pub losses: usize,
    /// How often it tied.
    pub ties: usize,
}

/// How a comparison will end; the three sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// The left one wins.
    pub left: f64,
    /// Neither does.
    pub tie: f64,
    /// The right one wins.
    pub right: f64,
}

impl Strengths {
    /// How likely each outcome is between two of the things; `None` when one was never compared.
    pub fn chance(&self, left: &str, right: &str) -> Option<Chance> {
        let strength = |name: &str| self.items.iter().find(|item| item.item == name)?.strength.value;
        let half = (strength(left)? - strength(right)?) / 2.0;
        let all = half.exp() + (-half).exp() + self.tie;
        Some(Chance { left: half.exp() / all, tie: self.tie / all, right: (-half).exp() / all })
    }
}

/// The most probable strengths.
pub fn bradley_terry(comparisons: &[Comparison], resampling: &Resampling) -> Strengths {
    let compared: Vec<&Comparison> = comparisons.iter().filter(|one| one.left != one.right).collect();
    let names: BTreeSet<&str> =
        compared.iter().flat_map(|one| [one.left.as_str(), one.right.as_str()]).collect();
    let place: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let games: Vec<Game> = compared
        .iter()
        .map(|one| Game {
            left: place[one.left.as_str()],
            right: place[one.right.as_str()],
            outcome: one.outcome,
        })
        .collect();
    let distinct: Vec<Game> = games.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let kinds: Vec<usize> = games.iter().map(|game| distinct.partition_point(|kind| kind < game)).collect();
    let played = |weights: &[f64]| {
        let mut played = vec![0.0; distinct.len()];
        kinds.iter().zip(weights).for_each(|(kind, weight)| played[*kind] += weight);
        played
    };
    let mut items: Vec<u32> = compared.iter().map(|one| one.item).collect();
    items.sort_unstable();
    items.dedup();
    let groups: Vec<u32> =
        compared.iter().map(|one| items.partition_point(|item| *item < one.item) as u32).collect();
    let start = fit(vec![0.0; names.len() + 1], &distinct, &played(&vec![1.0; games.len()]));
    let estimates = estimate_grouped(games.len(), &groups, resampling, |weights| {
        fit(start.clone(), &distinct, &played(weights)).into_iter().map(Some).collect()
    });
    let count = |fits: &dyn Fn(&Game) -> bool| games.iter().filter(|game| fits(game)).count();
    let one = |(at, name): (usize, &&str)| {
        let wins = count(&|game| game.winner() == Some(at));
        let ties = count(&|game| game.outcome == Outcome::Tie && (game.left == at || game.right == at));
        let all = count(&|game| game.left == at || game.right == at);
        let losses = all - wins - ties;
        let mut strength = estimates[at].covering(all, all, "").metric;
        if wins == 0 || losses == 0 {
            let never = if losses == 0 { "lost" } else { "won" };
            let why = format!("it never {never}, so there is no end to how strong or weak it may be");
            strength = Metric { low: None, high: None, why: Some(why), ..strength };
        }
        Strength { item: name.to_string(), strength, wins, losses, ties }
    };
    let any_tie = games.iter().any(|game| game.outcome == Outcome::Tie);
    Strengths {
        items: names.iter().enumerate().map(one).collect(),
        tie: if any_tie { start[names.len()].exp() } else { 0.0 },
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Game {
    left: usize,
    right: usize,
    outcome: Outcome,
}

impl Game {
    fn winner(&self) -> Option<usize> {
        match self.outcome {
            Outcome::Left => Some(self.left),
            Outcome::Right => Some(self.right),
            Outcome::Tie => None,
        }
    }
}

/// The strengths, then the logarithm of the weight of ties, when games are played this often.
fn fit(start: Vec<f64>, games: &[Game], weights: &[f64]) -> Vec<f64> {
    let ties = games.iter().zip(weights).any(|(game, weight)| game.outcome == Outcome::Tie && *weight > 0.0);
    let items = start.len() - 1;
    minimise(start, 1e-10, 500, |at, slopes| {
        let tie = if ties { at[items].exp() } else { 0.0 };
        let mut value = 0.0;
        for (place, strength) in at.iter().enumerate() {
            value += PRIOR * strength * strength;
            slopes[place] = 2.0 * PRIOR * strength;
        }
        for (game, weight) in games.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            let half = (at[game.left] - at[game.right]) / 2.0;
            let (left, right) = (half.exp(), (-half).exp());
            let all = left + right + tie;
            let (seen_left, seen_tie) = match game.outcome {
                Outcome::Left => (half, 0.0),
                Outcome::Right => (-half, 0.0),
                Outcome::Tie => (at[items], 1.0),
            };
            let won = match game.outcome {
                Outcome::Left => 0.5,
                Outcome::Right => -0.5,
                Outcome::Tie => 0.0,
            };
            value += weight * (all.ln() - seen_left);
            let pull = weight * ((left - right) / (2.0 * all) - won);
            slopes[game.left] += pull;
            slopes[game.right] -= pull;
            slopes[items] += weight * (tie / all - seen_tie);
        }
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn games(rows: &[(&str, char, &str)]) -> Vec<Comparison> {
        let outcome = |sign| match sign {
            '>' => Outcome::Left,
            '<' => Outcome::Right,
            _ => Outcome::Tie,
        };
        let one = |(left, sign, right): &(&str, char, &str)| Comparison {
            left: left.to_string(),
            right: right.to_string(),
            outcome: outcome(*sign),
            item: 0,
        };
        (0..).zip(rows).map(|(item, row)| Comparison { item, ..one(row) }).collect()
    }

    const FEW: Resampling = Resampling { seed: 0, resamples: 50 };

    #[test]
    fn who_wins_three_of_four_is_ln_3_ahead() {
        let rows = [("a", '>', "b"); 300].into_iter().chain([("b", '>', "a"); 100]).collect::<Vec<_>>();
        let strengths = bradley_terry(&games(&rows), &FEW);
        let chance = strengths.chance("a", "b").unwrap();
        assert!((chance.left - 0.75).abs() < 1e-3 && chance.tie == 0.0, "{chance:?}");
        assert_eq!((strengths.items[0].wins, strengths.items[0].losses), (300, 100));
    }

    #[test]
    fn ties_between_equals_are_as_common_as_seen() {
        let rows = [("a", '>', "b"), ("b", '>', "a"), ("a", '=', "b"), ("b", '=', "a")].repeat(50);
        let strengths = bradley_terry(&games(&rows), &FEW);
        let chance = strengths.chance("b", "a").unwrap();
        assert!((chance.tie - 0.5).abs() < 1e-3 && (chance.left - 0.25).abs() < 1e-3, "{chance:?}");
    }

    #[test]
    fn who_never_lost_is_strong_and_not_infinite() {
        let strengths = bradley_terry(&games(&[("a", '>', "b"), ("b", '>', "c"), ("a", '>', "a")]), &FEW);
        let strength = |at: usize| strengths.items[at].strength.value.unwrap();
        assert!(
            strength(0) > strength(1) && strength(1) > strength(2) && strength(0) < 10.0,
            "{strengths:?}"
        );
        assert_eq!(strengths.items[0].strength.n, 1);
    }

    #[test]
    fn who_never_lost_has_no_interval_and_says_why() {
        let rows = [("a", '>', "b"), ("a", '>', "b"), ("a", '=', "b")].repeat(3);
        let strengths = bradley_terry(&games(&rows), &FEW);
        let interval = |at: usize| (strengths.items[at].strength.low, strengths.items[at].strength.high);
        assert_eq!((interval(0), interval(1)), ((None, None), (None, None)));
        assert!(strengths.items[0].strength.why.as_ref().unwrap().contains("never lost"));
        assert!(strengths.items[1].strength.why.as_ref().unwrap().contains("never won"));
    }

    #[test]
    fn saying_the_same_of_an_item_again_makes_no_strength_surer() {
        let once = games(&[("a", '>', "b"), ("a", '>', "b"), ("b", '>', "a")].repeat(10));
        let again: Vec<Comparison> = [once.clone(), once.clone(), once.clone()].concat();
        let width = |games: &[Comparison]| {
            let strength =
                bradley_terry(games, &Resampling { seed: 1, resamples: 200 }).items[0].strength.clone();
            strength.high.unwrap() - strength.low.unwrap()
        };
        let apart: Vec<Comparison> =
            (0..).zip(&again).map(|(item, game)| Comparison { item, ..game.clone() }).collect();
        // The prior pulls a little less where there is more.
        assert!((width(&again) / width(&once) - 1.0).abs() < 0.02, "{} {}", width(&again), width(&once));
        assert!(width(&apart) < 0.7 * width(&once), "{} {}", width(&apart), width(&once));
    }

    #[test]
    fn nothing_compared_has_no_strengths() {
        let strengths = bradley_terry(&[], &FEW);
        assert!(strengths.items.is_empty() && strengths.chance("a", "b").is_none());
    }

    proptest! {
        #[test]
        fn sides_do_not_matter_and_strengths_are_centred(
            rows in prop::collection::vec((0usize..4, 0usize..4, 0usize..3), 1..20)
        ) {
            let names = ["a", "b", "c", "d"];
            let play = |swap: bool| {
                let rows: Vec<_> = rows.iter().map(|(l, r, o)| match swap {
                    false => (names[*l], ['>', '<', '='][*o], names[*r]),
                    true => (names[*r], ['<', '>', '='][*o], names[*l]),
                }).collect();
                bradley_terry(&games(&rows), &Resampling { seed: 0, resamples: 0 })
            };
            let (one, other) = (play(false), play(true));
            for (a, b) in one.items.iter().zip(&other.items) {
                prop_assert!((a.strength.value.unwrap() - b.strength.value.unwrap()).abs() < 1e-6);
                prop_assert_eq!((a.wins, a.losses, a.ties), (b.wins, b.losses, b.ties));
            }
            let sum: f64 = one.items.iter().map(|item| item.strength.value.unwrap()).sum();
            prop_assert!(sum.abs() < 1e-6);
        }
    }
}
