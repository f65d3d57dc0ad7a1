//! The four cells and the diagnostics, each given every text to read.

use std::collections::BTreeMap;

use engraft_core::CharMap;
use engraft_decide::{Arm, ArmRun, FALSE_ANSWER, GROUNDEDNESS, Measure, Row, Upkeep, percent};
use engraft_eval::{Matching, Metric, Resampling, SplitMix, State, Tally, f1_report};
use engraft_tune::data::ExtractionRow;
use engraft_tune::extractor::FoundSpan;
use serde::{Deserialize, Serialize};

use super::data::{Data, shown};
use super::lookup::{Found, Marking, Memory};
use super::models::{Schema, Tuned, counts};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::brief::briefly;
use crate::decide::cells::Cell;
use crate::decide::meter::{Used, metered};
use crate::decide::ranked;
use crate::decide::task::Task;
use crate::decide::vectors::Encoded;

/// What a row's time is split into.
pub(super) const STAGES: [&str; 3] = ["encode", "look up", "extract"];
/// Examples shown as evidence.
const SHOWN: usize = 3;
/// The place of `document_exact` among the measures.
const DOCUMENT: usize = 2;

/// The measures of a row, in the order of its values.
pub(super) fn measures() -> Vec<Measure> {
    let measure = Measure::new;
    let of_spans = vec![
        measure("span_f1", "the F1 of a text's spans, label and both ends right.", true),
        measure("overlap_f1", "the same where a span counts as soon as it overlaps one of its label", true),
        measure(
            "document_exact",
            "in all texts of a document (`group`) every span is found and nothing else",
            true,
        ),
        measure(GROUNDEDNESS, "the share of found spans that one of the examples found marks likewise", true),
        measure(FALSE_ANSWER, "something was found in a text where nothing is marked", false),
    ];
    let high = "how high the examples that mark one of the text's values likewise stand among those looked up, from 0 to 1; the tenth is \
                the last that counts, and a text has none whose values no example marks";
    let judged = "the share of the first ten examples looked up that are judged, as every annotated one is";
    of_spans.into_iter().chain(ranked::measures(high, judged)).collect()
}

/// Everything needed to ask.
pub(super) struct Asker<'a> {
    pub(super) data: &'a Data,
    pub(super) task: &'a Task,
    pub(super) schema: &'a Schema,
    pub(super) questions: &'a Encoded,
    pub(super) examples: &'a Encoded,
}

/// What an arm found in one text.
struct Said<'m> {
    spans: Vec<FoundSpan>,
    /// The share of them that an example backs, and the nearest examples.
    backed: Option<f64>,
    evidence: Vec<String>,
    /// All examples looked up, nearest first.
    looked_up: Vec<&'m ExtractionRow>,
    used: [Used; 3],
}

/// A row with what was counted in it.
#[derive(Serialize, Deserialize)]
struct Counted {
    row: Row,
    hits: usize,
    found: usize,
    marked: usize,
}

impl Asker<'_> {
    /// Every arm, asked every text under every seed; and the span F1 of each pooled over texts, in words.
    pub(super) fn arms(
        &self,
        asking: &mut Asking,
        tuned: &[(Tuned, Used)],
    ) -> Result<(Vec<Arm>, String), Error> {
        let k = self.task.neighbours;
        let method = self.task.extractor;
        let rule = tuned[0].0.rule.words();
        let said = |cell| match cell {
            Cell::Base => "Marks what the names and meanings of labels ask for, and known values".to_string(),
            Cell::Retrieval => format!(
                "Looks up the {k} nearest annotated examples and marks the values that are marked there"
            ),
            Cell::Tuned => format!("An extractor (`{method}`) trained on the annotated examples"),
            Cell::Both => format!(
                "The trained extractor and the {k} nearest examples, by a rule chosen on examples neither had seen: {rule}"
            ),
            Cell::PerfectReader => format!(
                "Finds every right span whose value one of the {k} nearest examples marks, and nothing else"
            ),
            Cell::RandomExamples => format!("Marks the values that are marked in {k} examples at random"),
        };
        let (mut arms, mut pooled) = (Vec::new(), Vec::new());
        for cell in Cell::ALL {
            let (arm, f1) = self.arm(asking, tuned, cell, said(cell))?;
            pooled.push(format!("{} {}", arm.name, percent(&f1)));
            arms.push(arm);
        }
        Ok((arms, pooled.join(", ")))
    }

    fn arm(
        &self,
        asking: &mut Asking,
        tuned: &[(Tuned, Used)],
        cell: Cell,
        description: String,
    ) -> Result<(Arm, Metric), Error> {
        let (name, seeds, texts) = (cell.name(), cell.seeds(tuned.len()), self.data.asked.len());
        let upkeep = self.upkeep(cell, tuned);
        let (mut runs, mut first) = (Vec::new(), Vec::new());
        asking.context.progress.stage(&format!("ask {name}"), Some((seeds * texts) as u64));
        for (seed, (tuned, _)) in tuned.iter().enumerate().take(seeds) {
            let memory = Memory::of(&self.data.examples, self.data.draws[seed].iter().copied());
            let marking = Marking::of(&memory);
            let say = |at| Ok(self.row(at, &self.say(cell, at, tuned, &memory)?, &marking));
            let counted = asking.all::<Counted>(&format!("rows-{name}-{seed}"), texts, say)?;
            let mut rows: Vec<Row> = counted.iter().map(|counted| counted.row.clone()).collect();
            self.documents(&mut rows);
            runs.push(ArmRun { seed: seed as u64, rows });
            if seed == 0 {
                first = counted;
            }
        }
        Ok((cell.arm(description, runs, upkeep), self.pooled(&first)))
    }

    /// F1 over all spans of all texts, its interval over documents.
    fn pooled(&self, counted: &[Counted]) -> Metric {
        let mut documents: BTreeMap<&str, Vec<Tally>> = BTreeMap::new();
        for (counted, cluster) in counted.iter().zip(&self.data.clusters) {
            let Counted { hits, found, marked, .. } = *counted;
            let tally = Tally { label: 0, hits, predicted: found, gold: marked };
            documents.entry(cluster).or_default().push(tally);
        }
        let items: Vec<Vec<Tally>> = documents.into_values().collect();
        let resampling = Resampling { seed: self.task.seed, resamples: self.task.resamples };
        f1_report(&items, &["span".to_string()], &resampling).micro.f1
    }

    /// Whether all texts of a document are right, said once a document.
    fn documents(&self, rows: &mut [Row]) {
        let mut right: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (at, cluster) in self.data.clusters.iter().enumerate() {
            let exact = rows[at].quality() == Some(1.0);
            let (_, all) = right.entry(cluster).or_insert((at, true));
            *all &= exact;
        }
        for (first, all) in right.into_values() {
            rows[first].values[DOCUMENT] = Some(f64::from(u8::from(all)));
        }
    }

    fn upkeep(&self, cell: Cell, tuned: &[(Tuned, Used)]) -> Upkeep {
        let draw = &self.data.draws[0];
        let encoding = Used::sum(draw.iter().map(|&at| &self.examples.used[at]));
        let texts: usize = draw.iter().map(|&at| self.data.examples[at].text.len()).sum();
        let looked_up = (4 * draw.len() * self.examples.vectors.columns + texts) as u64;
        let (trained, training) = &tuned[0];
        let of = |labels: usize, built: Used, bytes: u64| Upkeep {
            labels,
            build_cpu_s: built.cpu_s,
            build_s: Some(built.ms / 1e3),
            bytes,
            ..Upkeep::default()
        };
        match cell {
            Cell::Base => of(0, Used::default(), 0),
            // The vectors are needed to choose the rule, which the extractor alone does without.
            Cell::Tuned => of(draw.len(), *training, trained.extractor.bytes()),
            Cell::Both => {
                let both = Used::sum([&encoding, training]);
                of(draw.len(), both, trained.extractor.bytes() + looked_up)
            }
            Cell::Retrieval | Cell::PerfectReader | Cell::RandomExamples => {
                of(draw.len(), encoding, looked_up)
            }
        }
    }

    fn say<'m>(&self, cell: Cell, at: usize, tuned: &Tuned, memory: &'m Memory) -> Result<Said<'m>, Error> {
        let row = &self.data.asked[at];
        let question = self.questions.vectors.row(at);
        let vectors = &self.examples.vectors;
        let none = Used::default();
        let encode = self.questions.used[at];
        let alone = |spans: Vec<FoundSpan>, extract: Used| Said {
            spans,
            backed: None,
            evidence: Vec::new(),
            looked_up: Vec::new(),
            used: [none, none, extract],
        };
        let look_up = || {
            metered(|| {
                let found = memory.look_up(vectors, question, self.task.neighbours);
                let spans = found.spans(&row.text);
                (found, spans)
            })
        };
        match cell {
            Cell::Base => {
                let (spans, extract) = metered(|| self.schema.find(row));
                Ok(alone(spans?, extract))
            }
            Cell::Tuned => {
                let (spans, extract) = metered(|| tuned.find(row));
                Ok(alone(spans?, extract))
            }
            Cell::Retrieval => {
                let ((found, spans), look_up) = look_up();
                Ok(self.said(row, &found, spans, [encode, look_up, none]))
            }
            Cell::Both => {
                let ((found, looked_up), look_up) = look_up();
                let (spans, extract) = metered(|| -> Result<Vec<FoundSpan>, Error> {
                    Ok(tuned.rule.together(&tuned.find(row)?, &looked_up))
                });
                Ok(self.said(row, &found, spans?, [encode, look_up, extract]))
            }
            Cell::PerfectReader => {
                let ((found, _), look_up) = look_up();
                let map = CharMap::new(&row.text);
                let known = row.spans.iter().filter(|gold| {
                    map.quote(gold.span).is_some_and(|written| found.marks(written, &gold.label))
                });
                let spans =
                    known.map(|gold| FoundSpan { span: gold.span, label: gold.label.clone(), score: 1.0 });
                let spans = spans.collect();
                Ok(self.said(row, &found, spans, [encode, look_up, none]))
            }
            Cell::RandomExamples => {
                let mut random = SplitMix::new(self.task.seed ^ 0x726e_646d, at as u64);
                let drawn = (0..self.task.neighbours).map(|_| random.below(memory.rows.len()));
                let found = Found::of(drawn.map(|place| &*memory.rows[place].1).collect());
                let spans = found.spans(&row.text);
                Ok(self.said(row, &found, spans, [none, none, none]))
            }
        }
    }

    /// Milliseconds of an answer in that cell among these examples, the text's encoding as it was measured.
    pub(super) fn ms(&self, cell: Cell, at: usize, tuned: &Tuned, memory: &Memory) -> Result<f64, Error> {
        Ok(self.say(cell, at, tuned, memory)?.used.iter().map(|used| used.ms).sum())
    }

    /// What was found with the help of examples.
    fn said<'m>(
        &self,
        row: &ExtractionRow,
        found: &Found<'m>,
        spans: Vec<FoundSpan>,
        used: [Used; 3],
    ) -> Said<'m> {
        let map = CharMap::new(&row.text);
        let backed = spans
            .iter()
            .filter(|one| map.quote(one.span).is_some_and(|written| found.marks(written, &one.label)));
        let backed = backed.count() as f64 / spans.len().max(1) as f64;
        let evidence = found.examples.iter().take(SHOWN).map(|example| {
            let marked = example.spans.iter().map(|one| (one.span, one.label.as_str()));
            let marked = shown(&example.text, marked, "nothing marked");
            briefly(&format!("{marked} — {}", example.text))
        });
        let evidence = evidence.collect();
        let backed = (!spans.is_empty()).then_some(backed);
        Said { spans, backed, evidence, looked_up: found.examples.clone(), used }
    }

    fn row(&self, at: usize, said: &Said, marking: &Marking) -> Counted {
        let asked = &self.data.asked[at];
        let strictly = counts(asked, &said.spans, Matching::Exact);
        let overlapping = counts(asked, &said.spans, Matching::Overlap);
        let found = said.spans.iter().map(|one| (one.span, one.label.as_str()));
        let sure: f64 = said.spans.iter().map(|one| one.score).sum();
        let something = f64::from(u8::from(!said.spans.is_empty()));
        let mut values = vec![
            Some(strictly.f1().unwrap_or(1.0)),
            Some(overlapping.f1().unwrap_or(1.0)),
            None,
            said.backed,
            asked.spans.is_empty().then_some(something),
        ];
        values.extend(marking.high(asked, &said.looked_up));
        let row = Row {
            state: State::Scored,
            values,
            confidence: (!said.spans.is_empty()).then(|| sure / said.spans.len() as f64),
            stage_ms: said.used.iter().map(|used| used.ms).collect(),
            cpu_s: said.used.iter().map(|used| used.cpu_s).sum(),
            tokens_in: 0,
            tokens_out: 0,
            said: shown(&asked.text, found, "(nothing)"),
            evidence: said.evidence.clone(),
            why: None,
        };
        Counted { row, hits: strictly.both, found: strictly.left, marked: strictly.right }
    }
}
