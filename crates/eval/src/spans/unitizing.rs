//! Krippendorff's unitizing alpha (Krippendorff 1995, "On the reliability of unitizing continuous data"; Content Analysis,
//! 2nd edition 2004, section 11.6): do people find the same units of a label, with the same ends?
//!
//! Each reader cuts a text into units of the label and gaps between them. Two overlapping units differ by the squares of
//! the distances of their ends, a unit inside another's gap by the square of its length. Ends are code points. Parts of a
//! mark with gaps are units of their own, and a reader's overlapping units of one label are joined. Texts are continua of
//! their own: a gap ends where its text does.

use super::Mark;

/// A unit, half-open.
type Unit = (usize, usize);

/// The cuts of all texts, ready to be weighed.
pub(super) struct Continuum {
    /// By text: the differences seen, mean over the other readers; 0 with fewer than two readers.
    seen: Vec<f64>,
    /// By text: its length times its readers; 0 with fewer than two.
    lengths: Vec<f64>,
    /// Text and length of each unit, longest first.
    units: Vec<(usize, f64)>,
    /// Text and length of each gap, longest first.
    gaps: Vec<(usize, f64)>,
}

impl Continuum {
    /// `texts` is the length of each and its readers' marks.
    pub(super) fn of<'a>(texts: impl Iterator<Item = (usize, &'a Vec<Vec<&'a Mark>>)>) -> Continuum {
        let mut all =
            Continuum { seen: Vec::new(), lengths: Vec::new(), units: Vec::new(), gaps: Vec::new() };
        for (text, (length, readers)) in texts.enumerate() {
            if readers.len() < 2 {
                all.seen.push(0.0);
                all.lengths.push(0.0);
                continue;
            }
            let units: Vec<Vec<Unit>> = readers.iter().map(|marks| joined(marks)).collect();
            let gaps: Vec<Vec<Unit>> = units.iter().map(|units| between(units, length)).collect();
            let sized = |cuts: &[Vec<Unit>]| -> Vec<(usize, f64)> {
                cuts.iter().flatten().map(|(start, end)| (text, (end - start) as f64)).collect()
            };
            all.seen.push(differences(&units, &gaps) / (readers.len() - 1) as f64);
            all.lengths.push((length * readers.len()) as f64);
            all.units.extend(sized(&units));
            all.gaps.extend(sized(&gaps));
        }
        let longest_first = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        all.units.sort_by(longest_first);
        all.gaps.sort_by(longest_first);
        all
    }

    /// The disagreement seen and that expected, in the same unit, when texts are drawn this often.
    pub(super) fn sums(&self, weights: &[f64]) -> (f64, f64) {
        let weighed = |values: &[f64]| -> f64 {
            values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
        };
        let length = weighed(&self.lengths);
        let units: f64 = self.units.iter().map(|(text, _)| weights[*text]).sum();
        if units == 0.0 {
            return (0.0, 0.0);
        }
        let (mut expected, mut own) = (0.0, 0.0);
        // The gaps that the unit fits into: their number, and the sum of their lengths.
        let (mut next, mut fitting, mut room) = (0, 0.0, 0.0);
        for (text, l) in &self.units {
            while let Some((text, gap)) = self.gaps.get(next).filter(|(_, gap)| gap >= l) {
                fitting += weights[*text];
                room += weights[*text] * gap;
                next += 1;
            }
            let ends = (units - 1.0) / 3.0 * (2.0 * l * l * l - 3.0 * l * l + l);
            let alone = l * l * (room - fitting * (l - 1.0));
            expected += weights[*text] * (ends + alone);
            own += weights[*text] * l * (l - 1.0);
        }
        (weighed(&self.seen) / length, 2.0 * expected / (length * (length - 1.0) - own))
    }
}

/// A reader's units, overlapping ones joined, in order.
fn joined(marks: &[&Mark]) -> Vec<Unit> {
    let mut parts: Vec<Unit> = marks.iter().flat_map(|mark| mark.parts.iter().copied()).collect();
    parts.sort_unstable();
    let mut units: Vec<Unit> = Vec::with_capacity(parts.len());
    for (start, end) in parts {
        match units.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => units.push((start, end)),
        }
    }
    units
}

fn between(units: &[Unit], length: usize) -> Vec<Unit> {
    let starts = std::iter::once(0).chain(units.iter().map(|unit| unit.1));
    let ends = units.iter().map(|unit| unit.0).chain([length]);
    starts.zip(ends).filter(|(start, end)| start < end).collect()
}

/// Summed over ordered pairs of readers.
fn differences(units: &[Vec<Unit>], gaps: &[Vec<Unit>]) -> f64 {
    let mut sum = 0.0;
    for (at, one) in units.iter().enumerate() {
        for (other, gaps_of_other) in units.iter().zip(gaps).skip(at + 1) {
            sum += overlaps(one, other) + lost(one, gaps_of_other) + lost(other, &gaps[at]);
        }
    }
    2.0 * sum
}

fn overlaps(one: &[Unit], other: &[Unit]) -> f64 {
    let square = |a: usize, b: usize| (a.abs_diff(b) as f64).powi(2);
    let mut sum = 0.0;
    for a in one {
        let first = other.partition_point(|b| b.1 <= a.0);
        for b in other[first..].iter().take_while(|b| b.0 < a.1) {
            sum += square(a.0, b.0) + square(a.1, b.1);
        }
    }
    sum
}

/// The squared lengths of the units that lie wholly in one of the gaps.
fn lost(units: &[Unit], gaps: &[Unit]) -> f64 {
    let in_gap = |unit: &&Unit| {
        let gap = gaps.partition_point(|gap| gap.1 < unit.1);
        gaps.get(gap).is_some_and(|gap| gap.0 <= unit.0)
    };
    units.iter().filter(in_gap).map(|(start, end)| ((end - start) as f64).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The formulas as printed, for texts drawn whole numbers of times: every unit meets every gap.
    fn as_printed(texts: &[(usize, Vec<Vec<Unit>>)], times: &[usize]) -> (f64, f64) {
        let drawn = || texts.iter().zip(times).flat_map(|(text, times)| std::iter::repeat_n(text, *times));
        let all_units: Vec<f64> = drawn()
            .flat_map(|(_, cuts)| cuts.iter().flatten())
            .map(|(start, end)| (end - start) as f64)
            .collect();
        let all_gaps: Vec<f64> = drawn()
            .flat_map(|(length, cuts)| cuts.iter().flat_map(|units| between(units, *length)))
            .map(|(start, end)| (end - start) as f64)
            .collect();
        let length: f64 = drawn().map(|(length, cuts)| (length * cuts.len()) as f64).sum();
        let mut expected = 0.0;
        for l in &all_units {
            let gaps: f64 = all_gaps.iter().filter(|gap| *gap >= l).map(|gap| gap - l + 1.0).sum();
            let units = (all_units.len() as f64 - 1.0) / 3.0 * (2.0 * l.powi(3) - 3.0 * l.powi(2) + l);
            expected += units + l * l * gaps;
        }
        let own: f64 = all_units.iter().map(|l| l * (l - 1.0)).sum();
        let mut seen = 0.0;
        for (text_length, cuts) in drawn() {
            for one in 0..cuts.len() {
                for other in (0..cuts.len()).filter(|other| *other != one) {
                    let gaps = between(&cuts[other], *text_length);
                    for (start, end) in &cuts[one] {
                        for (from, to) in cuts[other].iter().filter(|(from, to)| start < to && from < end) {
                            let ends = (start.abs_diff(*from).pow(2) + end.abs_diff(*to).pow(2)) as f64;
                            seen += ends / (cuts.len() - 1) as f64;
                        }
                        if gaps.iter().any(|(from, to)| from <= start && end <= to) {
                            // Once for the unit in the gap, once for the gap around the unit.
                            seen += 2.0 * ((end - start) as f64).powi(2) / (cuts.len() - 1) as f64;
                        }
                    }
                }
            }
        }
        (seen / length, 2.0 * expected / (length * (length - 1.0) - own))
    }

    fn reader() -> impl Strategy<Value = Vec<Unit>> {
        prop::collection::btree_set(0usize..30, 0..9).prop_map(|cuts| {
            let cuts: Vec<usize> = cuts.into_iter().collect();
            cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        })
    }

    proptest! {
        #[test]
        fn the_sums_are_those_of_the_printed_formulas(
            texts in prop::collection::vec((30usize..40, prop::collection::vec(reader(), 2..4), 0usize..3), 1..4)
        ) {
            let times: Vec<usize> = texts.iter().map(|text| text.2).collect();
            let texts: Vec<(usize, Vec<Vec<Unit>>)> = texts.into_iter().map(|(l, cuts, _)| (l, cuts)).collect();
            let marks: Vec<Vec<Vec<Mark>>> = texts.iter().map(|(_, cuts)| {
                cuts.iter().map(|units| units.iter().map(|unit| Mark::new(unit.0, unit.1, "x")).collect()).collect()
            }).collect();
            let borrowed: Vec<Vec<Vec<&Mark>>> =
                marks.iter().map(|text| text.iter().map(|reader| reader.iter().collect()).collect()).collect();
            let continuum = Continuum::of(texts.iter().map(|text| text.0).zip(&borrowed));
            let weights: Vec<f64> = times.iter().map(|times| *times as f64).collect();
            let ours = continuum.sums(&weights);
            prop_assume!(ours.1 > 0.0);
            let printed = as_printed(&texts, &times);
            prop_assert!((ours.0 - printed.0).abs() < 1e-9 * (1.0 + printed.0), "{ours:?} {printed:?}");
            prop_assert!((ours.1 - printed.1).abs() < 1e-9 * (1.0 + printed.1), "{ours:?} {printed:?}");
        }
    }
}
