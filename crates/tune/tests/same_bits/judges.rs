//! Judges: of claims beside their evidence, and of responses beside others.

use engraft_eval::Resampling;
use engraft_nn::{Embedder, ModelError, Tokenizer};
use engraft_tune::TuneError;
use engraft_tune::data::OverLength;
use engraft_tune::groundedness::{
    self, Claim, ClaimRow, GroundednessOptions, Reading, measures, tune_groundedness,
};
use engraft_tune::reward::{
    self, PairBase, PairScorer, PreferenceRow, RewardOptions, Said, tune_pair_reward, tune_reward,
};

use crate::trial::Trial;

const RESAMPLING: Resampling = Resampling { seed: 0, resamples: 50 };
const PLACES: [&str; 7] = ["Oslo", "Rome", "Lima", "Cairo", "Paris", "Bonn", "Graz"];
const FOOD: [&str; 6] = ["wine", "bread", "fish", "rice", "soup", "cheese"];
const MACHINES: [&str; 6] = ["engine", "drill", "tractor", "turbine", "crane", "pump"];

/// Claims about who moved where, half of them the wrong way round.
fn claims(n: usize) -> Vec<ClaimRow> {
    let row = |at: usize| {
        let (from, to) = (PLACES[at % 7], PLACES[(at + 1 + (at / 7) % 6) % 7]);
        let supported = (at / 2).is_multiple_of(2);
        let (first, second) = if supported { (from, to) } else { (to, from) };
        let text = format!("Team {at} moved from {first} to {second}.");
        let evidence = vec![format!("To {to} from {from} went team {at}. It moved in May.")];
        ClaimRow {
            id: at.to_string(),
            line: at as u64,
            claim: Claim { text, evidence },
            grade: Some(f64::from(u8::from(supported))),
            group: None,
        }
    };
    (0..n).map(row).collect()
}

pub(crate) fn claims_by_words(trial: &Trial<'_>) -> Result<(), TuneError> {
    let tier = Some(groundedness::Tier::Features);
    let options = GroundednessOptions { tier, seeds: 2, seed: 0, reading: None, resampling: RESAMPLING };
    // So many that several threads measure them.
    let tuned = tune_groundedness(&claims(600), None, &options, None, trial.watch)?;
    tuned.model.save(trial.out)?;
    trial.says(&(tuned.eval, tuned.against_base));
    Ok(())
}

pub(crate) fn claims_by_reading(trial: &Trial<'_>) -> Result<(), TuneError> {
    let own = trial.out.join("encoder");
    std::fs::create_dir(&own).map_err(TuneError::io("create", &own))?;
    let reading = Some(Reading { base: trial.base, into: &own, threads: trial.threads });
    let tier = Some(groundedness::Tier::Encoder);
    let options = GroundednessOptions { tier, seeds: 1, seed: 0, reading, resampling: RESAMPLING };
    let all = claims(56);
    let (rows, held) = all.split_at(40);
    let tuned = tune_groundedness(rows, Some(held), &options, None, trial.watch)?;
    tuned.model.save(trial.out)?;
    let asked: Vec<Claim> = held.iter().map(|row| row.claim.clone()).collect();
    let reader = groundedness::Reader::open(&own, trial.threads)?;
    let said = reader.says(&asked, &measures(&asked, None)?)?;
    trial.says(&(tuned.eval, said));
    Ok(())
}

/// Pairs of responses, of which those that speak of food are preferred.
fn preferences(n: usize) -> Vec<PreferenceRow> {
    let row = |at: usize| PreferenceRow {
        id: at.to_string(),
        line: at as u64,
        prompt: vec![("user".into(), format!("What is there on table {at}?"))],
        chosen: format!("There is {} number {at}.", FOOD[at % 6]),
        rejected: format!("There is a {} number {at}.", MACHINES[at / 6 % 6]),
        margin: 0.0,
        group: Some(at.to_string()),
    };
    (0..n).map(row).collect()
}

pub(crate) fn rewards_by_meaning(trial: &Trial<'_>) -> Result<(), TuneError> {
    let encoder = Embedder::open(trial.base, "tiny", trial.options())?;
    let tier = Some(reward::Tier::Meaning);
    let options = RewardOptions { tier, seeds: 2, seed: 0, resampling: RESAMPLING };
    let tuned = tune_reward(&preferences(60), None, &options, Some(&encoder), trial.watch)?;
    tuned.model.save(trial.out)?;
    trial.says(&(tuned.eval, tuned.against_base));
    Ok(())
}

pub(crate) fn rewards_by_reading(trial: &Trial<'_>) -> Result<(), TuneError> {
    let tokenizer = Tokenizer::open(trial.base).map_err(ModelError::from)?;
    let base = PairBase { dir: trial.base, tokenizer: &tokenizer, over_length: OverLength::Truncate };
    let tier = Some(reward::Tier::Encoder);
    let options = RewardOptions { tier, seeds: 2, seed: 0, resampling: RESAMPLING };
    let rows = preferences(110);
    let tuned = tune_pair_reward(&rows, None, &options, &base, trial.watch)?;
    tuned.model.save(trial.out)?;
    let own = trial.out.join("encoder");
    let Some(pair) = tuned.pair else { return Err(TuneError::Bug("no encoder was trained".into())) };
    pair.save(trial.base, &own)?;
    let said = |row: &PreferenceRow| Said { prompt: row.prompt.clone(), response: row.chosen.clone() };
    let said: Vec<Said> = rows.iter().map(said).collect();
    let scores = PairScorer::open(&own, pair.head(), trial.threads)?.scores(&said)?;
    trial.says(&(tuned.eval, scores));
    Ok(())
}
