//! Posted forms as answers, and answers as the pairs a form would post.
//!
//! Names: `q.QUESTION` holds the answer; `q.QUESTION/PART` one part of it (a turn, a passage, a sentence, a property);
//! `n.` that none of the options applies, `s.` a preference's strength, `e.` a passage's evidence, `b.` the passages that support a sentence.

use std::collections::{BTreeMap, BTreeSet};

use engraft_app::annotate::{
    Answer, Answers, Choice, Graded, Placed, Preference, Question, QuestionKind, Supported, Turn, Verdict,
};
use engraft_core::{Fault, Kind};
use serde::de::DeserializeOwned;
use serde_json::{Value, to_string};

use super::grade::VERDICTS;
use super::markup::segment;
use super::record;

/// A form that cannot be read as answers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    /// One question's controls hold what their question cannot mean.
    #[error("question `{question}`: {problem}")]
    Question {
        /// The question.
        question: String,
        /// What is wrong.
        problem: String,
    },
}

impl Fault for FormError {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn hint(&self) -> Option<String> {
        Some("reload the item and answer again".to_string())
    }
}

/// The answers in a form, as a client would send them: quotes and ids are the reader's to fill in and to check.
///
/// A question with nothing chosen is absent; whether that is allowed is the validator's to say.
pub(crate) fn read_form(questions: &[Question], form: &str) -> Result<Answers, FormError> {
    let pairs = decode(form);
    let mut answers = Answers::new();
    for question in questions {
        let wrong = |problem| FormError::Question { question: question.name.clone(), problem };
        let answer = read(question, &Posted { pairs: &pairs, question: &question.name }).map_err(wrong)?;
        answers.extend(answer.map(|answer| (question.name.clone(), answer)));
    }
    Ok(answers)
}

/// The questions whose suggestion was taken over and not touched since.
pub(crate) fn read_accepted(form: &str) -> Vec<String> {
    let names = decode(form).into_iter().filter(|(name, _)| name == "accepted").map(|pair| pair.1);
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The pairs of one question.
struct Posted<'f> {
    pairs: &'f [(String, String)],
    question: &'f str,
}

impl<'f> Posted<'f> {
    /// What `q.QUESTION` and its like hold, without empty values.
    fn all(&self, letter: char) -> impl Iterator<Item = &'f str> {
        let name = format!("{letter}.{}", self.question);
        self.pairs
            .iter()
            .filter(move |(key, value)| *key == name && !value.is_empty())
            .map(|pair| pair.1.as_str())
    }

    /// What `q.QUESTION/PART` and its like hold, by part.
    fn parts(&self, letter: char) -> Vec<(&'f str, &'f str)> {
        let prefix = format!("{letter}.{}/", self.question);
        let part = |(key, value): &'f (String, String)| Some((key.strip_prefix(&prefix)?, value.as_str()));
        self.pairs.iter().filter_map(part).collect()
    }
}

fn read(question: &Question, posted: &Posted) -> Result<Option<Answer>, String> {
    let first = posted.all('q').next();
    Ok(match &question.kind {
        QuestionKind::Label { .. } => first.map(|value| Answer::Label(value.to_string())),
        QuestionKind::Labels { .. } => {
            let labels: BTreeSet<String> = posted.all('q').map(str::to_string).collect();
            let none = posted.all('n').next().is_some();
            (none || !labels.is_empty()).then_some(Answer::Labels(labels))
        }
        QuestionKind::Taxonomy { .. } => {
            let paths: Result<BTreeSet<Vec<String>>, String> = posted.all('q').map(json).collect();
            filled(paths?).map(Answer::Taxonomy)
        }
        QuestionKind::Spans { .. } => first.map(json::<Vec<_>>).transpose()?.map(Answer::Spans),
        QuestionKind::Relations { .. } => first.map(json::<Vec<_>>).transpose()?.map(Answer::Relations),
        QuestionKind::Rating { .. } => first.map(json).transpose()?.map(Answer::Rating),
        QuestionKind::Ranking { .. } => ranking(posted)?,
        QuestionKind::Preference { .. } => preference(first, posted)?,
        QuestionKind::Text { .. } => first.map(|text| Answer::Text(lines(text))),
        QuestionKind::Correction { .. } => first.map(|text| Answer::Correction(lines(text))),
        QuestionKind::Turns { .. } => turns(posted)?,
        QuestionKind::Relevance { .. } => relevance(posted)?,
        QuestionKind::Support { .. } => support(posted)?,
        QuestionKind::Form { schema } => record::read(schema, &posted.parts('q'))?.map(Answer::Form),
    })
}

fn ranking(posted: &Posted) -> Result<Option<Answer>, String> {
    let given = posted.parts('q').into_iter().filter(|(_, rank)| !rank.is_empty());
    let placed: Result<Vec<Placed>, String> =
        given.map(|(value, rank)| Ok(Placed { rank: json(rank)?, value: value.to_string() })).collect();
    let mut placed = placed?;
    placed.sort();
    Ok((!placed.is_empty()).then_some(Answer::Ranking(placed)))
}

fn preference(first: Option<&str>, posted: &Posted) -> Result<Option<Answer>, String> {
    let strength = posted.all('s').next().map(json).transpose()?;
    let choice = match first {
        None => return Ok(None),
        Some("tie") => Choice::Tie,
        Some("both_bad") => Choice::BothBad,
        Some(other) => Choice::Id(other.strip_prefix("id:").unwrap_or(other).to_string()),
    };
    let strength = strength.filter(|_| matches!(choice, Choice::Id(_)));
    Ok(Some(Answer::Preference(Preference { choice, strength })))
}

fn turns(posted: &Posted) -> Result<Option<Answer>, String> {
    let mut labels: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (turn, label) in posted.parts('q') {
        labels.entry(json(turn)?).or_default().insert(label.to_string());
    }
    let turns: Vec<Turn> = labels.into_iter().map(|(turn, labels)| Turn { turn, labels }).collect();
    Ok((!turns.is_empty()).then_some(Answer::Turns(turns)))
}

fn relevance(posted: &Posted) -> Result<Option<Answer>, String> {
    let evidence: BTreeMap<&str, &str> = posted.parts('e').into_iter().collect();
    let mut graded = Vec::new();
    for (id, grade) in posted.parts('q') {
        let evidence = evidence.get(id).map(|spans| json(spans)).transpose()?.unwrap_or_default();
        graded.push(Graded { id: id.to_string(), grade: json(grade)?, evidence });
    }
    graded.sort();
    Ok((!graded.is_empty()).then_some(Answer::Relevance(graded)))
}

fn support(posted: &Posted) -> Result<Option<Answer>, String> {
    let by = posted.parts('b');
    let mut supported = Vec::new();
    for (place, value) in posted.parts('q') {
        let ends = place.split_once('-').ok_or_else(|| format!("`{place}` is no sentence"))?;
        let (char_start, char_end) = (json(ends.0)?, json(ends.1)?);
        let verdict = VERDICTS.iter().find(|(_, name, _)| *name == value);
        let (verdict, ..) = *verdict.ok_or_else(|| format!("`{value}` is no verdict"))?;
        let cites = verdict != Verdict::NoCitation;
        let ids = by.iter().filter(|(part, _)| cites && *part == place).map(|(_, id)| id.to_string());
        supported.push(Supported {
            char_start,
            char_end,
            quote: String::new(),
            verdict,
            passages: ids.collect(),
        });
    }
    supported.sort();
    Ok((!supported.is_empty()).then_some(Answer::Support(supported)))
}

/// The pairs a form would post for one answer; what accepting a suggestion sets.
pub(crate) fn write(question: &Question, answer: &Answer) -> Vec<(String, String)> {
    let name = format!("q.{}", question.name);
    let part = |letter: char, part: &dyn std::fmt::Display| format!("{letter}.{}/{part}", question.name);
    let mut pairs = Vec::new();
    match answer {
        Answer::Label(value) | Answer::Text(value) | Answer::Correction(value) => {
            pairs.push((name, value.clone()))
        }
        Answer::Labels(values) if values.is_empty() => {
            pairs.push((format!("n.{}", question.name), "none".to_string()));
        }
        Answer::Labels(values) => pairs.extend(values.iter().map(|value| (name.clone(), value.clone()))),
        Answer::Taxonomy(paths) => {
            pairs.extend(paths.iter().map(|path| (name.clone(), Value::from(path.clone()).to_string())));
        }
        Answer::Spans(spans) => pairs.push((name, to_string(spans).unwrap_or_default())),
        Answer::Relations(relations) => pairs.push((name, to_string(relations).unwrap_or_default())),
        Answer::Rating(rating) => pairs.push((name, rating.to_string())),
        Answer::Ranking(placed) => {
            pairs.extend(placed.iter().map(|one| (part('q', &one.value), one.rank.to_string())));
        }
        Answer::Preference(Preference { choice, strength }) => {
            let choice = match choice {
                Choice::Tie => "tie".to_string(),
                Choice::BothBad => "both_bad".to_string(),
                Choice::Id(id) => format!("id:{id}"),
            };
            pairs.push((name, choice));
            pairs.extend(strength.map(|level| (format!("s.{}", question.name), level.to_string())));
        }
        Answer::Turns(turns) => {
            let each = turns.iter().flat_map(|turn| turn.labels.iter().map(move |label| (turn.turn, label)));
            pairs.extend(each.map(|(turn, label)| (part('q', &turn), label.clone())));
        }
        Answer::Relevance(graded) => {
            for one in graded {
                pairs.push((part('q', &one.id), one.grade.to_string()));
                pairs.push((part('e', &one.id), to_string(&one.evidence).unwrap_or_default()));
            }
        }
        Answer::Support(supported) => {
            for one in supported {
                let place = format!("{}-{}", one.char_start, one.char_end);
                let verdict = VERDICTS.iter().find(|(verdict, ..)| *verdict == one.verdict);
                pairs.extend(verdict.map(|(_, value, _)| (part('q', &place), value.to_string())));
                pairs.extend(one.passages.iter().map(|id| (part('b', &place), id.clone())));
            }
        }
        Answer::Form(record) => {
            if let QuestionKind::Form { schema } = &question.kind {
                record::write(&name, schema, record, &mut pairs);
            }
        }
    }
    pairs
}

/// Pairs as a browser posts them.
pub(crate) fn encode(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", segment(name), segment(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The pairs of a form as a browser posts it.
pub(crate) fn decode(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                if let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next())) {
                    bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                    rest = ahead;
                } else {
                    bytes.push(byte);
                }
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Posted line breaks are CRLF whatever was typed; the answer keeps what was typed.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn filled<T>(values: BTreeSet<T>) -> Option<BTreeSet<T>> {
    (!values.is_empty()).then_some(values)
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text)
        .map_err(|_| format!("`{}` cannot be read", text.chars().take(40).collect::<String>()))
}
