//! Growth and load: quality and waiting time against how much there is, and waiting time against questions a second.

use engraft_eval::Metric;

use super::axis::{Axis, milliseconds, percent, plain};
use super::canvas::{Canvas, Ink, Say};
use crate::{ArmReport, Decision};

/// Top and bottom, left and right of the plots; names stand to the right.
const INSIDE: (f64, f64) = (28.0, 220.0);
const LEFT: f64 = 56.0;
const RIGHT: f64 = 312.0;

/// What an arm's line goes through: where, and how high with its interval.
type Line<'a> = (&'a ArmReport, Vec<(f64, Metric)>);

fn arm<'a>(decision: &'a Decision, name: &str) -> Option<&'a ArmReport> {
    decision.arms.iter().find(|arm| arm.name == name)
}

/// Quality against how much there is to look through.
pub(crate) fn grown_quality(decision: &Decision) -> Option<String> {
    let lines = decision.growth.iter().filter(|growth| growth.lost_per_tenfold.value.is_some());
    let lines = lines.filter_map(|growth| {
        let points = growth.sizes.iter().map(|mean| (mean.size as f64, mean.quality.clone()));
        Some((arm(decision, &growth.arm)?, points.collect()))
    });
    let lines: Vec<Line> = lines.collect();
    let (low, high) = heights(&lines)?;
    let room = (high - low).max(0.05) / 8.0;
    let y = Axis::linear((low - room).max(0.0), (high + room).min(1.0), INSIDE.1, INSIDE.0);
    let unit = decision.growth.first()?.unit.as_str();
    let label = "Quality against how much there is to look through, with 95 % intervals";
    Some(draw(&lines, &y, (unit, "Quality"), percent, None, label))
}

/// Waiting time against how much there is to look through, both in powers of ten.
pub(crate) fn grown_time(decision: &Decision) -> Option<String> {
    let lines = decision.growth.iter().filter(|growth| growth.exponent.value.is_some());
    let lines = lines.filter_map(|growth| {
        let points = growth.sizes.iter().map(|mean| (mean.size as f64, mean.p95_ms.clone()));
        Some((arm(decision, &growth.arm)?, points.collect()))
    });
    let lines: Vec<Line> = lines.collect();
    let (low, high) = heights(&lines)?;
    let y = Axis::log(low.max(1e-3) / 1.5, high * 1.5, INSIDE.1, INSIDE.0);
    let unit = decision.growth.first()?.unit.as_str();
    let label = "Milliseconds that 95 of 100 answers take against how much there is to look through";
    Some(draw(&lines, &y, (unit, "95 of 100 within"), milliseconds, None, label))
}

/// Waiting time against questions a second, both in powers of ten; the dashed line is how long an answer may take.
pub(crate) fn load(decision: &Decision) -> Option<String> {
    let lines = decision.loads.iter().filter_map(|load| {
        let points = load.trials.iter().filter(|trial| trial.p95_ms.value.is_some());
        let points: Vec<(f64, Metric)> =
            points.map(|trial| (trial.per_second, trial.p95_ms.clone())).collect();
        (!points.is_empty()).then_some((arm(decision, &load.arm)?, points))
    });
    let lines: Vec<Line> = lines.collect();
    let (low, high) = heights(&lines)?;
    let limit = decision.loads.first()?.limit_ms;
    let y = Axis::log(low.min(limit).max(1e-3) / 1.5, high.max(limit) * 1.5, INSIDE.1, INSIDE.0);
    let names = ("questions a second", "95 of 100 within");
    let label = "Milliseconds from when a question is due until 95 of 100 are answered, against questions a second; the \
                 dashed line is how long that may take";
    Some(draw(&lines, &y, names, milliseconds, Some(limit), label))
}

/// The lowest and highest value with their intervals; `None` without any.
fn heights(lines: &[Line]) -> Option<(f64, f64)> {
    let metrics = lines.iter().flat_map(|(_, points)| points.iter().map(|(_, metric)| metric));
    let all = metrics.flat_map(|metric| [metric.value, metric.low, metric.high]).flatten();
    let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(low, high), at| (low.min(at), high.max(at)));
    low.is_finite().then_some((low, high))
}

fn draw(lines: &[Line], y: &Axis, names: (&str, &str), say: Say, limit: Option<f64>, label: &str) -> String {
    let places = || lines.iter().flat_map(|(_, points)| points.iter().map(|(at, _)| *at));
    let (from, to) = (places().fold(f64::INFINITY, f64::min), places().fold(0.0, f64::max));
    let x = Axis::log(from / 1.3, to * 1.3, LEFT, RIGHT);
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, y, names, (plain, say));
    if let Some(limit) = limit {
        canvas.line("zero", (LEFT, y.at(limit)), (RIGHT, y.at(limit)));
    }
    let mut labels = Vec::new();
    for (arm, points) in lines {
        let ink = Ink::of(arm);
        let measured = points.iter().filter_map(|(at, metric)| Some((*at, metric, metric.value?)));
        let mut line = Vec::new();
        for (at, metric, value) in measured {
            if let (Some(low), Some(high)) = (metric.low, metric.high) {
                canvas.thin(ink, (x.at(at), y.at(low)), (x.at(at), y.at(high)));
            }
            canvas.mark(ink, (x.at(at), y.at(value)), 4.0);
            line.push((x.at(at), y.at(value)));
        }
        canvas.path(ink, &line);
        labels.push((line.last().map_or(INSIDE.1, |end| end.1), ink, arm.name.clone()));
    }
    canvas.labels(RIGHT + 2.0, labels, INSIDE);
    canvas.done(label)
}
