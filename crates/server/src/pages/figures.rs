//! Figures in words: counts, shares, intervals and times as people read them.

use engraft_app::Metric;
use maud::{Markup, html};

/// `1 item`, `12,345 items`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// `12,345`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `8.4 s`, `2 min 5 s`.
pub(crate) fn seconds(value: f64) -> String {
    let whole = value.round() as u64;
    match whole {
        0..10 => format!("{value:.1} s"),
        10..60 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// `less than a minute`, `40 minutes`, `3.5 hours`.
pub(crate) fn minutes(value: f64) -> String {
    match value {
        value if value < 1.0 => "less than a minute".into(),
        value if value < 90.0 => count(value.round() as u64, "minute", "minutes"),
        value => hours(value / 60.0),
    }
}

/// `3.5 hours`, `40 hours`.
pub(crate) fn hours(value: f64) -> String {
    if value < 1.0 {
        minutes(value * 60.0)
    } else if value < 10.0 {
        format!("{value:.1} hours")
    } else {
        count(value.round() as u64, "hour", "hours")
    }
}

/// `about 40 minutes`; `less than a minute` is about enough.
pub(crate) fn about(time: String) -> String {
    if time.starts_with("less") { time } else { format!("about {time}") }
}

/// A part of a whole, in percent without digits it does not have.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    match (part, whole) {
        (_, 0) => "–".into(),
        (part, whole) if part < whole && part * 200 >= whole * 199 => "99 %".into(),
        (part, whole) => format!("{:.0} %", part as f64 * 100.0 / whole as f64),
    }
}

/// What an `n` counts, where a figure leads to `items` items: `120 parts of 14 items` where an item may hold several, `12 of
/// 14 items` where not all could be used, and `14` where each item is one. `part`: one and several of what is counted;
/// `None` where that is items.
pub(crate) fn of_items(n: u64, part: Option<(&str, &str)>, items: u64) -> String {
    let all = count(items, "item", "items");
    match part {
        _ if n == items => thousands(n),
        Some((one, many)) => format!("{} of {all}", count(n, one, many)),
        None => format!("{} of {all}", thousands(n)),
    }
}

/// A value with its interval and its n: `0.71 (0.62 to 0.79), n 240`; a share in percent.
pub(crate) fn metric(metric: &Metric, share: bool) -> Markup {
    metric_of(metric, share, &thousands(metric.n as u64))
}

/// The same with other words for its n, such as those of [`of_items`].
pub(crate) fn metric_of(metric: &Metric, share: bool, n: &str) -> Markup {
    let show = |value: f64| {
        let plain = if share { format!("{:.0} %", value * 100.0) } else { format!("{value:.2}") };
        plain.replace('-', "−")
    };
    html! {
        span.metric {
            @match metric.value {
                Some(value) => b { (show(value)) },
                None => span.muted { "not yet" },
            }
            @if let (Some(low), Some(high)) = (metric.low, metric.high) {
                " " span.muted title="95 % interval" { "(" (show(low)) " to " (show(high)) ")" }
            }
            span.muted { ", n " (n) }
        }
    }
}

/// A bar of a part of a whole, with the words beside it.
pub(crate) fn bar(label: &str, part: u64, whole: u64) -> Markup {
    html! { progress.meter aria-label=(label) max=(whole.max(1)) value=(part) { (percent(part, whole)) } }
}

/// A time as the reader's clock shows it; without scripts, in UTC.
pub(crate) fn time(rfc3339: &str) -> Markup {
    let plain = rfc3339.get(..16).unwrap_or(rfc3339).replace('T', " ");
    html! { time datetime=(rfc3339) { (plain) " UTC" } }
}

/// A time of the next hours: today's as `14:05` on the reader's clock, others as [`time`].
pub(crate) fn clock(rfc3339: &str) -> Markup {
    let plain = rfc3339.get(11..16).unwrap_or(rfc3339);
    html! { time data-soon datetime=(rfc3339) { (plain) " UTC" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_a_unit_and_groups_of_three() {
        assert_eq!(count(1, "item", "items"), "1 item");
        assert_eq!(count(0, "item", "items"), "0 items");
        assert_eq!(count(1_234_567, "item", "items"), "1,234,567 items");
        assert_eq!((thousands(999), thousands(1000)), ("999".into(), "1,000".into()));
    }

    #[test]
    fn times_are_as_long_as_they_matter() {
        assert_eq!([seconds(8.42), seconds(42.4), seconds(125.0)], ["8.4 s", "42 s", "2 min 5 s"]);
        assert_eq!(
            [minutes(0.3), minutes(40.0), minutes(200.0)],
            ["less than a minute", "40 minutes", "3.3 hours"]
        );
        assert_eq!(hours(40.2), "40 hours");
        assert_eq!([about(hours(3.5)), about(hours(0.001))], ["about 3.5 hours", "less than a minute"]);
    }

    #[test]
    fn a_value_says_on_how_many_it_stands() {
        let words = |value, (low, high), n, share| {
            let html = metric(&Metric { value, low, high, n, why: None }, share).into_string();
            html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<String>()
        };
        let none = (None, None);
        assert_eq!(
            [words(Some(0.5), none, 1200, true), words(None, none, 0, true)],
            ["50 %, n 1,200", "not yet, n 0"]
        );
        // A minus is no dash, and no dash stands beside it.
        assert_eq!(words(Some(-0.1), (Some(-0.67), Some(0.44)), 8, false), "−0.10 (−0.67 to 0.44), n 8");
    }

    #[test]
    fn parts_are_told_with_the_items_that_hold_them() {
        let part = Some(("part", "parts"));
        assert_eq!(
            [of_items(1200, part, 14), of_items(1, part, 2), of_items(14, part, 14)],
            ["1,200 parts of 14 items", "1 part of 2 items", "14"]
        );
        assert_eq!([of_items(12, None, 14), of_items(0, None, 1)], ["12 of 14 items", "0 of 1 item"]);
        let metric = Metric { value: Some(0.5), low: None, high: None, n: 6, why: None };
        let html = metric_of(&metric, false, &of_items(6, part, 2)).into_string();
        assert!(html.contains(", n 6 parts of 2 items<"), "{html}");
    }

    #[test]
    fn nothing_unfinished_is_a_hundred_percent() {
        assert_eq!(
            [percent(999, 1000), percent(1000, 1000), percent(0, 0), percent(1, 3)],
            ["99 %", "100 %", "–", "33 %"]
        );
    }
}
