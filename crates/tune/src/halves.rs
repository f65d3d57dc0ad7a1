//! Texts beyond an encoder's window: halved at a space until their parts fit, so that nothing of them goes unread.

use engraft_core::{Embed, EmbedError};

/// The vectors of a text: one, or one a part where it is longer than the window.
pub(crate) fn parts(text: &str, encoder: &dyn Embed) -> Result<Vec<Vec<f32>>, EmbedError> {
    match encoder.embed(&[text]) {
        Err(EmbedError::TooLong { .. }) => {
            let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
            let cut = text[middle..].find(char::is_whitespace).map_or(middle, |space| middle + space);
            let mut vectors = parts(&text[..cut], encoder)?;
            vectors.extend(parts(&text[cut..], encoder)?);
            Ok(vectors)
        }
        other => other,
    }
}

/// One vector of length 1 a text; that of a long text points to the middle of its parts.
pub(crate) fn vectors(texts: &[&str], encoder: &dyn Embed) -> Result<Vec<Vec<f32>>, EmbedError> {
    match encoder.embed(texts) {
        Err(EmbedError::TooLong { .. }) => {
            texts.iter().map(|text| Ok(middle(&parts(text, encoder)?))).collect()
        }
        other => other,
    }
}

fn middle(parts: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; parts.first().map_or(0, Vec::len)];
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
    sum.iter().map(|x| x / length).collect()
}
