//! A term's postings in one segment, read in ascending order: in runs, or one row here and there.

use crate::leg::bm25::Weighted;
use crate::segment::Cursor;
use crate::snapshot::View;

/// A term's postings, and how far they have been read.
#[derive(Clone)]
pub(crate) struct List<'a> {
    /// Its place among the lists of the segment.
    pub(crate) term: usize,
    /// What the term adds to a score is below this.
    pub(crate) weight: f32,
    pub(crate) cursor: Cursor<'a>,
    /// The first row of the cursor's block that has not been read.
    pub(crate) at: usize,
}

/// The lists of the terms that a segment holds, in the order of the terms.
pub(crate) fn lists<'a>(view: &'a View, terms: &[Weighted]) -> Vec<List<'a>> {
    let found = terms.iter().filter_map(|term| Some((term, view.segment.find_term(&term.term.term)?)));
    let list = |(at, (term, id)): (usize, (&Weighted, usize))| List {
        term: at,
        weight: term.weight,
        cursor: view.segment.postings(id),
        at: 0,
    };
    found.enumerate().map(list).collect()
}

impl List<'_> {
    /// Goes to the first row from `row` on; false where there is none.
    pub(crate) fn begin(&mut self, row: u32) -> bool {
        self.cursor.skip_to(row);
        while self.cursor.advance() {
            self.at = self.cursor.rows[..self.cursor.filled].partition_point(|&at| at < row);
            if self.at < self.cursor.filled {
                return true;
            }
        }
        false
    }

    /// The next row that has not been read; the list has not ended.
    pub(crate) fn next(&self) -> u32 {
        self.cursor.rows[self.at]
    }

    /// How often the term is in `row`; 0: not at all. Rows are asked for in ascending order, and nothing else reads on.
    pub(crate) fn tf(&mut self, row: u32) -> u32 {
        let cursor = &mut self.cursor;
        if cursor.filled == 0 || cursor.rows[cursor.filled - 1] < row {
            cursor.skip_to(row);
            while cursor.advance() && cursor.rows[cursor.filled - 1] < row {}
        }
        cursor.rows[..cursor.filled].binary_search(&row).map_or(0, |at| cursor.tfs[at])
    }
}
