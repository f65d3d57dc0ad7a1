//! A reader on the real encoder: small made-up houses, one thing in one room.

use engraft_core::{Cancel, Span};

use super::*;

const ROOMS: [&str; 6] = ["kitchen", "garage", "archive", "canteen", "cellar", "lobby"];
const THINGS: [&str; 6] = ["kettle", "ladder", "ledger", "tray", "barrel", "sofa"];

/// Houses with one thing in one room; every third question asks for another thing.
fn rows(count: usize) -> Vec<QuestionRow> {
    let row = |n: usize| {
        let (room, thing) = (ROOMS[n % 6], THINGS[n / 6 % 6]);
        let passage = format!("In house {n} the {thing} stands in the {room} by the door.");
        let start = passage.find(room).unwrap();
        let other = THINGS[(n / 6 + 1) % 6];
        let wanted = if n.is_multiple_of(3) { other } else { thing };
        let answers =
            Span::new(start, start + room.len()).filter(|_| !n.is_multiple_of(3)).into_iter().collect();
        let question = format!("Where does the {wanted} stand?");
        QuestionRow {
            asked: Question { id: n.to_string(), line: 0, question, passage },
            answers,
            group: format!("house {n}"),
        }
    };
    (0..count).map(row).collect()
}

fn sentences(asked: &[&Question]) -> Result<Vec<Answered>, TuneError> {
    let said =
        |one: &&Question| Answered { answer: one.passage.clone(), quote: one.passage.clone(), support: 0.5 };
    Ok(asked.iter().map(said).collect())
}

fn tune(rows: &[QuestionRow], method: ReaderMethod) -> Result<Option<TunedReader>, TuneError> {
    let Some(dir) = engraft_testkit::model() else { return Ok(None) };
    let tokenizer = Tokenizer::open(&dir).unwrap();
    let base = ReaderBase { dir: &dir, tokenizer: &tokenizer, threads: 1 };
    let resampling = Resampling { seed: 0, resamples: 200 };
    let options = ReaderOptions { method, seeds: 1, seed: 0, resampling };
    let cancel = Cancel::default();
    let watch = Watch::quiet(&cancel);
    tune_reader(rows, None, &options, &base, (&sentences, "sentences"), watch).map(Some)
}

#[test]
fn it_learns_to_answer_reads_back_and_is_proven_better_than_sentences() {
    let rows = rows(120);
    let Some(tuned) = tune(&rows, ReaderMethod::Full).unwrap() else { return };
    let f1 = tuned.eval["f1"].value.unwrap();
    assert!(f1 > 0.8 && tuned.verdict.ship, "{:?} {:?}", tuned.eval, tuned.verdict);
    assert!((0.0..=1.0).contains(&tuned.settings.threshold), "{:?}", tuned.settings);
    assert!(tuned.settings.temperature > 0.0 && tuned.judged.len() + tuned.rows == 120);
    let folder = tempfile::tempdir().unwrap();
    tuned.save(folder.path()).unwrap();
    let reader = Reader::open(&folder.path().join(ENCODER), tuned.settings, 2).unwrap();
    let judged: Vec<&QuestionRow> = tuned.judged.iter().collect();
    let readings = reader.read(&pairs(&judged)).unwrap();
    // One at a time it says the same, to the bit.
    for ((question, passage), reading) in pairs(&judged).iter().zip(&readings) {
        assert_eq!(reader.read(&[(question, passage)]).unwrap()[0], *reading);
    }
    let right = judged.iter().zip(&readings).filter(|(row, reading)| {
        reading.answer().map_or(row.answers.is_empty(), |span| row.answers.contains(&span))
    });
    assert!(right.count() as f64 > 0.7 * judged.len() as f64);
    // The logits of tokens are those that words are chosen by.
    let logits = reader.logits("Where does the sofa stand?", "The sofa stands in the lobby.").unwrap();
    // Sixteen tokens: [CLS], six of the question, [SEP], seven of the passage, [SEP].
    assert!(logits.len() == 2 * 16 && logits.iter().all(|x| x.is_finite()), "{}", logits.len());
}

#[test]
fn adapters_stay_beside_what_they_were_merged_into() {
    let Some(tuned) = tune(&rows(60), ReaderMethod::Lora).unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    tuned.save(folder.path()).unwrap();
    assert!(folder.path().join("encoder/adapter/adapter_model.safetensors").is_file());
    assert!(tuned.steps > 0 && tuned.split == 0);
}

#[test]
fn too_little_to_learn_from_is_told_before_anything_is_trained() {
    let error = |rows: &[QuestionRow]| tune(rows, ReaderMethod::Full).map(|_| ()).unwrap_err().to_string();
    if engraft_testkit::model().is_none() {
        return;
    }
    assert!(error(&rows(24)).ends_with("20 are needed"), "{}", error(&rows(24)));
    let mut one = rows(60);
    one.iter_mut().for_each(|row| row.group = "one".into());
    assert!(error(&one).contains("all rows belong to one document"), "{}", error(&one));
    let mut long = rows(60);
    long[1].asked.question = "why ".repeat(100);
    assert!(error(&long).starts_with("row 1: a question has 100 tokens"), "{}", error(&long));
}
