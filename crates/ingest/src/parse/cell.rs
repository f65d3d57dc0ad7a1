//! How a cell of a workbook reads: numbers without noise, dates as dates, errors as Excel shows them.

use calamine::{Data, DataRef, ExcelDateTime};

/// What a cell shows; empty for an empty one.
pub(crate) fn show(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(words) | Data::DateTimeIso(words) | Data::DurationIso(words) => words.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => show_number(*number),
        Data::Bool(true) => "TRUE".to_string(),
        Data::Bool(false) => "FALSE".to_string(),
        Data::DateTime(moment) => show_moment(moment),
        Data::Error(error) => error.to_string(),
    }
}

/// [`show`] for a cell the reader only lends.
pub(crate) fn show_ref(value: &DataRef) -> String {
    match value {
        DataRef::SharedString(words) => words.to_string(),
        other => show(&Data::from(other.clone())),
    }
}

/// A number with the 15 digits a spreadsheet is good for, and no more than it needs.
fn show_number(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if rounded != 0.0 && !(1e-9..1e21).contains(&rounded.abs()) {
        format!("{rounded:e}")
    } else {
        rounded.to_string()
    }
}

/// `2024-05-06`, `2024-05-06 13:30`, `13:30` or a length of time such as `30:15:00`.
fn show_moment(moment: &ExcelDateTime) -> String {
    let value = moment.as_f64();
    if !value.is_finite() || !(0.0..2_958_466.0).contains(&value) {
        return show_number(value);
    }
    if moment.is_duration() {
        let seconds = (value * 86_400.0).round() as u64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time = if second > 0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{hour:02}:{minute:02}")
    };
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (value < 1.0, value.fract() == 0.0) {
        (true, _) => time,
        (_, true) => date,
        _ => format!("{date} {time}"),
    }
}

/// The name of a cell by row and column from 0, such as `AB12`.
pub(crate) fn address(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &(row + 1).to_string()
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn cells_are_named_as_in_a_sheet() {
        assert_eq!(
            [address(0, 0), address(9, 25), address(11, 27), address(0, 16_383)],
            ["A1", "Z10", "AB12", "XFD1"]
        );
    }

    #[test]
    fn numbers_lose_the_noise_of_binary_fractions() {
        assert_eq!([show_number(0.1 + 0.2), show_number(3.0), show_number(1e22)], ["0.3", "3", "1e22"]);
    }

    #[test]
    fn moments_read_as_dates_and_times() {
        let at = |value, kind| show_moment(&ExcelDateTime::new(value, kind, false));
        assert_eq!(at(45_418.0, ExcelDateTimeType::DateTime), "2024-05-06");
        assert_eq!(at(45_418.562_5, ExcelDateTimeType::DateTime), "2024-05-06 13:30");
        assert_eq!(at(0.25, ExcelDateTimeType::DateTime), "06:00");
        assert_eq!(at(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
    }
}
