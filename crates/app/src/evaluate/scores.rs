//! Scores to compare, from a file or from a run of the workspace, and the pairs that two of them make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_eval::{Score, State, Units};

use crate::evaluate::{measured::Measured, score_file};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// The score of one item with one seed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scored {
    /// The document it was made from; its own id where none is known.
    pub(crate) document: String,
    pub(crate) score: Score,
}

/// Scores by measure, item and training seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ScoreSet {
    pub(crate) measures: BTreeMap<String, BTreeMap<(String, u64), Scored>>,
    /// What is measured by when nobody says; that of its kind of run.
    pub(crate) main: Option<&'static str>,
}

impl ScoreSet {
    /// The name of the measure of a file that names none.
    pub(crate) const ONLY: &str = "score";

    pub(crate) fn put(&mut self, measure: &str, item: &str, seed: u64, scored: Scored) -> Result<(), String> {
        let rows = self.measures.entry(measure.to_string()).or_default();
        match rows.insert((item.to_string(), seed), scored) {
            None => Ok(()),
            Some(_) => Err(format!("`{item}` has a second score")),
        }
    }
}

/// The scores in a file, or those of a run of the workspace by its id or how that begins.
pub(crate) fn load(
    context: Context,
    open: &dyn Fn() -> Result<Workspace, Error>,
    name: &str,
) -> Result<ScoreSet, Error> {
    let path = Path::new(name);
    if path.is_file() {
        return score_file::read(path);
    }
    let missing = || Error::Missing {
        what: "run or file of scores",
        name: name.to_string(),
        hint: "run `engraft eval list` for the runs of this workspace, or check the path".into(),
    };
    if name.len() < 4 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let workspace = open()?;
    context.progress.stage("read", None);
    let run = workspace.store.run_by_id(name)?.ok_or_else(missing)?;
    let mut set = ScoreSet {
        main: match run.run.kind.as_str() {
            "retrieval" => Some("nDCG@10"),
            "answers" => Some("right"),
            "model" => Some("accuracy"),
            _ => None,
        },
        ..ScoreSet::default()
    };
    for row in workspace.store.run_items(run.no)? {
        let measured = Measured::from_row(row)?;
        for (measure, score) in &measured.scores {
            let scored = Scored { document: measured.document.clone(), score: *score };
            set.put(measure, &measured.item, measured.seed, scored).map_err(Error::Bug)?;
        }
    }
    Ok(set)
}

/// Two sides, row by row: the same item and seed.
#[derive(Debug)]
pub(crate) struct Pairs {
    pub(crate) measure: String,
    pub(crate) a: Vec<Score>,
    pub(crate) b: Vec<Score>,
    pub(crate) units: Units,
    /// Items that only the first side has.
    pub(crate) only_a: usize,
    /// Items that only the second side has.
    pub(crate) only_b: usize,
    /// Between these every score lies.
    pub(crate) range: (f64, f64),
}

/// Pairs them under one measure. An item that one side lacks is `skipped` there. A side with one seed is paired with every
/// seed of the other; otherwise seeds must be the same.
pub(crate) fn pair(a: &ScoreSet, b: &ScoreSet, measure: Option<&str>) -> Result<Pairs, Error> {
    let measure = choose(a, b, measure)?;
    let (a, b) = (&a.measures[&measure], &b.measures[&measure]);
    let seeds =
        |rows: &BTreeMap<(String, u64), Scored>| rows.keys().map(|key| key.1).collect::<BTreeSet<u64>>();
    let (of_a, of_b) = (seeds(a), seeds(b));
    let all = match (of_a.len(), of_b.len()) {
        (1, _) => &of_b,
        (_, 1) => &of_a,
        _ if of_a == of_b => &of_a,
        _ => {
            return Err(Error::Request {
                message: format!("the sides were measured with other seeds: {of_a:?} and {of_b:?}"),
                hint: "measure both with the same seeds".into(),
            });
        }
    };
    let items: BTreeSet<&String> = a.keys().chain(b.keys()).map(|key| &key.0).collect();
    let find = |rows: &BTreeMap<(String, u64), Scored>, seeds: &BTreeSet<u64>, item: &str, seed: u64| {
        let seed = if seeds.len() == 1 { seeds.first().copied().unwrap_or(seed) } else { seed };
        rows.get(&(item.to_string(), seed)).cloned()
    };
    let (mut rows, mut left, mut right) = (Vec::new(), Vec::new(), Vec::new());
    let (mut only_a, mut only_b, mut common) = (BTreeSet::new(), BTreeSet::new(), 0);
    for item in items {
        for &seed in all {
            let (one, other) = (find(a, &of_a, item, seed), find(b, &of_b, item, seed));
            let document = match (&one, &other) {
                (Some(scored), _) | (None, Some(scored)) => scored.document.clone(),
                (None, None) => continue,
            };
            match (&one, &other) {
                (Some(_), None) => {
                    only_a.insert(item);
                }
                (None, Some(_)) => {
                    only_b.insert(item);
                }
                _ => common += 1,
            }
            let score =
                |scored: Option<Scored>| scored.map_or(Score::None(State::Skipped), |scored| scored.score);
            rows.push((document, seed));
            left.push(score(one));
            right.push(score(other));
        }
    }
    let values = left.iter().chain(&right).filter_map(|score| score.value());
    let range = values.fold((0.0, 1.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    let (only_a, only_b) = (only_a.len(), only_b.len());
    if common == 0 {
        return Err(Error::Request {
            message: "the two sides have no item in common".into(),
            hint: "items are paired by their `id`; check that both were measured on the same questions"
                .into(),
        });
    }
    Ok(Pairs { measure, a: left, b: right, units: Units::with_seeds(&rows), only_a, only_b, range })
}

fn names(set: &ScoreSet) -> String {
    set.measures.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn choose(a: &ScoreSet, b: &ScoreSet, named: Option<&str>) -> Result<String, Error> {
    let both: Vec<&String> = a.measures.keys().filter(|name| b.measures.contains_key(*name)).collect();
    let has = |name: &str| both.iter().any(|both| *both == name);
    let list = || both.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    match (named, both.as_slice()) {
        (Some(name), _) if has(name) => Ok(name.to_string()),
        // A file that names no measure holds the one that was asked for.
        (_, [only]) if only.as_str() == ScoreSet::ONLY => Ok(only.to_string()),
        (Some(name), _) => Err(Error::Missing {
            what: "measure",
            name: name.to_string(),
            hint: match both.is_empty() {
                true => format!("A has: {}; B has: {}", names(a), names(b)),
                false => format!("both sides have: {}", list()),
            },
        }),
        (None, []) => Err(Error::Request {
            message: "the two sides have no measure in common".into(),
            hint: "measure both in the same way".into(),
        }),
        (None, [only]) => Ok(only.to_string()),
        (None, _) => match a.main.filter(|name| has(name)) {
            Some(main) => Ok(main.to_string()),
            None => Err(Error::Request {
                message: "both sides have more than one measure".into(),
                hint: format!("choose one with `--metric`: {}", list()),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(rows: &[(&str, u64, f64)]) -> ScoreSet {
        let mut set = ScoreSet::default();
        for (item, seed, value) in rows {
            let scored = Scored { document: item.to_string(), score: Score::of(*value) };
            set.put("f1", item, *seed, scored).unwrap();
        }
        set
    }

    #[test]
    fn one_seed_meets_every_seed_of_the_other_side() {
        let (base, tuned) = (set(&[("q", 0, 0.1)]), set(&[("q", 5, 0.2), ("q", 6, 0.4)]));
        let pairs = pair(&tuned, &base, None).unwrap();
        assert_eq!(pairs.a, [Score::Value(0.2), Score::Value(0.4)]);
        assert_eq!(pairs.b, [Score::Value(0.1); 2]);
        assert_eq!((pairs.units.seed_count(), pairs.units.document_count()), (2, 1));
        let others = set(&[("q", 7, 0.0), ("q", 8, 0.0)]);
        assert!(pair(&tuned, &others, None).unwrap_err().to_string().contains("other seeds"));
    }

    #[test]
    fn what_one_side_lacks_is_skipped_and_counted() {
        let pairs =
            pair(&set(&[("a", 0, 1.0), ("b", 0, 1.0)]), &set(&[("b", 0, 0.0), ("c", 0, 0.0)]), None).unwrap();
        assert_eq!((pairs.only_a, pairs.only_b), (1, 1));
        assert_eq!(pairs.a, [Score::Value(1.0), Score::Value(1.0), Score::None(State::Skipped)]);
        assert!(pair(&set(&[("a", 0, 1.0)]), &set(&[("b", 0, 1.0)]), None).is_err());
    }

    #[test]
    fn no_item_in_common_is_refused_with_any_number_of_seeds() {
        let (a, b) = (set(&[("a", 0, 1.0), ("a", 1, 1.0)]), set(&[("b", 0, 1.0), ("b", 1, 1.0)]));
        assert!(pair(&a, &b, None).unwrap_err().to_string().contains("no item in common"));
    }

    #[test]
    fn the_measure_is_named_unless_there_is_one() {
        let one = set(&[("a", 0, 1.0)]);
        assert_eq!(pair(&one, &one, None).unwrap().measure, "f1");
        assert!(pair(&one, &one, Some("em")).is_err());
    }

    #[test]
    fn sides_without_a_common_measure_are_shown_what_each_has() {
        let mut other = ScoreSet::default();
        other.put("em", "a", 0, Scored { document: "a".into(), score: Score::of(1.0) }).unwrap();
        let error = pair(&set(&[("a", 0, 1.0)]), &other, Some("em")).unwrap_err();
        assert!(matches!(error, Error::Missing { hint, .. } if hint == "A has: f1; B has: em"));
    }
}
