//! Extractors from rows to files and back, and exact spans on any text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::{Cancel, CharMap};
use engraft_tune::artefact::{Artefact, Draft, FORMAT, Manifest};
use engraft_tune::data::{ExtractionRow, MarkedSpan};
use engraft_tune::extractor::{
    BaseEncoder, Extractor, ExtractorJob, ExtractorMethod, ExtractorTier, ExtractorTuned, FoundSpan,
    tune_extractor,
};
use engraft_tune::{TuneError, Watch};
use proptest::prelude::*;

const NAMES: [&str; 12] =
    ["Ada", "Boris", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hiro", "Ines", "Jürgen", "Kofi", "Lena"];
const FIRMS: [&str; 8] = ["Acme", "Umbra", "Vertex", "Solis", "Norda", "Quanta", "Hexal", "Zenith"];

/// Row `n` of a made-up world: who pays whom.
fn row(n: usize) -> ExtractionRow {
    let (name, firm) = (NAMES[n * 7 % 12], FIRMS[n * 5 % 8]);
    let text = match n % 4 {
        0 => format!("Mr. {name} pays {firm} Corp on Monday 😀"),
        1 => format!("please send the bill of {firm} Corp to Ms. {name} today"),
        2 => format!("There is nothing of interest in sentence {n}"),
        _ => format!("{firm} Corp hired Mr. {name} — at last"),
    };
    let map = CharMap::new(&text);
    let mut spans = Vec::new();
    for (quote, label) in [(name.to_string(), "STAFF"), (format!("{firm} Corp"), "CLIENT")] {
        if let Some(byte) = text.find(&quote) {
            let span = map.span_of_bytes(byte, byte + quote.len()).unwrap();
            spans.push(MarkedSpan { span, label: label.to_string() });
        }
    }
    spans.sort();
    ExtractionRow { id: n.to_string(), group: n.to_string(), text, context: Vec::new(), spans }
}

fn tune(method: ExtractorMethod, train: &[ExtractionRow], seeds: usize) -> Result<ExtractorTuned, TuneError> {
    let model = method.needs_encoder().then(|| engraft_testkit::model().unwrap());
    tune_on(model.as_deref(), method, train, seeds)
}

/// As [`tune`], on the encoder in a folder.
fn tune_on(
    base: Option<&Path>,
    method: ExtractorMethod,
    train: &[ExtractionRow],
    seeds: usize,
) -> Result<ExtractorTuned, TuneError> {
    let eval: Vec<ExtractionRow> = (200..240).map(row).collect();
    let cancel = Cancel::default();
    let watch = Watch::quiet(&cancel);
    let job = ExtractorJob {
        train,
        eval: &eval,
        method,
        base: base.map(|dir| BaseEncoder { name: "mini", dir }),
        values: &BTreeMap::new(),
        seed: 1,
        seeds,
        threads: 1,
        resamples: 200,
    };
    tune_extractor(watch, &job)
}

fn rows(n: usize) -> Vec<ExtractionRow> {
    (0..n).map(row).collect()
}

/// Registers what was tuned and opens it again.
fn round_trip(tuned: &ExtractorTuned, models: &Path) -> Extractor {
    let draft = Draft::begin(models, "x").unwrap();
    let settings = tuned.save(draft.path()).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        name: "x".into(),
        kind: "extractor".into(),
        method: tuned.method.name().into(),
        base: None,
        data_snapshot: String::new(),
        seeds: tuned.seeds.clone(),
        created: String::new(),
        build: String::new(),
        labels: tuned.extractor.labels().to_vec(),
        settings,
        train: tuned.trained.clone(),
        eval: tuned.eval.clone(),
        against: tuned.against.clone(),
        against_base: tuned.against_base.clone(),
        ship: tuned.verdict.ship,
        why: tuned.verdict.why.clone(),
        lineage: Vec::new(),
        probes: Vec::new(),
        files: BTreeMap::new(),
    };
    let artefact = draft.register(manifest, |_| Ok(Vec::new())).unwrap();
    load(&artefact).unwrap()
}

fn load(artefact: &Artefact) -> Result<Extractor, TuneError> {
    Extractor::load(artefact, || Err(TuneError::Bug("no base is needed".into())), 1)
}

fn find(extractor: &Extractor, texts: &[&str]) -> Vec<Vec<FoundSpan>> {
    let rows: Vec<ExtractionRow> = texts
        .iter()
        .map(|text| ExtractionRow { text: text.to_string(), spans: Vec::new(), ..row(0) })
        .collect();
    extractor.find(&rows.iter().collect::<Vec<_>>()).unwrap()
}

fn f1(tuned: &ExtractorTuned) -> f64 {
    tuned.eval["span_f1"].value.unwrap()
}

#[test]
fn a_chain_learns_what_patterns_cannot_and_is_shipped() {
    let tuned = tune(ExtractorMethod::Crf, &rows(120), 2).unwrap();
    assert!(f1(&tuned) > 0.95, "{:?}", tuned.eval);
    assert!(tuned.verdict.ship, "{}", tuned.verdict.why);
    assert_eq!((tuned.against.as_str(), tuned.seeds.len(), tuned.tiers.len()), ("patterns", 2, 2));
    let found = find(&tuned.extractor, &["Ms. Grace pays Solis Corp, Mr. Kofi does not"]);
    let labels: Vec<&str> = found[0].iter().map(|one| one.label.as_str()).collect();
    assert_eq!(labels, ["STAFF", "CLIENT", "STAFF"]);
}

#[test]
fn a_model_read_back_finds_the_same() {
    let models = tempfile::tempdir().unwrap();
    let tuned = tune(ExtractorMethod::Crf, &rows(80), 1).unwrap();
    let read = round_trip(&tuned, &models.path().join("models"));
    let texts: Vec<String> = (300..340).map(|n| row(n).text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(find(&read, &texts), find(&tuned.extractor, &texts));
}

#[test]
fn the_model_that_is_kept_is_that_of_the_first_seed_to_the_byte() {
    let bytes = |seeds: usize| {
        let models = tempfile::tempdir().unwrap();
        round_trip(&tune(ExtractorMethod::Crf, &rows(60), seeds).unwrap(), &models.path().join("models"));
        ["features.bin", "chain.safetensors"]
            .map(|file| std::fs::read(models.path().join("models/x").join(file)).unwrap())
    };
    assert_eq!(bytes(1), bytes(2));
}

#[test]
fn auto_says_why_it_stopped() {
    let tuned = tune(ExtractorMethod::Auto, &rows(120), 1).unwrap();
    assert_eq!(tuned.method, ExtractorMethod::Crf);
    assert_eq!(tuned.stopped.unwrap(), "frozen needs an encoder, and there is none");
}

#[test]
fn auto_tries_an_encoder_and_keeps_the_highest_tier_whose_gain_is_real() {
    let base = tempfile::tempdir().unwrap();
    engraft_testkit::tiny_encoder(base.path()).unwrap();
    let tuned = tune_on(Some(base.path()), ExtractorMethod::Auto, &rows(120), 1).unwrap();
    let tried: Vec<ExtractorMethod> = tuned.tiers.iter().map(|tier| tier.method).collect();
    // The chain finds all there is in this world, and leaves an encoder nothing to gain.
    let wanted = [ExtractorMethod::Patterns, ExtractorMethod::Crf, ExtractorMethod::Frozen];
    assert_eq!((&tried[..], tuned.method), (&wanted[..], ExtractorMethod::Crf), "{:?}", tuned.tiers);
    let real = |tier: &ExtractorTier| tier.gain.as_ref().is_some_and(|gain| gain.low > Some(0.0));
    assert_eq!(tuned.tiers.iter().map(real).collect::<Vec<_>>(), [false, true, false], "{:?}", tuned.tiers);
    let stopped = tuned.stopped.unwrap();
    assert!(stopped.starts_with("frozen was tried: cross-validated span F1"), "{stopped}");
}

#[test]
fn rows_of_one_document_are_cross_validated_as_rows_of_many() {
    let of_one = rows(60).into_iter().map(|row| ExtractionRow { group: "letter".into(), ..row });
    let one = tune(ExtractorMethod::Crf, &of_one.collect::<Vec<_>>(), 1).unwrap();
    let many = tune(ExtractorMethod::Crf, &rows(60), 1).unwrap();
    let told = |tuned: &ExtractorTuned| tuned.tiers[1].cross_validated.value;
    assert_eq!((told(&one), one.calibration, &one.eval), (told(&many), many.calibration, &many.eval));
    // What is cross-validated on one document says nothing of others.
    assert!(one.tiers[1].cross_validated.low.is_none());
}

#[test]
fn a_moved_encoder_is_read_back_whole_and_reads_beyond_its_window() {
    if engraft_testkit::model().is_none() {
        return;
    }
    let models = tempfile::tempdir().unwrap();
    let tuned = tune(ExtractorMethod::Lora, &rows(40), 1).unwrap();
    let texts: Vec<String> = (300..320).map(|n| row(n).text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(f1(&tuned) > 0.8, "{:?}", tuned.eval);
    let read = round_trip(&tuned, &models.path().join("models"));
    assert_eq!(find(&read, &texts), find(&tuned.extractor, &texts));
    let (layer, tags) = read.token_layer().unwrap();
    assert_eq!(tags.join(" "), "O B-CLIENT I-CLIENT B-STAFF I-STAFF");
    assert_eq!((layer.bias.len(), layer.weight.len() % 5), (5, 0));
    let by_tokens = tuned.eval["span_f1_by_tokens"].value.unwrap();
    assert!(by_tokens > 0.8, "{:?}", tuned.eval);
    let logits = read.token_logits("Mr. Boris pays Acme Corp").unwrap();
    // Two special tokens, and one at least for each word and mark.
    assert!(logits.len().is_multiple_of(5) && logits.len() >= 5 * 8, "{}", logits.len());
    assert_eq!(logits, tuned.extractor.token_logits("Mr. Boris pays Acme Corp").unwrap());
    let long = format!("{}Mr. Boris pays Acme Corp", "there is nothing of interest here. ".repeat(200));
    let found = find(&tuned.extractor, &[&long]);
    assert!(found[0].iter().any(|one| one.span.start() > 6000), "{found:?}");
}

#[track_caller]
fn check_refused(train: Vec<ExtractionRow>, expected: &str) {
    let error = tune(ExtractorMethod::Crf, &train, 1).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(engraft_core::Fault::hint(&error).is_some_and(|hint| !hint.is_empty()));
}

#[test]
fn what_nothing_can_be_learned_from_is_refused() {
    check_refused(Vec::new(), "there is no row to train on");
    let bare: Vec<ExtractionRow> =
        rows(9).into_iter().map(|row| ExtractionRow { spans: Vec::new(), ..row }).collect();
    check_refused(bare, "nothing is marked in any of the 9 training rows");
    check_refused(rows(1), "only one training row has anything marked in it");
    let people = rows(60).into_iter().map(|mut row| {
        row.spans.retain(|one| one.label == "STAFF");
        row
    });
    check_refused(people.collect(), "labels that training never saw: `CLIENT` (30)");
}

fn trained() -> &'static Extractor {
    static TRAINED: std::sync::OnceLock<Extractor> = std::sync::OnceLock::new();
    TRAINED.get_or_init(|| tune(ExtractorMethod::Crf, &rows(60), 1).unwrap().extractor)
}

/// Words that are found, and characters that offsets trip over.
const PART: &str = "(Mr\\. [A-Z][a-z]{2,5}|[A-Z][a-z]{2,6} Corp|\\PC{0,6}|\r\n|a\u{301}|\u{1f468}\u{200d}\u{1f469}|[\u{4e00}-\u{4e20}]{1,3}|[\u{5d0}-\u{5ea}]{1,4})";

proptest! {
    #[test]
    fn whatever_is_found_is_a_quote_of_the_text(parts in prop::collection::vec(PART, 0..24)) {
        let text = parts.join(" ");
        let map = CharMap::new(&text);
        let mut free = 0;
        for one in &find(trained(), &[&text])[0] {
            let quote = map.quote(one.span);
            prop_assert!(quote.is_some_and(|quote| !quote.is_empty() && quote.trim() == quote));
            prop_assert!(one.span.start() >= free && (0.0..=1.0).contains(&one.score));
            free = one.span.end();
        }
    }
}
