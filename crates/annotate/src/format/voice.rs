//! Which answers are written where a format holds one set of them an item, and what that leaves out.

use serde_json::Value;

use crate::format::report::Losses;
use crate::format::settled::{Settled, Unsettled, aggregated, known_first, settled};
use crate::format::{Format, Voices};
use crate::resolve::key;
use crate::{Answers, Given, Question, Record, ResponseStatus, Schema, item_id};

const ONE: &str = "the format holds one set of answers an item";
const NO_PLACE: &str = "the format has no place for it";

/// The sets of answers to write of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// None for an item that nobody answered.
    sets: Vec<Answers>,
    /// The questions that were answered and stay out.
    open: Vec<(String, Unsettled)>,
    /// How many of the sets are what a response says.
    own: usize,
    /// A resolution is among what is written.
    resolved: bool,
    /// So is a known answer.
    known: bool,
}

impl Heard {
    pub(crate) fn of(schema: &Schema, record: &Record, voices: Voices) -> Heard {
        let given: Vec<&Answers> = submitted(record).collect();
        if voices == Voices::Every {
            let own = given.len();
            return Heard { sets: given.into_iter().cloned().collect(), own, ..Heard::default() };
        }
        let resolution = record.resolution.as_ref();
        let rest = match resolution {
            Some(resolution) => Settled { answers: resolution.answers.clone(), open: Vec::new() },
            None if given.is_empty() => Settled::default(),
            None if voices == Voices::Aggregated => aggregated(schema, record, &given),
            None => settled(schema, record, &given),
        };
        let said =
            resolution.is_some() || !given.is_empty() && (!rest.answers.is_empty() || rest.open.is_empty());
        let own = usize::from(resolution.is_none() && said);
        let known = record.gold.as_ref().filter(|known| !known.is_empty());
        let Settled { answers, open } = match known {
            Some(known) => known_first(schema, record, rest, known),
            None => rest,
        };
        let sets = if said || known.is_some() { vec![answers] } else { Vec::new() };
        Heard { sets, open, own, resolved: resolution.is_some(), known: known.is_some() }
    }

    /// Whether an answer to one of these questions is written.
    fn says_any(&self, used: &[&str]) -> bool {
        self.sets.iter().any(|answers| used.iter().any(|name| answers.contains_key(*name)))
    }

    /// Whether all that was answered of these questions stays out.
    fn is_left_out(&self, used: &[&str]) -> bool {
        !self.says_any(used) && self.first_open(used).is_some()
    }

    fn first_open(&self, used: &[&str]) -> Option<Unsettled> {
        self.open.iter().find(|(name, _)| used.contains(&name.as_str())).map(|(_, why)| *why)
    }

    /// Counts the item once when some of these questions stay out.
    fn count_open(&self, used: &[&str], losses: &mut Losses) {
        if let Some((what, why)) = self.first_open(used).map(Unsettled::words) {
            losses.add(what, why);
        }
    }

    /// The sets of answers for a format with one set an item; counts what it leaves out. `None` when all that was answered of
    /// these questions stays out.
    pub(crate) fn for_item(
        self,
        record: &Record,
        used: &[&str],
        losses: &mut Losses,
    ) -> Option<Vec<Answers>> {
        self.count_open(used, losses);
        losses.add_many("a draft", ONE, count(record, ResponseStatus::Draft));
        if self.is_left_out(used) {
            return None;
        }
        self.count_beside(record, 0, losses);
        Some(self.sets)
    }

    /// Counts what a format with one set of answers an item leaves out beside them. So many `counted` responses are among the
    /// losses already.
    fn count_beside(&self, record: &Record, counted: u64, losses: &mut Losses) {
        let others = count(record, ResponseStatus::Submitted) - self.own as u64;
        losses.add_many("a response", ONE, others.saturating_sub(counted));
        losses.add_many("a skipped item", ONE, count(record, ResponseStatus::Skipped));
        losses.add_many("a suggestion", ONE, record.suggestions.len() as u64);
        losses.add_many("that an answer is known to be right", NO_PLACE, u64::from(self.known));
        let instead = "every response is written instead";
        losses.add_many("a known answer", instead, u64::from(record.gold.is_some() && !self.known));
        losses.add_many("a resolution", instead, u64::from(record.resolution.is_some() && !self.resolved));
        losses.add_many("how a resolution came about", NO_PLACE, u64::from(self.resolved));
        let named = record.responses.iter().filter(|response| response.status == ResponseStatus::Submitted);
        for response in named.take(self.own) {
            losses.add("who responded", NO_PLACE);
            losses.add_many("when somebody responded", NO_PLACE, u64::from(response.at.is_some()));
            losses.add_many("how long a response took", NO_PLACE, u64::from(response.active_ms.is_some()));
            let guideline = u64::from(response.guideline.is_some());
            losses.add_many("the guideline version of a response", NO_PLACE, guideline);
            let accepted = response.accepted.len() as u64;
            losses.add_many("that an answer is a model's, unchanged", NO_PLACE, accepted);
        }
    }
}

/// The sets of answers that training rows are made of, by these questions. What stays out is counted: items that are not
/// settled, answers to other questions, responses that say something else than what is written, and all that a row does not
/// say of its item and of whoever answered.
pub(crate) fn for_rows(
    format: Format,
    schema: &Schema,
    record: &Record,
    voices: Voices,
    used: &[&str],
    losses: &mut Losses,
) -> Vec<Answers> {
    let heard = Heard::of(schema, record, voices);
    heard.count_open(used, losses);
    losses.add_many("a draft", "rows are made of what was submitted", count(record, ResponseStatus::Draft));
    let others = |answers: &Answers| -> Vec<String> {
        answers.keys().filter(|name| !used.contains(&name.as_str())).cloned().collect()
    };
    let open = heard.open.iter().map(|(name, _)| name.clone()).filter(|name| !used.contains(&name.as_str()));
    for question in heard.sets.iter().flat_map(others).chain(open) {
        losses.add(format!("an answer to `{question}`"), "the rows are made of other questions");
    }
    let other = match heard.sets.as_slice() {
        [written] if voices != Voices::Every => {
            submitted(record).filter(|given| says_otherwise(schema, given, written, used)).count() as u64
        }
        _ => 0,
    };
    losses.add_many(
        "a response that says something else",
        "one answer an item is written: the known one, else what was decided or agreed on",
        other,
    );
    if heard.is_left_out(used) {
        return heard.sets;
    }
    if heard.says_any(used) {
        let is_named =
            matches!(format, Format::Beir | Format::TrecQrels) || record.id == item_id(&record.fields);
        losses.add_many("the name of an item", NO_PLACE, u64::from(!is_named));
        let metadata = if format == Format::Beir { 0 } else { record.metadata.len() };
        losses.add_many("metadata", NO_PLACE, metadata as u64);
    } else {
        losses.add("an item without an answer to write", "rows are made of answers");
    }
    heard.count_beside(record, other, losses);
    heard.sets
}

/// Counts the fields of an item that no row of it shows.
pub(crate) fn count_fields(
    schema: &Schema,
    record: &Record,
    shown: &[&str],
    why: &'static str,
    losses: &mut Losses,
) {
    for other in schema.fields.iter().filter(|other| !shown.contains(&other.name.as_str())) {
        if record.fields.get(&other.name).is_some_and(|value| !value.is_null()) {
            losses.add(format!("the field `{}`", other.name), why);
        }
    }
}

/// Counts what an answer or a passage says of itself but for the entries `kept`.
pub(crate) fn count_entries(what: &str, entry: &Value, kept: &[&str], losses: &mut Losses) {
    for (name, value) in entry.as_object().into_iter().flatten() {
        if !kept.contains(&name.as_str()) && !value.is_null() {
            losses.add(format!("the `{name}` of {what}"), NO_PLACE);
        }
    }
}

fn says_otherwise(schema: &Schema, given: &Answers, written: &Answers, used: &[&str]) -> bool {
    let differs = |question: &Question| {
        let (theirs, ours) = (key(question, given), key(question, written));
        theirs.is_some() && ours.is_some() && theirs != ours
    };
    schema.questions.iter().filter(|question| used.contains(&question.name.as_str())).any(differs)
}

/// How many responses of a record are so far.
fn count(record: &Record, status: ResponseStatus) -> u64 {
    record.responses.iter().filter(|response| response.status == status).count() as u64
}

fn submitted(record: &Record) -> impl Iterator<Item = &Answers> {
    let counted = |response: &&Given| response.status == ResponseStatus::Submitted;
    record.responses.iter().filter(counted).map(|response| &response.answers)
}
