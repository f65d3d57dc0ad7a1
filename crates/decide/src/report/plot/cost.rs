//! Money: quality against what a month costs, and how that cost grows with the questions asked.

use super::axis::{Axis, percent, plain};
use super::canvas::{Canvas, Ink, WIDTH};
use crate::{ArmReport, Decision, Experiment};

/// Top and bottom of the plots.
const INSIDE: (f64, f64) = (28.0, 220.0);

fn candidates(decision: &Decision) -> impl Iterator<Item = &ArmReport> {
    decision.arms.iter().filter(|arm| arm.candidate && arm.quality.value.is_some())
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// Quality against cost a month; the disc grows with the 95th percentile of the waiting time.
pub(crate) fn pareto(decision: &Decision) -> Option<String> {
    let points: Vec<(&ArmReport, f64, f64, f64)> = candidates(decision)
        .filter_map(|arm| Some((arm, arm.cost_per_month.value?, arm.quality.value?, arm.latency_ms.value?)))
        .collect();
    if points.len() < 2 {
        return None;
    }
    let (cheapest, dearest) = range(points.iter().map(|point| point.1));
    let (worst, best) = range(points.iter().map(|point| point.2));
    let room = 0.18 * (best - worst).max(0.02);
    let y = Axis::linear((worst - room).max(0.0), (best + room).min(1.0), INSIDE.1, INSIDE.0);
    let x = match cheapest > 0.0 && dearest / cheapest > 20.0 {
        true => Axis::log(cheapest / 2.0, dearest * 2.0, 48.0, 384.0),
        false => Axis::linear(0.0, 1.2 * dearest.max(0.01), 48.0, 384.0),
    };
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("cost a month", "Quality"), (plain, percent));
    let slowest = points.iter().map(|point| point.3).fold(1e-9, f64::max);
    let on = points.iter().filter(|point| point.0.pareto);
    let mut steps: Vec<(f64, f64)> = on.map(|point| (x.at(point.1), y.at(point.2))).collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in steps.windows(2) {
        canvas.line("zero", pair[0], pair[1]);
    }
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for (arm, cost, quality, ms) in &points {
        let (ink, place) = (Ink::of(arm), (x.at(*cost), y.at(*quality)));
        canvas.disc(ink, place, 6.0 + 16.0 * (ms / slowest).sqrt());
        canvas.mark(ink, place, 5.0);
        let (anchor, shift) = if place.0 < 0.62 * WIDTH { ("start", 10.0) } else { ("end", -10.0) };
        // A name that would lie on another one goes below its mark.
        let crowded = |y: f64| taken.iter().any(|t| (t.0 - place.0).abs() < 90.0 && (t.1 - y).abs() < 13.0);
        let height =
            [-8.0, 16.0, -22.0, 30.0].into_iter().map(|shift| place.1 + shift).find(|y| !crowded(*y));
        let height = height.unwrap_or(place.1);
        taken.push((place.0, height));
        let class = if arm.dropped.is_empty() { "b" } else { "s" };
        canvas.text(class, anchor, (place.0 + shift, height), &arm.name);
    }
    Some(canvas.done(
        "Quality against cost a month; the larger the disc, the longer 95 of 100 answers take; the dashed line joins arms \
         that no other beats in everything",
    ))
}

/// Cost a month against questions a month, both in powers of ten.
pub(crate) fn break_even(experiment: &Experiment, decision: &Decision) -> Option<String> {
    let now = experiment.terms.volume.queries_per_month.value;
    let lines: Vec<(&ArmReport, f64, f64)> = candidates(decision)
        .filter(|arm| arm.name != crate::ROUTER)
        .filter_map(|arm| {
            let query = arm.cost_per_1k.value? / 1000.0;
            Some((arm, query, arm.cost_per_month.value? - query * now))
        })
        .collect();
    if lines.len() < 2 {
        return None;
    }
    let now = now.max(1.0);
    let (from, to) = (now / 100.0, now * 1000.0);
    let month = |line: &(&ArmReport, f64, f64), volume: f64| (line.2 + line.1 * volume).max(1e-6);
    let (low, _) = range(lines.iter().map(|line| month(line, from)));
    let (_, high) = range(lines.iter().map(|line| month(line, to)));
    let x = Axis::log(from, to, 48.0, 316.0);
    let y = Axis::log(low.max(high * 1e-6) / 1.5, high * 1.5, INSIDE.1, INSIDE.0);
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("questions a month", "Cost a month"), (plain, plain));
    canvas.line("zero", (x.at(now), 26.0), (x.at(now), INSIDE.1));
    canvas.text("s", "middle", (x.at(now), 22.0), "now");
    let mut ends = Vec::new();
    for line in &lines {
        let volumes = (0..=40).map(|step| from * (to / from).powf(f64::from(step) / 40.0));
        let points: Vec<(f64, f64)> =
            volumes.map(|volume| (x.at(volume), y.at(month(line, volume)))).collect();
        canvas.path(Ink::of(line.0), &points);
        ends.push((points[40].1, Ink::of(line.0), line.0.name.clone()));
    }
    for pair in &decision.break_even {
        let Some(at) = pair.queries_per_month.value.filter(|at| (from..=to).contains(at)) else { continue };
        if let Some(line) = lines.iter().find(|line| line.0.name == pair.a) {
            canvas.text("b", "middle", (x.at(at), y.at(month(line, at)) + 4.0), "×");
        }
    }
    canvas.labels(318.0, ends, INSIDE);
    Some(canvas.done(
        "Cost a month of each arm against questions a month; a cross marks where one becomes cheaper than another",
    ))
}
