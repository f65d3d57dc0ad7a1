//! The questions of an answering task: read, halved, sliced.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::content_hash;
use engraft_decide::{DataFact, LEAST_CLUSTERS, LEAST_QUESTIONS, Unfit};
use engraft_tune::data::split;
use serde::Deserialize;

use super::folded::folded;
use super::lessons::Library;
use crate::Error;
use crate::decide::draw::at_most;
use crate::decide::leak;
use crate::decide::route::{Routes, length};
use crate::decide::task::{Slices, Task, request};
use crate::decide::unfit;
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
    /// Passages that hold the answer.
    #[serde(default)]
    pub(super) gold: Vec<Gold>,
    /// How many of them an answer takes.
    #[serde(default)]
    pub(super) needs: Needs,
    pub(super) slice: Option<String>,
    /// What it is reported under where it has no slice; nothing goes by it, since it may follow from where the answer stands.
    pub(super) kind: Option<String>,
    /// Questions of one group stay together.
    pub(super) group: Option<String>,
    /// The documents that hold its gold, as far as [`Questions::place`] was told of them.
    #[serde(skip)]
    pub(super) homes: BTreeSet<String>,
    /// Whether there are passages that hold whole what an answer takes of its gold, as far as [`Questions::place`] was told of them.
    #[serde(skip)]
    pub(super) fits: bool,
}

/// How many of its gold passages an answer takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Needs {
    /// Each says it all.
    #[default]
    Any,
    /// Each says a part.
    All,
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
        let read = |path: &Path| -> Result<(Vec<Posed>, String), Error> {
            let path = task.path(path);
            let mut rows: Vec<Posed> = read_lines(&path, SHAPE)?;
            rows.iter_mut().for_each(Posed::without_blanks);
            told_apart(&path, &rows)?;
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
        let missing = enough(&asked)?;
        let mut facts: Vec<DataFact> =
            facts.into_iter().map(|(what, value)| DataFact { what: what.into(), value }).collect();
        if missing > 0 {
            facts.push(DataFact {
                what: "Without a right answer".into(),
                value: format!("{missing} questions; they leave the comparison"),
            });
        }
        facts.extend(several(&asked));
        Ok(Questions { training, asked, facts })
    }

    /// What is known of each question asked before it is answered.
    pub(super) fn routes(&self, task: &Task) -> Routes {
        Routes::of(task, self.asked.iter().map(|posed| (posed.question.as_str(), posed.slice.as_deref())))
    }

    /// Notes of every question asked which documents hold its gold, and whether a passage does.
    pub(super) fn place(&mut self, library: &Library) {
        for posed in &mut self.asked {
            (posed.homes, posed.fits) = (library.homes(posed), library.fits(posed));
        }
        self.facts.extend(longer(&self.asked));
    }

    /// A hash of all that answers, and whether they are right, depend on.
    pub(super) fn fingerprint(&self, more: &str) -> String {
        let mut parts = vec![more.to_string()];
        for row in self.training.iter().chain(&self.asked) {
            // Not the slice: it changes nothing that is asked.
            let right = (row.answerable, &row.answer, &row.gold, row.needs);
            parts.push(format!("{:?}", (&row.id, &row.question, right, &row.group)));
        }
        content_hash(parts.join("\u{1f}").as_bytes())
    }
}

/// Refuses questions that are too few for any verdict, or of too few documents, before anything is measured; how many there are of which
/// nobody said what is right.
fn enough(asked: &[Posed]) -> Result<usize, Error> {
    let judged: Vec<&Posed> = asked.iter().filter(|posed| posed.is_judged()).collect();
    let missing = asked.len() - judged.len();
    if judged.len() < LEAST_QUESTIONS {
        let with = if missing > 0 { " with a right answer" } else { "" };
        return Err(request(
            format!(
                "{} questions{with} are too few for any verdict: at least {LEAST_QUESTIONS} are needed",
                judged.len()
            ),
            "bring more questions with right answers",
        ));
    }
    let clusters: BTreeSet<&str> = judged.iter().map(|posed| posed.cluster().unwrap_or(&posed.id)).collect();
    match clusters.len() {
        have if have < LEAST_CLUSTERS => Err(unfit(Unfit::FewClusters { have, need: LEAST_CLUSTERS })),
        _ => Ok(missing),
    }
}

/// Refuses a file in which two rows have one id.
fn told_apart(path: &Path, rows: &[Posed]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match rows.iter().find(|row| !seen.insert(&row.id)) {
        None => Ok(()),
        Some(row) => Err(request(
            format!("two questions of {} have the id `{}`", path.display(), row.id),
            "give every question an id of its own",
        )),
    }
}

/// How questions with several gold passages are judged; nothing where there are none.
fn several(asked: &[Posed]) -> Option<DataFact> {
    let count = |needs: Needs| {
        asked.iter().filter(|posed| posed.answerable && posed.gold.len() > 1 && posed.needs == needs).count()
    };
    let (any, all) = (count(Needs::Any), count(Needs::All));
    let value = format!(
        "{} questions; an answer to {all} of them takes every passage, to {any} any one, as their `needs` says (`any` unless set)",
        any + all
    );
    (any + all > 0).then(|| DataFact { what: "With several gold passages".into(), value })
}

/// How many questions have gold that no passage holds whole; nothing where there are none.
fn longer(asked: &[Posed]) -> Option<DataFact> {
    let gold: Vec<&Posed> = asked.iter().filter(|posed| posed.answerable && !posed.gold.is_empty()).collect();
    let cut = gold.iter().filter(|posed| !posed.fits).count();
    let value = format!(
        "{cut} of {} questions with gold; `recall@k` leaves them out, and `evidence_recall` counts their characters",
        gold.len()
    );
    (cut > 0).then(|| DataFact { what: "Gold that no passage holds whole".into(), value })
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
    /// Gold and answers without words say nothing: whatever is quoted would hold them.
    fn without_blanks(&mut self) {
        self.gold.retain(|gold| !folded(&gold.quote).is_empty());
        self.answer.take_if(|answer| folded(answer).trim_end_matches(['.', ' ']).is_empty());
    }

    /// Whether somebody said what is right.
    pub(super) fn is_judged(&self) -> bool {
        !self.answerable || !self.gold.is_empty() || self.answer.is_some()
    }

    /// What it is not independent of: its group, or the document of its answer.
    pub(super) fn cluster(&self) -> Option<&str> {
        self.group.as_deref().or_else(|| self.gold.first()?.uri.as_deref())
    }

    /// Its slice under the task's rule; `spreads`: what it takes lies in several documents.
    pub(super) fn slice(&self, slices: Slices, spreads: bool) -> String {
        match (slices, self.slice.as_ref().or(self.kind.as_ref()), self.answerable) {
            (Slices::None, ..) => "all".into(),
            (_, _, false) => "unanswerable".into(),
            (Slices::Auto | Slices::Hops, Some(slice), _) => slice.clone(),
            (Slices::Hops, ..) => (if spreads { "multi-hop" } else { "one document" }).into(),
            _ => length(&self.question).into(),
        }
    }

    /// Whether one gold passage alone is no right answer.
    pub(super) fn takes_all(&self) -> bool {
        self.needs == Needs::All && self.gold.len() > 1
    }
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
    fn gold_without_words_is_no_gold() {
        let row = r#"{"id":"q","question":"?","answer":" . ","gold":[{"quote":" \n"},{"quote":"x"}]}"#;
        let mut posed: Posed = serde_json::from_str(row).unwrap();
        posed.without_blanks();
        assert_eq!((posed.gold.len(), &posed.answer), (1, &None));
    }

    #[test]
    fn too_few_questions_or_documents_are_refused_as_soon_as_they_are_read() {
        let refused = |more: &dyn Fn(usize) -> String| {
            let row = |at: usize| format!(r#"{{"id":"{at}","question":"?"{}}}"#, more(at));
            let asked: Vec<Posed> = (0..40).map(|at| serde_json::from_str(&row(at)).unwrap()).collect();
            enough(&asked).map_err(|error| error.to_string())
        };
        let answer = |at: usize, most: usize| if at < most { r#","answer":"x""# } else { "" }.to_string();
        assert_eq!(refused(&|at| answer(at, 31)), Ok(9));
        let few = refused(&|at| answer(at, 20)).unwrap_err();
        assert!(few.starts_with("20 questions with a right answer are too few for any verdict"), "{few}");
        let few = refused(&|at| format!(r#","gold":[{{"quote":"x","uri":"{}.md"}}]"#, at % 5)).unwrap_err();
        assert_eq!(few, "questions come from 5 documents or groups; at least 10 are needed");
    }

    #[test]
    fn two_questions_of_one_id_are_refused() {
        let rows: Vec<Posed> = ["a", "b", "a"]
            .map(|id| serde_json::from_str(&format!(r#"{{"id":"{id}","question":"?"}}"#)).unwrap())
            .to_vec();
        let error = told_apart(Path::new("q.jsonl"), &rows).unwrap_err();
        assert_eq!(error.to_string(), "two questions of q.jsonl have the id `a`");
        assert!(told_apart(Path::new("q.jsonl"), &rows[..2]).is_ok());
    }

    #[test]
    fn what_is_right_and_with_what_a_row_belongs_tells_questions_apart_and_its_slice_does_not() {
        let print = |row: &str| {
            let asked = vec![serde_json::from_str(&format!(r#"{{"id":"q","question":"?",{row}}}"#)).unwrap()];
            Questions { training: Vec::new(), asked, facts: Vec::new() }.fingerprint("")
        };
        let plain = print(r#""gold":[{"quote":"x","uri":"a.md"}]"#);
        assert_eq!(plain, print(r#""gold":[{"quote":"x","uri":"a.md"}],"slice":"long tail""#));
        for other in [
            r#""gold":[{"quote":"x","uri":"b.md"}]"#,
            r#""gold":[{"quote":"x","uri":"a.md"}],"group":"g""#,
            r#""gold":[{"quote":"x","uri":"a.md"}],"needs":"all""#,
        ] {
            assert_ne!(plain, print(other), "{other}");
        }
    }

    #[test]
    fn the_kind_of_a_row_is_reported_on_and_never_gone_by() {
        let row = |id: &str, more: &str| -> Posed {
            serde_json::from_str(&format!(r#"{{"id":"{id}","question":"Where?",{more}}}"#)).unwrap()
        };
        let routes = |task: &str, asked: Vec<Posed>| -> Vec<String> {
            let task = Task::parse(&format!("kind = 'answer'\n{task}"), "".into(), "t").unwrap();
            let routes = Questions { training: Vec::new(), asked, facts: Vec::new() }.routes(&task).of;
            routes.into_iter().map(|route| route.unwrap_or_else(|| "nothing".into())).collect()
        };
        let kinds = || vec![row("a", r#""kind":"table""#), row("b", r#""kind":"conflict""#)];
        assert_eq!(kinds()[0].slice(Slices::Auto, false), "table");
        assert_eq!(routes("", kinds()), ["short", "short"]);
        assert_eq!(routes("route_by = 'slice'", kinds()), ["nothing", "nothing"]);
        let slices = || {
            let by_post = row("a", r#""kind":"table","slice":"by post""#);
            vec![by_post, row("b", r#""kind":"table","slice":"in the shop""#)]
        };
        assert_eq!(slices()[1].slice(Slices::Auto, false), "in the shop");
        assert_eq!(routes("", slices()), ["short", "short"]);
        assert_eq!(routes("route_by = 'slice'", slices()), ["by post", "in the shop"]);
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
