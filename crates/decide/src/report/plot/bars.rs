//! How the lead of the arm in front depends on each weight and number.

use super::axis::{Axis, points};
use super::canvas::{Canvas, Ink, WIDTH};
use crate::Decision;

const SHOWN: usize = 9;
const ROW: f64 = 24.0;

/// One bar a number: the lead when it is low and when it is high; left of the dashed line another arm is in front.
pub(crate) fn tornado(decision: &Decision) -> Option<String> {
    let bars: Vec<_> = decision.sensitivity.iter().take(SHOWN).collect();
    let leads = || bars.iter().flat_map(|bar| [bar.low_lead, bar.high_lead]);
    let (low, high) = (leads().fold(0.0, f64::min), leads().fold(0.0, f64::max));
    if bars.is_empty() || low == high {
        return None;
    }
    let bottom = 10.0 + ROW * bars.len() as f64;
    let room = 0.08 * (high - low);
    let x = Axis::linear(low - room, high + room, 172.0, WIDTH - 20.0);
    let mut canvas = Canvas::new(bottom + 42.0);
    for tick in x.ticks() {
        canvas.line("grid", (x.at(tick), 6.0), (x.at(tick), bottom));
    }
    canvas.across(&x, bottom, "lead over the next arm, points of utility", points);
    for (at, bar) in bars.iter().enumerate() {
        let y = 22.0 + ROW * at as f64;
        canvas.text("", "end", (152.0, y + 4.0), &bar.what);
        let (from, to) = (x.at(bar.low_lead), x.at(bar.high_lead));
        let ink = if bar.low_lead < 0.0 || bar.high_lead < 0.0 { Ink(2) } else { Ink(1) };
        canvas.bar(ink, (from, y - 6.0), (to, y + 6.0));
        // Which end is which: a minus for the low value, a plus for the high one.
        let (left, right) = if from <= to { ("−", "+") } else { ("+", "−") };
        canvas.text("s", "end", (from.min(to) - 3.0, y + 4.0), left);
        canvas.text("s", "start", (from.max(to) + 3.0, y + 4.0), right);
    }
    canvas.line("zero", (x.at(0.0), 4.0), (x.at(0.0), bottom));
    Some(canvas.done(
        "How the lead of the arm in front changes when one number is low or high; left of zero another arm would be in front",
    ))
}
