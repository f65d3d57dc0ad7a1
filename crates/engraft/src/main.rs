//! The command line: turn words into a verb of the app, print what it returns, say whose fault an error is.

mod bar;
mod cli;
mod print;
mod run;
mod words;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
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
    status(cli.json, || run::run(&cli))
}

/// What the process ends with. A panic is a bug like any other: where it happened stands on stderr already.
fn status(json: bool, run: impl FnOnce() -> Result<ExitCode, Error>) -> ExitCode {
    let ended = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it did not say why");
        Err(Error::Bug(format!("engraft stopped where it never should: {words}")))
    });
    ended.unwrap_or_else(|error| fail(&error, json))
}

/// Clap's own words; with `--json` the error object that scripts expect.
fn misread(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    if !asked && std::env::args().any(|word| word == "--json") {
        let words = error.to_string();
        let message = match error.kind() {
            // Clap shows the help instead of an error.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "the command is not complete".to_string(),
            _ => first_paragraph(&words),
        };
        say_error("user", &message, Some("run `engraft --help`"));
        return ExitCode::from(2);
    }
    let _ = error.print();
    ExitCode::from(if asked { 0 } else { 2 })
}

/// What clap says up to its first blank line, as one line: the names of missing arguments and possible values stand below the first.
fn first_paragraph(words: &str) -> String {
    let lines = words.trim_start_matches("error: ").lines().map(str::trim);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const CHILD: &str = "ENGRAFT_TEST_PANICS";

    /// Not a test: the body of a child process, which dies of a bug.
    #[test]
    fn child() {
        if std::env::var_os(CHILD).is_some() {
            let ended = status(true, || panic!("{} hits", 7));
            std::process::exit(if ended == ExitCode::from(70) { 70 } else { 0 });
        }
    }

    #[test]
    fn a_panic_is_a_bug_with_its_own_status_and_an_error_that_scripts_can_read() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "tests::child", "--nocapture"]).env(CHILD, "1");
        let output = command.output().unwrap();
        let (out, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(70), "{out}{talk}");
        let line = out.lines().find(|line| line.starts_with('{')).unwrap();
        let error: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(error["error"]["kind"], "bug");
        assert_eq!(error["error"]["message"], "engraft stopped where it never should: 7 hits");
        assert!(error["error"]["hint"].as_str().unwrap().contains("report"), "{error}");
        assert!(talk.contains("main.rs"), "where it happened is said: {talk}");
    }
}
