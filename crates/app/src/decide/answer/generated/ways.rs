//! The ways a model is asked: the four cells of the square, and two that show what better or worse passages would do.

use engraft_answer::{Prompt, Shown, memory_prompt, passages_prompt};
use engraft_core::{Mode, Span};
use engraft_decide::{Arm, Role};
use engraft_eval::SplitMix;

use super::super::found::Read;
use super::super::fresh::Cited;
use super::super::limits::has_gold;
use super::super::questions::Posed;
use crate::ask::Seen;
use crate::decide::cells::Cell;
use crate::decide::draw::shuffle;
use crate::decide::meter::{Used, metered};
use crate::endpoint::Endpoint;
use crate::{Context, Error, SearchRequest, Workspace, search};

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A cell of the square.
    Cell(Cell),
    /// The gold passages in place of those found: what perfect search could reach.
    PerfectRetrieval,
    /// The passages found for another question: what passages as such do.
    RandomPassages,
    /// Answered training questions before the question, and no passages: what telling it the form of an answer does.
    FewShot,
}

/// Answered questions that are shown, at most; with fewer nothing is shown.
const SHOTS: usize = 4;

/// Answered training questions to show, drawn by the seed: questions and answers.
pub(super) fn shots(training: &[Posed], seed: u64) -> Vec<(&str, &str)> {
    let known = training.iter().filter(|posed| posed.answerable);
    let mut known: Vec<(&str, &str)> =
        known.filter_map(|posed| Some((posed.question.as_str(), posed.answer.as_deref()?))).collect();
    shuffle(&mut known, &mut SplitMix::new(seed, 0x7368_6f74));
    known.truncate(SHOTS);
    if known.len() < SHOTS { Vec::new() } else { known }
}

/// A passage as it is sent.
#[derive(Clone)]
pub(super) struct Passage {
    pub(super) uri: String,
    title: Option<String>,
    pub(super) text: String,
    /// The document's id and where in it the passage stands, where it was searched for.
    place: Option<(String, Seen)>,
}

impl Passage {
    /// The document, as a citation of this passage names it.
    pub(super) fn cited(&self) -> Option<Cited<'_>> {
        self.place.as_ref().map(|(doc_id, seen)| Cited { doc_id, version: seen.version })
    }

    /// The passage, as what search brought is measured by it.
    pub(super) fn read(&self) -> Read<'_> {
        match &self.place {
            Some((_, seen)) => Read::Found(seen),
            None => Read::Given { uri: &self.uri, text: &self.text },
        }
    }
}

/// The passages found for a question, and what finding them took.
pub(super) struct Found {
    pub(super) passages: Vec<Passage>,
    pub(super) used: Used,
}

impl Way {
    /// All that can be taken: the cells, and diagnostics where they are wanted and can be had for every question.
    pub(super) fn all(asked: &[Posed], shots: &[(&str, &str)], diagnostics: bool) -> Vec<Way> {
        let mut ways = [Cell::Base, Cell::Retrieval, Cell::Tuned, Cell::Both].map(Way::Cell).to_vec();
        if diagnostics {
            if has_gold(asked) {
                ways.push(Way::PerfectRetrieval);
            }
            ways.push(Way::RandomPassages);
            ways.extend((!shots.is_empty()).then_some(Way::FewShot));
        }
        ways
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Way::Cell(cell) => cell.name(),
            Way::PerfectRetrieval => "perfect-retrieval",
            Way::RandomPassages => "random-passages",
            Way::FewShot => "few-shot",
        }
    }

    pub(super) fn looks_up(self) -> bool {
        !matches!(self, Way::Cell(Cell::Base | Cell::Tuned) | Way::FewShot)
    }

    pub(super) fn tuned(self) -> bool {
        matches!(self, Way::Cell(Cell::Tuned | Cell::Both))
    }

    /// The model that is asked; `None`: it has no name.
    pub(super) fn model(self, endpoint: &Endpoint) -> Option<&str> {
        if self.tuned() { endpoint.tuned_model.as_deref() } else { Some(&endpoint.model) }
    }

    /// The arm without its rows.
    pub(super) fn arm(self, endpoint: &Endpoint) -> Arm {
        let model = &endpoint.model;
        let quoted = "with quotes that are looked up";
        let said = match self {
            Way::Cell(Cell::Base) => format!("`{model}` answers from memory"),
            Way::Cell(Cell::Tuned) => "The tuned model answers from memory".to_string(),
            Way::Cell(Cell::Both) => format!("The tuned model answers from the passages found, {quoted}"),
            Way::Cell(_) => format!("`{model}` answers from the passages found, {quoted}"),
            Way::PerfectRetrieval => format!("`{model}` answers from the gold passages"),
            Way::RandomPassages => format!("`{model}` answers from the passages found for another question"),
            Way::FewShot => {
                format!("`{model}` answers from memory, shown {SHOTS} answered training questions")
            }
        };
        let (cell, role) = match self {
            Way::Cell(cell) => (cell, Role::Candidate),
            Way::FewShot => (Cell::Base, Role::Diagnostic),
            _ => (Cell::Retrieval, Role::Diagnostic),
        };
        let arm = cell.arm(said, Vec::new(), Default::default());
        let beside = (role == Role::Diagnostic).then(|| cell.name().into());
        Arm { name: self.name().into(), role, beside, on_premises: endpoint.on_premises, ..arm }
    }

    /// The passages that go with the question at `at`; none for one that is asked of the model's memory.
    pub(super) fn passages(self, at: usize, asked: &[Posed], found: &[Found]) -> Vec<Passage> {
        let gold = || {
            let passage = |gold: &super::super::questions::Gold| Passage {
                uri: gold.uri.clone().unwrap_or_else(|| "gold".into()),
                title: None,
                text: gold.quote.clone(),
                place: None,
            };
            asked[at].gold.iter().map(passage).collect()
        };
        match self {
            Way::Cell(Cell::Base | Cell::Tuned) | Way::FewShot => Vec::new(),
            Way::PerfectRetrieval if asked[at].answerable => gold(),
            // Half the questions away, so that neighbours in the file, often of one document, do not lend each other theirs.
            Way::RandomPassages => found[(at + found.len() / 2) % found.len()].passages.clone(),
            _ => found[at].passages.clone(),
        }
    }

    /// What the model is told; `shots` are shown where answered questions are.
    pub(super) fn prompt(self, question: &str, passages: &[Passage], shots: &[(&str, &str)]) -> Prompt {
        if !self.looks_up() {
            return memory_prompt(question, if self == Way::FewShot { shots } else { &[] });
        }
        let shown = |passage: &Passage| passage.title.clone().unwrap_or_else(|| passage.uri.clone());
        let trails: Vec<String> = passages.iter().map(shown).collect();
        let passages = passages.iter().zip(&trails);
        let shown: Vec<Shown> =
            passages.map(|(passage, trail)| Shown { trail, text: &passage.text }).collect();
        passages_prompt(question, &shown)
    }
}

/// The search that `ask` would make for a question.
pub(super) fn looking(workspace: &Workspace, posed: &Posed) -> SearchRequest {
    SearchRequest {
        query: posed.question.clone(),
        k: workspace.config.answer.passages,
        mode: Mode::Hybrid,
        ..SearchRequest::default()
    }
}

/// The passages of every question, as `ask` would find them.
pub(super) fn find(context: Context, workspace: &Workspace, asked: &[Posed]) -> Result<Vec<Found>, Error> {
    context.progress.stage("look up", Some(asked.len() as u64));
    let mut all = Vec::with_capacity(asked.len());
    for posed in asked {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let request = looking(workspace, posed);
        let (report, used) = metered(|| search(context, workspace, &request));
        let mut passages = Vec::new();
        for hit in report?.hits {
            let document = workspace.store.document_by_id(&hit.doc_id)?;
            let span = Span::new(hit.char_start, hit.char_end);
            let place = document.zip(span).map(|(document, span)| {
                let (uri, version) = (hit.uri.clone(), hit.doc_version);
                (hit.doc_id, Seen { uri, doc: document.no, version, span })
            });
            passages.push(Passage { uri: hit.uri, title: hit.title, text: hit.text, place });
        }
        all.push(Found { passages, used });
        context.progress.advance(1);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use engraft_core::{Cancel, Silent};

    use super::super::super::found::{MEASURES, found};
    use super::super::super::lessons::Library;
    use super::*;
    use crate::ask::ask_among;
    use crate::{AskRequest, IngestRequest, Isolation, Parsers, ingest, init};

    const ROOMS: [&str; 3] = ["red", "green", "blue"];

    /// What was found for each of two questions: by the reader of sentences, and for a model that is asked in this way.
    fn measured(way: Way) -> Vec<[[Option<f64>; MEASURES]; 2]> {
        let folder = tempfile::tempdir().unwrap();
        let (root, documents) = (folder.path().join("kb"), folder.path().join("docs"));
        std::fs::create_dir(&documents).unwrap();
        for room in ROOMS {
            let text = format!("# The {room} room\n\nThe {room} room seats twelve people.\n");
            std::fs::write(documents.join(format!("{room}.md")), text).unwrap();
        }
        init(&root, None, Some("none")).unwrap();
        let workspace = Workspace::open(&root, 1).unwrap();
        let parsers = Parsers::new(Isolation::InProcess, Default::default());
        let (cancel, now) = (Cancel::default(), || "2026-01-01T00:00:00.000Z".to_string());
        let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
        let paths = vec![documents.display().to_string()];
        ingest(context, &workspace, &parsers, &IngestRequest { paths, ..IngestRequest::default() }).unwrap();
        let posed = |room: &str| -> Posed {
            let question = format!("Whom does the {room} room seat?");
            let gold = format!(r#"[{{"quote":"The {room} room seats twelve people."}}]"#);
            serde_json::from_str(&format!(r#"{{"id":"{room}","question":"{question}","gold":{gold}}}"#))
                .unwrap()
        };
        let library = Library::of(&workspace).unwrap();
        let mut asked = vec![posed("red"), posed("blue")];
        asked
            .iter_mut()
            .for_each(|posed| (posed.homes, posed.fits) = (library.homes(posed), library.fits(posed)));
        let looked_up = find(context, &workspace, &asked).unwrap();
        let values = |at: usize| {
            let request = AskRequest { question: asked[at].question.clone(), ..AskRequest::default() };
            let told = ask_among(context, &workspace, &request, None).unwrap();
            let read: Vec<Read> = told.seen.iter().map(Read::Found).collect();
            let passages = way.passages(at, &asked, &looked_up);
            let shown: Vec<Read> = passages.iter().map(Passage::read).collect();
            [read, shown].map(|read| found(&workspace, &asked[at], &read).unwrap())
        };
        (0..asked.len()).map(values).collect()
    }

    #[test]
    fn what_a_model_is_shown_is_measured_as_what_the_reader_of_sentences_reads() {
        for cell in [Cell::Retrieval, Cell::Both] {
            for [reader, model] in measured(Way::Cell(cell)) {
                // One of the rooms holds the gold, of as many as were found.
                assert!(reader[3].is_some_and(|judged| judged > 0.0), "{reader:?}");
                assert_eq!((reader[..3].to_vec(), model), (vec![Some(1.0); 3], reader));
            }
        }
    }

    #[test]
    fn gold_passages_that_are_given_are_found_and_have_no_rank() {
        for [_, model] in measured(Way::PerfectRetrieval) {
            assert_eq!(model, [Some(1.0), Some(1.0), None, None]);
        }
    }

    #[test]
    fn passages_of_another_question_are_measured_for_the_one_they_are_shown_with() {
        for [reader, model] in measured(Way::RandomPassages) {
            assert!(model[2] < reader[2], "{model:?} {reader:?}");
        }
    }
}
