//! What `engraft metrics rank` does, without the command line: `rank QRELS RUN [THREADS]` prints six measures with intervals.
//!
//! And how long each step took, in milliseconds of wall time.

use std::error::Error;
use std::time::Instant;

use engraft_eval::{Measure, Resampling, Rules, Ties, evaluate_tables, read_qrels, read_run};
use serde_json::json;

const MEASURES: [&str; 6] = ["nDCG@10", "R@100", "AP", "RR", "P@5", "Success@5"];

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [qrels, run, rest @ ..] = words.as_slice() else { return Err("name two files".into()) };
    let threads = rest.first().map_or(Ok(2), |word| word.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let mut since = Instant::now();
    let mut steps = Vec::new();
    let mut step = |name: &str| {
        steps.push((name.to_string(), since.elapsed().as_secs_f64() * 1000.0));
        since = Instant::now();
    };
    let (qrels, run) = (std::fs::read_to_string(qrels)?, std::fs::read_to_string(run)?);
    step("read");
    let (qrels, run) = (read_qrels(&qrels)?, read_run(&run)?);
    step("parse");
    let measures: Vec<Measure> = MEASURES.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let rules = Rules { ties: Ties::Trec9, ..Rules::default() };
    let evaluation = evaluate_tables(&qrels, &run, &measures, rules);
    step("measure");
    let metrics = evaluation.metrics(&Resampling::default());
    step("intervals");
    let steps: serde_json::Map<_, _> = steps.into_iter().map(|(name, ms)| (name, json!(ms))).collect();
    let metrics: serde_json::Map<_, _> =
        measures.iter().zip(metrics).map(|(measure, metric)| (measure.to_string(), json!(metric))).collect();
    println!("{}", json!({ "measures": metrics, "ms": steps }));
    Ok(())
}
