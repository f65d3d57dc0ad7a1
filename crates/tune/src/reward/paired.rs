//! The highest tier: style and words, and an encoder trained by the same preferences to read prompt and response together.

use std::path::Path;

use engraft_nn::Tokenizer;

use super::fit::{Difference, fit};
use super::model::Pair;
use super::pair::{LONGEST, Lost, PairTask, pair_ids};
use super::report::report;
use super::rows::{PreferenceRow, Said};
use super::seen::Seen;
use super::tuner::{Candidate, Material, RewardOptions, Tier, TunedReward, deals, learn};
use crate::data::{Fitted, OverLength, split};
use crate::seeds::seeds;
use crate::trainer::{Plan, train};
use crate::{TuneError, Watch};

/// The encoder to start from.
#[derive(Clone, Copy, Debug)]
pub struct PairBase<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// What becomes of a response that is too long: its end is read, its pair is left out, or it is an error. It cannot be split.
    pub over_length: OverLength,
}

/// The part of the pairs that is held out to judge by, where no others are named.
const HELD_OUT: f64 = 0.3;
/// The part of the rest by which the best epoch, and how much the encoder counts, are found.
const ASIDE: f64 = 0.15;
/// Pairs to train an encoder at all.
const LEAST: usize = 100;

/// Trains a pair encoder on `rows` and joins it with the tier of words; judges by `eval`, or by three tenths of the prompts that
/// are held out.
///
/// Of `options.seeds` trainings the one that is best on pairs set aside is kept, before it is judged. The tiers that read words
/// are fitted to all pairs that are not judged by, and heard on the same ones.
pub fn tune_pair_reward(
    rows: &[PreferenceRow],
    eval: Option<&[PreferenceRow]>,
    options: &RewardOptions,
    base: &PairBase<'_>,
    watch: Watch<'_>,
) -> Result<TunedReward, TuneError> {
    let mut done = Fitted::default();
    let (rows, eval) = match base.over_length {
        OverLength::Drop => {
            let rows = fitting(rows, base.tokenizer, &mut done);
            (rows, eval.map(|eval| fitting(eval, base.tokenizer, &mut done)))
        }
        _ => (rows.to_vec(), eval.map(<[PreferenceRow]>::to_vec)),
    };
    if eval.as_ref().is_some_and(Vec::is_empty) {
        let message = "there is no pair to evaluate on whose responses fit";
        return Err(TuneError::data(message, "use `--over-length truncate`, or leave `--eval` out"));
    }
    if rows.len() < LEAST {
        let message = format!("{} pairs are too few to train an encoder, {LEAST} are needed", rows.len());
        return Err(TuneError::data(message, "use `--method words`, or compare more answers"));
    }
    let (train_rows, judged_rows) = match eval {
        Some(eval) => (rows, eval),
        None => parted(&rows, HELD_OUT, options.seed),
    };
    let (fit_rows, aside_rows) = parted(&train_rows, ASIDE, options.seed.wrapping_add(1));
    // Nothing is trained on, chosen by or judged by what is cut unasked.
    let mut lost = Lost::default();
    let fit_ids = ids(&fit_rows, base.tokenizer, &mut lost);
    let aside_ids = ids(&aside_rows, base.tokenizer, &mut lost);
    let judged_ids = ids(&judged_rows, base.tokenizer, &mut lost);
    if lost.responses > 0 && base.over_length != OverLength::Truncate {
        let message = format!("{} responses are longer than the {LONGEST} tokens it reads", lost.responses);
        return Err(TuneError::data(
            message,
            "use `--over-length truncate`, which reads their end, `--over-length drop`, or `--method words`",
        ));
    }
    done.too_long += lost.responses;
    done.truncated += lost.responses;
    done.tokens_lost += lost.tokens;
    let mut go_on = |_: usize| watch.go_on();
    let fitted = Material::of(&fit_rows, None, &mut go_on)?;
    let mut aside = Material::of(&aside_rows, None, &mut go_on)?;
    let mut judged = Material::of(&judged_rows, None, &mut go_on)?;
    let mut model = learn(Tier::Words, &fitted, &(0..fit_rows.len()).collect::<Vec<_>>());
    let (mut best, mut fits) = (None::<(f64, PairTask)>, 0);
    for seed in seeds(options.seed, options.seeds.max(1)) {
        let mut task = PairTask::new(base.dir, &fit_rows, &fit_ids, seed)?;
        // Few pairs are seen more often: a few hundred steps are what it takes.
        let epochs = (4800 / fit_rows.len().max(1)).clamp(3, 20);
        let plan = Plan { epochs, batch: 16, rate: 3e-5, patience: Some(2), seed, ..Plan::default() };
        let trained = train(&mut task, &plan, watch, |task| {
            let leads = leads(&task.scores(&aside_ids)?);
            let right = leads.iter().filter(|lead| **lead > 0.0).count();
            Ok(Some(right as f64 / leads.len().max(1) as f64))
        })?;
        fits += trained.steps as usize;
        let score = trained.scores.iter().copied().fold(0.0, f64::max);
        if best.as_ref().is_none_or(|(standing, _)| score > *standing) {
            best = Some((score, task));
        }
    }
    let Some((_, mut task)) = best else { return Err(TuneError::Bug("nothing was trained".into())) };
    tell(&mut aside, &task.scores(&aside_ids)?);
    tell(&mut judged, &task.scores(&judged_ids)?);
    // How much the words count beside the encoder, by pairs that neither was fitted to.
    let apart: Vec<Difference> = aside
        .chosen
        .iter()
        .zip(&aside.rejected)
        .map(|(a, b)| vec![(0, (model.score(a) - model.score(b)) as f32), (1, (a.pair - b.pair) as f32)])
        .collect();
    let shares = fit(&apart.iter().collect::<Vec<_>>(), &vec![0.0; apart.len()], 2, 1.0);
    model.weights.iter_mut().for_each(|weight| *weight *= shares[0].max(0.0));
    model.pair = Some(Pair { share: shares[1].max(0.0), head: task.head() });
    let lead = |(a, b): (&Seen, &Seen)| model.score(a) - model.score(b);
    let told: Vec<f64> = judged.chosen.iter().zip(&judged.rejected).map(lead).collect();
    let candidate = Candidate { tier: Tier::Encoder, model, leads: told };
    // What is told in seconds. `meaning` reads every response too, so it is not cheaper to ask.
    let (train, deals) = (Material::of(&train_rows, None, &mut go_on)?, deals(&train_rows, options));
    let mut cheaper = Vec::new();
    for tier in [Tier::Longer, Tier::Style, Tier::Words] {
        cheaper.push(Candidate::make(tier, &train, Some(&judged), &deals, &mut go_on)?);
    }
    let found = report(candidate, &cheaper, &judged, train_rows.len(), fits, None, &options.resampling);
    Ok(TunedReward { pair: Some(task), over_length: done, cut_prompts: lost.prompts, ..found })
}

/// The rows both of whose responses fit.
fn fitting(rows: &[PreferenceRow], tokenizer: &Tokenizer, done: &mut Fitted) -> Vec<PreferenceRow> {
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let mut lost = Lost::default();
        ids(std::slice::from_ref(row), tokenizer, &mut lost);
        if lost.responses == 0 {
            kept.push(row.clone());
            continue;
        }
        done.too_long += lost.responses;
        done.dropped += lost.responses;
        done.tokens_lost += tokenizer.count(&row.chosen) + tokenizer.count(&row.rejected);
    }
    kept
}

/// Rows to keep and rows to set aside; pairs of one group on one side.
fn parted(rows: &[PreferenceRow], share: f64, seed: u64) -> (Vec<PreferenceRow>, Vec<PreferenceRow>) {
    let names: Vec<String> = rows.iter().map(PreferenceRow::grouped_by).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let groups: Vec<Option<&str>> = texts.iter().map(|text| Some(*text)).collect();
    let parts = split(&texts, &groups, &vec![0; rows.len()], share, seed);
    let pick = |places: &[usize]| places.iter().map(|&place| rows[place].clone()).collect();
    (pick(&parts.train), pick(&parts.held))
}

/// The ids of the chosen and the rejected response of each row, side by side.
fn ids(rows: &[PreferenceRow], tokenizer: &Tokenizer, lost: &mut Lost) -> Vec<Vec<u32>> {
    let both = rows.iter().flat_map(|row| [&row.chosen, &row.rejected].map(|response| (row, response)));
    let said = both.map(|(row, response)| Said { prompt: row.prompt.clone(), response: response.clone() });
    said.map(|said| pair_ids(tokenizer, &said, lost)).collect()
}

fn leads(scores: &[f64]) -> Vec<f64> {
    scores.chunks_exact(2).map(|pair| pair[0] - pair[1]).collect()
}

/// Notes what the encoder says of both responses of each pair.
fn tell(pairs: &mut Material, scores: &[f64]) {
    let sides = pairs.chosen.iter_mut().zip(&mut pairs.rejected);
    for ((chosen, rejected), scores) in sides.zip(scores.chunks_exact(2)) {
        (chosen.pair, rejected.pair) = (scores[0], scores[1]);
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_eval::Resampling;

    use super::*;
    use crate::reward::PairScorer;

    #[test]
    fn a_pair_encoder_learns_reads_back_and_joins_the_words() {
        let Some(dir) = engraft_testkit::model() else { return };
        let tokenizer = Tokenizer::open(&dir).unwrap();
        let food = ["wine", "bread", "fish", "rice", "soup", "cheese"];
        let machines = ["engine", "drill", "tractor", "turbine", "crane", "pump"];
        let rows: Vec<PreferenceRow> = (0..120)
            .map(|i| PreferenceRow {
                id: i.to_string(),
                line: i as u64,
                prompt: vec![("user".into(), format!("What is there on table {i}?"))],
                chosen: format!("There is {} number {i}.", food[i % 6]),
                rejected: format!("There is a {} number {i}.", machines[i / 6 % 6]),
                margin: 0.0,
                group: Some(i.to_string()),
            })
            .collect();
        let resampling = Resampling { seed: 0, resamples: 50 };
        let options = RewardOptions { tier: Some(Tier::Encoder), seeds: 1, seed: 0, resampling };
        let base = PairBase { dir: &dir, tokenizer: &tokenizer, over_length: OverLength::Error };
        let found = tune_pair_reward(&rows, None, &options, &base, Watch::quiet(&Cancel::default())).unwrap();
        assert!(found.eval["accuracy"].value.unwrap() > 0.9, "{:?}", found.eval);
        assert!(found.model.pair.as_ref().unwrap().share > 0.0);
        assert!(found.judged > 0 && found.rows + found.judged == 120, "{} and {}", found.rows, found.judged);
        let compared = found.against_base.keys().filter(|name| name.starts_with("log_likelihood_over_"));
        assert_eq!(compared.count(), 1, "{:?}", found.against_base);
        // A response to judge by is not cut unasked either.
        let long = PreferenceRow { chosen: "wine ".repeat(200), ..rows[0].clone() };
        let cancel = Cancel::default();
        let refused =
            tune_pair_reward(&rows, Some(&[long]), &options, &base, Watch::quiet(&cancel)).unwrap_err();
        assert!(refused.to_string().starts_with("1 responses are longer"), "{refused}");
        let folder = tempfile::tempdir().unwrap();
        let mut task = found.pair.unwrap();
        task.save(&dir, folder.path()).unwrap();
        let scorer = PairScorer::open(folder.path(), task.head(), 1).unwrap();
        let said: Vec<Said> = rows[..4]
            .iter()
            .map(|row| Said { prompt: row.prompt.clone(), response: row.chosen.clone() })
            .collect();
        let mut lost = Lost::default();
        let ids: Vec<Vec<u32>> = said.iter().map(|said| pair_ids(&tokenizer, said, &mut lost)).collect();
        let (fast, slow) = (scorer.scores(&said).unwrap(), task.scores(&ids).unwrap());
        let near = |fast: f64, slow: f64| (fast - slow).abs() < 1e-4 * slow.abs().max(1.0);
        assert!(fast.iter().zip(&slow).all(|((a, _), b)| near(*a, *b)), "{fast:?} {slow:?}");
    }

    #[test]
    fn pairs_with_a_response_that_is_too_long_are_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(folder.path()).unwrap();
        // It reads letters.
        let tokenizer = Tokenizer::open(folder.path()).unwrap();
        let row = |chosen: String| PreferenceRow {
            id: chosen.clone(),
            line: 0,
            prompt: vec![("user".into(), "What is there?".into())],
            chosen,
            rejected: "No wine.".into(),
            margin: 0.0,
            group: None,
        };
        let rows = [row("Any wine.".into()), row("wine ".repeat(60))];
        let mut done = Fitted::default();
        assert_eq!(fitting(&rows, &tokenizer, &mut done), rows[..1]);
        assert_eq!((done.too_long, done.dropped, done.truncated, done.tokens_lost), (1, 1, 0, 247));
    }
}
