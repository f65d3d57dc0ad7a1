//! The effects: two lines that would be parallel if both changes simply added up, and every contrast with its interval.

use super::axis::{Axis, percent, points};
use super::canvas::{Canvas, Ink, WIDTH};
use crate::{Decision, Effect};

/// Quality of base and tuned, without and with retrieval. `None` when a cell is missing.
pub(crate) fn interaction(decision: &Decision) -> Option<String> {
    let cell = |retrieval: bool, tuned: bool| {
        let is = |arm: &&crate::ArmReport| {
            arm.candidate && arm.retrieval == retrieval && arm.tuned == tuned && arm.name != crate::ROUTER
        };
        let quality = &decision.arms.iter().find(is)?.quality;
        quality.value.map(|value| (value, quality))
    };
    let lines = [
        ("base", Ink(0), -3.0, [cell(false, false)?, cell(true, false)?]),
        ("tuned", Ink(2), 3.0, [cell(false, true)?, cell(true, true)?]),
    ];
    let all = || lines.iter().flat_map(|(_, _, _, cells)| cells);
    let low = all().map(|(value, metric)| metric.low.unwrap_or(*value)).fold(1.0, f64::min);
    let high = all().map(|(value, metric)| metric.high.unwrap_or(*value)).fold(0.0, f64::max);
    let room = 0.08 * (high - low).max(0.02);
    let y = Axis::linear((low - room).max(0.0), (high + room).min(1.0), 220.0, 28.0);
    let sides = [75.0, 310.0];
    let mut canvas = Canvas::new(256.0);
    for tick in y.ticks() {
        canvas.line("grid", (48.0, y.at(tick)), (330.0, y.at(tick)));
        canvas.text("s", "end", (42.0, y.at(tick) + 4.0), &percent(tick));
    }
    canvas.text("s", "start", (0.0, 12.0), "Quality");
    canvas.text("s", "middle", (sides[0] + 20.0, 244.0), "without retrieval");
    canvas.text("s", "middle", (sides[1] - 12.0, 244.0), "with retrieval");
    let mut labels = Vec::new();
    for (name, ink, shift, cells) in &lines {
        let place = |side: usize| (sides[side] + shift, y.at(cells[side].0));
        canvas.path(*ink, &[place(0), place(1)]);
        for (side, (_, metric)) in cells.iter().enumerate() {
            if let (Some(low), Some(high)) = (metric.low, metric.high) {
                canvas.thin(*ink, (place(side).0, y.at(low)), (place(side).0, y.at(high)));
            }
            canvas.mark(*ink, place(side), 5.0);
        }
        labels.push((place(1).1, *ink, (*name).to_string()));
    }
    canvas.labels(326.0, labels, (28.0, 220.0));
    Some(canvas.done(
        "Quality of the base and the tuned model without and with retrieval; parallel lines mean that both changes simply \
         add up",
    ))
}

/// Every contrast with its interval around zero.
pub(crate) fn forest(decision: &Decision) -> String {
    let list = decision.effects.list();
    let rows: Vec<(String, &Effect)> =
        list.into_iter().map(|(name, effect)| (name.to_string(), effect)).collect();
    around_zero(
        &rows,
        "Each effect in points of quality with its 95 % interval; the dashed line is no effect",
    )
}

/// The three effects of every slice. `None` when there are no slices, or none of their effects was measured.
pub(crate) fn slices(decision: &Decision) -> Option<String> {
    let each = decision.slices.iter().flat_map(|slice| {
        let effects = &slice.effects;
        let named =
            [("retrieval", &effects.rag), ("tuning", &effects.tuning), ("interaction", &effects.interaction)];
        named.map(|(name, effect)| (format!("{}: {name}", shortened(&slice.slice)), effect))
    });
    let rows: Vec<(String, &Effect)> = each.collect();
    let label = "The three effects within each slice, in points of quality, with 95 % intervals";
    rows.iter().any(|(_, effect)| effect.metric.value.is_some()).then(|| around_zero(&rows, label))
}

fn shortened(name: &str) -> String {
    match name.chars().count() > 15 {
        true => format!("{}…", name.chars().take(14).collect::<String>()),
        false => name.to_string(),
    }
}

fn around_zero(rows: &[(String, &Effect)], label: &str) -> String {
    const ROW: f64 = 24.0;
    let bottom = 10.0 + ROW * rows.len() as f64;
    let metrics = || rows.iter().map(|(_, effect)| &effect.metric);
    let all = || metrics().flat_map(|metric| [metric.low, metric.high, metric.value]).flatten();
    let (low, high) = (all().fold(0.0, f64::min), all().fold(0.0, f64::max));
    let room = 0.05 * (high - low).max(0.01);
    let x = Axis::linear(low - room, high + room, 190.0, WIDTH - 14.0);
    let mut canvas = Canvas::new(bottom + 42.0);
    for tick in x.ticks() {
        canvas.line("grid", (x.at(tick), 6.0), (x.at(tick), bottom));
    }
    canvas.across(&x, bottom, "points of quality", points);
    canvas.line("zero", (x.at(0.0), 4.0), (x.at(0.0), bottom));
    for (at, (name, effect)) in rows.iter().enumerate() {
        let y = 22.0 + ROW * at as f64;
        canvas.text("", "end", (180.0, y + 4.0), name);
        let Some(value) = effect.metric.value else {
            canvas.text("s", "start", (196.0, y + 4.0), "not measured");
            continue;
        };
        // A filled mark is surely not zero, an open one may be.
        let ink = if effect.is_sure() { Ink(3) } else { Ink(0) };
        if let Some((low, high)) = effect.metric.low.zip(effect.metric.high) {
            canvas.thin(ink, (x.at(low), y), (x.at(high), y));
        }
        canvas.mark(ink, (x.at(value), y), 4.5);
    }
    canvas.done(label)
}
