//! When a gold item is served, and when somebody who misses them is paused.

use engraft_eval::wilson;
use serde::Serialize;

use crate::GoldRule;
use crate::split::uniform;

/// Whether the next item for a person is a gold one.
///
/// `served` counts the items they were served after their onboarding, `gold_served` the gold ones among these, and
/// `onboarding_done` the gold items of the onboarding. The same arguments always give the same answer, so that a page
/// loaded twice serves the same item; without the seed, which stays on the server, nobody can tell what comes next. The
/// share of gold is drawn back to `rule.rate` when chance has led it astray.
pub fn serve_gold(rule: &GoldRule, served: u32, gold_served: u32, onboarding_done: u32, seed: u64) -> bool {
    if onboarding_done < rule.onboarding {
        return true;
    }
    if rule.rate <= 0.0 {
        return false;
    }
    // How many gold items are owed. The pull stays gentle: a chance of 0 or 1 would be a pattern to learn.
    let owed = rule.rate * f64::from(served) - f64::from(gold_served);
    let chance = rule.rate * (1.0 + 0.3 * owed.clamp(-2.0, 2.0));
    uniform(&[&served.to_string()], seed) < chance.min(0.95)
}

/// How somebody stands with the gold items they answered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Right answers.
    pub right: u32,
    /// Gold items answered.
    pub answered: u32,
    /// The lower end of the 95 % Wilson interval of their accuracy.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Whether the rule pauses them.
    pub pause: bool,
}

/// Whether somebody with this many right of `answered` gold items is to be paused, with the interval that says so.
///
/// They are when even the upper end of the 95 % Wilson score interval (Wilson 1927) of their accuracy lies below
/// `rule.pause_below`, and never before `rule.least` gold items.
pub fn should_pause(rule: &GoldRule, right: u32, answered: u32) -> Standing {
    let interval = wilson(right.min(answered) as usize, answered as usize);
    let pause = answered >= rule.least && interval.high < rule.pause_below;
    Standing { right, answered, low: interval.low, high: interval.high, pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(rate: f64) -> GoldRule {
        GoldRule { rate, ..GoldRule::default() }
    }

    /// How many of `runs` people who are right with this probability are paused within so many gold items.
    fn paused(accuracy: f64, golds: u32, runs: u64) -> f64 {
        let is_paused = |run: &u64| {
            let mut right = 0;
            (1..=golds).any(|answered| {
                right += u32::from(uniform(&["answer", &answered.to_string()], *run) < accuracy);
                should_pause(&rule(0.0), right, answered).pause
            })
        };
        (0..runs).filter(is_paused).count() as f64 / runs as f64
    }

    #[track_caller]
    fn check(accuracy: f64, golds: u32, expected: f64, tolerance: f64) {
        let share = paused(accuracy, golds, 2_000);
        assert!(
            (share - expected).abs() <= tolerance,
            "{share} of people with accuracy {accuracy} in {golds} golds"
        );
    }

    #[test]
    fn careless_people_are_paused_soon() {
        check(0.40, 30, 0.97, 0.015);
        check(0.50, 60, 0.96, 0.015);
    }

    #[test]
    fn careful_people_are_hardly_ever_paused() {
        check(0.85, 200, 0.002, 0.003);
        check(0.80, 200, 0.012, 0.006);
    }

    #[test]
    fn nobody_is_judged_on_fewer_than_the_least() {
        assert!(!should_pause(&rule(0.0), 0, 9).pause);
        assert!(should_pause(&rule(0.0), 0, 10).pause);
        assert!(!should_pause(&rule(0.0), 0, 0).pause);
    }

    #[test]
    fn onboarding_comes_first_and_no_rate_means_no_gold() {
        let rule = GoldRule { onboarding: 3, ..rule(0.0) };
        assert!((0..3).all(|done| serve_gold(&rule, 0, 0, done, 7)));
        assert!(!(0..1000).any(|served| serve_gold(&rule, served, 0, 3, 7)));
    }

    #[test]
    fn the_share_of_gold_is_the_rate_and_no_two_people_meet_it_at_the_same_places() {
        let places = |seed: u64| {
            let mut places = Vec::new();
            for served in 0..2000 {
                if serve_gold(&rule(0.05), served, places.len() as u32, 0, seed) {
                    places.push(served);
                }
            }
            places
        };
        let (one, other) = (places(1), places(2));
        assert!(
            (94..=106).contains(&one.len()) && (94..=106).contains(&other.len()),
            "{} {}",
            one.len(),
            other.len()
        );
        let shared = one.iter().filter(|place| other.contains(place)).count();
        assert!(shared < 16, "{shared} shared places, by chance 5");
        let gaps: std::collections::BTreeSet<u32> = one.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.len() > 20, "gaps between gold items repeat: {gaps:?}");
    }
}
