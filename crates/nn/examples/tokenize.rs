//! Token ids of many texts, for comparison with other tokenizers: `tokenize MODEL_DIR < texts.jsonl`.
//!
//! Each line of the input is a JSON string. Each line of the output is its ids, special tokens included, apart by
//! spaces. `tokenize MODEL_DIR ROUNDS` instead prints, as JSON per round, the tokens and the CPU seconds spent.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::Context;
use engraft_nn::Tokenizer;
use rustix::time::{ClockId, clock_gettime};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().context("usage: tokenize MODEL_DIR [ROUNDS]")?;
    let rounds = args.next().map(|n| n.parse::<usize>()).transpose()?;
    let opened = cpu_seconds();
    let tokenizer = Tokenizer::open(Path::new(&dir))?;
    let opening = cpu_seconds() - opened;
    let texts: Vec<String> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<anyhow::Result<_>>()?;
    let mut out = std::io::stdout().lock();
    let mut ids = Vec::new();
    let Some(rounds) = rounds else {
        for text in &texts {
            ids.clear();
            tokenizer.encode(text, &mut ids);
            let words: Vec<String> = ids.iter().map(u32::to_string).collect();
            writeln!(out, "{}", words.join(" "))?;
        }
        return Ok(());
    };
    for _ in 0..rounds {
        let start = cpu_seconds();
        let mut tokens = 0;
        for text in &texts {
            ids.clear();
            tokenizer.encode(text, &mut ids);
            tokens += ids.len();
        }
        let encode = cpu_seconds() - start;
        let start = cpu_seconds();
        let counted: usize = texts.iter().map(|text| tokenizer.count(text)).sum();
        let count = cpu_seconds() - start;
        anyhow::ensure!(counted + texts.len() * tokenizer.specials() == tokens, "count and encode disagree");
        writeln!(
            out,
            r#"{{"tokens": {tokens}, "encode_s": {encode}, "count_s": {count}, "open_s": {opening}}}"#
        )?;
    }
    Ok(())
}

/// CPU time of this process, in seconds.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
