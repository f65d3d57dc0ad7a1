//! What members say of rows they were not trained on: the ground for temperatures, weights, scope and label issues.

use std::collections::BTreeMap;

use crate::calibrate::Calibration;
use crate::classifier::logistic::Logistic;
use crate::classifier::member::{Heard, Member, Model, Seen, Space, of_logits, of_margins};
use crate::classifier::mixture::{mix, mix_weights, probabilities};
use crate::classifier::neighbours::Neighbours;
use crate::classifier::scope::Scope;
use crate::classifier::{Classifier, Labelling, Reading};
use crate::data::Labels;
use crate::dense::Matrix;
use crate::linear::LinearModel;
use crate::{TuneError, Watch};

/// The fold of what is learnt from in every fold and never asked.
const ALWAYS: usize = usize::MAX;

/// Training rows with all that members learn from.
#[derive(Clone)]
pub(crate) struct Material<'a> {
    pub(crate) seen: Seen<'a>,
    /// The classes of each row; none for a row out of scope.
    pub(crate) given: Vec<Vec<usize>>,
    /// Whether a row belongs to the classes; others are never trained on.
    pub(crate) inside: Vec<bool>,
    /// The fold of each row.
    pub(crate) folds: Vec<usize>,
    /// The number of what each row belongs to; a row without a group has one of its own.
    pub(crate) groups: Vec<usize>,
    pub(crate) classes: usize,
    pub(crate) labelling: Labelling,
    pub(crate) seed: u64,
}

/// A member in the making: trained on all rows, and what it said of each row when it was not.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) space: Option<Space>,
    pub(crate) model: Model,
    /// `None` for a row it was never heard on without having been trained on it.
    pub(crate) held_out: Vec<Option<Heard>>,
}

impl<'a> Material<'a> {
    /// The same rows, and the names of classes as further ones; `vectors` are theirs.
    pub(crate) fn with_names(&self, names: &'a [(usize, String)], vectors: &Matrix) -> Material<'a> {
        let mut more = self.clone();
        for (class, name) in names {
            more.seen.texts.push(name);
            more.given.push(vec![*class]);
            more.inside.push(true);
            more.folds.push(ALWAYS);
            more.groups.push(ALWAYS);
        }
        if let Some(base) = &mut more.seen.base {
            base.data.extend_from_slice(&vectors.data);
        }
        more
    }

    /// The mean log-loss of a candidate on rows it was not trained on, at its best temperature.
    pub(crate) fn loss(&self, candidate: &Candidate) -> f64 {
        let heard = candidate.held_out.iter().enumerate().filter(|(row, _)| self.inside[*row]);
        let (rows, scores): (Vec<usize>, Vec<Vec<f64>>) =
            heard.filter_map(|(row, heard)| Some((row, heard.as_ref()?.scores.clone()))).unzip();
        let temperature = self.calibrate(&scores, &rows).temperature;
        let loss = |(row, scores): (&usize, &Vec<f64>)| {
            -self.likelihood(scores, temperature, *row).max(f64::MIN_POSITIVE).ln()
        };
        rows.iter().zip(&scores).map(loss).sum::<f64>() / rows.len().max(1) as f64
    }

    /// Places of the rows that may be trained on, but for those of fold `without`.
    pub(crate) fn train(&self, without: Option<usize>) -> Vec<usize> {
        let may = |row: &usize| self.inside[*row] && Some(self.folds[*row]) != without;
        (0..self.given.len()).filter(may).collect()
    }

    fn fold(&self, fold: usize) -> Vec<usize> {
        (0..self.given.len()).filter(|&row| self.folds[row] == fold).collect()
    }

    fn fold_count(&self) -> usize {
        self.folds.iter().filter(|fold| **fold != ALWAYS).max().map_or(0, |most| most + 1)
    }

    pub(crate) fn given_at(&self, rows: &[usize]) -> Vec<Vec<usize>> {
        rows.iter().map(|&row| self.given[row].clone()).collect()
    }

    /// Trains once a fold and once on everything.
    fn candidate(
        &self,
        watch: Watch,
        name: &'static str,
        space: Option<Space>,
        train: impl Fn(&[usize]) -> Result<Model, TuneError>,
        hear: impl Fn(&Model, &[usize]) -> Result<Vec<Heard>, TuneError>,
    ) -> Result<Candidate, TuneError> {
        let folds = self.fold_count();
        watch.progress.stage(name, Some(folds as u64 + 1));
        let mut held_out = vec![None; self.given.len()];
        for fold in 0..folds {
            watch.go_on()?;
            let rows = self.fold(fold);
            let model = train(&self.train(Some(fold)))?;
            for (row, heard) in rows.iter().zip(hear(&model, &rows)?) {
                held_out[*row] = Some(heard);
            }
            watch.progress.advance(1);
        }
        watch.go_on()?;
        let model = train(&self.train(None))?;
        watch.progress.advance(1);
        Ok(Candidate { name, space, model, held_out })
    }

    /// Words and characters.
    pub(crate) fn linear(&self, watch: Watch) -> Result<Candidate, TuneError> {
        let texts = |rows: &[usize]| -> Vec<&str> { rows.iter().map(|&row| self.seen.texts[row]).collect() };
        let train = |rows: &[usize]| {
            Ok(Model::Linear(LinearModel::train(&texts(rows), &self.given_at(rows), self.classes, self.seed)))
        };
        self.candidate(watch, "linear", None, train, |model, rows| match model {
            Model::Linear(model) => Ok(model.scores(&texts(rows)).into_iter().map(of_margins).collect()),
            _ => Ok(Vec::new()),
        })
    }

    /// A head on vectors.
    pub(crate) fn logistic(
        &self,
        watch: Watch,
        name: &'static str,
        space: Space,
        c: f64,
    ) -> Result<Candidate, TuneError> {
        let vectors = self.seen.vectors(Some(space))?;
        let train = |rows: &[usize]| {
            let given = self.given_at(rows);
            Ok(Model::Logistic(Logistic::train(
                &vectors.pick(rows),
                &given,
                self.classes,
                self.labelling,
                c,
                None,
            )))
        };
        self.candidate(watch, name, Some(space), train, |model, rows| match model {
            Model::Logistic(model) => {
                Ok(model.scores(&vectors.pick(rows)).into_iter().map(of_logits).collect())
            }
            _ => Ok(Vec::new()),
        })
    }

    /// The most alike training texts. Nothing is trained, so that one look at all rows does for every fold.
    pub(crate) fn neighbours(
        &self,
        watch: Watch,
        name: &'static str,
        space: Space,
    ) -> Result<Candidate, TuneError> {
        watch.progress.stage(name, None);
        watch.go_on()?;
        let vectors = self.seen.vectors(Some(space))?;
        let train = self.train(None);
        let model = Neighbours { vectors: vectors.pick(&train), given: self.given_at(&train) };
        let skip = |row: usize, other: usize| self.folds[row] == self.folds[train[other]];
        let voted = model.vote(vectors, self.classes, self.labelling, skip);
        let held_out = voted
            .into_iter()
            .map(|voted| Some(Heard { scores: voted.scores, clues: vec![voted.nearest] }))
            .collect();
        Ok(Candidate { name, space: Some(space), model: Model::Neighbours(model), held_out })
    }

    /// A head trained along with an encoder, and the neighbours by that encoder's vectors. `held` are the rows that training
    /// did not see; those and the rows out of scope are what the candidates are heard on.
    pub(crate) fn moved(&self, vectors: &Matrix, head: Logistic, held: &[bool]) -> Vec<Candidate> {
        let heard = |row: &usize| held[*row] || !self.inside[*row];
        let rows: Vec<usize> = (0..self.given.len()).filter(heard).collect();
        let asked = vectors.pick(&rows);
        let mut by_head = vec![None; self.given.len()];
        for (row, scores) in rows.iter().zip(head.scores(&asked)) {
            by_head[*row] = Some(of_logits(scores));
        }
        let train = self.train(None);
        let model = Neighbours { vectors: vectors.pick(&train), given: self.given_at(&train) };
        let mut by_neighbours = vec![None; self.given.len()];
        // What training did not see says nothing of what else it did not see.
        let voted = model.vote(&asked, self.classes, self.labelling, |_, other| held[train[other]]);
        for (row, voted) in rows.iter().zip(voted) {
            by_neighbours[*row] = Some(Heard { scores: voted.scores, clues: vec![voted.nearest] });
        }
        let space = Some(Space::Own);
        vec![
            Candidate { name: "tuned", space, model: Model::Logistic(head), held_out: by_head },
            Candidate {
                name: "tuned-neighbours",
                space,
                model: Model::Neighbours(model),
                held_out: by_neighbours,
            },
        ]
    }

    /// About `share` of the rows, all of one fold and of whole groups, so that what belongs together is not on both sides; of
    /// groups that are all too large the smallest.
    pub(crate) fn hold_out(&self, share: f64) -> Vec<bool> {
        let may = |row: &usize| self.inside[*row] && self.folds[*row] == 0;
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in (0..self.given.len()).filter(may) {
            groups.entry(self.groups[row]).or_default().push(row);
        }
        // Spread over the rows: files are often in the order of their classes.
        let mut order: Vec<usize> = (0..self.given.len()).collect();
        engraft_nn::train::Draw::new(self.seed, 77).shuffle(&mut order);
        let drawn: Vec<Vec<usize>> =
            order.into_iter().filter(may).filter_map(|row| groups.remove(&self.groups[row])).collect();
        let mut left = (share * self.given.len() as f64).ceil() as usize;
        let mut held = vec![false; self.given.len()];
        for group in &drawn {
            // Held where that brings the whole nearer to its share.
            if group.len() < 2 * left {
                left = left.saturating_sub(group.len());
                group.iter().for_each(|&row| held[row] = true);
            }
        }
        if !held.contains(&true) {
            let least = drawn.iter().min_by_key(|group| group.len());
            least.into_iter().flatten().for_each(|&row| held[row] = true);
        }
        held
    }

    /// A mixture of candidates: each with the temperature, and all with the weights, that suit the held-out rows best.
    pub(crate) fn assemble(
        &self,
        labels: &Labels,
        candidates: &[&Candidate],
        out_of_scope: Option<&str>,
    ) -> Assembled {
        // Rows that every member was heard on.
        let heard: Vec<usize> = (0..self.given.len())
            .filter(|&row| candidates.iter().all(|candidate| candidate.held_out[row].is_some()))
            .collect();
        let rows: Vec<usize> = heard.iter().copied().filter(|&row| self.inside[row]).collect();
        let at = |candidate: &Candidate, row: usize| -> Heard {
            candidate.held_out[row].clone().unwrap_or(Heard { scores: Vec::new(), clues: Vec::new() })
        };
        let temperatures: Vec<f64> = candidates
            .iter()
            .map(|candidate| {
                let scores: Vec<Vec<f64>> = rows.iter().map(|&row| at(candidate, row).scores).collect();
                self.calibrate(&scores, &rows).temperature
            })
            .collect();
        let likelihoods: Vec<Vec<f64>> = rows
            .iter()
            .map(|&row| {
                let of = |(candidate, temperature): (&&Candidate, &f64)| {
                    self.likelihood(&at(candidate, row).scores, *temperature, row)
                };
                candidates.iter().zip(&temperatures).map(of).collect()
            })
            .collect();
        let weights = mix_weights(&likelihoods, candidates.len());
        let mixed_at = |row: usize, temperatures: &[f64]| -> Vec<f64> {
            let all: Vec<Heard> = candidates.iter().map(|candidate| at(candidate, row)).collect();
            let scores: Vec<&[f64]> = all.iter().map(|heard| &heard.scores[..]).collect();
            mix(&scores, temperatures, &weights, self.labelling)
        };
        let mixed = |row: usize| mixed_at(row, &temperatures);
        let mixtures: Vec<Vec<f64>> = rows.iter().map(|&row| mixed(row)).collect();
        let ones = vec![1.0; candidates.len()];
        let plain: Vec<Vec<f64>> = rows.iter().map(|&row| mixed_at(row, &ones)).collect();
        let before = self.calibrate(&plain, &rows);
        let after = self.calibrate(&mixtures, &rows);
        let calibration = Calibration {
            ece_width: (before.ece_width.0, after.ece_width.1),
            ece_mass: (before.ece_mass.0, after.ece_mass.1),
            ..after
        };
        let scope = out_of_scope.map(|label| {
            let clues: Vec<Vec<f64>> = heard
                .iter()
                .map(|&row| candidates.iter().flat_map(|candidate| at(candidate, row).clues).collect())
                .collect();
            let all: Vec<Vec<f64>> = heard.iter().map(|&row| mixed(row)).collect();
            let inside: Vec<bool> = heard.iter().map(|&row| self.inside[row]).collect();
            Scope::learn(label, &clues, &all, &inside)
        });
        let members = candidates.iter().zip(temperatures.iter().zip(&weights));
        let members = members
            .map(|(candidate, (temperature, weight))| Member {
                name: candidate.name.into(),
                space: candidate.space,
                weight: *weight,
                temperature: *temperature,
                model: candidate.model.clone(),
            })
            .collect();
        let probabilities = mixtures
            .iter()
            .map(|mixture| probabilities(mixture, calibration.temperature, self.labelling))
            .collect();
        let classifier = Classifier {
            labels: labels.clone(),
            labelling: self.labelling,
            members,
            temperature: calibration.temperature,
            scope,
            reading: Reading::Pooled,
        };
        Assembled { classifier, calibration, rows, probabilities }
    }

    fn calibrate(&self, scores: &[Vec<f64>], rows: &[usize]) -> Calibration {
        match self.labelling {
            Labelling::Single => {
                let right: Vec<usize> = rows.iter().map(|&row| self.given[row][0]).collect();
                Calibration::of_classes(scores, &right)
            }
            Labelling::Multi => {
                let flat: Vec<f64> = scores.iter().flatten().copied().collect();
                let right: Vec<bool> = rows
                    .iter()
                    .flat_map(|&row| (0..self.classes).map(move |class| self.given[row].contains(&class)))
                    .collect();
                Calibration::of_truths(&flat, &right)
            }
        }
    }

    /// What scores give the truth of a row: the probability of its class, or the geometric mean over classes.
    fn likelihood(&self, scores: &[f64], temperature: f64, row: usize) -> f64 {
        let probabilities = probabilities(scores, temperature, self.labelling);
        match self.labelling {
            Labelling::Single => probabilities[self.given[row][0]],
            Labelling::Multi => {
                let log = |(class, p): (usize, &f64)| {
                    let p = if self.given[row].contains(&class) { *p } else { 1.0 - p };
                    p.max(1e-9).ln()
                };
                (probabilities.iter().enumerate().map(log).sum::<f64>() / self.classes.max(1) as f64).exp()
            }
        }
    }
}

/// A mixture, and what was found while it was made.
pub(crate) struct Assembled {
    pub(crate) classifier: Classifier,
    pub(crate) calibration: Calibration,
    /// Rows it was heard on without having been trained on them.
    pub(crate) rows: Vec<usize>,
    /// What it gave each class of those.
    pub(crate) probabilities: Vec<Vec<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clusters::Clusters;

    /// Two hundred rows in five folds of forty; each `size` neighbours of a fold are a group.
    fn material(size: usize) -> Material<'static> {
        let names: Vec<String> = (0..200).map(|row| (row / 40 * 40 + row % 40 / size).to_string()).collect();
        let groups = names.iter().map(|name| (size > 1).then_some(name.as_str()));
        Material {
            seen: Seen { texts: vec!["text"; 200], base: None, own: None },
            given: vec![vec![0]; 200],
            inside: vec![true; 200],
            folds: (0..200).map(|row| row / 40).collect(),
            groups: Clusters::of_groups(groups).groups().to_vec(),
            classes: 1,
            labelling: Labelling::Single,
            seed: 5,
        }
    }

    #[track_caller]
    fn check(size: usize, share: f64, expected: usize) {
        let material = material(size);
        let held = material.hold_out(share);
        assert_eq!(held.iter().filter(|held| **held).count(), expected);
        for (row, group) in material.groups.iter().enumerate() {
            let torn = |other: &usize| material.groups[*other] == *group && held[*other] != held[row];
            assert!(!(0..200).any(|other| torn(&other)), "row {row}");
            assert!(!held[row] || material.folds[row] == 0, "row {row}");
        }
    }

    #[test]
    fn single_rows_are_held_out_up_to_the_share() {
        check(1, 0.1, 20);
        check(1, 0.9, 40);
    }

    #[test]
    fn groups_are_held_out_whole() {
        check(8, 0.1, 16);
        check(10, 0.1, 20);
        check(20, 0.02, 20);
        check(40, 0.05, 40);
    }
}
