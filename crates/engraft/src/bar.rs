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
        let bar = drawn(name, total);
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

/// A bar for a stage, on stderr: how far it is, what is noted, how fast it goes and how long it still takes.
fn drawn(name: &str, total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{prefix:12} {wide_bar} {pos}/{len}  {msg}{per_sec}  {eta} left",
        None => "{prefix:12} {spinner} {pos}  {msg}{per_sec}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(style);
    bar.set_prefix(name.to_string());
    bar
}

/// A line on stderr; that nobody can hear it stops no work.
pub(crate) fn talk(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use std::io::Result;
    use std::sync::Arc;

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;

    /// Keeps all that was ever drawn.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> Result<()> {
            self.write_str(line)
        }
        fn write_str(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> Result<()> {
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_says_how_far_it_is_what_is_noted_and_how_long_it_still_takes() {
        let (screen, bar) = (Screen::default(), drawn("train", Some(200)));
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        let shown = Bar { terminal: true, current: Mutex::new(bar) };
        shown.advance(150);
        shown.note("loss .31");
        // What is drawn last is drawn however little time has passed.
        shown.current.lock().unwrap().abandon();
        let text = screen.0.lock().unwrap().clone();
        let last = text.rsplit("train").next().unwrap();
        assert!(last.contains(" 150/200  loss .31  "), "{text}");
        let words: Vec<&str> = last.trim_end().rsplit("  ").take(2).collect();
        assert!(words[0].ends_with("s left") && words[1].ends_with("/s"), "{text}");
    }
}
