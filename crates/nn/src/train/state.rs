//! Training that stops and goes on later: values and moments of what is trained, to the bit.

use std::collections::BTreeSet;
use std::path::Path;

use super::Parameter;
use crate::ModelError;
use crate::weights::Weights;
use crate::weights_out::write_tensors;

/// Parts of a parameter's state, in the order in which they are written.
const PARTS: [&str; 3] = ["", "#first", "#second"];

/// Writes values and moments of all trained parameters; of lookup tables, the rows that were ever used.
///
/// The file is written beside its place and moved there, so an older state survives until the new one is whole. Names must
/// not repeat.
pub fn write_state<'a>(
    path: &Path,
    parameters: impl IntoIterator<Item = &'a Parameter>,
) -> Result<(), ModelError> {
    let mut tensors = Vec::new();
    for parameter in parameters.into_iter().filter(|parameter| parameter.trained) {
        let Parameter { name, values, moments: [first, second], touched, .. } = parameter;
        let parts = PARTS.iter().zip([values, first, second]);
        match touched {
            None => tensors.extend(
                parts.map(|(part, numbers)| (format!("{name}{part}"), vec![numbers.len()], numbers.clone())),
            ),
            Some(rows) => {
                let width = parameter.width();
                let used = |numbers: &[f32]| -> Vec<f32> {
                    rows.iter().flat_map(|row| &numbers[row * width..][..width]).copied().collect()
                };
                tensors.extend(parts.map(|(part, numbers)| {
                    let used = used(numbers);
                    (format!("{name}{part}"), vec![used.len()], used)
                }));
                // Whole numbers up to 2²⁴ are exact, and no vocabulary is larger.
                let rows: Vec<f32> = rows.iter().map(|&row| row as f32).collect();
                tensors.push((format!("{name}#rows"), vec![rows.len()], rows));
            }
        }
    }
    let beside = path.with_extension("new");
    write_tensors(&beside, &tensors)?;
    std::fs::rename(&beside, path).map_err(|source| ModelError::Write { path: path.into(), source })
}

/// Brings back what [`write_state`] wrote, into parameters of the same names and shapes.
pub fn read_state<'a>(
    path: &Path,
    parameters: impl IntoIterator<Item = &'a mut Parameter>,
) -> Result<(), ModelError> {
    let weights = Weights::open(path)?;
    for parameter in parameters.into_iter().filter(|parameter| parameter.trained) {
        let (name, width) = (parameter.name.clone(), parameter.width());
        let rows: Option<BTreeSet<usize>> = match parameter.touched {
            None => None,
            Some(_) => {
                let name = format!("{name}#rows");
                let count = weights.count(&name)?;
                Some(weights.vector(&name, count)?.into_iter().map(|row| row as usize).collect())
            }
        };
        let len = rows.as_ref().map_or(parameter.values.len(), |rows| rows.len() * width);
        let [first, second] = &mut parameter.moments;
        for (part, numbers) in PARTS.iter().zip([&mut parameter.values, first, second]) {
            let read = weights.vector(&format!("{name}{part}"), len)?;
            match &rows {
                None => *numbers = read,
                Some(rows) => {
                    for (row, line) in rows.iter().zip(read.chunks_exact(width)) {
                        let place = numbers.get_mut(row * width..(row + 1) * width);
                        let reason = || format!("{name} has no row {row}");
                        let place = place
                            .ok_or_else(|| ModelError::Damaged { path: path.into(), reason: reason() })?;
                        place.copy_from_slice(line);
                    }
                }
            }
        }
        parameter.touched = rows;
    }
    Ok(())
}
