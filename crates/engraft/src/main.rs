//! The command line: turn words into a verb of the app, print what it returns, say whose fault an error is.

mod bar;
mod cli;
mod print;
mod run;
mod words;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use engraft_app::Error;
use engraft_core::{Fault, Kind};
use serde_json::json;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    if matches!(cli.command, Command::ParseWorker) {
        return match engraft_app::serve_parser() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(Kind::Bug.exit_code()),
        };
    }
    match run::run(&cli) {
        Ok(status) => status,
        Err(error) => fail(&error, cli.json),
    }
}

/// Clap's own words; with `--json` the error object that scripts expect.
fn misread(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    if !asked && std::env::args().any(|word| word == "--json") {
        let words = error.to_string();
        let message = words.lines().next().unwrap_or_default().trim_start_matches("error: ");
        say_error("user", message, Some("run `engraft --help`"));
        return ExitCode::from(2);
    }
    let _ = error.print();
    ExitCode::from(if asked { 0 } else { 2 })
}

fn fail(error: &Error, json: bool) -> ExitCode {
    let (kind, hint) = (error.kind(), error.hint());
    if json {
        let kind = serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_string));
        say_error(kind.as_deref().unwrap_or("bug"), &error.to_string(), hint.as_deref());
    } else {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        if let Some(hint) = hint {
            let _ = writeln!(std::io::stderr(), "hint: {hint}");
        }
    }
    ExitCode::from(kind.exit_code())
}

fn say_error(kind: &str, message: &str, hint: Option<&str>) {
    let error = json!({ "error": { "kind": kind, "message": message, "hint": hint } });
    let _ = writeln!(std::io::stdout(), "{error}");
}
