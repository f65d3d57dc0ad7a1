//! Every trainer makes the same bytes on one thread, on two and on four, and where it was stopped on the way: of weights, of
//! everything else it writes, and of what that says of rows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod classifiers;
mod extractors;
mod judges;
mod ranking;
mod reading;
mod trial;

use std::path::Path;

use engraft_tune::TuneError;

use crate::trial::{Files, Stop, Trial, ran};

/// Trains, and writes everything that comes of it.
type Train = fn(&Trial<'_>) -> Result<(), TuneError>;

/// What a trainer that was stopped does when it is asked again.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    /// It goes on after the last step that is kept.
    GoesOn,
    /// It begins anew: it takes seconds, and nothing of it is kept.
    Anew,
}

#[track_caller]
fn check(train: Train, again: Again) {
    let base = tempfile::tempdir().unwrap();
    engraft_testkit::tiny_encoder(base.path()).unwrap();
    let whole = ran(train, base.path(), 1, None, Stop::Never);
    let files = whole.files.unwrap();
    for threads in [2, 4] {
        let other = ran(train, base.path(), threads, None, Stop::Never);
        same(&files, &other.files.unwrap(), &format!("on {threads} threads"));
    }
    assert_eq!(whole.steps > 0, again == Again::GoesOn, "{} steps", whole.steps);
    let third = match again {
        Again::GoesOn => Stop::AfterSteps((whole.steps / 3).max(1)),
        Again::Anew => Stop::AfterUnits((whole.units / 3).max(1)),
    };
    let kept = tempfile::tempdir().unwrap();
    let asked = |threads: usize, stop: Stop| ran(train, base.path(), threads, Some(kept.path()), stop);
    for threads in [2, 1] {
        assert!(asked(threads, third).files.is_none(), "it was not stopped by {third:?}");
    }
    let last = asked(4, Stop::Never);
    same(&files, &last.files.unwrap(), "after it was stopped twice");
    assert_eq!(last.went_on, again == Again::GoesOn);
    assert_eq!(last.steps < whole.steps, again == Again::GoesOn, "{} of {} steps", last.steps, whole.steps);
}

#[track_caller]
fn same(expected: &Files, found: &Files, when: &str) {
    assert!(expected.keys().eq(found.keys()), "{when}: {:?}, {:?}", expected.keys(), found.keys());
    let held =
        |name: &str| Path::new(name).extension().is_some_and(|end| end == "safetensors" || end == "json");
    assert!(expected.keys().any(|name| held(name)), "no model was written: {:?}", expected.keys());
    for (name, bytes) in expected {
        assert!(*bytes == found[name], "{name} is another {when}");
    }
}

#[test]
fn a_classifier_of_words_and_characters() {
    check(classifiers::linear, Again::Anew);
}

#[test]
fn a_head_and_neighbours_on_the_encoder_as_it_is() {
    check(classifiers::frozen, Again::Anew);
}

#[test]
fn a_classifier_that_moves_the_whole_encoder() {
    check(classifiers::full, Again::GoesOn);
}

#[test]
fn a_classifier_that_moves_it_by_adapters() {
    check(classifiers::lora, Again::GoesOn);
}

#[test]
fn a_classifier_taught_by_pairs() {
    check(classifiers::setfit, Again::GoesOn);
}

#[test]
fn a_chain_over_words() {
    check(extractors::crf, Again::Anew);
}

#[test]
fn a_chain_over_the_encoder_as_it_is() {
    check(extractors::frozen, Again::Anew);
}

#[test]
fn an_extractor_that_moves_the_whole_encoder() {
    check(extractors::full, Again::GoesOn);
}

#[test]
fn an_extractor_that_moves_it_by_adapters() {
    check(extractors::lora, Again::GoesOn);
}

#[test]
fn a_matrix_for_questions() {
    check(ranking::adapter, Again::Anew);
}

#[test]
fn an_encoder_that_retrieves() {
    check(ranking::retriever, Again::GoesOn);
}

#[test]
fn a_reranker() {
    check(ranking::reranker, Again::GoesOn);
}

#[test]
fn a_reader_that_moves_the_whole_encoder() {
    check(reading::full, Again::GoesOn);
}

#[test]
fn a_reader_that_moves_it_by_adapters() {
    check(reading::lora, Again::GoesOn);
}

#[test]
fn a_judge_of_claims_by_their_words() {
    check(judges::claims_by_words, Again::Anew);
}

#[test]
fn a_judge_of_claims_that_reads_them() {
    check(judges::claims_by_reading, Again::GoesOn);
}

#[test]
fn a_reward_of_words_and_meanings() {
    check(judges::rewards_by_meaning, Again::Anew);
}

#[test]
fn a_reward_that_reads_prompt_and_response() {
    check(judges::rewards_by_reading, Again::GoesOn);
}
