//! `tune fusion`: how much words and meaning count in this knowledge base, from judged questions.

use std::collections::BTreeSet;
use std::time::Instant;

use engraft_eval::{Measure, Resampling};
use engraft_search::{Fusion, Scaling};
use engraft_tune::artefact::{Probe, Trained};
use engraft_tune::data::folds;
use engraft_tune::ship::Verdict;
use engraft_tune::{TuneError, choose};
use serde_json::json;

use crate::people::{Act, Principal};
use crate::search::moved;
use crate::serving::FUSION;
use crate::tune::feedback::key;
use crate::tune::ground::{Asked, Ranking, measure, rank};
use crate::tune::judged::{self, DECIDES, Made, draft, encoder_of, figures, lesson, read, register, vectors};
use crate::tune::report::TuneReport;
use crate::tune::{TuneRequest, served_if_proven};
use crate::{Context, Error, Workspace};

/// Judged questions below which nothing is fitted.
const LEAST: usize = 50;
/// Parts of cross-validation.
const FOLDS: usize = 10;

/// Chooses weight and calibration by cross-validation, and applies them to the workspace where all of the interval of the paired
/// difference is a gain, and the gain is more than choosing among so many would bring by chance.
pub fn tune_fusion(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let began = Instant::now();
    let encoder = encoder_of(context, workspace)?;
    let source = read(context, workspace, who, asked)?;
    if source.judgements.judged.passages {
        return Err(Error::Request {
            message: "fusion is tuned on the workspace's own documents, and these judgements hold passages"
                .into(),
            hint: "name documents: rows {query, uri, relevance}, or queries.jsonl with qrels".into(),
        });
    }
    let mut lesson = lesson(context, workspace, encoder, asked, source)?;
    let mut left_out = 0;
    if asked.eval.is_none() {
        // Cross-validation holds every question out once, so no part is set aside.
        let held = std::mem::take(&mut lesson.eval);
        lesson.train.extend(held);
        lesson.train.sort_by(|a, b| a.id.cmp(&b.id));
    } else {
        // The best of so many is lucky on the questions it was chosen on: those that are evaluated on have no say.
        let evaluated: BTreeSet<String> = lesson.eval.iter().map(|one| key(&one.text)).collect();
        left_out = lesson.train.len();
        lesson.train.retain(|one| !evaluated.contains(&key(&one.text)));
        left_out -= lesson.train.len();
        lesson.data.leaked = 0;
    }
    if left_out > 0 {
        context.progress.say(&format!("questions of --eval left out of what is learned from: {left_out}"));
    }
    let count = lesson.train.len();
    if count < LEAST {
        return Err(Error::Request {
            message: format!(
                "fusion needs {LEAST} judged questions whose answers are in this workspace, there are {count}{}: {} more",
                if left_out > 0 {
                    format!(" beside {left_out} that are evaluated on")
                } else {
                    String::new()
                },
                LEAST - count
            ),
            hint: match left_out {
                0 => "judge more questions, or bring in the documents that answer them".into(),
                _ => "leave --eval out: each question is then held out once, by cross-validation".into(),
            },
        });
    }
    let (settings, base) = settings(workspace.fusion_plain()?);
    let snapshot = workspace.index(context)?.snapshot();
    let ranked = |asked: &[Asked]| -> Result<Vec<Vec<Ranking>>, Error> {
        let vectors: Vec<Vec<f32>> =
            vectors(encoder, asked)?.into_iter().map(|v| moved(workspace, v)).collect::<Result<_, _>>()?;
        context.progress.stage("rank", None);
        let each = |one: &Asked| -> Vec<Fusion> {
            settings.iter().map(|&fusion| workspace.for_script(fusion, &one.text)).collect()
        };
        Ok(by_setting(rank(&snapshot, asked, &vectors, each)))
    };
    let train = ranked(&lesson.train)?;
    let scores: Vec<Vec<f64>> = train
        .iter()
        .map(|rankings| {
            let each = rankings.iter().zip(&lesson.train);
            each.map(|(ranking, asked)| {
                measure(Measure::Ndcg(Some(10)), asked, ranking.iter().map(|hit| hit.doc))
            })
            .collect()
        })
        .collect();
    let texts: Vec<&str> = lesson.train.iter().map(|one| one.text.as_str()).collect();
    let fold = folds(&texts, &vec![None; count], &[], FOLDS, asked.seed);
    let chosen = choose(&scores, base, &fold)
        .ok_or_else(|| Error::Bug("there is nothing to choose fusion from".into()))?;
    let mut figures = if lesson.eval.is_empty() {
        let held: Vec<Ranking> =
            (0..count).map(|row| train[chosen.by_fold[fold[row]]][row].clone()).collect();
        lesson.data.eval_rows = count;
        figures(&lesson.train, &[], &train[base], &[held], asked.seed)
    } else {
        let eval = ranked(&lesson.eval)?;
        figures(&lesson.eval, &[], &eval[base], &[eval[chosen.setting].clone()], asked.seed)
    };
    // Every document may be an answer that was seen: fusion learns nothing of documents.
    figures.eval.remove(judged::ON_NEW);
    figures.against_base.remove(judged::ON_NEW);
    let difference = &figures.against_base[DECIDES];
    let gains = difference.low.is_some_and(|low| low > 0.0) && chosen.setting != base;
    // Rows of their own to evaluate on had no say in what was chosen.
    let resampling = Resampling { seed: asked.seed, resamples: judged::RESAMPLES };
    let proven = match lesson.eval.is_empty() {
        true => chosen.is_proven(&scores, base, difference, &resampling),
        false => gains,
    };
    let why = match (proven, gains, chosen.setting == base) {
        (true, ..) => format!("{}: all of the interval is a gain", numbers(difference)),
        (_, _, true) => "what is used now is the best there is".into(),
        (_, true, _) => format!(
            "{}: the luckiest of {} ways to mix would gain as much by chance, so nothing changes",
            numbers(difference),
            settings.len()
        ),
        _ => format!("{}: a gain is not proven, so nothing changes", numbers(difference)),
    };
    figures.verdict = Verdict { ship: proven, why };
    let fusion = settings[chosen.setting];
    let output = serde_json::to_value(fusion).map_err(|error| Error::Bug(error.to_string()))?;
    let made = Made {
        kind: FUSION,
        method: "cross-validated",
        base: Some(judged::remembered(workspace, encoder)?),
        seeds: vec![asked.seed],
        settings: json!({ "fusion": output, "instead_of": settings[base], "tried": settings.len() }),
        train: Trained { rows: count, steps: settings.len(), seconds: began.elapsed().as_secs_f64() },
        figures,
        against: "the fusion before".into(),
        probes: vec![Probe { input: json!("fusion"), output }],
    };
    let draft = draft(workspace, &lesson, asked, FUSION)?;
    let artefact = register(context, draft, &lesson, made, |read| {
        let fusion: Fusion = serde_json::from_value(read.manifest.settings["fusion"].clone())
            .map_err(|error| TuneError::Bug(error.to_string()))?;
        Ok(vec![serde_json::to_value(fusion).map_err(|error| TuneError::Bug(error.to_string()))?])
    })?;
    let served = served_if_proven(context, workspace, who, &artefact)?;
    Ok(TuneReport { served, ..TuneReport::of(&artefact, lesson.data) })
}

/// Everything that is tried, neighbours side by side, and which of it is used now.
fn settings(now: Fusion) -> (Vec<Fusion>, usize) {
    let weights = (0..=20).map(|n| n as f32 / 20.0);
    let mut all: Vec<Fusion> =
        weights.clone().map(|alpha| Fusion::Convex { alpha, scaling: Scaling::Standard }).collect();
    all.extend(weights.map(|alpha| Fusion::Convex { alpha, scaling: Scaling::MinMax }));
    all.push(Fusion::Rrf { k: 60.0 });
    let same = |one: &Fusion| match (*one, now) {
        (Fusion::Convex { alpha, scaling }, Fusion::Convex { alpha: other, scaling: way }) => {
            (alpha - other).abs() < 1e-6 && scaling == way
        }
        (one, now) => one == now,
    };
    let at = all.iter().position(same).unwrap_or_else(|| {
        all.push(now);
        all.len() - 1
    });
    (all, at)
}

/// From settings by question to questions by setting.
fn by_setting(ranked: Vec<Vec<Ranking>>) -> Vec<Vec<Ranking>> {
    let mut turned: Vec<Vec<Ranking>> = Vec::new();
    for question in ranked {
        turned.resize_with(question.len().max(turned.len()), Vec::new);
        question.into_iter().zip(&mut turned).for_each(|(ranking, all)| all.push(ranking));
    }
    turned
}

fn numbers(difference: &engraft_eval::Metric) -> String {
    let points = |x: Option<f64>| x.map_or("?".to_string(), |x| format!("{:+.1}", x * 100.0));
    format!(
        "{DECIDES} {} points ({} to {}) on {} questions held out",
        points(difference.value),
        points(difference.low),
        points(difference.high),
        difference.n
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_now_is_among_what_is_tried() {
        let (all, at) = settings(Fusion::default());
        assert_eq!((all.len(), all[at]), (43, Fusion::default()));
        let odd = Fusion::Convex { alpha: 0.333, scaling: Scaling::Standard };
        let (all, at) = settings(odd);
        assert_eq!((all.len(), all[at]), (44, odd));
    }
}
