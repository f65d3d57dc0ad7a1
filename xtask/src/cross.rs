//! The kernels of the processor that this machine has not: compiled where the compiler has its library, and their tests
//! run where there is an emulator.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::steps::{run, skip};

/// The other processor, as the compiler, Debian's packages and the emulator call it.
struct Processor {
    arch: &'static str,
    linker: &'static str,
    emulator: &'static str,
    packages: &'static str,
}

const OTHER: Processor = if cfg!(target_arch = "aarch64") {
    Processor {
        arch: "x86_64",
        linker: "x86_64-linux-gnu-gcc",
        emulator: "qemu-x86_64",
        packages: "gcc-x86-64-linux-gnu libc6-dev-amd64-cross qemu-user",
    }
} else {
    Processor {
        arch: "aarch64",
        linker: "aarch64-linux-gnu-gcc",
        emulator: "qemu-aarch64",
        packages: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user",
    }
};

/// What is worth an emulator's time: every kernel, a small model by every instruction set, the way back through it, and the
/// reference encoder once.
const TESTS: &str = "--lib --test tiny --test training --test minilm -- kernel:: all_instruction_sets any_number_of_threads \
                     gradients_agree f32_is_exact";

/// Lints the encoder's and the search's kernels for the other processor and runs their tests, as far as the tools are here.
pub(crate) fn cross() -> Result<()> {
    let Processor { arch, linker, emulator, packages } = OTHER;
    let target = format!("{arch}-unknown-linux-gnu");
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", &target]).output()?;
    if !Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir() {
        return skip(&format!(
            "the kernels for {target} are not compiled; `rustup target add {target}` brings what it takes"
        ));
    }
    let kernels = "--package engraft-nn --package engraft-search";
    // Without a C compiler for it: the one dependency that would use one can do without.
    let pure = ("CARGO_FEATURE_PURE", "1");
    run(&format!("cargo clippy {kernels} --all-targets --target {target} --locked -- -D warnings"), &[pure])?;
    if let Some(missing) = [linker, emulator].into_iter().find(|tool| !is_here(tool)) {
        return skip(&format!(
            "the kernels for {target} are compiled, not run, without `{missing}`; `apt-get install {packages}` brings it"
        ));
    }
    let cargo = format!("CARGO_TARGET_{}", target.to_uppercase().replace('-', "_"));
    let (linker_of, runner_of) = (format!("{cargo}_LINKER"), format!("{cargo}_RUNNER"));
    let runner = format!("{emulator} -L /usr/{arch}-linux-gnu");
    let tools = [pure, (linker_of.as_str(), linker), (runner_of.as_str(), runner.as_str())];
    let line = format!("cargo test {kernels} --target {target} --locked --no-fail-fast {TESTS}");
    run(&line, &tools)
}

fn is_here(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}
