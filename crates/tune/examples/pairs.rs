//! Looks at reward models without a workspace: `pairs PAIRS.jsonl TIER [MODEL_DIR]` prints how good a tier is on preferences
//! when held out; `auto` climbs.

use engraft_core::{Cancel, Embed};
use engraft_eval::Resampling;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::Watch;
use engraft_tune::data::OverLength;
use engraft_tune::reward::{PairBase, RewardOptions, Tier, read_preferences, tune_pair_reward, tune_reward};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, wanted, ..] = &arguments[..] else { return Err("pairs PAIRS.jsonl TIER [MODEL_DIR]".into()) };
    let rows = read_preferences(path.as_ref())?.rows;
    let embedder = match arguments.get(2) {
        Some(dir) => Some(Embedder::open(dir.as_ref(), "encoder", EncoderOptions::default())?),
        None => None,
    };
    let tier = Tier::ALL.into_iter().find(|tier| tier.name() == wanted.as_str());
    let options =
        RewardOptions { tier, seeds: 3, seed: 0, resampling: Resampling { seed: 0, resamples: 1000 } };
    let encoder = embedder.as_ref().map(|encoder| encoder as &dyn Embed);
    let found = match (tier, arguments.get(2), &embedder) {
        (Some(Tier::Encoder), Some(dir), Some(embedder)) => {
            let base = PairBase {
                dir: dir.as_ref(),
                tokenizer: embedder.tokenizer(),
                over_length: OverLength::Truncate,
            };
            let options = RewardOptions { seeds: 1, ..options };
            tune_pair_reward(&rows, None, &options, &base, Watch::quiet(&Cancel::default()))?
        }
        _ => tune_reward(&rows, None, &options, encoder, Watch::quiet(&Cancel::default()))?,
    };
    let explained = found.model.explain(30);
    println!(
        "{}",
        json!({"tier": found.tier.name(), "eval": found.eval, "against": found.against_base,
            "why": found.verdict.why, "stopped": found.stopped, "style": explained.0, "terms": explained.1})
    );
    Ok(())
}
