//! The questions of an answering task: read, halved, sliced; and whether an answer holds what it should.

use engraft_core::content_hash;
use engraft_decide::{DataFact, LEAST_QUESTIONS};
use engraft_tune::data::split;
use serde::Deserialize;

use crate::AskReport;
use crate::Error;
use crate::decide::draw::at_most;
use crate::decide::leak;
use crate::decide::task::{Slices, Task, request};
use crate::search::read_lines;

/// A question with what a right answer quotes.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Posed {
    #[serde(alias = "_id")]
    pub(super) id: String,
    #[serde(alias = "text")]
    pub(super) question: String,
    /// Whether the documents answer it.
    #[serde(default = "yes")]
    pub(super) answerable: bool,
    /// A short right answer.
    pub(super) answer: Option<String>,
    /// Passages of which any one holds the answer.
    #[serde(default)]
    pub(super) gold: Vec<Gold>,
    #[serde(alias = "kind")]
    pub(super) slice: Option<String>,
    /// Questions of one group stay together.
    pub(super) group: Option<String>,
}

/// A passage that holds the answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Gold {
    pub(super) quote: String,
    pub(super) uri: Option<String>,
}

fn yes() -> bool {
    true
}

const SHAPE: &str =
    "{\"id\":\"q1\",\"question\":\"…\",\"answerable\":true,\"answer\":\"…\",\"gold\":[{\"quote\":\"…\"}]}";

/// Questions to tune on and questions to ask.
pub(super) struct Questions {
    pub(super) training: Vec<Posed>,
    pub(super) asked: Vec<Posed>,
    pub(super) facts: Vec<DataFact>,
}

impl Questions {
    pub(super) fn read(task: &Task) -> Result<Questions, Error> {
        let read = |path: &std::path::Path| -> Result<(Vec<Posed>, String), Error> {
            let path = task.path(path);
            let rows: Vec<Posed> = read_lines(&path, SHAPE)?;
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let sha256 = engraft_tune::data::sha256_of(&bytes);
            Ok((rows.clone(), format!("{name}, {} questions, sha256 `{}`", rows.len(), &sha256[..16])))
        };
        let (training, mut asked, facts) = match (&task.training, &task.evaluation, &task.labelled) {
            (Some(training), Some(evaluation), _) => {
                let ((training, first), (asked, second)) = (read(training)?, read(evaluation)?);
                (training, asked, [("Training", first), ("Evaluation", second)])
            }
            (_, Some(evaluation), None) => {
                let (asked, fact) = read(evaluation)?;
                (Vec::new(), asked, [("Training", "none".into()), ("Evaluation", fact)])
            }
            (_, _, Some(one)) | (Some(one), None, None) => {
                let (all, fact) = read(one)?;
                let (training, asked) = halves(all, task.seed);
                (
                    training,
                    asked,
                    [("Training", format!("one half of {fact}")), ("Evaluation", "the other half".into())],
                )
            }
            (None, None, None) => {
                return Err(request(
                    "the task names no questions",
                    "name `evaluation` (and `training`), or one `labelled` file that is split in half",
                ));
            }
        };
        fn texts(rows: &[Posed]) -> Vec<&str> {
            rows.iter().map(|row| row.question.as_str()).collect()
        }
        let kept = leak::kept(&texts(&training), &texts(&asked), task.leakage)?;
        let kept = at_most(kept, task.limit, task.seed);
        asked = kept.into_iter().map(|at| asked[at].clone()).collect();
        if asked.len() < LEAST_QUESTIONS {
            return Err(request(
                format!(
                    "{} questions are too few for any verdict: at least {LEAST_QUESTIONS} are needed",
                    asked.len()
                ),
                "bring more questions with right answers",
            ));
        }
        let unknown = |row: &&Posed| row.answerable && row.gold.is_empty() && row.answer.is_none();
        let missing = asked.iter().filter(unknown).count();
        let mut facts: Vec<DataFact> =
            facts.into_iter().map(|(what, value)| DataFact { what: what.into(), value }).collect();
        if missing > 0 {
            facts.push(DataFact {
                what: "Without a right answer".into(),
                value: format!("{missing} questions; they leave the comparison"),
            });
        }
        Ok(Questions { training, asked, facts })
    }

    /// A hash of all that answers, and whether they are right, depend on.
    pub(super) fn fingerprint(&self, more: &str) -> String {
        let mut parts = vec![more.to_string()];
        for row in self.training.iter().chain(&self.asked) {
            let quotes: Vec<&str> = row.gold.iter().map(|gold| gold.quote.as_str()).collect();
            parts.push(format!("{:?}", (&row.id, &row.question, row.answerable, &row.answer, quotes)));
        }
        content_hash(parts.join("\u{1f}").as_bytes())
    }
}

fn halves(all: Vec<Posed>, seed: u64) -> (Vec<Posed>, Vec<Posed>) {
    let texts: Vec<&str> = all.iter().map(|row| row.question.as_str()).collect();
    let groups: Vec<Option<&str>> = all.iter().map(|row| row.cluster()).collect();
    let strata: Vec<usize> = all.iter().map(|row| usize::from(row.answerable)).collect();
    let parts = split(&texts, &groups, &strata, 0.5, seed);
    let side = |places: &[usize]| places.iter().map(|&at| all[at].clone()).collect();
    (side(&parts.train), side(&parts.held))
}

impl Posed {
    /// What it is not independent of: its group, or the document of its answer.
    pub(super) fn cluster(&self) -> Option<&str> {
        self.group.as_deref().or_else(|| self.gold.first()?.uri.as_deref())
    }

    /// Its slice under the task's rule; `spreads`: its gold lies in several documents.
    pub(super) fn slice(&self, slices: Slices, spreads: bool) -> String {
        match (slices, &self.slice, self.answerable) {
            (Slices::None, ..) => "all".into(),
            (_, _, false) => "unanswerable".into(),
            (Slices::Auto | Slices::Hops, Some(slice), _) => slice.clone(),
            (Slices::Hops, ..) => (if spreads { "multi-hop" } else { "one document" }).into(),
            _ if self.question.split_whitespace().count() <= 8 => "short".into(),
            _ => "long".into(),
        }
    }

    /// Whether the answer holds what it should: for what the documents do not say, silence. `None`: nobody said what is right.
    pub(super) fn right(&self, report: &AskReport, answered: bool) -> Option<bool> {
        if !self.answerable {
            return Some(!answered);
        }
        if self.gold.is_empty() && self.answer.is_none() {
            return None;
        }
        let cited: Vec<String> = report.citations.iter().map(|citation| flat(&citation.quote)).collect();
        let quoted = |gold: &Gold| {
            let wanted = flat(&gold.quote);
            cited.iter().any(|quote| quote.contains(&wanted) || (quote.len() >= 12 && wanted.contains(quote)))
        };
        let said = |answer: &String| {
            let wanted = flat(answer.trim_end_matches('.'));
            cited.iter().any(|quote| quote.contains(&wanted))
        };
        Some(answered && (self.gold.iter().any(quoted) || self.answer.as_ref().is_some_and(said)))
    }
}

/// Single spaces, one case.
pub(super) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(row: &str, slices: Slices, spreads: bool, expected: &str) {
        let posed: Posed = serde_json::from_str(row).unwrap();
        assert_eq!(posed.slice(slices, spreads), expected);
    }

    #[test]
    fn by_hops_a_question_without_a_slice_of_its_own_is_multi_hop_or_not() {
        let plain = r#"{"id":"q","question":"Where?","answer":"here"}"#;
        check(plain, Slices::Hops, true, "multi-hop");
        check(plain, Slices::Hops, false, "one document");
        check(plain, Slices::Auto, true, "short");
        check(r#"{"id":"q","question":"Where?","slice":"stable fact"}"#, Slices::Hops, true, "stable fact");
        check(r#"{"id":"q","question":"Where?","answerable":false}"#, Slices::Hops, true, "unanswerable");
    }
}
