//! The citation verifier: the step every answer passes, whoever wrote it.
//!
//! A marker survives when it points at a source that was sent and is not superseded, and its quote is found in that
//! source to the letter. Everything else is taken out of the message and reported. Nothing here trusts the draft.

mod quote;
mod rewrite;

use engraft_core::{Answer, Citation, Draft, Marker, Span};

use crate::Source;
use quote::locate;
use rewrite::{Bracket, Kept, brackets, rewrite};

/// What is said when the sources hold no answer.
pub const ABSTENTION: &str = "The documents do not answer this question.";

/// An answer that abstains, for the reasons in `notes`.
pub fn abstain(support: f32, notes: Vec<String>) -> Answer {
    Answer { message: ABSTENTION.to_string(), answerable: false, support, citations: Vec::new(), notes }
}

/// The draft with every citation checked, renumbered in order of appearance, and its offsets recomputed; an abstention
/// when none is left.
///
/// A marker is shown as `[1]` behind the words it supports: the first bracketed number in or behind its `message` span
/// is taken for it, or else one is put there. Bracketed numbers that belong to no surviving citation are removed, except
/// inside words that are quoted to the letter. Markers of the same quote share a number; a marker that partly overlaps
/// an earlier one is dropped. `support` is passed through, kept within `[0, 1]`.
pub fn verify(draft: &Draft, sources: &[Source<'_>], support: f32) -> Answer {
    let support = if support.is_nan() { 0.0 } else { support.clamp(0.0, 1.0) };
    let message: Vec<char> = draft.message.chars().collect();
    let mut free = brackets(&message);
    let mut notes = Vec::new();
    let mut kept: Vec<Kept> = Vec::new();
    let mut citations: Vec<Citation> = Vec::new();
    let mut markers: Vec<&Marker> = draft.markers.iter().collect();
    markers.sort_by_key(|marker| marker.message);
    for marker in markers {
        let (span, quote) = match check(marker, sources, &message, &kept) {
            Ok(found) => found,
            Err(reason) => {
                notes.push(reason);
                continue;
            }
        };
        let verbatim =
            message[marker.message.start()..marker.message.end()].iter().copied().eq(quote.chars());
        let same = |cited: &&Citation| cited.source == marker.source && cited.span == span;
        let n = citations.iter().find(same).map_or_else(
            || citations.iter().map(|citation| citation.n).max().unwrap_or(0) + 1,
            |cited| cited.n,
        );
        citations.push(Citation { n, source: marker.source, span, quote, message: marker.message });
        kept.push(Kept { span: marker.message, n, verbatim, bracket: None });
    }
    if citations.is_empty() {
        return abstain(support, notes);
    }
    claim(&mut kept, &mut free, &message);
    if free.iter().any(|bracket| !kept.iter().any(|kept| kept.protects(bracket))) {
        notes.push("markers without a verified citation were removed from the message".to_string());
    }
    let (message, places) = rewrite(&message, &kept, &free);
    let placed = citations.into_iter().zip(places);
    let citations =
        placed.filter_map(|(citation, place)| Some(Citation { message: place?, ..citation })).collect();
    notes.sort();
    notes.dedup();
    Answer { message, answerable: true, support, citations, notes }
}

/// Where the marker's quote is and how the source spells it, or why the marker is dropped.
fn check(
    marker: &Marker,
    sources: &[Source<'_>],
    message: &[char],
    kept: &[Kept],
) -> Result<(Span, String), String> {
    let shown = marker.source.saturating_add(1);
    let Some(source) = sources.get(marker.source) else {
        return Err(format!("a citation of source {shown} was dropped: only {} were sent", sources.len()));
    };
    if source.superseded {
        return Err(format!("a citation of {} was dropped: it is superseded", source.uri));
    }
    if marker.message.end() > message.len() || !marks_words(marker.message, message) {
        return Err(format!("a citation of {} was dropped: it marks no words of the message", source.uri));
    }
    let clashes = |other: &Kept| other.span != marker.message && other.span.overlap(marker.message) > 0;
    if kept.iter().any(clashes) {
        return Err(format!("a citation of {} was dropped: it overlaps another", source.uri));
    }
    locate(&marker.quote, marker.span, source).ok_or_else(|| {
        format!(
            "a citation of {} was dropped: its quote is not found there, or in several places",
            source.uri
        )
    })
}

/// Whether a span of the message holds more than bracketed numbers, and cuts none in two.
fn marks_words(span: Span, message: &[char]) -> bool {
    let mut words = span.len();
    for bracket in brackets(message) {
        let shared = bracket.end.min(span.end()).saturating_sub(bracket.start.max(span.start()));
        if shared > 0 && shared < bracket.end - bracket.start {
            return false;
        }
        words -= shared;
    }
    words > 0
}

/// Gives every kept marker the bracket that shows it, taking it out of `free`.
fn claim(kept: &mut [Kept], free: &mut Vec<Bracket>, message: &[char]) {
    let protected: Vec<Span> = kept.iter().filter(|kept| kept.verbatim).map(|kept| kept.span).collect();
    for kept in kept {
        let reach = |bracket: &Bracket| {
            let between = kept.span.end()..bracket.start.max(kept.span.end());
            let near = message[between]
                .iter()
                .all(|c| c.is_whitespace() || c.is_ascii_punctuation() || c.is_ascii_digit());
            let guarded =
                protected.iter().any(|span| span.start() <= bracket.start && bracket.end <= span.end());
            bracket.start >= kept.span.start() && near && !guarded
        };
        kept.bracket = free.iter().position(reach).map(|i| free.remove(i));
    }
}

#[cfg(test)]
mod tests;
