//! What tuning a judge of statements promises: tiers, verdicts, the same result again.

use engraft_core::{Cancel, Fault};

use super::*;
use crate::groundedness::doubt::Truth;
use crate::groundedness::{Claim, Reader, Verdict, measures};

/// Claims about a page; a share of those that are not supported is told from the page by a figure or name, the rest by nothing
/// that can be measured.
fn world(n: usize, hidden: bool) -> Vec<ClaimRow> {
    let places = ["Oslo", "Rome", "Lima", "Cairo", "Paris"];
    (0..n)
        .map(|i| {
            let (place, other) = (places[i % 5], places[(i / 5) % 5]);
            let page = format!(
                "Office {i} is in {place}. It opened in {}. {} people work there. They moved from {other}.",
                1950 + i % 60,
                20 + i % 37
            );
            let supported = i % 2 == 0;
            let text = match (supported, hidden) {
                (true, _) | (_, true) => format!("Office {i} in {place} opened in {}.", 1950 + i % 60),
                (false, _) if i % 3 == 0 => format!("Office {i} in {place} opened in {}.", 1949 - i % 60),
                (false, _) => format!("Office {i} in Berlin closed its canteen in {}.", 1950 + i % 60),
            };
            ClaimRow {
                id: i.to_string(),
                line: i as u64,
                claim: Claim { text, evidence: vec![page] },
                grade: Some(f64::from(u8::from(supported))),
                group: None,
            }
        })
        .collect()
}

fn options<'a>(tier: Option<Tier>) -> GroundednessOptions<'a> {
    GroundednessOptions {
        tier,
        seeds: 3,
        seed: 0,
        reading: None,
        resampling: Resampling { seed: 0, resamples: 200 },
    }
}

fn tuned(rows: &[ClaimRow], tier: Option<Tier>) -> TunedGroundedness {
    tune_groundedness(rows, None, &options(tier), None, Watch::quiet(&Cancel::default())).unwrap()
}

#[test]
fn what_can_be_told_is_learned_and_shipped() {
    let found = tuned(&world(150, false), None);
    assert!(found.eval["auroc"].low.unwrap_or(1.0) > 0.9, "{:?}", found.eval);
    assert!(found.verdict.ship && found.model.trusted, "{:?}", found.verdict);
    let claims = [
        Claim {
            text: "Office 3 in Rome opened in 1953.".into(),
            evidence: vec!["Office 3 is in Rome. It opened in 1953.".into()],
        },
        Claim {
            text: "Office 3 in Berlin closed its canteen in 1953.".into(),
            evidence: vec!["Office 3 is in Rome. It opened in 1953.".into()],
        },
    ];
    let verdicts: Vec<Verdict> = measures(&claims, None)
        .unwrap()
        .iter()
        .map(|features| found.model.judge(features, 0.0).verdict)
        .collect();
    assert_eq!(verdicts, [Verdict::Supported, Verdict::Unsupported]);
}

#[test]
fn what_cannot_be_told_is_unsure() {
    let found = tuned(&world(150, true), Some(Tier::Features));
    assert!(!found.model.trusted && !found.verdict.ship, "{:?} {:?}", found.verdict, found.eval);
    assert_eq!(found.eval["decided"].value, Some(0.0));
}

#[test]
fn few_labels_decide_nothing() {
    let found = tuned(&world(60, false), None);
    assert!(
        !found.model.trusted && found.verdict.why.starts_with("60 labels are too few"),
        "{:?}",
        found.verdict
    );
}

#[test]
fn what_ships_is_above_the_shipped_weights_and_above_the_best_tier_below() {
    for (tier, below) in [(Tier::Coverage, 0), (Tier::Shipped, 1), (Tier::Features, 1)] {
        let found = tuned(&world(150, false), Some(tier));
        let over = found.against_base.iter().filter(|(name, _)| name.starts_with("brier_over_"));
        let over: Vec<&Metric> = over.map(|(_, metric)| metric).collect();
        assert_eq!(over.len(), below, "{:?}", found.against_base);
        let above = |metric: &&Metric| metric.low.is_some_and(|low| low > 0.0);
        let proven = above(&&found.against_base["brier"]) && over.iter().all(above);
        assert_eq!(found.verdict.ship, proven && found.model.trusted, "{:?}", found.verdict);
    }
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let rows = world(120, false);
    let (one, other) = (tuned(&rows, Some(Tier::Features)), tuned(&rows, Some(Tier::Features)));
    assert_eq!(one.model, other.model);
    assert_eq!(one.eval, other.eval);
}

#[test]
fn evaluation_claims_are_what_it_is_judged_by() {
    let (rows, held) = (world(120, false), world(300, false));
    let held = &held[120..];
    let found =
        tune_groundedness(&rows, Some(held), &options(None), None, Watch::quiet(&Cancel::default())).unwrap();
    assert_eq!(found.eval["auroc"].n, 180);
}

#[test]
fn one_kind_of_claim_is_refused() {
    let rows: Vec<ClaimRow> = world(100, false).into_iter().step_by(2).collect();
    let error =
        tune_groundedness(&rows, None, &options(None), None, Watch::quiet(&Cancel::default())).unwrap_err();
    assert!(error.to_string().contains("50 supported claims and 0 that are not"), "{error}");
}

/// Claims that use every word of their page, in the right order or not.
fn swapped(n: usize) -> Vec<ClaimRow> {
    let places = ["Oslo", "Rome", "Lima", "Cairo", "Paris", "Bonn", "Graz"];
    (0..n)
        .map(|i| {
            let (from, to) = (places[i % 7], places[(i + 1 + (i / 7) % 6) % 7]);
            let supported = (i / 2) % 2 == 0;
            let (first, second) = if supported { (from, to) } else { (to, from) };
            ClaimRow {
                id: i.to_string(),
                line: i as u64,
                claim: Claim {
                    text: format!("Team {i} moved from {first} to {second}."),
                    evidence: vec![format!("To {to} from {from} went team {i}. It moved in May.")],
                },
                grade: Some(f64::from(u8::from(supported))),
                group: None,
            }
        })
        .collect()
}

#[test]
fn an_encoder_of_its_own_is_written_read_back_and_adds_to_the_words() {
    let Some(base) = engraft_testkit::model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let reading = Reading { base: &base, into: folder.path(), threads: 1 };
    let options = GroundednessOptions { reading: Some(reading), ..options(Some(Tier::Encoder)) };
    let rows = swapped(56);
    let (rows, held) = rows.split_at(40);
    let found =
        tune_groundedness(rows, Some(held), &options, None, Watch::quiet(&Cancel::default())).unwrap();
    assert_eq!(found.tier, Tier::Encoder);
    assert!(found.against_base.contains_key("auroc_over_features"), "{:?}", found.against_base);
    let claims: Vec<Claim> = held.iter().map(|row| row.claim.clone()).collect();
    let measured = measures(&claims, None).unwrap();
    let read = Reader::open(folder.path(), 1).unwrap().says(&claims, &measured).unwrap();
    // The chances that were measured are those that the written model gives.
    let chances: Vec<f64> = measured
        .iter()
        .zip(&read)
        .map(|(features, read)| found.model.judge(features, read.0).score)
        .collect();
    let names: Vec<String> = held.iter().map(ClaimRow::grouped_by).collect();
    let supported = held.iter().map(|row| row.supported() == Some(true)).collect();
    let truth = Truth::new(supported, names.iter().map(String::as_str));
    let resampling = Resampling { seed: 0, resamples: 200 };
    assert_eq!(truth.auroc(&chances, &resampling).value, found.eval["auroc"].value);
    assert!(read.iter().any(|(logit, _)| (logit - read[0].0).abs() > 1e-3), "{read:?}");
    assert!(read.iter().all(|(_, lost)| *lost == 0) && found.unused == 0, "{read:?}");
}

#[test]
fn claims_beyond_what_an_encoder_learns_from_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (base, into) = (folder.path().join("base"), folder.path().join("into"));
    engraft_testkit::tiny_encoder(&base).unwrap();
    std::fs::create_dir(&into).unwrap();
    let reading = Reading { base: &base, into: &into, threads: 1 };
    let options = GroundednessOptions { reading: Some(reading), ..options(Some(Tier::Encoder)) };
    let (rows, held) = (world(1_003, false), world(1_023, false));
    let held = &held[1_003..];
    let found =
        tune_groundedness(&rows, Some(held), &options, None, Watch::quiet(&Cancel::default())).unwrap();
    assert_eq!((found.rows, found.unused), (1_003, 3));
    assert_eq!(tuned(&world(40, false), Some(Tier::Features)).unused, 0);
}

#[test]
fn without_an_encoder_the_highest_tier_is_refused() {
    let rows = world(40, false);
    let asked = options(Some(Tier::Encoder));
    let refused = tune_groundedness(&rows, None, &asked, None, Watch::quiet(&Cancel::default())).unwrap_err();
    assert!(refused.to_string().contains("`encoder` needs an encoder"), "{refused}");
}

#[test]
fn claims_that_all_have_one_page_are_refused_by_an_encoder_in_words_that_help() {
    let Some(base) = engraft_testkit::model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let reading = Reading { base: &base, into: folder.path(), threads: 1 };
    let options = GroundednessOptions { reading: Some(reading), ..options(Some(Tier::Encoder)) };
    let mut rows = world(40, false);
    rows.iter_mut().for_each(|row| row.group = Some("the one page".into()));
    let refused =
        tune_groundedness(&rows, None, &options, None, Watch::quiet(&Cancel::default())).unwrap_err();
    assert!(refused.to_string().contains("claims of only one kind"), "{refused}");
    assert!(refused.hint().is_some_and(|hint| hint.contains("three pages")), "{refused}");
}

#[test]
fn claims_of_one_document_are_judged_by_models_of_the_other_claims() {
    let apart = tuned(&world(100, false), Some(Tier::Features));
    let of_one = |row: ClaimRow| ClaimRow { group: Some("page".into()), ..row };
    let rows: Vec<ClaimRow> = world(100, false).into_iter().map(of_one).collect();
    let together = tuned(&rows, Some(Tier::Features));
    assert_eq!(together.eval["auroc"].value, apart.eval["auroc"].value);
    assert!(together.eval["auroc"].low.is_none() && !together.verdict.ship, "{:?}", together.verdict);
}
