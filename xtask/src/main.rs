//! What the project does to itself: `cargo xtask test` fetches what the checks need and runs every one of them.

mod cross;
mod fetch;
mod fuzz;
mod steps;

use anyhow::{Context, Result, bail};

const HELP: &str = "cargo xtask <command>

  test          fetch, then formatting, lints, documentation, the sample's check and every test
  cross         the kernels of the processor this machine has not: compile them, and run their tests under qemu
  fetch         bring what the tests need into target/test-assets
  sample        check the bundled sample: what its questions quote, and that its files are what their sources give
  golden NAME   regenerate a golden file with its reference package (xtask/golden/NAME.py)
  fuzz [S]      build every fuzz target and run each for S seconds (by default 60)
  bench NAME …  run bench/NAME/run.py, or bench/FOLDER/SCRIPT.py where NAME is FOLDER/SCRIPT (tuning/reader), with what
                follows; results go to bench/results/";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => steps::test(),
        ["fetch"] => fetch::fetch(),
        ["cross"] => cross::cross(),
        ["sample"] => steps::sample(),
        ["fuzz"] => fuzz::fuzz(60),
        ["fuzz", seconds] => fuzz::fuzz(seconds.parse().context("how many seconds?")?),
        ["golden", name, ref more @ ..] => steps::python(&format!("xtask/golden/{name}.py"), more),
        ["bench", name, ref more @ ..] => steps::python(&bench(name), more),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown command `{}`\n\n{HELP}", words.join(" ")),
    }
}

/// The script of a benchmark.
fn bench(name: &str) -> String {
    let script = if name.contains('/') { name.to_string() } else { format!("{name}/run") };
    format!("bench/{script}.py")
}

#[cfg(test)]
mod tests {
    use super::bench;

    #[test]
    fn a_benchmark_is_a_folder_or_a_script_in_one() {
        assert_eq!(bench("tuning"), "bench/tuning/run.py");
        assert_eq!(bench("tuning/reader"), "bench/tuning/reader.py");
    }
}
