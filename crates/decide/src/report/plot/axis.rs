//! From numbers to places on the page, with round numbers along the way and a short way to write them.

/// An axis, linear or in powers of ten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Axis {
    /// `low` falls on `from` and `high` on `to`; equal numbers get some room.
    pub(crate) fn linear(low: f64, high: f64, from: f64, to: f64) -> Axis {
        let room = if high > low { 0.0 } else { 0.05 * low.abs().max(0.1) };
        Axis { low: low - room, high: high + room, log: false, from, to }
    }

    /// The same in powers of ten; numbers are above zero.
    pub(crate) fn log(low: f64, high: f64, from: f64, to: f64) -> Axis {
        let low = low.max(1e-12);
        Axis { low, high: high.max(2.0 * low), log: true, from, to }
    }

    /// Where a number is; just outside when it is beyond the ends.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let part = match self.log {
            true => (value.max(self.low * 1e-3) / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        self.from + (self.to - self.from) * part.clamp(-0.01, 1.01)
    }

    /// Round numbers along it.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        if self.log { self.powers() } else { self.steps() }
    }

    fn powers(&self) -> Vec<f64> {
        let (from, to) = (self.low.log10().ceil() as i32, self.high.log10().floor() as i32);
        let skip = (f64::from(to - from) / 5.0).ceil().max(1.0) as usize;
        let mut ticks: Vec<f64> = (from..=to).step_by(skip).map(|power| 10f64.powi(power)).collect();
        if ticks.len() < 3 {
            let finer = (from - 1..=to).flat_map(|power| [2.0, 5.0].map(|step| step * 10f64.powi(power)));
            ticks.extend(finer.filter(|tick| (self.low..=self.high).contains(tick)));
            ticks.sort_by(f64::total_cmp);
        }
        ticks
    }

    fn steps(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0].into_iter().map(|step| step * power).find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|tick| tick as f64 * step).collect()
    }
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", trim(100.0 * share))
}

/// A difference of shares in points.
pub(crate) fn points(share: f64) -> String {
    let number = trim(100.0 * share);
    if share > 0.0 { format!("+{number}") } else { number.replace('-', "−") }
}

/// A plain number.
pub(crate) fn plain(value: f64) -> String {
    match value.abs() {
        a if a >= 1e9 => format!("{}G", trim(value / 1e9)),
        a if a >= 1e6 => format!("{}M", trim(value / 1e6)),
        a if a >= 1e4 => format!("{}k", trim(value / 1e3)),
        _ => trim(value),
    }
}

/// Milliseconds.
pub(crate) fn milliseconds(value: f64) -> String {
    seconds(value / 1000.0)
}

/// Seconds.
pub(crate) fn seconds(value: f64) -> String {
    match value {
        v if v < 0.9995 => format!("{} ms", trim(1000.0 * v)),
        v if v < 60.0 => format!("{} s", trim(v)),
        v if v < 3600.0 => format!("{} min", trim(v / 60.0)),
        v if v < 86_400.0 => format!("{} h", trim(v / 3600.0)),
        v => format!("{} d", trim(v / 86_400.0)),
    }
}

fn trim(value: f64) -> String {
    let digits = match value.abs() {
        a if !(1e-12..100.0).contains(&a) => 0,
        a if a >= 1.0 => 1,
        a if a >= 0.1 => 2,
        a => (1.0 - a.log10().floor()) as usize,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_inside_the_axis() {
        let near = |ticks: Vec<f64>, expected: &[f64]| {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9;
            assert!(ticks.len() == expected.len() && ticks.iter().zip(expected).all(close), "{ticks:?}");
        };
        near(Axis::linear(0.62, 0.93, 0.0, 1.0).ticks(), &[0.7, 0.8, 0.9]);
        near(Axis::log(3.0, 3000.0, 0.0, 1.0).ticks(), &[10.0, 100.0, 1000.0]);
        near(Axis::log(8.0, 60.0, 0.0, 1.0).ticks(), &[10.0, 20.0, 50.0]);
    }

    #[test]
    fn numbers_are_short() {
        let all =
            [percent(0.125), plain(12_000.0), plain(0.0042), seconds(0.25), seconds(5400.0), points(-0.02)];
        assert_eq!(all, ["12.5 %", "12k", "0.0042", "250 ms", "1.5 h", "−2"]);
    }
}
