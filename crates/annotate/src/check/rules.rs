//! The rules of a schema file: how many answer, how people are measured, when answers are merged.

use serde_json::Value;

use super::shape;
use crate::problem::Problem;
use crate::{Distribution, GoldRule, MergePolicy};

/// Collects what cannot be kept. Parts whose shape is wrong were complained about before.
pub(super) fn check(schema: &Value, problems: &mut Vec<Problem>) {
    let distribution: Option<Distribution> = part(schema, "distribution");
    if let Some(distribution) = &distribution {
        self::distribution(distribution, problems);
    }
    if let Some(gold) = part(schema, "gold") {
        self::gold(&gold, problems);
    }
    let Some(merge) = schema.get("merge").filter(|merge| merge.is_object()) else { return };
    let before = problems.len();
    match shape::policy(merge) {
        Ok(shape) => shape::fit("merge", merge, &shape, problems),
        Err(problem) => problems.push(Problem { at: shape::join("merge", &problem.at), ..problem }),
    }
    if problems.len() > before {
        return;
    }
    let most = distribution.unwrap_or_default();
    match part(schema, "merge") {
        Some(MergePolicy::Quorum { quorum: 0 }) => {
            problems.push(Problem::new("merge.quorum", "is 0", "ask for at least 1"));
        }
        Some(MergePolicy::Quorum { quorum }) if quorum > most.most() => {
            let what = format!("{quorum} is more than the {} who may answer an item", most.most());
            problems.push(Problem::new(
                "merge.quorum",
                what,
                "lower it, or raise `distribution.max_overlap`",
            ));
        }
        Some(MergePolicy::Posterior { least }) => probability("merge.least", least, problems),
        _ => {}
    }
}

fn distribution(rule: &Distribution, problems: &mut Vec<Problem>) {
    let at = |key: &str| format!("distribution.{key}");
    if rule.overlap == 0 {
        problems.push(Problem::new(at("overlap"), "is 0", "let at least 1 person answer"));
    }
    if let Some(most) = rule.max_overlap.filter(|most| *most < rule.overlap) {
        let what = format!("{most} is below `overlap` {}", rule.overlap);
        problems.push(Problem::new(at("max_overlap"), what, "raise it, or leave it out"));
    }
    if let Some(posterior) = rule.until_posterior {
        probability(&at("until_posterior"), posterior, problems);
        if rule.most() == rule.overlap {
            let hint = "set `max_overlap` above `overlap`, or leave this out";
            problems.push(Problem::new(at("until_posterior"), "can ask nobody more", hint));
        }
    }
    if rule.lease_seconds == 0 {
        problems.push(Problem::new(at("lease_seconds"), "is 0", "give people time, such as 1800"));
    }
}

fn gold(rule: &GoldRule, problems: &mut Vec<Problem>) {
    if !(0.0..1.0).contains(&rule.rate) {
        let hint = "write a share from 0 up to, not including, 1";
        problems.push(Problem::new("gold.rate", format!("is {}", rule.rate), hint));
    }
    if !(0.0..=1.0).contains(&rule.pause_below) {
        let what = format!("is {}", rule.pause_below);
        problems.push(Problem::new("gold.pause_below", what, "write a share from 0 to 1"));
    }
    if rule.least == 0 {
        problems.push(Problem::new("gold.least", "is 0", "judge people on at least 1 gold answer"));
    }
}

fn probability(at: &str, value: f64, problems: &mut Vec<Problem>) {
    if !(value > 0.0 && value <= 1.0) {
        problems.push(Problem::new(at, format!("is {value}"), "write a probability above 0, up to 1"));
    }
}

fn part<T: serde::de::DeserializeOwned>(schema: &Value, key: &str) -> Option<T> {
    serde_json::from_value(schema.get(key)?.clone()).ok()
}
