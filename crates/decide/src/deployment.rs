//! How long it takes from an empty project to an arm that can be used: what a machine does, and what people do.

use serde::{Deserialize, Serialize};

use crate::words::number;
use crate::{Arm, Experiment, Row};

/// The way from an empty project to an arm that is built and was asked every question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Minutes of a machine: reading, building, training once, and asking every question.
    pub machine_min: f64,
    /// Minutes of people: labels to learn from, right answers of the questions, and a look at a model before it goes live.
    pub person_min: f64,
    /// What people's minutes are made of.
    pub how: String,
}

/// The deployment of an arm; `None` where its building or people's time was not told.
pub(crate) fn deployment(experiment: &Experiment, arm: &Arm) -> Option<Deployment> {
    let (each, build_s) = (experiment.label_s.as_ref()?, arm.upkeep.build_s?);
    let asking_s = arm.runs.first()?.rows.iter().map(Row::ms).sum::<f64>() / 1e3;
    let (labels, questions) = (arm.upkeep.labels, experiment.questions.len());
    let review = arm.upkeep.update_person_min;
    let mut how = match labels {
        0 => format!("{} questions with right answers", number(questions)),
        n => format!("{} labels and {} questions with right answers", number(n), number(questions)),
    };
    how += &format!(", {:.0} s each ({})", each.value, each.basis.name());
    if review > 0.0 {
        how += &format!(", and {review:.0} minutes of review");
    }
    Some(Deployment {
        machine_min: (build_s + asking_s) / 60.0,
        person_min: (labels + questions) as f64 * each.value / 60.0 + review,
        how,
    })
}

#[cfg(test)]
mod tests {
    use crate::random::Random;
    use crate::worlds::{measured, truths};
    use crate::{Amount, decide};

    #[test]
    fn minutes_of_machines_and_of_people_are_told_apart() {
        let mut random = Random::new(4, 4);
        let mut truths = truths(&mut random);
        (truths[2].labels, truths[2].ms) = (600, 30.0);
        let mut experiment = measured(&truths, 200, 1, 1, &mut random);
        experiment.label_s = Some(Amount::given(15.0));
        let upkeep = &mut experiment.arms[2].upkeep;
        (upkeep.build_s, upkeep.update_person_min) = (Some(114.0), 10.0);
        let decision = decide(&experiment, "").unwrap();
        let told = decision.arms[2].deployment.as_ref().unwrap();
        // 114 s of building and 200 questions of 30 ms; 800 labels of 15 s and 10 minutes.
        assert!((told.machine_min - 2.0).abs() < 1e-9 && (told.person_min - 210.0).abs() < 1e-9, "{told:?}");
        assert_eq!(
            told.how,
            "600 labels and 200 questions with right answers, 15 s each (given), and 10 minutes of review"
        );
        assert_eq!(decision.arms[1].deployment, None);
    }
}
