//! The four cells and the diagnostics, each asked every question.

use std::iter::repeat_n;

use engraft_decide::{Arm, ArmRun, FALSE_ANSWER, GROUNDEDNESS, Measure, Question, Row, Upkeep};
use engraft_eval::{Ranking, Rules, SplitMix, State};

use super::data::Data;
use super::models::{Head, Memory, best, by_meaning, upkeep};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::meter::{Used, metered};
use crate::decide::ranked;
use crate::decide::task::Task;
use crate::decide::vectors::Encoded;

/// What a row's time is split into.
pub(super) const STAGES: [&str; 3] = ["encode", "look up", "decide"];
/// Examples shown as evidence.
const SHOWN: usize = 3;
/// An answer among so many most probable ones counts for `top3`.
const TOP: usize = 3;

/// The measures of a row, in the order of its values.
pub(super) fn measures(data: &Data) -> Vec<Measure> {
    let measure = Measure::new;
    let mut all = vec![
        measure("accuracy", "the share of questions that get the right label.", true),
        measure("top3", "the right label is among the three most probable ones", true),
        measure("brier", "squared distance of the probabilities from the truth, from 0 to 2", false),
        measure(
            GROUNDEDNESS,
            "one of the three nearest examples found carries the label that was answered",
            true,
        ),
    ];
    if data.outside.is_some() {
        all.push(measure(
            FALSE_ANSWER,
            "a question that belongs to no label was given one all the same",
            false,
        ));
    }
    all.extend(ranked::measures(
        "how high the examples that carry the right label stand among those looked up, from 0 to 1; the tenth is the last that counts",
        "the share of the first ten examples looked up that are judged, as every example with a label is",
    ));
    all
}

/// Everything needed to ask.
pub(super) struct Asker<'a> {
    pub(super) data: &'a Data,
    pub(super) task: &'a Task,
    pub(super) questions: &'a Encoded,
    pub(super) examples: &'a Encoded,
    pub(super) meanings: &'a Encoded,
}

/// What an arm said of one question.
struct Said {
    probabilities: Vec<f64>,
    evidence: Vec<(usize, usize)>,
    look_up: Used,
    decide: Used,
    /// Instead of the answer's own: whether a diagnostic counts it as right.
    right: Option<bool>,
}

impl Asker<'_> {
    /// Every arm, asked every question under every seed.
    pub(super) fn arms(&self, asking: &mut Asking, heads: &[(Head, Used)]) -> Result<Vec<Arm>, Error> {
        let k = self.task.neighbours;
        let said = |cell| match cell {
            Cell::Base => "Compares the question with what each label means".to_string(),
            Cell::Retrieval => format!("Looks up the {k} nearest labelled examples, which vote"),
            Cell::Tuned => "A linear head on the encoder, trained on the labelled examples".to_string(),
            Cell::Both => {
                format!("The trained head and the {k} nearest examples, weighed on examples held out of both")
            }
            Cell::PerfectReader => {
                format!("Right whenever the right label is among the {k} nearest examples")
            }
            Cell::RandomExamples => format!("{k} examples at random vote"),
        };
        Cell::ALL.into_iter().map(|cell| self.arm(asking, heads, cell, said(cell))).collect()
    }

    fn arm(
        &self,
        asking: &mut Asking,
        heads: &[(Head, Used)],
        cell: Cell,
        description: String,
    ) -> Result<Arm, Error> {
        let (name, seeds, questions) = (cell.name(), cell.seeds(heads.len()), self.data.questions.len());
        let mut runs = Vec::new();
        asking.context.progress.stage(&format!("ask {name}"), Some((seeds * questions) as u64));
        for (seed, (head, _)) in heads.iter().enumerate().take(seeds) {
            let memory = Memory::of(self.data, &self.data.draws[seed]);
            let say = |at| Ok(self.row(at, self.say(cell, at, head, &memory), &memory));
            let rows = asking.all::<Row>(&format!("rows-{name}-{seed}"), questions, say)?;
            runs.push(ArmRun { seed: seed as u64, rows });
        }
        Ok(cell.arm(description, runs, self.upkeep(cell, heads)))
    }

    fn upkeep(&self, cell: Cell, heads: &[(Head, Used)]) -> Upkeep {
        let draw = &self.data.draws[0];
        let encoding = Used::sum(draw.iter().map(|&at| &self.examples.used[at]));
        let names = Used::sum(&self.meanings.used);
        let vectors = 4 * (draw.len() * self.examples.vectors.columns) as u64;
        let (head, training) = &heads[0];
        let trained = Used::sum([&encoding, training]);
        match cell {
            Cell::Base => upkeep(0, names, 4 * self.meanings.vectors.data.len() as u64),
            Cell::Tuned => upkeep(draw.len(), trained, head.bytes()),
            Cell::Both => upkeep(draw.len(), trained, head.bytes() + vectors),
            Cell::Retrieval | Cell::PerfectReader | Cell::RandomExamples => {
                upkeep(draw.len(), encoding, vectors)
            }
        }
    }

    fn say(&self, cell: Cell, at: usize, head: &Head, memory: &Memory) -> Said {
        let question = self.questions.vectors.row(at);
        let labels = self.data.labels.len();
        let none = || (Vec::new(), Used::default());
        let look_up =
            || metered(|| memory.look_up(&self.examples.vectors, question, self.task.neighbours, labels));
        match cell {
            Cell::Base => {
                let known: Vec<usize> = (0..labels).collect();
                let (probabilities, decide) =
                    metered(|| by_meaning(&self.meanings.vectors, &known, question, labels));
                let (evidence, look_up) = none();
                Said { probabilities, evidence, look_up, decide, right: None }
            }
            Cell::Tuned => {
                let (probabilities, decide) = metered(|| head.predict(question));
                let (evidence, look_up) = none();
                Said { probabilities, evidence, look_up, decide, right: None }
            }
            Cell::Retrieval | Cell::PerfectReader => {
                let (found, look_up) = look_up();
                let gold = self.data.questions[at].gold;
                let perfect = || found.examples.iter().any(|(_, label)| *label == gold);
                let right = (cell == Cell::PerfectReader).then(perfect);
                let (probabilities, evidence) = (found.probabilities, found.examples);
                Said { probabilities, evidence, look_up, decide: Used::default(), right }
            }
            Cell::Both => {
                let (found, look_up) = look_up();
                let (probabilities, decide) =
                    metered(|| head.together(&head.predict(question), &found.probabilities));
                Said { probabilities, evidence: found.examples, look_up, decide, right: None }
            }
            Cell::RandomExamples => {
                let mut random = SplitMix::new(self.task.seed ^ 0x726e_646d, at as u64);
                let mut probabilities = vec![1e-3; labels];
                let mut evidence = Vec::new();
                for _ in 0..self.task.neighbours {
                    let (row, label) = memory.rows[random.below(memory.rows.len())];
                    probabilities[label] += 1.0;
                    evidence.push((row, label));
                }
                let sum: f64 = probabilities.iter().sum();
                probabilities.iter_mut().for_each(|p| *p /= sum);
                let used = Used::default();
                Said { probabilities, evidence, look_up: used, decide: used, right: None }
            }
        }
    }

    /// Milliseconds of an answer in that cell among these examples, the question's encoding as it was measured.
    pub(super) fn ms(&self, cell: Cell, at: usize, head: &Head, memory: &Memory) -> f64 {
        let said = self.say(cell, at, head, memory);
        self.questions.used[at].ms + said.look_up.ms + said.decide.ms
    }

    fn row(&self, at: usize, said: Said, memory: &Memory) -> Row {
        let data = self.data;
        let gold = data.questions[at].gold;
        let answer = best(&said.probabilities);
        let right = said.right.unwrap_or(answer == gold);
        let above = said.probabilities.iter().filter(|p| **p > said.probabilities[gold]).count();
        let brier: f64 = said
            .probabilities
            .iter()
            .enumerate()
            .map(|(label, p)| (p - f64::from(u8::from(label == gold))).powi(2))
            .sum();
        let shown = &said.evidence[..said.evidence.len().min(SHOWN)];
        let backed = shown.iter().any(|(_, label)| *label == answer);
        let number = |truth: bool| f64::from(u8::from(truth));
        let mut values = vec![
            Some(number(right)),
            Some(number(above < TOP)),
            Some(brier),
            (!said.evidence.is_empty()).then_some(number(backed)),
        ];
        if let Some(outside) = data.outside {
            values.push((gold == outside).then_some(number(answer != outside)));
        }
        values.extend(high(gold, &said.evidence, memory));
        let encode = &self.questions.used[at];
        let evidence =
            shown.iter().map(|(row, label)| format!("{}: {}", data.labels[*label], data.examples[*row].text));
        Row {
            state: if data.outside == Some(answer) { State::Abstained } else { State::Scored },
            values,
            confidence: Some(said.probabilities[answer]),
            stage_ms: vec![encode.ms, said.look_up.ms, said.decide.ms],
            cpu_s: encode.cpu_s + said.look_up.cpu_s + said.decide.cpu_s,
            tokens_in: 0,
            tokens_out: 0,
            said: data.labels[answer].clone(),
            evidence: evidence.collect(),
            why: None,
        }
    }

    /// The questions as the experiment has them.
    pub(super) fn questions(&self) -> Vec<Question> {
        let question = |(asked, route): (&super::data::Asked, &Option<String>)| Question {
            id: asked.id.clone(),
            text: asked.text.clone(),
            gold: self.data.labels[asked.gold].clone(),
            cluster: asked.cluster.clone(),
            slice: asked.slice.clone(),
            route: route.clone(),
        };
        self.data.questions.iter().zip(&self.data.routes.of).map(question).collect()
    }
}

/// How high the examples of the right label stand among those looked up; nothing where none were, or none has that label.
fn high(gold: usize, looked_up: &[(usize, usize)], memory: &Memory) -> [Option<f64>; 2] {
    if looked_up.is_empty() {
        return [None, None];
    }
    let relevant = memory.rows.iter().filter(|(_, label)| *label == gold).count();
    let grade = |(_, label): &(usize, usize)| Some(i64::from(*label == gold));
    let judged = repeat_n(1, relevant);
    ranked::of(&Ranking::of_names(looked_up.iter().copied(), grade, judged, Rules::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four examples, of which two carry label 1.
    #[track_caller]
    fn check(gold: usize, looked_up: &[(usize, usize)], expected: [Option<f64>; 2]) {
        let memory = Memory { rows: vec![(0, 0), (1, 1), (2, 1), (3, 0)] };
        assert_eq!(high(gold, looked_up, &memory), expected);
    }

    #[test]
    fn examples_of_the_right_label_are_what_looking_up_should_bring_first() {
        check(1, &[(2, 1), (1, 1), (0, 0)], [Some(1.0), Some(1.0)]);
        let second = 1.0 / 3f64.log2();
        check(1, &[(0, 0), (1, 1)], [Some(second / (1.0 + second)), Some(1.0)]);
        // The same example drawn twice at random counts once.
        check(1, &[(1, 1), (1, 1)], [Some(1.0 / (1.0 + second)), Some(1.0)]);
    }

    #[test]
    fn an_arm_that_looks_nothing_up_has_no_rank_and_a_label_without_examples_none_to_find() {
        check(1, &[], [None, None]);
        check(2, &[(0, 0)], [None, None]);
    }
}
