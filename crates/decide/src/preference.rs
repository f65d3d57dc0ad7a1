//! Which arm's answers people prefer, who see two of them without names.

use engraft_eval::{Metric, Outcome, Resampling, preferred};
use serde::{Deserialize, Serialize};

use crate::Experiment;

/// What a person said of two arms' answers to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The question, as a place among those of the experiment.
    pub question: usize,
    /// Two arms.
    pub arms: [String; 2],
    /// The place of the better one in `arms`; `null`: neither is.
    pub better: Option<usize>,
}

/// How often people prefer an arm's answers to another's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// The arm.
    pub arm: String,
    /// The other one.
    pub over: String,
    /// Its wins and half the ties, as a share of the votes; the interval is over clusters of questions.
    pub win_rate: Metric,
}

/// The preference between every two arms that people compared, in the order of the arms.
pub(crate) fn preferences(experiment: &Experiment) -> Vec<Preference> {
    let resampling = Resampling { seed: experiment.seed, resamples: experiment.resamples.min(2000) };
    let mut found = Vec::new();
    for (at, arm) in experiment.arms.iter().enumerate() {
        for over in &experiment.arms[at + 1..] {
            let votes = experiment.votes.iter().filter_map(|vote| {
                let side = vote.arms.iter().position(|name| *name == arm.name)?;
                (vote.arms[1 - side] == over.name).then(|| engraft_eval::Vote {
                    prompt: experiment.questions[vote.question].cluster.clone(),
                    outcome: match vote.better {
                        None => Outcome::Tie,
                        Some(better) if better == side => Outcome::Left,
                        Some(_) => Outcome::Right,
                    },
                    swapped: None,
                })
            });
            let votes: Vec<engraft_eval::Vote> = votes.collect();
            if !votes.is_empty() {
                let (arm, over) = (arm.name.clone(), over.name.clone());
                found.push(Preference { arm, over, win_rate: preferred(&votes, &resampling).win_rate });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    #[test]
    fn wins_count_from_either_side_and_ties_count_half() {
        let mut random = Random::new(5, 6);
        let truths = truths(&mut random);
        let mut experiment = measured(&truths, 60, 1, 1, &mut random);
        let vote = |question: usize, arms: [&str; 2], better: Option<usize>| Vote {
            question,
            arms: arms.map(str::to_string),
            better,
        };
        experiment.votes = (0..40)
            .map(|at| match at % 4 {
                0 | 1 => vote(at, ["tuned", "retrieval"], Some(0)),
                2 => vote(at, ["retrieval", "tuned"], Some(1)),
                _ => vote(at, ["retrieval", "tuned"], None),
            })
            .collect();
        let found = decide(&experiment, "").unwrap().preferences;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].arm.as_str(), found[0].over.as_str()), ("retrieval", "tuned"));
        let rate = &found[0].win_rate;
        assert_eq!((rate.value, rate.n), (Some(0.125), 40));
        assert!(rate.low.unwrap() < 0.125 && rate.high.unwrap() > 0.125);
        experiment.votes[0].question = 60;
        assert!(decide(&experiment, "").unwrap_err().to_string().contains("a vote is about no question"));
    }
}
