//! What the project does to itself: `cargo xtask test` fetches what the checks need and runs every one of them.

mod fetch;
mod steps;

use anyhow::{Result, bail};

const HELP: &str = "cargo xtask <command>

  test          fetch, then formatting, lints, documentation and every test
  fetch         bring what the tests need into target/test-assets
  golden NAME   regenerate a golden file with its reference package (xtask/golden/NAME.py)
  bench NAME …  run bench/NAME/run.py with what follows; results go to bench/results/";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => steps::test(),
        ["fetch"] => fetch::fetch(),
        ["golden", name, ref more @ ..] => steps::python(&format!("xtask/golden/{name}.py"), more),
        ["bench", name, ref more @ ..] => steps::python(&format!("bench/{name}/run.py"), more),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown command `{}`\n\n{HELP}", words.join(" ")),
    }
}
