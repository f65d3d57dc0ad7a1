//! Training questions as the tuners read them: which documents answer each, and where in a passage the answer stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use engraft_core::{CharMap, Span, sentences};
use engraft_tune::data::split;
use serde_json::{Value, json};

use super::folded::folded;
use super::questions::{Gold, Posed};
use crate::{Context, Error, SearchRequest, Workspace, search};

/// The part of the training questions that proves what was learned from the others.
const PROVE: f64 = 1.0 / 3.0;
/// Words of an answer that a reader can learn to find; longer ones are passages.
const LONGEST: usize = 40;
/// Passages looked through for one that seems to answer and does not.
const SEEMING: usize = 8;

/// Questions to learn from and questions to prove on; those of one group, or that say nearly the same, on one side.
pub(super) struct Halves<'q> {
    pub(super) learn: Vec<&'q Posed>,
    pub(super) prove: Vec<&'q Posed>,
}

impl<'q> Halves<'q> {
    pub(super) fn of(training: &'q [Posed], seed: u64) -> Halves<'q> {
        let texts: Vec<&str> = training.iter().map(|row| row.question.as_str()).collect();
        let groups: Vec<Option<&str>> = training.iter().map(Posed::cluster).collect();
        let strata: Vec<usize> = training.iter().map(|row| usize::from(row.answerable)).collect();
        let parts = split(&texts, &groups, &strata, PROVE, seed);
        let side = |places: &[usize]| places.iter().map(|&at| &training[at]).collect();
        Halves { learn: side(&parts.train), prove: side(&parts.held) }
    }
}

/// The documents of a workspace by their uri, each as its passages.
pub(super) struct Library {
    passages: BTreeMap<String, Vec<String>>,
    /// The words of each, for quotes whose document is not named.
    flat: BTreeMap<String, String>,
}

impl Library {
    pub(super) fn of(workspace: &Workspace) -> Result<Library, Error> {
        let mut passages: BTreeMap<String, Vec<String>> = BTreeMap::new();
        workspace.store.for_each_live_chunk("", &mut |live| {
            passages.entry(live.doc.uri.clone()).or_default().push(live.text.to_string());
            ControlFlow::Continue(())
        })?;
        Ok(Library::with(passages))
    }

    /// The passages of each document.
    pub(super) fn with(passages: impl IntoIterator<Item = (String, Vec<String>)>) -> Library {
        let passages: BTreeMap<String, Vec<String>> = passages.into_iter().collect();
        let words = passages.iter().map(|(uri, all)| (uri.clone(), folded(&all.join(" ")))).collect();
        Library { passages, flat: words }
    }

    /// The documents, in order.
    pub(super) fn uris(&self) -> impl Iterator<Item = &str> {
        self.passages.keys().map(String::as_str)
    }

    /// How many passages these documents have.
    pub(super) fn size(&self, uris: &[&str]) -> usize {
        uris.iter().filter_map(|uri| self.passages.get(*uri)).map(Vec::len).sum()
    }

    /// Every sentence that holds no answer to any of the questions and is no part of one.
    pub(super) fn sentences(&self, asked: &[Posed]) -> Vec<String> {
        let golds = asked.iter().flat_map(|posed| posed.gold.iter().map(|gold| folded(&gold.quote)));
        let answers = asked.iter().filter_map(|posed| posed.answer.as_deref());
        let right: Vec<String> =
            golds.chain(answers.map(|answer| folded(answer.trim_end_matches('.')))).collect();
        let mut all = Vec::new();
        for passage in self.passages.values().flatten() {
            let map = CharMap::new(passage);
            let said = sentences(passage).into_iter().filter_map(|span| map.quote(span));
            all.extend(said.map(str::to_string).filter(|sentence| {
                let words = folded(sentence);
                !right.iter().any(|right| words.contains(right) || right.contains(&words))
            }));
        }
        all
    }

    /// The document that a gold passage names, and where it names none, those that hold the quote.
    fn holding<'l>(&'l self, gold: &'l Gold) -> Vec<&'l str> {
        match &gold.uri {
            Some(uri) => self.passages.get_key_value(uri).map(|(uri, _)| uri.as_str()).into_iter().collect(),
            None => {
                let wanted = folded(&gold.quote);
                let holds = |(_, words): &(&String, &String)| words.contains(&wanted);
                self.flat.iter().filter(holds).map(|(uri, _)| uri.as_str()).collect()
            }
        }
    }

    /// The documents that answer a question.
    pub(super) fn answering<'l>(&'l self, posed: &'l Posed) -> Vec<&'l str> {
        let mut all: Vec<&str> = posed.gold.iter().flat_map(|gold| self.holding(gold)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The documents that are judged to answer it: those that its gold names, here or not, and where gold names none, those that hold
    /// the quote.
    pub(super) fn homes(&self, posed: &Posed) -> BTreeSet<String> {
        let of = |gold: &Gold| match &gold.uri {
            Some(uri) => vec![uri.clone()],
            None => self.holding(gold).into_iter().map(str::to_string).collect(),
        };
        posed.gold.iter().filter(|_| posed.answerable).flat_map(of).collect()
    }

    /// Whether passages hold its gold whole: one passage each that an answer takes, or any one where one will do.
    pub(super) fn fits(&self, posed: &Posed) -> bool {
        let whole = |gold: &Gold| {
            let wanted = folded(&gold.quote);
            let mut passages = self.holding(gold).into_iter().flat_map(|uri| &self.passages[uri]);
            passages.any(|passage| folded(passage).contains(&wanted))
        };
        match posed.takes_all() {
            true => posed.gold.iter().all(whole),
            false => posed.gold.iter().any(whole),
        }
    }

    /// Whether an answer takes gold of two or more documents, none of which holds all of it. Gold that is found nowhere does not
    /// count.
    pub(super) fn spreads(&self, posed: &Posed) -> bool {
        if !posed.takes_all() {
            return false;
        }
        let mut homes = posed.gold.iter().map(|gold| self.holding(gold)).filter(|homes| !homes.is_empty());
        let Some(first) = homes.next() else { return false };
        let others: Vec<Vec<&str>> = homes.collect();
        !first.iter().any(|uri| others.iter().all(|homes| homes.contains(uri)))
    }

    /// The first passage of a question's documents in which its answer stands to the letter, and where.
    fn place<'l>(&'l self, posed: &'l Posed) -> Option<(&'l str, &'l str, Span)> {
        let short = |words: &str| !words.is_empty() && words.split_whitespace().count() <= LONGEST;
        let quotes = posed.gold.iter().map(|gold| gold.quote.trim());
        let wanted = posed.answer.iter().map(|answer| answer.trim().trim_end_matches('.')).chain(quotes);
        let wanted: Vec<&str> = wanted.filter(|words| short(words)).collect();
        let of = |uri: &'l str| self.passages[uri].iter().map(move |passage| (uri, passage.as_str()));
        self.answering(posed).into_iter().flat_map(of).find_map(|(uri, passage)| {
            let found = |words: &&str| Some((passage.find(*words)?, words.chars().count()));
            let (at, length) = wanted.iter().find_map(found)?;
            let start = passage[..at].chars().count();
            Some((uri, passage, Span::new(start, start + length)?))
        })
    }
}

/// Writes `{query, uri}` for every document that answers a question; how many questions have one.
pub(super) fn judgements(library: &Library, asked: &[&Posed], path: &Path) -> Result<usize, Error> {
    let answered = asked.iter().map(|posed| (posed, library.answering(posed)));
    let answered: Vec<_> = answered.filter(|(_, documents)| !documents.is_empty()).collect();
    let of = |(posed, documents): &(&&Posed, Vec<&str>)| -> Vec<Value> {
        documents.iter().map(|uri| json!({ "query": posed.question, "uri": uri })).collect()
    };
    write(path, &answered.iter().flat_map(of).collect::<Vec<_>>())?;
    Ok(answered.len())
}

/// What a reader reads with a question that has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// The best passage found that holds nothing of the answer, as search will bring it.
    Distractor,
    /// Nothing but the passage that answers.
    Nothing,
}

/// Writes what a reader learns from: each question with the passage that answers it, and with the best one found that does not; for
/// a question with an answer only where that is wanted `beside`. How many questions have an answer that can be found in a passage.
/// `fits` says which questions can be read.
pub(super) fn readings(
    context: Context,
    (workspace, library): (&Workspace, &Library),
    asked: &[&Posed],
    fits: &dyn Fn(&str) -> bool,
    beside: Beside,
    path: &Path,
) -> Result<usize, Error> {
    let (mut rows, mut answered) = (Vec::new(), 0);
    for posed in asked.iter().filter(|posed| fits(&posed.question)) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let place = library.place(posed);
        if posed.answerable && place.is_none() {
            continue;
        }
        let group = posed.cluster().unwrap_or(&posed.id);
        let mut row = |passage: &str, answers: Value| {
            let id = format!("{} {}", posed.id, rows.len());
            rows.push(json!({ "id": id, "question": posed.question, "passage": passage, "answers": answers,
                "document": group }));
        };
        if let Some((_, passage, span)) = place.filter(|_| posed.answerable) {
            row(passage, json!([{ "char_start": span.start(), "char_end": span.end() }]));
            answered += 1;
            if beside == Beside::Nothing {
                continue;
            }
        }
        if let Some(passage) = seeming(context, workspace, posed)? {
            row(&passage, json!([]));
        }
    }
    write(path, &rows)?;
    Ok(answered)
}

/// The best passage found for a question that holds nothing of its answer.
fn seeming(context: Context, workspace: &Workspace, posed: &Posed) -> Result<Option<String>, Error> {
    let request = SearchRequest { query: posed.question.clone(), k: SEEMING, ..SearchRequest::default() };
    let wanted: Vec<String> =
        posed.gold.iter().map(|gold| &gold.quote).chain(&posed.answer).map(|words| folded(words)).collect();
    let right = |text: &str| {
        let text = folded(text);
        wanted.iter().any(|words| text.contains(words) || words.contains(&text))
    };
    let hits = search(context, workspace, &request)?.hits;
    Ok(hits.into_iter().map(|hit| hit.text).find(|text| !right(text)))
}

fn write(path: &Path, rows: &[Value]) -> Result<(), Error> {
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(path, lines).map_err(Error::io("write", path))
}

/// The files that lessons are written to.
pub(super) struct Files {
    pub(super) learn: PathBuf,
    pub(super) prove: PathBuf,
}

impl Files {
    /// Those for one kind of lesson below `folder`.
    pub(super) fn below(folder: &Path, what: &str) -> Files {
        let named = |side: &str| folder.join(format!("{what}-{side}.jsonl"));
        Files { learn: named("learn"), prove: named("prove") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::answer::questions::Needs;

    #[track_caller]
    fn check(gold: &str, spreads: bool) {
        let document = |uri: &str, text: &str| (uri.to_string(), vec![text.to_string()]);
        let library = Library::with([
            document("leave.md", "Leave is 28 days. It is asked for in writing."),
            document("forms.md", "Forms lie at the front desk. Leave is 28 days."),
        ]);
        let posed =
            serde_json::from_str(&format!(r#"{{"id":"q","question":"?","needs":"all","gold":[{gold}]}}"#))
                .unwrap();
        assert_eq!(library.spreads(&posed), spreads);
        // Of gold of which any one will do, one document is enough.
        assert!(!library.spreads(&Posed { needs: Needs::Any, ..posed }));
    }

    #[track_caller]
    fn homes(more: &str, expected: &[&str]) {
        let document = |uri: &str, text: &str| (uri.to_string(), vec![text.to_string()]);
        let library = Library::with([
            document("leave.md", "Leave is 28 days."),
            document("forms.md", "Forms lie at the front desk. Leave is 28 days."),
        ]);
        let posed: Posed = serde_json::from_str(&format!(r#"{{"id":"q","question":"?",{more}}}"#)).unwrap();
        assert_eq!(library.homes(&posed).iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn gold_is_at_home_in_the_document_it_names_or_wherever_it_stands() {
        homes(r#""gold":[{"quote":"Leave is 28 days.","uri":"leave.md"}]"#, &["leave.md"]);
        homes(r#""gold":[{"quote":"leave is  28 days"}]"#, &["forms.md", "leave.md"]);
        // A document that could not be read is one that was not found.
        homes(
            r#""gold":[{"quote":"Leave is 28 days.","uri":"gone.md"},{"quote":"the front desk"}]"#,
            &["forms.md", "gone.md"],
        );
        homes(r#""gold":[{"quote":"stands nowhere"}]"#, &[]);
        homes(r#""answerable":false,"gold":[{"quote":"the front desk"}]"#, &[]);
    }

    #[track_caller]
    fn fits(more: &str, expected: bool) {
        let passages = ["Leave is 28 days. It is", "asked for in writing."].map(str::to_string).to_vec();
        let library = Library::with([("leave.md".to_string(), passages)]);
        let posed: Posed = serde_json::from_str(&format!(r#"{{"id":"q","question":"?",{more}}}"#)).unwrap();
        assert_eq!(library.fits(&posed), expected, "{more}");
    }

    #[test]
    fn gold_that_was_cut_in_two_is_held_whole_by_no_passage() {
        fits(r#""gold":[{"quote":"Leave is  28 days."}]"#, true);
        fits(r#""gold":[{"quote":"It is asked for in writing.","uri":"leave.md"}]"#, false);
        let both = r#""gold":[{"quote":"Leave is 28 days."},{"quote":"It is asked for in writing."}]"#;
        fits(both, true);
        fits(&format!(r#"{both},"needs":"all""#), false);
        fits(r#""gold":[]"#, false);
    }

    #[test]
    fn gold_of_which_each_part_lies_in_another_document_spreads() {
        check(r#"{"quote":"asked for in writing"},{"quote":"the front desk"}"#, true);
        check(r#"{"quote":"28 days","uri":"leave.md"},{"quote":"28 days","uri":"forms.md"}"#, true);
    }

    #[test]
    fn gold_that_one_document_holds_does_not_spread_wherever_else_it_stands() {
        check(r#"{"quote":"leave is 28 days"}"#, false);
        check(r#"{"quote":"28 days"},{"quote":"the front desk"}"#, false);
        check(r#"{"quote":"asked for in writing"},{"quote":"stands nowhere"}"#, false);
        check("", false);
    }

    /// The id, whether the passage answers, and the passage of each row that a reader learns from.
    fn read(beside: Beside) -> Vec<(String, bool, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("docs")).unwrap();
        std::fs::write(path("docs/notice.md"), "Leave is 28 days.").unwrap();
        std::fs::write(path("docs/hearsay.md"), "Somebody said how long leave is.").unwrap();
        crate::init(&path("kb"), None, Some("none")).unwrap();
        let workspace = Workspace::open(&path("kb"), 1).unwrap();
        let (cancel, now) = (engraft_core::Cancel::default(), || "2026-01-01T00:00:00.000Z".to_string());
        let context =
            Context { progress: &engraft_core::Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
        let parsers = crate::Parsers::new(crate::Isolation::InProcess, Default::default());
        let sources = crate::IngestRequest {
            paths: vec![path("docs").display().to_string()],
            ..crate::IngestRequest::default()
        };
        crate::ingest(context, &workspace, &parsers, &sources).unwrap();
        let asked: Vec<Posed> = [
            r#"{"id":"leave","question":"How long is leave?","answer":"28 days","gold":[{"quote":"Leave is 28 days."}]}"#,
            r#"{"id":"silent","question":"How long is leave of a judge?","answerable":false}"#,
        ]
        .map(|row| serde_json::from_str(row).unwrap())
        .to_vec();
        let library = Library::of(&workspace).unwrap();
        let all: Vec<&Posed> = asked.iter().collect();
        let answered =
            readings(context, (&workspace, &library), &all, &|_| true, beside, &path("read.jsonl")).unwrap();
        assert_eq!(answered, 1);
        let row = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| row[name].as_str().unwrap().to_string();
            (text("document"), row["answers"] != json!([]), text("passage"))
        };
        std::fs::read_to_string(path("read.jsonl")).unwrap().lines().map(row).collect()
    }

    #[test]
    fn beside_the_passage_that_answers_stands_one_that_seems_to_unless_nothing_is_to() {
        let row = |id: &str, answers, passage: &str| (id.to_string(), answers, passage.to_string());
        let answer = row("leave", true, "Leave is 28 days.");
        let seeming = row("leave", false, "Somebody said how long leave is.");
        let with = read(Beside::Distractor);
        assert_eq!(with[..2], [answer.clone(), seeming]);
        let without = read(Beside::Nothing);
        // What nothing answers is learned either way.
        assert_eq!((&without[0], without.len(), &without[1]), (&answer, 2, &with[2]));
        assert_eq!((without[1].0.as_str(), without[1].1), ("silent", false));
    }
}
