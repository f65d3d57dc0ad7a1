//! Segments of a page to regions in reading order: columns are found and read one after the other.

use super::line::Segment;

/// How often a region may be divided again.
const MAX_DIVISIONS: usize = 12;
/// Columns have at least this many lines each.
const MIN_LINES: usize = 3;
/// Places at which a gutter is looked for.
const PLACES: usize = 400;

/// Divides the segments of a page into regions that are read one after the other, each from top to bottom.
pub(super) fn regions(segments: Vec<Segment>) -> Vec<Vec<Segment>> {
    let mut regions = Vec::new();
    divide(segments, MAX_DIVISIONS, &mut regions);
    regions
}

fn divide(mut segments: Vec<Segment>, left: usize, regions: &mut Vec<Vec<Segment>>) {
    segments.sort_by(|a, b| b.y.total_cmp(&a.y).then(a.x0.total_cmp(&b.x0)));
    let gutter = if left == 0 { None } else { gutter(&segments) };
    let Some(gutter) = gutter else {
        if !segments.is_empty() {
            regions.push(segments);
        }
        return;
    };
    // Between two segments that cross the gutter lies a band; a band with prose on both sides is two columns.
    let mut plain: Vec<Segment> = Vec::new();
    let mut band: Vec<Segment> = Vec::new();
    let mut divided = false;
    let mut close = |band: &mut Vec<Segment>, plain: &mut Vec<Segment>, regions: &mut Vec<Vec<Segment>>| {
        let (first, second): (Vec<_>, Vec<_>) = band.drain(..).partition(|s| s.x1 <= gutter);
        if are_columns(&first, &second, gutter) {
            divided = true;
            divide(std::mem::take(plain), left - 1, regions);
            divide(first, left - 1, regions);
            divide(second, left - 1, regions);
        } else {
            plain.extend(first);
            plain.extend(second);
        }
    };
    for segment in segments {
        if segment.x0 < gutter && segment.x1 > gutter {
            close(&mut band, &mut plain, regions);
            plain.push(segment);
        } else {
            band.push(segment);
        }
    }
    close(&mut band, &mut plain, regions);
    if divided {
        divide(plain, left - 1, regions);
    } else if !plain.is_empty() {
        plain.sort_by(|a, b| b.y.total_cmp(&a.y).then(a.x0.total_cmp(&b.x0)));
        regions.push(plain);
    }
}

/// The place with the most lines on both sides and the fewest across it.
fn gutter(segments: &[Segment]) -> Option<f32> {
    if segments.len() < 2 * MIN_LINES {
        return None;
    }
    let from = segments.iter().map(|s| s.x0).fold(f32::INFINITY, f32::min);
    let to = segments.iter().map(|s| s.x1).fold(f32::NEG_INFINITY, f32::max);
    let step = (to - from) / PLACES as f32;
    if step.is_nan() || step <= 0.0 {
        return None;
    }
    let place = |x: f32| (((x - from) / step) as usize).min(PLACES);
    // Left of, right of, and across each place.
    let mut ended = vec![0i64; PLACES + 2];
    let mut begun = vec![0i64; PLACES + 2];
    for segment in segments {
        begun[place(segment.x0)] += 1;
        ended[place(segment.x1) + 1] += 1;
    }
    let total = segments.len() as i64;
    let (mut before, mut started) = (0, 0);
    let mut best: Option<(i64, usize, usize)> = None;
    for at in 0..=PLACES {
        before += ended[at];
        started += begun[at];
        let (across, after) = (started - before, total - started);
        let score = before.min(after) - across;
        if score < 1 || before.min(after) < MIN_LINES as i64 {
            continue;
        }
        match &mut best {
            Some((top, _, last)) if score == *top && at == *last + 1 => *last = at,
            Some((top, ..)) if score <= *top => {}
            _ => best = Some((score, at, at)),
        }
    }
    best.map(|(_, first, last)| from + step * ((first + last) as f32 / 2.0 + 0.5))
}

/// Whether what stands left and right of a gutter is two columns of prose rather than the cells of a table.
fn are_columns(left: &[Segment], right: &[Segment], gutter: f32) -> bool {
    if left.len() < MIN_LINES || right.len() < MIN_LINES {
        return false;
    }
    // So many lines are no table.
    let comparable = left.len().saturating_mul(right.len()) < 1_000_000;
    let aligned = right
        .iter()
        .filter(|_| comparable)
        .filter(|r| left.iter().any(|l| (l.y - r.y).abs() < 0.1 * r.size))
        .count();
    let aligned = aligned * 10 >= right.len() * 8;
    let least = if aligned { 20 } else { 11 };
    let from = left.iter().map(|s| s.x0).fold(f32::INFINITY, f32::min);
    let to = right.iter().map(|s| s.x1).fold(f32::NEG_INFINITY, f32::max);
    let start = right.iter().map(|s| s.x0).fold(f32::INFINITY, f32::min);
    is_prose(left, gutter - from, least, aligned) && is_prose(right, to - start, least, aligned)
}

/// Whether half of the characters (of lines that do not match those of the other side, a third) stand in lines that are
/// long and fill the column.
fn is_prose(segments: &[Segment], width: f32, least: usize, aligned: bool) -> bool {
    let total: usize = segments.iter().map(Segment::weight).sum();
    let prose = segments.iter().filter(|s| s.weight() >= least && s.x1 - s.x0 >= 0.55 * width);
    prose.map(Segment::weight).sum::<usize>() * if aligned { 2 } else { 3 } >= total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, x0: f32, x1: f32, y: f32) -> Segment {
        Segment { text: text.to_string(), x0, x1, y, size: 10.0, bold: false, mono: false }
    }

    #[track_caller]
    fn check(segments: Vec<Segment>, expected: &str) {
        let read: Vec<String> = regions(segments)
            .iter()
            .map(|region| {
                region.iter().map(|s| s.text.split(' ').next().unwrap_or("")).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(read.join(" | "), expected);
    }

    #[test]
    fn two_columns_under_a_title_are_read_one_after_the_other() {
        let mut page = vec![line("Title of the whole paper", 100.0, 500.0, 800.0)];
        for row in 0..4 {
            let y = 700.0 - 12.0 * row as f32;
            page.push(line(&format!("L{row} words of the left column"), 50.0, 290.0, y));
            page.push(line(&format!("R{row} words of the right column"), 310.0, 550.0, y));
        }
        page.push(line("Foot across both of the columns", 100.0, 500.0, 100.0));
        check(page, "Title | L0 L1 L2 L3 | R0 R1 R2 R3 | Foot");
    }

    #[test]
    fn the_cells_of_a_table_stay_in_their_rows() {
        let mut page = Vec::new();
        for row in 0..4 {
            let y = 700.0 - 12.0 * row as f32;
            page.push(line(&format!("a{row}"), 50.0, 70.0, y));
            page.push(line(&format!("b{row}"), 310.0, 330.0, y));
        }
        check(page, "a0 b0 a1 b1 a2 b2 a3 b3");
    }
}
