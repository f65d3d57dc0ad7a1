//! What an hour of work on a dataset costs. It is no part of the schema: those who answer are not told of it.

use rusqlite::OptionalExtension;

use super::datasets::no_dataset;
use super::{DatasetNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// What an hour of work costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// So many.
    pub hourly: f64,
    /// Of what, such as `EUR`.
    pub currency: String,
}

impl Store {
    /// What an hour of work on a dataset costs, when somebody said.
    pub fn rate(&self, dataset: DatasetNo) -> Result<Option<Rate>, StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached("SELECT hourly_rate, currency FROM dataset WHERE no = ?1")?;
            let row: Option<(Option<f64>, Option<String>)> =
                find.query_row([dataset], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            Ok(row.and_then(|(hourly, currency)| Some(Rate { hourly: hourly?, currency: currency? })))
        })
    }

    /// Says what an hour of work on a dataset costs; `None`: nobody says any more.
    pub fn set_rate(
        &self,
        dataset: DatasetNo,
        rate: Option<&Rate>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            let (hourly, currency) = (rate.map(|rate| rate.hourly), rate.map(|rate| &rate.currency));
            let set = tx.execute(
                "UPDATE dataset SET hourly_rate = ?2, currency = ?3 WHERE no = ?1",
                (dataset, hourly, currency),
            )?;
            if set == 0 {
                return Err(no_dataset(dataset));
            }
            let body = serde_json::json!({"hourly_rate": hourly, "currency": currency}).to_string();
            let (dataset, kind) = (Some(dataset), "rate_set");
            append_event(
                tx,
                &NewEvent { at: now, user: by, dataset, kind, body: &body, ..NewEvent::default() },
            )?;
            Ok(())
        })
    }
}
