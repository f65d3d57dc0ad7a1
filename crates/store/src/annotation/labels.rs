//! Labels: the question and value pairs that responses can be found and counted by.
//!
//! A pair has a number and a count of the submitted responses that have it; `labelled` says which those are. Responses to
//! gold items have no labels: everybody gets those, so they would bend every count.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::{DatasetNo, ItemNo};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// A value given to a question, as filters and counts know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    /// The question's name.
    pub question: String,
    /// The value, such as a label's name.
    pub value: String,
}

/// How many submitted responses have a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCount {
    /// The question's name.
    pub question: String,
    /// The value.
    pub value: String,
    /// Submitted responses that have it, gold items aside.
    pub responses: u64,
}

impl Store {
    /// How often each label was given, by question and value. Reads one row a label.
    pub fn label_counts(&self, dataset: DatasetNo) -> Result<Vec<LabelCount>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT question, value, responses FROM label WHERE dataset = ?1 AND responses > 0 ORDER BY question, value",
            )?;
            let rows = all.query_map([dataset], |row| {
                Ok(LabelCount { question: row.get(0)?, value: row.get(1)?, responses: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How often one label was given.
    pub fn label_count(&self, dataset: DatasetNo, label: &Label) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(
                "SELECT responses FROM label WHERE dataset = ?1 AND question = ?2 AND value = ?3",
            )?;
            let row = one.query_row((dataset, &label.question, &label.value), |row| row.get(0));
            Ok(row.optional()?.unwrap_or(0))
        })
    }

    /// Shows every label that a submitted response gave to a question: item, user, value; by value, then item.
    pub fn for_each_label(
        &self,
        dataset: DatasetNo,
        question: &str,
        show: &mut dyn FnMut(ItemNo, UserNo, &str) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT d.item, d.user, l.value FROM label l CROSS JOIN labelled d ON d.label = l.no
                 WHERE l.dataset = ?1 AND l.question = ?2 ORDER BY l.value, d.item, d.user",
            )?;
            let mut rows = all.query((dataset, question))?;
            while let Some(row) = rows.next()? {
                let value = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
                if show(row.get(0)?, row.get(1)?, value).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// Remembers the numbers of labels for the length of a transaction, and how their counts changed.
#[derive(Default)]
pub(crate) struct Labels {
    known: BTreeMap<Label, u32>,
    counts: BTreeMap<u32, i64>,
}

impl Labels {
    /// Notes that a response has these labels; their numbers as JSON.
    pub(crate) fn add(
        &mut self,
        tx: &Transaction<'_>,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
        labels: &[Label],
    ) -> Result<String, StoreError> {
        let mut numbers = Vec::with_capacity(labels.len());
        let mut link =
            tx.prepare_cached("INSERT OR IGNORE INTO labelled (label, item, user) VALUES (?1, ?2, ?3)")?;
        for label in labels {
            let number = match self.known.get(label) {
                Some(number) => *number,
                None => {
                    let number = number_of(tx, dataset, label)?;
                    self.known.insert(label.clone(), number);
                    number
                }
            };
            if link.execute((number, item, user))? > 0 {
                *self.counts.entry(number).or_default() += 1;
                numbers.push(number);
            }
        }
        Ok(serde_json::to_string(&numbers)?)
    }

    /// Notes that a response no longer has the labels of these numbers.
    pub(crate) fn remove(
        &mut self,
        tx: &Transaction<'_>,
        item: ItemNo,
        user: UserNo,
        numbers: &str,
    ) -> Result<(), StoreError> {
        let numbers: Vec<u32> = serde_json::from_str(numbers)?;
        let mut unlink =
            tx.prepare_cached("DELETE FROM labelled WHERE label = ?1 AND item = ?2 AND user = ?3")?;
        for number in numbers {
            unlink.execute((number, item, user))?;
            *self.counts.entry(number).or_default() -= 1;
        }
        Ok(())
    }

    /// Writes the counts.
    pub(crate) fn finish(self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let mut count = tx.prepare_cached("UPDATE label SET responses = responses + ?2 WHERE no = ?1")?;
        for (number, more) in self.counts.into_iter().filter(|(_, more)| *more != 0) {
            count.execute((number, more))?;
        }
        Ok(())
    }
}

fn number_of(tx: &Transaction<'_>, dataset: DatasetNo, label: &Label) -> Result<u32, StoreError> {
    let mut put = tx.prepare_cached(
        "INSERT INTO label (dataset, question, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (dataset, question, value) DO UPDATE SET value = excluded.value RETURNING no",
    )?;
    Ok(put.query_row((dataset, &label.question, &label.value), |row| row.get(0))?)
}
