//! What tuning a reward promises: tiers, verdicts, the same result again.

use engraft_core::Cancel;
use engraft_eval::SplitMix;

use super::*;

/// Pairs in which the response that asks back is chosen nine times in ten, whatever its length.
fn asking(n: usize, share: f64) -> Vec<PreferenceRow> {
    let mut draw = SplitMix::new(2, 0);
    let mut uniform = move || draw.below(1 << 30) as f64 / (1u64 << 30) as f64;
    (0..n)
        .map(|i| {
            let filler = |words: f64| vec!["wine"; 3 + (words * 20.0) as usize].join(" ");
            let asks = format!("{} number {i}?", filler(uniform()));
            let tells = format!("{} number {i}.", filler(uniform()));
            let (chosen, rejected) = if uniform() < share { (asks, tells) } else { (tells, asks) };
            PreferenceRow {
                id: i.to_string(),
                line: i as u64,
                prompt: vec![("user".into(), format!("Question {i} of guest {}", i * 7919 % 1000))],
                chosen,
                rejected,
                margin: 0.0,
                group: Some(i.to_string()),
            }
        })
        .collect()
}

fn tuned(rows: &[PreferenceRow], tier: Option<Tier>) -> TunedReward {
    let options =
        RewardOptions { tier, seeds: 1, seed: 0, resampling: Resampling { seed: 0, resamples: 200 } };
    tune_reward(rows, None, &options, None, Watch::quiet(&Cancel::default())).unwrap()
}

#[test]
fn what_people_prefer_is_learned_and_shipped() {
    let found = tuned(&asking(200, 0.9), None);
    let accuracy = found.eval["accuracy"].value.unwrap();
    assert!(accuracy > 0.84 && found.tier == Tier::Style, "{accuracy} {:?} {:?}", found.tier, found.stopped);
    assert!(found.verdict.ship, "{:?}", found.verdict);
    assert!(found.eval["length_correlation"].value.unwrap().abs() < 0.4, "{:?}", found.eval);
    let (style, _) = found.model.explain(3);
    assert!(style["ends_with_question"] > 0.0, "{style:?}");
}

#[test]
fn a_tier_that_is_no_better_than_a_cheaper_one_is_not_shipped() {
    let found = tuned(&asking(200, 0.9), Some(Tier::Words));
    let why = &found.verdict.why;
    assert!(why.starts_with("its accuracy is better than that of preferring the longer response"), "{why}");
    assert!(why.contains("; its log-likelihood a pair is ") && why.contains("that of `style`"), "{why}");
    assert!(!found.verdict.ship && found.against_base.contains_key("accuracy_over_style"), "{found:?}");
}

#[test]
fn what_ships_is_above_what_there_was_and_above_every_cheaper_tier_that_counts() {
    for (share, tier) in [(0.5, Tier::Words), (0.9, Tier::Longer), (0.9, Tier::Style), (0.9, Tier::Words)] {
        let found = tuned(&asking(120, share), Some(tier));
        let decides = |name: &&String| *name == "accuracy" || name.starts_with("log_likelihood_over_");
        let decided: Vec<&String> = found.against_base.keys().filter(decides).collect();
        assert_eq!(decided.len(), if tier == Tier::Longer { 1 } else { 2 }, "{decided:?}");
        let above = |name: &&String| found.against_base[*name].low.is_some_and(|low| low > 0.0);
        assert_eq!(found.verdict.ship, decided.iter().all(above), "{:?}", found.verdict);
    }
}

#[test]
fn where_nothing_is_preferred_nothing_is_shipped() {
    let found = tuned(&asking(200, 0.5), None);
    assert!(!found.verdict.ship, "{:?}", found.verdict);
}

#[test]
fn scores_are_log_odds() {
    let found = tuned(&asking(400, 0.8), Some(Tier::Style));
    let margin: f64 = found.eval["log_loss"].value.unwrap();
    // The entropy of 0.8 is 0.50.
    assert!((margin - 0.5).abs() < 0.06, "{margin}");
    assert!(found.eval["ece"].value.unwrap() < 0.1);
}

#[test]
fn words_are_learned_where_style_says_nothing() {
    let rows: Vec<PreferenceRow> = asking(120, 1.0)
        .into_iter()
        .map(|row| PreferenceRow {
            chosen: format!("Take the red one, guest {}.", row.id),
            rejected: format!("Take the tan one, guest {}.", row.id),
            ..row
        })
        .collect();
    let found = tuned(&rows, None);
    assert_eq!(found.tier, Tier::Words, "{:?}", found.stopped);
    assert_eq!(found.eval["accuracy"].value, Some(1.0));
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let rows = asking(100, 0.9);
    assert_eq!(tuned(&rows, Some(Tier::Words)).model, tuned(&rows, Some(Tier::Words)).model);
}

#[test]
fn a_handful_of_pairs_is_refused() {
    let options = RewardOptions { tier: None, seeds: 1, seed: 0, resampling: Resampling::default() };
    let error =
        tune_reward(&asking(5, 0.9), None, &options, None, Watch::quiet(&Cancel::default())).unwrap_err();
    assert!(error.to_string().contains("5 pairs are too few"), "{error}");
}

#[test]
fn pairs_of_one_prompt_are_judged_by_models_of_the_other_pairs() {
    let of_one = |row: PreferenceRow| PreferenceRow { group: Some("prompt".into()), ..row };
    let rows: Vec<PreferenceRow> = asking(200, 0.9).into_iter().map(of_one).collect();
    let found = tuned(&rows, Some(Tier::Style));
    assert!(found.eval["accuracy"].value > Some(0.8), "{:?}", found.eval["accuracy"]);
    // One prompt says nothing of others.
    assert!(found.against_base["accuracy"].low.is_none() && !found.verdict.ship, "{:?}", found.verdict);
}
