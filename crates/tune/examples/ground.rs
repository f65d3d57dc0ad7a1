//! Looks at groundedness without a workspace: `ground measures CLAIMS.jsonl [MODEL_DIR]` prints what is measured of each claim,
//! `ground tune CLAIMS.jsonl TIER [MODEL_DIR]` how good a tier is on it when held out. Rows `{id,claim,evidence,label}`.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use engraft_core::{Cancel, Embed};
use engraft_eval::Resampling;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::Watch;
use engraft_tune::groundedness::{
    Claim, GroundednessOptions, Tier, measures, read_claims, tune_groundedness,
};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (verb, path) = match &arguments[..] {
        [verb, path, ..] => (verb.as_str(), Path::new(path)),
        _ => return Err("ground measures|tune CLAIMS.jsonl …".into()),
    };
    let rows = read_claims(path, true)?.rows;
    let model = if verb == "tune" { arguments.get(3) } else { arguments.get(2) };
    let encoder = match model {
        Some(dir) => Some(Embedder::open(dir.as_ref(), "encoder", EncoderOptions::default())?),
        None => None,
    };
    let encoder = encoder.as_ref().map(|encoder| encoder as &dyn Embed);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if verb == "tune" {
        let wanted = arguments.get(2).map_or("auto", String::as_str);
        let tier = Tier::ALL.into_iter().find(|tier| tier.name() == wanted);
        let resampling = Resampling { seed: 0, resamples: 1000 };
        let options = GroundednessOptions { tier, seeds: 3, seed: 0, reading: None, resampling };
        let found = tune_groundedness(&rows, None, &options, encoder, Watch::quiet(&Cancel::default()))?;
        writeln!(
            out,
            "{}",
            json!({"tier": found.tier.name(), "eval": found.eval, "against": found.against_base, "why": found.verdict.why, "model": found.model})
        )?;
        return Ok(());
    }
    let claims: Vec<Claim> = rows.iter().map(|row| row.claim.clone()).collect();
    let began = Instant::now();
    let found = measures(&claims, encoder)?;
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("{} claims in {seconds:.3} s, {:.0} a second", claims.len(), claims.len() as f64 / seconds);
    for (row, features) in rows.iter().zip(&found) {
        writeln!(out, "{}", json!({"id": row.id, "supported": row.supported(), "values": features.values}))?;
    }
    Ok(())
}
