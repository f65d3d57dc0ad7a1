//! Tiers on a small made-up world: words decide, and what is random stays random.

use std::path::Path;

use engraft_core::{Cancel, EmbedError};
use engraft_eval::SplitMix;

use super::*;
use crate::classifier::body::BaseModel;
use crate::data::Example;

/// An encoder that sees the length of a text and whether it speaks of a card.
struct Toy;

impl Embed for Toy {
    fn name(&self) -> &str {
        "toy"
    }
    fn dim(&self) -> usize {
        2
    }
    fn window(&self) -> usize {
        100
    }
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts
            .iter()
            .map(|text| if text.contains("card") { vec![1.0, 0.0] } else { vec![0.0, 1.0] })
            .collect())
    }
}

/// `n` texts of nonsense words, half of them with the word of their class.
fn world(n: usize, told: bool, seed: u64) -> Vec<Example> {
    let mut draw = SplitMix::new(seed, 0);
    (0..n)
        .map(|place| {
            let class = draw.below(2);
            let mut words: Vec<String> = (0..4).map(|_| format!("word{}", draw.below(500))).collect();
            if told {
                words.push(["card", "transfer"][class].into());
            }
            Example {
                id: place.to_string(),
                text: words.join(" "),
                labels: vec![["card", "transfer"][class].into()],
                group: None,
            }
        })
        .collect()
}

fn tune(
    train: &[Example],
    eval: &[Example],
    method: Method,
    encoder: Option<&dyn Embed>,
) -> Result<ClassifierTuned, TuneError> {
    tune_from(train, eval, method, encoder, None)
}

/// As [`tune`], with the folder of an encoder to be moved.
fn tune_from(
    train: &[Example],
    eval: &[Example],
    method: Method,
    encoder: Option<&dyn Embed>,
    base: Option<&Path>,
) -> Result<ClassifierTuned, TuneError> {
    let cancel = Cancel::default();
    let watch = Watch::quiet(&cancel);
    let labelling =
        if train.iter().any(|row| row.labels.len() > 1) { Labelling::Multi } else { Labelling::Single };
    let job = ClassifierJob {
        train,
        eval,
        labelling,
        method,
        encoder,
        base: base.map(|dir| BaseModel { dir, threads: 1 }),
        seeds: 1,
        out_of_scope: None,
        seed: 0,
        resamples: 300,
    };
    tune_classifier(watch, &job)
}

/// The tiers that were tried, and whether each was proven better than the one below.
fn tried(tuned: &ClassifierTuned) -> Vec<(Method, bool)> {
    tuned.tiers.iter().map(|tier| (tier.method, tier.ship)).collect()
}

#[test]
fn where_words_decide_linear_is_proven_better_than_guessing() {
    let tuned = tune(&world(120, true, 1), &world(80, true, 2), Method::Linear, None).unwrap();
    assert!(tuned.verdict.ship, "{}", tuned.verdict.why);
    assert!(
        tuned.eval["accuracy"].value.unwrap() > 0.95 && tuned.against_base["accuracy"].low.unwrap() > 0.2
    );
}

#[test]
fn where_nothing_tells_the_classes_apart_nothing_is_shipped_and_auto_says_why() {
    let tuned = tune(&world(120, false, 1), &world(80, false, 2), Method::Auto, Some(&Toy)).unwrap();
    assert!(!tuned.verdict.ship && tuned.method == Method::Linear);
    assert!(tuned.stopped.unwrap().starts_with("linear is not worth climbing from"));
}

#[test]
fn auto_stops_where_the_gain_is_not_real() {
    let tuned = tune(&world(120, true, 1), &world(80, true, 2), Method::Auto, Some(&Toy)).unwrap();
    assert_eq!(tuned.method, Method::Linear);
    assert_eq!(tried(&tuned), [(Method::Linear, true), (Method::Frozen, false)]);
    assert_eq!(tuned.stopped.unwrap(), format!("frozen was tried: {}", tuned.tiers[1].why));
    assert!(tuned.verdict.ship && tuned.encoder.is_none(), "{}", tuned.verdict.why);
    let without = tune(&world(120, true, 1), &world(80, true, 2), Method::Auto, None).unwrap();
    assert_eq!(tried(&without), [(Method::Linear, true)]);
    assert_eq!(without.stopped.unwrap(), "frozen needs an encoder, and there is none");
}

/// Sees how many words a text has, odd or even, which no count of words or characters tells.
struct Parity;

impl Embed for Parity {
    fn name(&self) -> &str {
        "parity"
    }
    fn dim(&self) -> usize {
        2
    }
    fn window(&self) -> usize {
        100
    }
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let odd = |text: &&str| text.split_whitespace().count() % 2 == 1;
        Ok(texts.iter().map(|text| if odd(text) { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect())
    }
}

/// Texts of one class have an odd number of words, those of the other an even one; of three in four a word tells the class too.
fn odd_or_even(n: usize, seed: u64) -> Vec<Example> {
    let mut draw = SplitMix::new(seed, 0);
    let row = |place: usize| {
        let class = draw.below(2);
        let others = 2 + class + 2 * draw.below(3);
        let mut words: Vec<String> = (0..others).map(|_| format!("word{}", draw.below(500))).collect();
        words.push(if place.is_multiple_of(4) { "thing" } else { ["plastic", "wire"][class] }.into());
        Example {
            id: place.to_string(),
            text: words.join(" "),
            labels: vec![["card", "transfer"][class].into()],
            group: None,
        }
    };
    (0..n).map(row).collect()
}

#[test]
fn auto_climbs_where_the_gain_is_real() {
    let base = tempfile::tempdir().unwrap();
    engraft_testkit::tiny_encoder(base.path()).unwrap();
    let (train, eval) = (odd_or_even(46, 1), odd_or_even(200, 2));
    let tuned = tune_from(&train, &eval, Method::Auto, Some(&Parity), Some(base.path())).unwrap();
    let wanted = [(Method::Linear, true), (Method::Frozen, true), (Method::Setfit, false)];
    assert_eq!(tried(&tuned), wanted, "{:?}", tuned.tiers);
    assert_eq!((tuned.method, tuned.against.as_str()), (Method::Frozen, "linear"));
    assert_eq!(tuned.stopped.unwrap(), format!("setfit was tried: {}", tuned.tiers[2].why));
    assert!(tuned.verdict.ship && tuned.encoder.is_none(), "{}", tuned.verdict.why);
    assert!(tuned.eval["accuracy"].value.unwrap() > 0.95, "{:?}", tuned.eval["accuracy"]);
}

#[test]
fn a_method_that_needs_an_encoder_says_so_before_anything_is_trained() {
    let error = tune(&world(20, true, 1), &world(20, true, 2), Method::Frozen, None).unwrap_err();
    assert_eq!(error.to_string(), "the method frozen needs an encoder, and there is none");
}

#[test]
fn a_text_may_have_any_number_of_classes() {
    let make = |n: usize, seed| -> Vec<Example> {
        let mut draw = SplitMix::new(seed, 0);
        let row = |place: usize| {
            let has: Vec<&str> = ["card", "fee", "loan"].into_iter().filter(|_| draw.below(2) == 0).collect();
            let text = format!("about {} number{}", has.join(" and "), draw.below(99));
            Example {
                id: place.to_string(),
                text,
                labels: has.iter().map(ToString::to_string).collect(),
                group: None,
            }
        };
        (0..n).map(row).collect()
    };
    let tuned = tune(&make(150, 1), &make(80, 2), Method::Linear, None).unwrap();
    assert_eq!(tuned.classifier.labelling, Labelling::Multi);
    assert!(tuned.eval["micro_f1"].value.unwrap() > 0.95, "{:?}", tuned.eval);
    // Eighty rows, three classes.
    assert_eq!((tuned.eval["ece"].n, tuned.eval["ece_uncalibrated"].n), (240, 240));
    assert!(tuned.verdict.ship);
}

#[test]
fn what_ships_is_above_the_tier_below_and_above_the_most_frequent_class() {
    for (told, method) in
        [(true, Method::Linear), (true, Method::Frozen), (false, Method::Linear), (false, Method::Frozen)]
    {
        let tuned = tune(&world(80, told, 5), &world(60, told, 6), method, Some(&Toy)).unwrap();
        assert_eq!(tuned.against_base.len(), if method == Method::Linear { 1 } else { 2 });
        let above = |metric: &Metric| metric.low.is_some_and(|low| low > 0.0);
        assert_eq!(tuned.verdict.ship, tuned.against_base.values().all(above), "{:?}", tuned.against_base);
    }
}

#[test]
fn labels_that_were_swapped_are_found() {
    let mut train = world(200, true, 1);
    for row in train.iter_mut().take(10) {
        let other = if row.labels[0] == "card" { "transfer" } else { "card" };
        row.labels = vec![other.into()];
    }
    let tuned = tune(&train, &world(80, true, 2), Method::Linear, None).unwrap();
    let found = tuned.issues.iter().filter(|issue| issue.item < 10).count();
    assert!(found >= 4 && found == tuned.issues.len(), "{found} of {}", tuned.issues.len());
}

#[test]
fn the_same_seed_makes_the_same_model() {
    let model =
        || tune(&world(60, true, 1), &world(40, true, 2), Method::Frozen, Some(&Toy)).unwrap().classifier;
    assert_eq!(model(), model());
}

#[test]
fn who_asks_to_stop_is_heard() {
    let cancel = Cancel::default();
    cancel.cancel();
    let watch = Watch::quiet(&cancel);
    let (train, eval) = (world(20, true, 1), world(20, true, 2));
    let job = ClassifierJob {
        train: &train,
        eval: &eval,
        labelling: Labelling::Single,
        method: Method::Linear,
        encoder: None,
        base: None,
        seeds: 1,
        out_of_scope: None,
        seed: 0,
        resamples: 10,
    };
    assert!(matches!(tune_classifier(watch, &job), Err(TuneError::Cancelled)));
}

/// How many names the frozen tier learns from, of `rows` rows that are named as they are or the other way round.
fn names_learnt(rows: usize, swapped: bool) -> usize {
    let name = |mut row: Example| {
        if swapped {
            row.labels = vec![if row.labels == ["card"] { "transfer" } else { "card" }.into()];
        }
        row
    };
    let some = |n, seed| world(n, true, seed).into_iter().map(name).collect::<Vec<Example>>();
    let tuned = tune(&some(rows, 3), &some(60, 4), Method::Frozen, Some(&Toy)).unwrap();
    tuned.tiers.last().unwrap().names
}

#[test]
fn with_few_rows_the_names_of_classes_are_learnt_from() {
    assert_eq!(names_learnt(14, false), 2);
}

#[test]
fn names_that_mislead_are_left_alone() {
    assert_eq!(names_learnt(14, true), 0);
}

#[test]
fn with_many_rows_names_are_not_looked_at() {
    assert_eq!(names_learnt(FEW * 2, false), 0);
}

/// As it is, with `size` neighbours in each group.
fn grouped(mut rows: Vec<Example>, size: usize) -> Vec<Example> {
    for (place, row) in rows.iter_mut().enumerate() {
        row.group = Some(format!("document {}", place / size));
    }
    rows
}

#[test]
fn evaluation_rows_of_a_few_documents_leave_more_doubt_than_rows_that_stand_alone() {
    let train = world(120, true, 1);
    // Four documents of twenty texts, each of hardly more than one class.
    let mut eval = world(80, true, 2);
    eval.sort_by(|a, b| a.labels.cmp(&b.labels));
    let width = |eval: &[Example], method: Method, name: &str| {
        let tuned = tune(&train, eval, method, Some(&Toy)).unwrap();
        let over = &tuned.against_base[name];
        over.high.unwrap() - over.low.unwrap()
    };
    let few = grouped(eval.clone(), 20);
    for (method, name) in [(Method::Linear, "accuracy"), (Method::Frozen, "accuracy_over_most_frequent")] {
        let (alone, together) = (width(&eval, method, name), width(&few, method, name));
        assert!(together > 2.0 * alone, "{name}: {alone} {together}");
        let own = width(&grouped(eval.clone(), 1), method, name);
        assert!(own.to_bits() == alone.to_bits(), "{name}: {alone} {own}");
    }
}

#[test]
fn rows_of_one_document_are_heard_by_models_of_the_other_rows() {
    let (rows, eval) = (world(60, true, 1), world(40, true, 2));
    let apart = tune(&rows, &eval, Method::Linear, None).unwrap();
    let together = tune(&grouped(rows, 60), &eval, Method::Linear, None).unwrap();
    assert_eq!(together.classifier, apart.classifier);
    assert_eq!(together.calibration, apart.calibration);
}
