//! What answers say about answers: better and worse pairs, good and bad ones.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::format::chat::{Turn, group, prompt, shown};
use crate::format::report::Losses;
use crate::format::voice::{count_entries, count_fields, for_rows};
use crate::format::{ExportOptions, Format, FormatError, Voices};
use crate::{Answer, Answers, Choice, Question, QuestionKind, Record, Schema, text_of};

/// One answer preferred to another.
pub(crate) struct Pair {
    pub(crate) prompt: Vec<Turn>,
    pub(crate) chosen: String,
    pub(crate) rejected: String,
    /// How much better, where it was asked.
    pub(crate) strength: Option<u8>,
}

/// One answer by itself.
pub(crate) struct Verdict {
    pub(crate) prompt: Vec<Turn>,
    pub(crate) completion: String,
    pub(crate) good: bool,
}

/// The questions of a schema that compare answers.
pub(crate) struct Comparing {
    format: Format,
    schema: Schema,
    voices: Voices,
    questions: Vec<Question>,
}

impl Comparing {
    pub(crate) fn new(
        format: Format,
        schema: &Schema,
        options: &ExportOptions,
    ) -> Result<Comparing, FormatError> {
        let wanted = options.question.as_deref();
        let compares = |question: &&Question| {
            matches!(
                question.kind,
                QuestionKind::Preference { .. }
                    | QuestionKind::Correction { .. }
                    | QuestionKind::Ranking { field: Some(_), .. }
            ) && wanted.is_none_or(|name| question.name == name)
        };
        let questions: Vec<Question> = schema.questions.iter().filter(compares).cloned().collect();
        match (questions.is_empty(), wanted) {
            (true, Some(name)) => Err(FormatError::Question { format, name: name.to_string() }),
            (true, None) => Err(FormatError::NoPlace {
                format,
                needs: "a preference, ranking or correction question about answers",
            }),
            (false, _) => Ok(Comparing { format, schema: schema.clone(), voices: options.voices, questions }),
        }
    }

    /// What must stay in one split: the prompt.
    pub(crate) fn group(&self, record: &Record) -> Option<String> {
        self.questions.iter().find_map(|question| group(&self.schema, record, compared(question)?))
    }

    /// Whether some question asks how much better an answer is.
    pub(crate) fn asks_strength(&self) -> bool {
        self.questions
            .iter()
            .any(|question| matches!(question.kind, QuestionKind::Preference { strength: 1.., .. }))
    }

    /// Every strict preference: the chosen one over each other, each rank over each lower one, a correction over what it
    /// corrects. Ties and "both bad" prefer nothing.
    pub(crate) fn pairs(&self, record: &Record, losses: &mut Losses) -> Vec<Pair> {
        let mut pairs = Vec::new();
        self.each(record, losses, |prompt, question, answer, answers, losses| {
            let mut push = |chosen: &str, rejected: &str, strength| {
                if chosen == rejected {
                    losses.add("a pair of two equal answers", "neither is the better one");
                    return;
                }
                pairs.push(Pair {
                    prompt: prompt.to_vec(),
                    chosen: chosen.to_string(),
                    rejected: rejected.to_string(),
                    strength,
                });
            };
            match answer {
                Answer::Preference(preference) => match &preference.choice {
                    Choice::Tie => losses.add("a tie", "it prefers no answer"),
                    Choice::BothBad => losses.add("an answer \"both bad\"", "it prefers no answer"),
                    Choice::Id(best) => {
                        let chosen = answers.iter().find(|(id, _)| id == best);
                        let Some((_, chosen)) = chosen else { return };
                        for (_, rejected) in answers.iter().filter(|(id, _)| id != best) {
                            push(chosen, rejected, preference.strength);
                        }
                    }
                },
                Answer::Ranking(placed) => {
                    let text =
                        |id: &str| answers.iter().find(|(other, _)| *other == id).map(|(_, text)| *text);
                    let mut tied = 0;
                    for (at, better) in placed.iter().enumerate() {
                        for worse in &placed[at + 1..] {
                            match (text(&better.value), text(&worse.value)) {
                                _ if better.rank == worse.rank => tied += 1,
                                (Some(chosen), Some(rejected)) => push(chosen, rejected, None),
                                _ => {}
                            }
                        }
                    }
                    losses.add_many("a tie", "it prefers no answer", tied);
                }
                Answer::Correction(better) => {
                    let original = corrected(question, record).unwrap_or_default();
                    if better == original {
                        losses.add("a correction that changes nothing", "neither is the better one");
                    } else {
                        push(better, original, None);
                    }
                }
                _ => {}
            }
        });
        pairs
    }

    /// Answers that are good or bad: the chosen and the others, both of "both bad", the first and last of a ranking, a
    /// correction and what it corrects. A tie says neither.
    pub(crate) fn verdicts(&self, record: &Record, losses: &mut Losses) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        self.each(record, losses, |prompt, question, answer, answers, losses| {
            let mut push = |completion: &str, good| {
                verdicts.push(Verdict { prompt: prompt.to_vec(), completion: completion.to_string(), good });
            };
            match answer {
                Answer::Preference(preference) => {
                    losses.add_many(
                        "the strength of a preference",
                        "an answer is good or not",
                        u64::from(preference.strength.is_some()),
                    );
                    match &preference.choice {
                        Choice::Tie => losses.add("a tie", "it calls no answer good or bad"),
                        Choice::BothBad => answers.iter().for_each(|(_, text)| push(text, false)),
                        Choice::Id(best) => answers.iter().for_each(|(id, text)| push(text, id == best)),
                    }
                }
                Answer::Ranking(placed) => {
                    let (first, last) =
                        (placed.first().map_or(0, |p| p.rank), placed.last().map_or(0, |p| p.rank));
                    for place in placed {
                        let text = answers.iter().find(|(id, _)| *id == place.value).map(|(_, text)| *text);
                        match text {
                            Some(text) if first < last && place.rank == first => push(text, true),
                            Some(text) if first < last && place.rank == last => push(text, false),
                            _ => losses
                                .add("an answer in the middle of a ranking", "it is neither good nor bad"),
                        }
                    }
                }
                Answer::Correction(better) => {
                    let original = corrected(question, record).unwrap_or_default();
                    push(better, true);
                    if better != original {
                        push(original, false);
                    }
                }
                _ => {}
            }
        });
        verdicts
    }

    fn each(
        &self,
        record: &Record,
        losses: &mut Losses,
        mut tell: impl FnMut(&[Turn], &Question, &Answer, &[(&str, &str)], &mut Losses),
    ) {
        let used: Vec<&str> = self.questions.iter().map(|question| question.name.as_str()).collect();
        let sets = for_rows(self.format, &self.schema, record, self.voices, &used, losses);
        self.count_unshown(record, &sets, losses);
        for said in sets {
            for question in &self.questions {
                let Some(answer) = said.get(&question.name) else { continue };
                let Some(field) = compared(question) else { continue };
                let Some(prompt) = prompt(&self.schema, record, field, losses) else { continue };
                tell(&prompt, question, answer, &answers(record, field), losses);
            }
        }
    }

    /// Counts what the rows of these sets of answers do not show of the item: once, however many rows it makes.
    fn count_unshown(&self, record: &Record, sets: &[Answers], losses: &mut Losses) {
        let is_answered = |question: &&Question| sets.iter().any(|said| said.contains_key(&question.name));
        let answered = self.questions.iter().filter(is_answered);
        let about: BTreeSet<&str> = answered.filter_map(compared).collect();
        if about.is_empty() {
            return;
        }
        let prompts = about.iter().flat_map(|field| shown(&self.schema, field));
        let shown: Vec<&str> = prompts.chain(about.iter().copied()).collect();
        count_fields(&self.schema, record, &shown, "a row is a prompt and its answers", losses);
        for field in about {
            let answers = record.fields.get(field).and_then(Value::as_array);
            for answer in answers.into_iter().flatten() {
                count_entries("an answer", answer, &["id", "text"], losses);
            }
        }
    }
}

/// The field of what a question compares.
fn compared(question: &Question) -> Option<&str> {
    match &question.kind {
        QuestionKind::Preference { field, .. } | QuestionKind::Correction { field } => Some(field),
        QuestionKind::Ranking { field, .. } => field.as_deref(),
        _ => None,
    }
}

/// The answers an item shows, by id.
fn answers<'r>(record: &'r Record, field: &str) -> Vec<(&'r str, &'r str)> {
    let shown = record.fields.get(field).and_then(Value::as_array);
    let answer = |answer: &'r Value| Some((answer.get("id")?.as_str()?, answer.get("text")?.as_str()?));
    shown.into_iter().flatten().filter_map(answer).collect()
}

/// The text that a correction improves.
pub(crate) fn corrected<'r>(question: &Question, record: &'r Record) -> Option<&'r str> {
    match &question.kind {
        QuestionKind::Correction { field } => text_of(&record.fields, field),
        _ => None,
    }
}
