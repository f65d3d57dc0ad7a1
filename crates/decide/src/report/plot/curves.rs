//! Lines over time, labels, confidence and coverage.

use super::axis::{Axis, milliseconds, percent, plain, seconds};
use super::canvas::{Canvas, Ink};
use crate::{ArmReport, CurveBand, Decision, Experiment, Reliability, Role};

const POINTS: usize = 100;
/// Top and bottom, left and right of the plots; names stand to the right.
const INSIDE: (f64, f64) = (28.0, 220.0);
const LEFT: f64 = 48.0;
const RIGHT: f64 = 312.0;

fn shares(from: f64, to: f64) -> Axis {
    Axis::linear(from, to, INSIDE.1, INSIDE.0)
}

/// What share of answers came within a time.
pub(crate) fn latency(experiment: &Experiment, decision: &Decision) -> Option<String> {
    let kept = experiment.kept();
    let mut lines = Vec::new();
    for (arm, report) in experiment.arms.iter().zip(&decision.arms) {
        if arm.role != Role::Candidate || arm.runs.is_empty() || arm.name == crate::ROUTER {
            continue;
        }
        let each = arm.runs.iter().flat_map(|run| kept.iter().map(|&at| run.rows[at].ms().max(1e-3)));
        let mut times: Vec<f64> = each.collect();
        times.sort_unstable_by(f64::total_cmp);
        lines.push((report, times));
    }
    let low = lines.iter().filter_map(|(_, times)| times.first().copied()).fold(f64::INFINITY, f64::min);
    let high = lines.iter().filter_map(|(_, times)| times.last().copied()).fold(0.0, f64::max);
    if lines.is_empty() || high <= 1e-3 {
        return None;
    }
    let (x, y) = (Axis::log(low, high, LEFT, RIGHT), shares(0.0, 1.0));
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("time to the answer", "Answers given"), (milliseconds, percent));
    canvas.line("zero", (LEFT, y.at(0.95)), (RIGHT, y.at(0.95)));
    let mut labels = Vec::new();
    for (number, (report, times)) in lines.iter().enumerate() {
        let at = |step: usize| (times.len() - 1) * step / POINTS;
        let share = |at: usize| (at + 1) as f64 / times.len() as f64;
        let points: Vec<(f64, f64)> =
            (0..=POINTS).map(|step| (x.at(times[at(step)]), y.at(share(at(step))))).collect();
        let ink = Ink::of(report);
        canvas.path(ink, &points);
        canvas.mark(ink, points[POINTS / 2], 4.0);
        labels.push((60.0 + number as f64, ink, report.name.clone()));
    }
    canvas.labels(RIGHT + 2.0, labels, INSIDE);
    Some(canvas.done("Share of answers given within a time, for each arm; the dashed line is 95 of 100"))
}

/// Quality against labels, with the band carried to four times.
pub(crate) fn learning(decision: &Decision) -> Option<String> {
    let curves = &decision.curves;
    let bands = || curves.iter().flat_map(|curve| &curve.band);
    let from = bands().map(|band| band.labels).fold(f64::INFINITY, f64::min);
    let to = bands().map(|band| band.labels).fold(0.0, f64::max);
    if curves.is_empty() {
        return None;
    }
    let measured = curves.iter().flat_map(|curve| &curve.measured).map(|mean| mean.quality);
    let low = measured.chain(bands().map(|band| band.low)).fold(1.0, f64::min);
    let high = bands().map(|band| band.high).fold(0.0, f64::max);
    let room = 0.06 * (high - low).max(0.02);
    let x = Axis::log(from / 1.1, to * 1.1, LEFT, RIGHT + 10.0);
    let y = shares((low - room).max(0.0), (high + room).min(1.0));
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("labels", "Quality"), (plain, percent));
    let mut labels = Vec::new();
    for curve in curves {
        let ink = decision.arms.iter().find(|arm| arm.name == curve.arm).map_or(Ink(5), Ink::of);
        let line = |pick: fn(&CurveBand) -> f64| -> Vec<(f64, f64)> {
            curve.band.iter().map(|band| (x.at(band.labels), y.at(pick(band)))).collect()
        };
        canvas.band(ink, &line(|band| band.low), &line(|band| band.high));
        let last = curve.measured.last().map_or(0.0, |mean| mean.labels as f64);
        let points = line(|band| band.quality);
        let seen = curve.band.iter().take_while(|band| band.labels <= last * 1.001).count();
        canvas.stroke(ink, "", &points[..seen]);
        canvas.stroke(ink, "2 4", &points[seen.saturating_sub(1)..]);
        for mean in &curve.measured {
            canvas.mark(ink, (x.at(mean.labels as f64), y.at(mean.quality)), 4.0);
        }
        labels.push((points.last().map_or(INSIDE.0, |point| point.1), ink, curve.arm.clone()));
    }
    canvas.labels(RIGHT + 12.0, labels, INSIDE);
    Some(canvas.done(
        "Quality against the number of labels: marks are measured, the dotted part is a forecast to four times the labels \
         with its band",
    ))
}

fn sure(decision: &Decision) -> Vec<(&ArmReport, &Reliability)> {
    let arms = decision.arms.iter().filter(|arm| arm.candidate && arm.name != crate::ROUTER);
    arms.filter_map(|arm| Some((arm, arm.confidence.as_ref()?))).collect()
}

/// Errors among answers when the least sure ones stay unanswered.
pub(crate) fn risk_coverage(decision: &Decision) -> Option<String> {
    let lines = sure(decision);
    let risks = lines.iter().flat_map(|(_, reliability)| &reliability.risk_coverage);
    let high = risks.map(|(_, risk)| *risk).fold(0.0, f64::max);
    if lines.is_empty() {
        return None;
    }
    let (x, y) = (Axis::linear(0.0, 1.0, LEFT, RIGHT), shares(0.0, (1.1 * high).max(0.05)));
    let mut canvas = Canvas::new(258.0);
    let names = ("questions answered, surest first", "Errors among answers");
    canvas.frame(&x, &y, names, (percent, percent));
    let mut labels = Vec::new();
    for (arm, reliability) in lines {
        let ink = Ink::of(arm);
        let each = reliability.risk_coverage.iter();
        let points: Vec<(f64, f64)> = each.map(|(coverage, risk)| (x.at(*coverage), y.at(*risk))).collect();
        canvas.path(ink, &points);
        labels.push((points.last().map_or(INSIDE.1, |point| point.1), ink, arm.name.clone()));
    }
    canvas.labels(RIGHT + 2.0, labels, INSIDE);
    Some(canvas.done("Error rate among the questions answered when only the surest share is answered"))
}

/// Being right against confidence.
pub(crate) fn reliability(decision: &Decision) -> Option<String> {
    let lines = sure(decision);
    if lines.is_empty() {
        return None;
    }
    let (x, y) = (Axis::linear(0.0, 1.0, LEFT, RIGHT), shares(0.0, 1.0));
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("confidence", "Right answers"), (percent, percent));
    canvas.line("zero", (x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0)));
    let mut labels = Vec::new();
    for (arm, reliability) in lines {
        let ink = Ink::of(arm);
        let each = reliability.bins.iter();
        let points: Vec<(f64, f64)> = each.map(|bin| (x.at(bin.confidence), y.at(bin.right))).collect();
        canvas.path(ink, &points);
        for (point, bin) in points.iter().zip(&reliability.bins) {
            canvas.mark(ink, *point, if bin.n >= 20 { 4.0 } else { 2.5 });
        }
        labels.push((points.last().map_or(INSIDE.0, |point| point.1), ink, arm.name.clone()));
    }
    canvas.labels(RIGHT + 2.0, labels, INSIDE);
    Some(canvas.done(
        "Share of right answers against the confidence given; on the dashed line confidence can be taken at its word",
    ))
}

/// The share of changes not yet seen in answers, against the time since they were saved.
pub(crate) fn survival(experiment: &Experiment, decision: &Decision) -> Option<String> {
    let mut lines = Vec::new();
    for (arm, report) in experiment.arms.iter().zip(&decision.arms) {
        if arm.role != Role::Candidate || arm.updates.is_empty() || arm.name == crate::ROUTER {
            continue;
        }
        let mut times: Vec<f64> = arm.updates.iter().filter_map(|trial| trial.seconds).collect();
        times.sort_unstable_by(f64::total_cmp);
        lines.push((report, times, arm.updates.len()));
    }
    let ends = || lines.iter().flat_map(|(_, times, _)| times).copied();
    let (low, high) = (ends().fold(f64::INFINITY, f64::min).max(1e-3), ends().fold(0.0, f64::max));
    if high == 0.0 {
        return None;
    }
    let (x, y) = (Axis::log(low / 3.0, high * 3.0, LEFT, RIGHT), shares(0.0, 1.0));
    let mut canvas = Canvas::new(258.0);
    canvas.frame(&x, &y, ("since the change was saved", "Changes not yet seen"), (seconds, percent));
    let mut labels = Vec::new();
    for (number, (report, times, all)) in lines.iter().enumerate() {
        let ink = Ink::of(report);
        let mut points = vec![(LEFT, y.at(1.0))];
        for (seen, time) in times.iter().enumerate() {
            let left = |seen: usize| y.at(1.0 - seen as f64 / *all as f64);
            points.extend([(x.at(time.max(1e-3)), left(seen)), (x.at(time.max(1e-3)), left(seen + 1))]);
        }
        let end = points.last().map_or(INSIDE.0, |point| point.1);
        points.push((RIGHT, end));
        canvas.path(ink, &points);
        canvas.mark(ink, points[points.len() / 2], 4.0);
        labels.push((end - 30.0 + number as f64, ink, report.name.clone()));
    }
    canvas.labels(RIGHT + 2.0, labels, INSIDE);
    Some(canvas.done(
        "Share of scripted changes that answers do not show yet, against the time since the change was saved",
    ))
}
