//! An encoder in training for a classifier: its pairs, its gradients, and what is served of it.

use engraft_core::Cancel;

use super::*;
use crate::embed::embed;
use crate::trainer::laws;

/// Texts about cards, transfers and fees, four of each.
const TEXTS: [&str; 12] = [
    "Where is my new card?",
    "The card did not arrive.",
    "I lost my card on Monday.",
    "Can I have a second card?",
    "The transfer failed twice.",
    "How long does a transfer take?",
    "My transfer went to somebody else.",
    "Stop the transfer, please.",
    "Why was I charged a fee?",
    "The fee is too high.",
    "Is there a fee abroad?",
    "A fee was taken from my account.",
];

/// The classes of `n` texts of three topics; where a text may have any number, every third has one more and every fourth none.
fn given(n: usize, labelling: Labelling) -> Vec<Vec<usize>> {
    let own = |text: usize| text * 3 / n;
    let several = |text: usize| {
        let more = text.is_multiple_of(3).then_some((own(text) + 1) % 3);
        let all: Vec<usize> = std::iter::once(own(text)).chain(more).collect();
        if text % 4 == 2 { Vec::new() } else { all }
    };
    match labelling {
        Labelling::Single => (0..n).map(|text| vec![own(text)]).collect(),
        Labelling::Multi => (0..n).map(several).collect(),
    }
}

#[test]
fn a_head_goes_to_the_training_and_back_unchanged() {
    let start = Logistic { weights: (0..6).map(|x| x as f32).collect(), bias: vec![0.5, 1.5, 2.5] };
    assert_eq!(logistic_of(&head_of(&start), 2), start);
}

/// Six texts of made-up ids, neighbours of one class, on a made-up encoder.
fn made_up(labelling: Labelling, contrast: bool) -> Classes {
    let given = given(6, labelling);
    let ids = |n: u32| Sequence::single(vec![1, 5 + n, 9 + 2 * n, 20 + n, 30 - n, 2]);
    let mut head = Head::new("classifier", 24, 3, 1);
    // A head that says something, so that the encoder below it hears of it.
    head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 40.0);
    Classes {
        body: Body::open(&laws::base(), BodyOptions::default()).unwrap(),
        head: (!contrast).then_some(head),
        head_rate: 1.0,
        sequences: (0..6).map(ids).collect(),
        members: members(&given, 3),
        given,
        labelling,
        tokens: TOKENS,
    }
}

#[test]
fn gradients_are_slopes_and_parts_add_up_for_one_class_any_number_and_pairs() {
    let batch = [0, 1, 2, 3, 4, 5];
    for labelling in [Labelling::Single, Labelling::Multi] {
        let mut task = made_up(labelling, false);
        laws::gradients_are_slopes(&mut task, &batch);
        laws::parts_add_up(&mut task, &batch, |task, tokens| task.tokens = tokens);
    }
    let mut pairs = made_up(Labelling::Single, true);
    laws::gradients_are_slopes(&mut pairs, &batch);
    laws::parts_add_up(&mut pairs, &batch, |task, tokens| task.tokens = tokens);
}

/// Trains a few steps, and compares what is served with the pass of training.
#[track_caller]
fn check_served(dir: &Path, method: Method, labelling: Labelling) {
    let width = engraft_nn::Config::open(dir).unwrap().hidden;
    // A head that says something from the first step on.
    let weights = (0..width * 3).map(|n| (n * 31 % 13) as f32 / 13.0 - 0.5).collect();
    let start = Logistic { weights, bias: vec![0.0; 3] };
    let given = given(TEXTS.len(), labelling);
    let lesson = Lesson { texts: TEXTS.to_vec(), given, classes: 3, labelling, start: &start };
    let mut recipe = Recipe::of(method, TEXTS.len(), 3, 7);
    recipe.plan.epochs = 4;
    let base = BaseModel { dir, threads: 1 };
    let mut task = Classes::new(dir, &recipe, &lesson).unwrap();
    let cancel = Cancel::default();
    let watch = Watch::quiet(&cancel);
    let trained = train(&mut task, &recipe.plan, watch, |_| Ok(None)).unwrap();
    let losses = &trained.losses;
    assert!(recipe.contrast || losses[3] < losses[0], "{method} {labelling:?}: {losses:?}");

    let forward = task.body.forward(&task.sequences).unwrap();
    let mut vectors = pool(&forward, task.body.config().pooling);
    unit(&mut vectors, width);
    let logits = task.head.as_ref().map(|head| head.forward(&vectors));
    let moved = task.moved(base, trained.steps as usize).unwrap();
    let served = embed(watch, &moved.encoder, &TEXTS).unwrap();
    let near = |served: f64, trained: f32| {
        let off = (served - f64::from(trained)).abs();
        assert!(off < 1e-4 * f64::from(trained.abs().max(1.0)), "{method} {labelling:?}: {served} {trained}");
    };
    assert_eq!(served.data.len(), vectors.len());
    served.data.iter().zip(&vectors).for_each(|(served, trained)| near(f64::from(*served), *trained));
    assert_eq!((moved.head.is_some(), logits.is_some()), (!recipe.contrast, !recipe.contrast));
    if let (Some(head), Some(logits)) = (&moved.head, logits) {
        let scores: Vec<f64> = head.scores(&served).into_iter().flatten().collect();
        assert_eq!(scores.len(), logits.len());
        scores.into_iter().zip(logits).for_each(|(served, trained)| near(served, trained));
    }
}

#[test]
fn what_is_served_is_what_was_trained_whatever_moved_the_encoder() {
    let made_up = tempfile::tempdir().unwrap();
    engraft_testkit::tiny_encoder(made_up.path()).unwrap();
    for base in [Some(made_up.path().to_path_buf()), engraft_testkit::model()].into_iter().flatten() {
        check_served(&base, Method::Full, Labelling::Single);
        check_served(&base, Method::Full, Labelling::Multi);
        check_served(&base, Method::Lora, Labelling::Single);
        check_served(&base, Method::Setfit, Labelling::Single);
    }
}
