//! The message with its markers renumbered, put in, or taken out.

use engraft_core::Span;

/// A bracketed number in the message, such as `[12]`; code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bracket {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A marker that survived.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The words it supports in the old message.
    pub(super) span: Span,
    /// The number it is shown with.
    pub(super) n: usize,
    /// Whether those words are the quote itself.
    pub(super) verbatim: bool,
    /// Where the old message shows it.
    pub(super) bracket: Option<Bracket>,
}

impl Kept {
    /// Whether a bracket is part of quoted words.
    pub(super) fn protects(&self, bracket: &Bracket) -> bool {
        self.verbatim && self.span.start() <= bracket.start && bracket.end <= self.span.end()
    }
}

/// All bracketed numbers, in order.
pub(super) fn brackets(message: &[char]) -> Vec<Bracket> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let digits = message[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        let end = at + digits + 2;
        if message[at] == '[' && digits > 0 && message.get(end - 1) == Some(&']') {
            found.push(Bracket { start: at, end });
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// A stretch of the old message and what takes its place; nothing is replaced when `start == end`.
struct Edit {
    start: usize,
    end: usize,
    new: String,
}

/// The new message, and where each kept marker's words stand in it.
pub(super) fn rewrite(message: &[char], kept: &[Kept], free: &[Bracket]) -> (String, Vec<Option<Span>>) {
    let mut edits: Vec<Edit> = Vec::new();
    for kept in kept {
        let (start, end, new) = match kept.bracket {
            Some(bracket) => (bracket.start, bracket.end, format!("[{}]", kept.n)),
            None => (kept.span.end(), kept.span.end(), format!(" [{}]", kept.n)),
        };
        edits.push(Edit { start, end, new });
    }
    for bracket in free.iter().filter(|bracket| !kept.iter().any(|kept| kept.protects(bracket))) {
        // The space before goes too, unless it belongs to marked words or to another edit.
        let mut start = bracket.start;
        let marked = |at: usize| kept.iter().any(|kept| kept.span.start() <= at && at < kept.span.end());
        while start > 0 && message[start - 1].is_whitespace() && !marked(start - 1) {
            start -= 1;
        }
        edits.push(Edit { start, end: bracket.end, new: String::new() });
    }
    edits.sort_by_key(|edit| (edit.start, edit.end));

    let mut new = String::new();
    let mut at = 0;
    for edit in &edits {
        new.extend(&message[at..edit.start.max(at)]);
        new.push_str(&edit.new);
        at = edit.end.max(at);
    }
    new.extend(&message[at..]);

    // An insertion where words begin stands before them, one where they end behind them.
    let moved = |place: usize, end: bool| {
        let before = edits.iter().filter(|edit| edit.end <= place && !(end && edit.start == place));
        let (added, removed) = before.fold((0, 0), |(added, removed), edit| {
            (added + edit.new.chars().count(), removed + edit.end - edit.start)
        });
        place + added - removed
    };
    let place = |kept: &Kept| Span::new(moved(kept.span.start(), false), moved(kept.span.end(), true));
    (new, kept.iter().map(place).collect())
}
