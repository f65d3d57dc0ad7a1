//! Lists of items, a page at a time, in item order: by state, by person, by label, by words.
//!
//! One index leads, chosen by what is asked; the rest is checked on the way. No page reads what an item shows.

use engraft_core::content_hash;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Transaction, params_from_iter};

use super::answerable::ahead;
use super::items::{COLUMNS, item_from};
use super::{DatasetNo, ItemNo, ItemRow, Label, Millis, State, Status};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// Which items; everything that is `None` is not asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// In this state.
    pub state: Option<State>,
    /// This person responded.
    pub user: Option<UserNo>,
    /// The response of `user` is this: submitted or skipped.
    pub status: Option<Status>,
    /// The response of `user` came at this time or later.
    pub since: Option<Millis>,
    /// A submitted response has this label.
    pub label: Option<&'a Label>,
    /// Its text has all of these words, English ones in any form; `refund*` is the beginning of a word.
    pub text: Option<&'a str>,
    /// Somebody flagged it and nobody settled that.
    pub flagged: bool,
    /// This person may still answer it: for showing to somebody who answers. Gold items that they hold are among them, and
    /// of the others as large a share as of the ordinary ones, so that they do not stay behind while others work. Open and
    /// gold items, whatever `state` says.
    pub answerable: Option<UserNo>,
    /// After this item.
    pub after: Option<ItemNo>,
    /// At most so many.
    pub limit: usize,
}

/// With at most so many items left by the rest of a filter, each is looked up among the words; with more, the items with
/// the words are looked through until the page is full.
const NARROW: u64 = 3000;

impl Store {
    /// A page of items, by number; the number of the last is the next page's `after`.
    pub fn list(&self, dataset: DatasetNo, filter: &Filter<'_>) -> Result<Vec<ItemRow>, StoreError> {
        self.read(|tx| {
            if filter.answerable.is_none() {
                return page(tx, dataset, filter);
            }
            let mut rows = page(tx, dataset, &Filter { state: Some(State::Open), ..*filter })?;
            rows.extend(page(tx, dataset, &Filter { state: Some(State::Gold), ..*filter })?);
            rows.sort_unstable_by_key(|row| row.no);
            rows.truncate(filter.limit);
            Ok(rows)
        })
    }
}

fn page(tx: &Transaction<'_>, dataset: DatasetNo, filter: &Filter<'_>) -> Result<Vec<ItemRow>, StoreError> {
    let Some(query) = Query::new(tx, dataset, filter)? else { return Ok(Vec::new()) };
    let mut find = tx.prepare_cached(&query.sql)?;
    let rows = find.query_map(params_from_iter(&query.values), item_from)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    /// The statement for a filter; `None` when it can match nothing.
    fn new(
        tx: &Transaction<'_>,
        dataset: DatasetNo,
        filter: &Filter<'_>,
    ) -> Result<Option<Query>, StoreError> {
        let mut query = Query { sql: String::new(), values: Vec::new() };
        let after = query.value(filter.after.unwrap_or(0));
        let dataset_value = query.value(dataset);
        let words = match filter.text.map(words) {
            Some(None) => return Ok(None),
            Some(Some(words)) => Some(words),
            None => None,
        };
        let label = match filter.label {
            Some(label) => match label_no(tx, dataset, label)? {
                Some(no) => Some(no),
                None => return Ok(None),
            },
            None => None,
        };
        let narrow = match &words {
            Some(words) => !is_broad(words) && narrowest(tx, dataset, filter, label)? <= NARROW,
            None => false,
        };
        // The leading index; but for a person's responses it gives item numbers in order, so that a page is found without
        // sorting.
        let mut conditions = String::new();
        let (leads, number) = if let Some(words) = words.as_ref().filter(|_| !narrow) {
            let words = query.value(words.clone());
            let last = query.value(last_item(tx, dataset)?);
            conditions +=
                &format!("w.item_text MATCH {words} AND w.rowid > {after} AND w.rowid <= {last} AND ");
            ("item_text w", "w.rowid")
        } else if let Some(label) = label {
            let label = query.value(label);
            conditions += &format!("w.label = {label} AND w.item > {after} AND ");
            ("labelled w", "w.item")
        } else if let Some(user) = filter.user {
            let user = query.value(user);
            conditions +=
                &format!("w.user = {user} AND w.dataset = {dataset_value} AND w.item > {after} AND ");
            ("response w INDEXED BY response_user", "w.item")
        } else {
            match filter {
                Filter { flagged: true, .. } => ("task t INDEXED BY task_flags", "t.item"),
                Filter { state: Some(_), .. } => ("task t INDEXED BY task_state", "t.item"),
                _ => ("task t", "t.item"),
            }
        };
        let joined = match number {
            "t.item" => String::new(),
            _ => format!(" CROSS JOIN task t ON t.dataset = {dataset_value} AND t.item = {number}"),
        };
        conditions += &format!("t.dataset = {dataset_value} AND t.item > {after}");
        if let Some(state) = filter.state {
            let state = query.value(state as u8);
            conditions += &format!(" AND t.state = {state}");
        }
        if filter.flagged {
            conditions += " AND t.flags > 0";
        }
        if let Some(words) = words.filter(|_| narrow) {
            let words = query.value(words);
            conditions += &format!(
                " AND EXISTS (SELECT 1 FROM item_text WHERE item_text MATCH {words} AND rowid = t.item)"
            );
        }
        if let Some(label) = label {
            let label = query.value(label);
            conditions += &format!(
                " AND EXISTS (SELECT 1 FROM labelled l WHERE l.label = {label} AND l.item = t.item)"
            );
        }
        if let Some(user) = filter.user {
            let user = query.value(user);
            let status = query.value(filter.status.map(Status::to_sql));
            let since = query.value(filter.since);
            conditions += &format!(
                " AND EXISTS (SELECT 1 FROM response r WHERE r.dataset = {dataset_value} AND r.item = t.item
                     AND r.user = {user} AND ({status} IS NULL OR r.status = {status})
                     AND ({since} IS NULL OR r.at >= {since}))"
            );
        }
        if let Some(user) = filter.answerable {
            conditions += &query.answerable(tx, dataset, user, filter.state == Some(State::Gold))?;
        }
        let limit = query.value(u32::try_from(filter.limit).unwrap_or(u32::MAX));
        // Only what is on the page is read in full; an item that several rows lead to is there once.
        query.sql = format!(
            "SELECT {COLUMNS} FROM (SELECT {number} AS no FROM {leads}{joined} WHERE {conditions}
                 GROUP BY {number} ORDER BY {number} LIMIT {limit}) p
             CROSS JOIN task t ON t.dataset = {dataset_value} AND t.item = p.no CROSS JOIN item i ON i.no = p.no
             ORDER BY p.no"
        );
        Ok(Some(query))
    }

    /// The condition that this person has not responded; of gold, also that it is among what they are shown.
    fn answerable(
        &mut self,
        tx: &Transaction<'_>,
        dataset: DatasetNo,
        user: UserNo,
        gold: bool,
    ) -> Result<String, StoreError> {
        let person = self.value(user);
        let of_item = format!("dataset = t.dataset AND item = t.item AND user = {person}");
        let mut condition = format!(" AND NOT EXISTS (SELECT 1 FROM response WHERE {of_item})");
        if gold {
            let (gone, all) = ahead(tx, dataset, user)?.share();
            // Which items are gone differs from person to person, and none of them comes back while `gone` grows.
            let factor = self.value(shuffle(tx, dataset, user)?);
            let (gone, all) = (self.value(gone), self.value(all));
            condition += &format!(
                " AND (t.item * {factor} % 2147483647 % {all} >= {gone}
                     OR EXISTS (SELECT 1 FROM lease WHERE {of_item}))"
            );
        }
        Ok(condition)
    }

    /// Binds a value; its name in the statement.
    fn value<T: IntoValue>(&mut self, value: T) -> String {
        self.values.push(value.into_value());
        format!("?{}", self.values.len())
    }
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for u32 {
    fn into_value(self) -> Value {
        Value::Integer(self.into())
    }
}

impl IntoValue for u8 {
    fn into_value(self) -> Value {
        Value::Integer(self.into())
    }
}

impl IntoValue for Option<u8> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, |number| Value::Integer(number.into()))
    }
}

impl IntoValue for Option<Millis> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, Value::Integer)
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(self)
    }
}

/// A number below 2^28 by which items are shuffled for a person; nobody without the dataset's salt can work it out.
fn shuffle(tx: &Transaction<'_>, dataset: DatasetNo, user: UserNo) -> Result<u32, StoreError> {
    let mut find = tx.prepare_cached("SELECT salt FROM dataset WHERE no = ?1")?;
    let salt: Option<String> = find.query_row([dataset], |row| row.get(0)).optional()?;
    let hash = content_hash(format!("list {} {user}", salt.unwrap_or_default()).as_bytes());
    Ok(hash.get(..7).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0) | 1)
}

fn label_no(tx: &Transaction<'_>, dataset: DatasetNo, label: &Label) -> Result<Option<u32>, StoreError> {
    let mut find =
        tx.prepare_cached("SELECT no FROM label WHERE dataset = ?1 AND question = ?2 AND value = ?3")?;
    Ok(find.query_row((dataset, &label.question, &label.value), |row| row.get(0)).optional()?)
}

/// How many items the rarest of what is asked besides words leaves, at most.
fn narrowest(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    filter: &Filter<'_>,
    label: Option<u32>,
) -> Result<u64, StoreError> {
    let mut counts = tx.prepare_cached(
        "SELECT open, complete, resolved, gold, flags, (SELECT responses FROM label WHERE no = ?2),
             (SELECT submitted + skipped FROM member WHERE dataset = ?1 AND user = ?3)
         FROM dataset WHERE no = ?1",
    )?;
    let least = counts.query_row((dataset, label, filter.user), |row| {
        let mut least = u64::MAX;
        let mut asked = |column: usize| -> rusqlite::Result<()> {
            least = least.min(row.get::<_, Option<u64>>(column)?.unwrap_or(0));
            Ok(())
        };
        if let Some(state) = filter.state {
            asked(state as usize)?;
        }
        if filter.flagged {
            asked(4)?;
        }
        if label.is_some() {
            asked(5)?;
        }
        if filter.user.is_some() {
            asked(6)?;
        }
        Ok(least)
    });
    Ok(least.optional()?.unwrap_or(0))
}

fn last_item(tx: &Transaction<'_>, dataset: DatasetNo) -> Result<u32, StoreError> {
    let mut find = tx.prepare_cached("SELECT ifnull(max(item), 0) FROM task WHERE dataset = ?1")?;
    Ok(find.query_row([dataset], |row| row.get(0))?)
}

/// The full-text query for some words: all of them; one with a star may go on. `None` without words.
fn words(text: &str) -> Option<String> {
    let mut query = String::new();
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() {
            continue;
        }
        if !query.is_empty() {
            query += " AND ";
        }
        let star = if word.ends_with('*') { "*" } else { "" };
        query += &format!("\"{bare}\"{star}");
    }
    (!query.is_empty()).then_some(query)
}

/// Whether a query names a word by its first letter alone. The words that begin so are gathered anew with every question,
/// so it may be asked once, but not for each item.
fn is_broad(query: &str) -> bool {
    query.split(" AND ").any(|word| word.ends_with('*') && word.trim_matches(['"', '*']).chars().count() == 1)
}

#[cfg(test)]
mod tests {
    use super::{is_broad, words};

    #[test]
    fn words_are_quoted_and_a_star_lets_one_go_on() {
        assert_eq!(words("late refund").as_deref(), Some("\"late\" AND \"refund\""));
        assert_eq!(words("late* refund*").as_deref(), Some("\"late\"* AND \"refund\"*"));
        assert_eq!(words("NEAR(\"x\") OR a").as_deref(), Some("\"NEAR\" AND \"x\" AND \"OR\" AND \"a\""));
        assert_eq!(words(" -- * "), None);
    }

    #[test]
    fn one_letter_that_goes_on_is_broad() {
        let broad = |text| words(text).is_some_and(|query| is_broad(&query));
        assert_eq!([broad("r*"), broad("late é*"), broad("re*"), broad("r")], [true, true, false, false]);
    }
}
