//! Marks, lines and words; colours come from the page, and each arm has a mark and a dash of its own.

use super::axis::Axis;
use crate::report::escape::esc;

/// The width of every picture, in its own units.
pub(crate) const WIDTH: f64 = 400.0;

/// A picture under construction.
pub(crate) struct Canvas {
    body: String,
    height: f64,
}

/// How an arm is drawn: its colour class, mark and dash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink(pub(crate) usize);

impl Ink {
    /// By what an arm is; diagnostics share one.
    pub(crate) fn of(arm: &crate::ArmReport) -> Ink {
        match (arm.candidate, arm.name == crate::ROUTER, arm.retrieval, arm.tuned) {
            (false, ..) => Ink(5),
            (_, true, ..) => Ink(4),
            (_, _, false, false) => Ink(0),
            (_, _, true, false) => Ink(1),
            (_, _, false, true) => Ink(2),
            (_, _, true, true) => Ink(3),
        }
    }

    fn dash(self) -> &'static str {
        ["2 4", "8 4", "9 3 2 3", "", "4 2", "3 3"][self.0 % 6]
    }
}

impl Canvas {
    pub(crate) fn new(height: f64) -> Canvas {
        Canvas { body: String::new(), height }
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.body.push_str(&format!("<path class=\"{class}\" d=\"{}\"/>", trace(&[from, to])));
    }

    /// A line through `points` in the arm's colour and dash.
    pub(crate) fn path(&mut self, ink: Ink, points: &[(f64, f64)]) {
        self.stroke(ink, ink.dash(), points);
    }

    /// A line in the arm's colour with another dash; empty for none.
    pub(crate) fn stroke(&mut self, ink: Ink, dash: &str, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        self.body.push_str(&format!("<path class=\"l k{}\"{dash} d=\"{}\"/>", ink.0, trace(points)));
    }

    /// The area between two lines.
    pub(crate) fn band(&mut self, ink: Ink, lower: &[(f64, f64)], upper: &[(f64, f64)]) {
        let around: Vec<(f64, f64)> = lower.iter().copied().chain(upper.iter().rev().copied()).collect();
        self.body.push_str(&format!("<path class=\"band k{}\" d=\"{}Z\"/>", ink.0, trace(&around)));
    }

    /// A thin line in the arm's colour, for intervals.
    pub(crate) fn thin(&mut self, ink: Ink, from: (f64, f64), to: (f64, f64)) {
        self.body.push_str(&format!("<path class=\"t k{}\" d=\"{}\"/>", ink.0, trace(&[from, to])));
    }

    /// The arm's mark, about `r` in radius.
    pub(crate) fn mark(&mut self, ink: Ink, (x, y): (f64, f64), r: f64) {
        let around = |points: &[(f64, f64)]| {
            let points: Vec<(f64, f64)> = points.iter().map(|(dx, dy)| (x + r * dx, y + r * dy)).collect();
            format!("<path class=\"f k{}\" d=\"{}Z\"/>", ink.0, trace(&points))
        };
        let shape = match ink.0 {
            0 => format!("<circle class=\"o k0\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"/>"),
            1 => around(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            2 => around(&[(0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)]),
            3 => around(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
            4 => around(&[(-1.05, -0.8), (1.05, -0.8), (0.0, 1.1)]),
            _ => format!("<circle class=\"f k5\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>", 0.7 * r),
        };
        self.body.push_str(&shape);
    }

    /// A disc behind a mark.
    pub(crate) fn disc(&mut self, ink: Ink, (x, y): (f64, f64), r: f64) {
        self.body.push_str(&format!(
            "<circle class=\"band k{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\"/>",
            ink.0
        ));
    }

    /// A bar between two heights.
    pub(crate) fn bar(&mut self, ink: Ink, (from, top): (f64, f64), (to, bottom): (f64, f64)) {
        let (x, width, height) = (from.min(to), (to - from).abs(), bottom - top);
        self.body.push_str(&format!(
            "<rect class=\"f k{}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>",
            ink.0
        ));
    }

    /// `anchor` is `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, class: &str, anchor: &str, (x, y): (f64, f64), text: &str) {
        self.body.push_str(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            esc(text)
        ));
    }

    /// The picture, with what it shows in words for those who do not see it.
    pub(crate) fn done(self, label: &str) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.height,
            esc(label),
            self.body
        )
    }

    /// Names beside the ends of lines, moved apart where they would touch.
    pub(crate) fn labels(&mut self, x: f64, mut ends: Vec<(f64, Ink, String)>, (top, bottom): (f64, f64)) {
        const APART: f64 = 15.0;
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut last = top - APART;
        for end in &mut ends {
            end.0 = end.0.max(last + APART);
            last = end.0;
        }
        // Pushed up again from below, so that the last one stays inside.
        let mut next = bottom + APART;
        for end in ends.iter_mut().rev() {
            end.0 = end.0.min(next - APART);
            next = end.0;
        }
        for (y, ink, name) in ends {
            self.mark(ink, (x + 6.0, y), 4.0);
            self.text("", "start", (x + 14.0, y + 4.0), &name);
        }
    }

    /// Both axes with their grid, ticks and names.
    pub(crate) fn frame(&mut self, x: &Axis, y: &Axis, (x_name, y_name): (&str, &str), say: (Say, Say)) {
        for tick in y.ticks() {
            self.line("grid", (x.from, y.at(tick)), (x.to, y.at(tick)));
            self.text("s", "end", (x.from - 6.0, y.at(tick) + 4.0), &say.1(tick));
        }
        self.across(x, y.from, x_name, say.0);
        self.text("s", "start", (0.0, 12.0), y_name);
    }

    /// The horizontal axis at height `y`, with its ticks and name.
    pub(crate) fn across(&mut self, x: &Axis, y: f64, name: &str, say: Say) {
        let mut last = f64::NEG_INFINITY;
        for tick in x.ticks() {
            let (at, words) = (x.at(tick), say(tick));
            let half = 3.5 * words.chars().count() as f64;
            self.line("axis", (at, y), (at, y + 4.0));
            if at - half > last + 6.0 && at + half < WIDTH {
                self.text("s", "middle", (at, y + 17.0), &words);
                last = at + half;
            }
        }
        self.line("axis", (x.from, y), (x.to, y));
        self.text("s", "end", (x.to, y + 34.0), name);
    }
}

/// How the numbers of an axis are written.
pub(crate) type Say = fn(f64) -> String;

fn trace(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        out.push_str(&format!("{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" }));
    }
    out
}

/// A share with its interval as a small bar from 0 to 1, for a tile.
pub(crate) fn whisker(ink: Ink, value: f64, low: Option<f64>, high: Option<f64>) -> String {
    let x = |share: f64| 2.0 + 196.0 * share.clamp(0.0, 1.0);
    let mut body = format!("<path class=\"grid\" d=\"{}\"/>", trace(&[(2.0, 8.0), (198.0, 8.0)]));
    body.push_str(&format!("<path class=\"l k{}\" d=\"{}\"/>", ink.0, trace(&[(2.0, 8.0), (x(value), 8.0)])));
    if let (Some(low), Some(high)) = (low, high) {
        for end in [low, high] {
            let tick = trace(&[(x(end), 3.0), (x(end), 13.0)]);
            body.push_str(&format!("<path class=\"t k{}\" d=\"{tick}\"/>", ink.0));
        }
        let span = trace(&[(x(low), 8.0), (x(high), 8.0)]);
        body.push_str(&format!("<path class=\"t k{}\" d=\"{span}\"/>", ink.0));
    }
    format!("<svg viewBox=\"0 0 200 16\" aria-hidden=\"true\">{body}</svg>")
}
