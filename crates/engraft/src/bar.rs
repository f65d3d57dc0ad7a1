//! Progress on stderr: a bar where there is a terminal, a line a stage where there is none.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use engraft_core::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows progress to a person.
pub(crate) struct Bar {
    terminal: bool,
    current: Mutex<ProgressBar>,
}

impl Bar {
    pub(crate) fn new() -> Bar {
        Bar { terminal: std::io::stderr().is_terminal(), current: Mutex::new(ProgressBar::hidden()) }
    }

    /// Takes the bar away, so that what is printed next starts on a clean line.
    pub(crate) fn clear(&self) {
        if let Ok(bar) = self.current.lock() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn stage(&self, name: &str, total: Option<u64>) {
        self.clear();
        if !self.terminal {
            talk(&format!("{name}{}", total.map_or(String::new(), |total| format!(": {total}"))));
            return;
        }
        let template = match total {
            Some(_) => "{prefix:12} {wide_bar} {pos}/{len}  {msg}{per_sec}  {eta} left",
            None => "{prefix:12} {spinner} {pos}  {msg}{per_sec}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_style(style);
        bar.set_prefix(name.to_string());
        bar.enable_steady_tick(Duration::from_millis(120));
        if let Ok(mut current) = self.current.lock() {
            *current = bar;
        }
    }

    fn advance(&self, units: u64) {
        if let Ok(bar) = self.current.lock() {
            bar.inc(units);
        }
    }

    fn note(&self, note: &str) {
        if let Ok(bar) = self.current.lock() {
            bar.set_message(format!("{note}  "));
        }
    }

    fn say(&self, remark: &str) {
        match self.current.lock() {
            Ok(bar) if self.terminal => bar.suspend(|| talk(remark)),
            _ => talk(remark),
        }
    }
}

/// A line on stderr; that nobody can hear it stops no work.
pub(crate) fn talk(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
