//! One call of `parse`: its limits, how deep it is nested, and what it has spent of them so far.

use std::cell::Cell;

use super::{Limits, Outcome, ParseError, Parsed};

/// What the members of one file have used up together.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    expanded: Cell<usize>,
    members: Cell<usize>,
}

/// The limits a parser works under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    /// The limits.
    pub(crate) limits: &'a Limits,
    spent: &'a Spent,
    // Archives and mails around this one.
    depth: usize,
}

impl<'a> Job<'a> {
    /// The job of parsing a file that stands by itself.
    pub(crate) fn new(limits: &'a Limits, spent: &'a Spent) -> Job<'a> {
        Job { limits, spent, depth: 0 }
    }

    /// Counts `bytes` unpacked; an error when they are too many.
    pub(crate) fn spend_bytes(&self, bytes: usize) -> Result<(), ParseError> {
        let total = self.spent.expanded.get().saturating_add(bytes);
        self.spent.expanded.set(total);
        let limit = self.limits.max_expanded_bytes;
        if total > limit { Err(ParseError::too_large("unpacked bytes", limit)) } else { Ok(()) }
    }

    /// How many more bytes may be unpacked.
    pub(crate) fn bytes_left(&self) -> usize {
        self.limits.max_expanded_bytes.saturating_sub(self.spent.expanded.get())
    }

    /// Counts one archive member, attachment, message or record; an error when there are too many.
    pub(crate) fn spend_member(&self) -> Result<(), ParseError> {
        self.spent.members.set(self.spent.members.get() + 1);
        let limit = self.limits.max_members;
        if self.spent.members.get() > limit { Err(ParseError::too_large("members", limit)) } else { Ok(()) }
    }

    /// Parses something found inside, one level deeper, and adds what comes of it to `outcome`, with `suffix` before
    /// the suffixes. A failure becomes a diagnostic.
    pub(crate) fn parse_inner(&self, suffix: &str, name: &str, bytes: &[u8], outcome: &mut Outcome) {
        let deeper = Job { depth: self.depth + 1, ..*self };
        let limit = self.limits.max_archive_depth;
        let inner = if deeper.depth > limit && super::sniff::sniff(name, bytes).nests() {
            Err(ParseError::too_large("levels of archives in archives", limit))
        } else {
            super::parse_at(name, bytes, &deeper)
        };
        match inner {
            Ok(inner) => {
                let rename =
                    |parsed: Parsed| Parsed { suffix: format!("{suffix}{}", parsed.suffix), ..parsed };
                outcome.documents.extend(inner.documents.into_iter().map(rename));
                outcome.failures.extend(inner.failures.into_iter().map(|mut failure| {
                    failure.uri = format!("{suffix}{}", failure.uri);
                    failure
                }));
            }
            Err(error) => outcome.failures.push(error.diagnostic(suffix)),
        }
    }
}
