//! The schema a file's data would fit, where nobody gives one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::format::answer_fit::our_spans;
use crate::format::found::{Found, FoundSpan, Said, What};
use crate::format::infer_field::Column;
use crate::format::number;
use crate::format::report::{Loss, Losses};
use crate::{
    Distribution, Field, FieldKind, GoldRule, LabelOption, MergePolicy, Question, QuestionKind, Schema,
};

/// A schema made of a file, and what of the file it leaves out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inferred {
    /// The schema.
    pub schema: Schema,
    /// Parts of the file that no field or question stands for.
    pub losses: Vec<Loss>,
}

/// Options, labels and values are collected up to this many a question.
const MOST_OPTIONS: usize = 2000;

/// What the items of a file had in common.
#[derive(Default)]
pub(crate) struct Seen {
    items: u64,
    text: bool,
    columns: BTreeMap<String, Column>,
    // By name, in the order they were met; answers without a name under what they are.
    questions: Vec<(String, Asked)>,
    responses: u64,
}

/// The answers to one question.
#[derive(Default)]
struct Asked {
    answers: u64,
    field: Option<String>,
    options: BTreeSet<String>,
    most_chosen: usize,
    several: bool,
    kinds: BTreeSet<&'static str>,
    overlapping: bool,
    gaps: bool,
    range: Option<(f64, f64)>,
    fraction: bool,
    paths: BTreeSet<Vec<String>>,
    long: bool,
    strength: u64,
}

impl Seen {
    pub(crate) fn item(&mut self, found: Found) {
        self.items += 1;
        self.text |= found.text.is_some();
        for (key, value) in &found.data {
            self.columns.entry(key.clone()).or_default().see(value, found.flat);
        }
        for response in found.responses {
            self.responses += 1;
            response.said.into_iter().for_each(|said| self.said(said));
        }
        let suggested = found.suggestions.into_iter().flat_map(|suggestion| suggestion.said);
        suggested.chain(found.gold).for_each(|said| self.said(said));
    }

    fn said(&mut self, said: Said) {
        if said.idle {
            return;
        }
        let what = match said.what {
            What::Ours(value) => match ours(value) {
                Some(what) => what,
                None => return,
            },
            what => what,
        };
        let name = said.question.unwrap_or_else(|| nameless(&what).to_string());
        let at = self.questions.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.questions.push((name, Asked::default()));
            self.questions.len() - 1
        });
        let asked = &mut self.questions[at].1;
        asked.field = asked.field.take().or(said.field);
        asked.see(what);
    }

    pub(crate) fn schema(self, mut losses: Losses) -> Inferred {
        let Seen { items, text, columns, questions, responses } = self;
        let mut fields = Vec::new();
        let mut asked: Vec<Question> = Vec::new();
        let field = |name: &str, kind: FieldKind, required| Field {
            name: name.to_string(),
            title: None,
            required,
            kind,
        };
        if text {
            fields.push(field("text", FieldKind::Text, true));
        }
        let first_text = columns.iter().find(|(name, column)| {
            column.answer(name, "").is_none() && column.field(name, false) == Some(FieldKind::Text)
        });
        let marked = first_text.map_or("text", |(name, _)| name.as_str());
        let compared = questions.iter().any(|(_, asked)| asked.kinds.contains("side"));
        for (name, column) in &columns {
            if let Some(kind) = column.answer(name, marked) {
                asked.push(question(name, kind, false));
            } else if let Some(kind) = column.field(name, compared).filter(|_| !text) {
                // Beside a format's one text, everything is metadata.
                fields.push(field(name, kind, column.seen == items));
            }
        }
        for (name, seen) in questions {
            match seen.kind(&fields, &asked) {
                Some(kind) => {
                    let name = if fields.iter().any(|field| field.name == name) {
                        format!("{name}_answer")
                    } else {
                        name
                    };
                    asked.push(question(&name, kind, responses > 0 && seen.answers >= responses));
                }
                None => losses.add_many(
                    format!("answers to `{name}`"),
                    "no type of question fits them all",
                    seen.answers,
                ),
            }
        }
        let schema = Schema {
            fields,
            questions: asked,
            guidelines: String::new(),
            distribution: Distribution::default(),
            gold: GoldRule::default(),
            merge: MergePolicy::default(),
            hide_suggestions: false,
        };
        Inferred { schema, losses: losses.listed() }
    }
}

/// The question an answer without a name belongs to.
fn nameless(what: &What) -> &'static str {
    match what {
        What::Choices(_) => "label",
        What::Paths(_) => "class",
        What::Spans(_) => "spans",
        What::Arrows(_) => "relations",
        What::Number(_) => "rating",
        What::Order(_) => "ranking",
        What::Buckets(_) => "relevance",
        What::Side(..) => "preference",
        What::Turns(_) => "turns",
        What::Text(_) | What::Ours(_) => "answer",
    }
}

/// Our own JSON for an answer, by its shape; `None` for shapes that say too little.
fn ours(value: Value) -> Option<What> {
    if value.as_array().is_some_and(|entries| !entries.is_empty())
        && let Some(spans) = our_spans(&value)
    {
        return Some(What::Spans(spans));
    }
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_string);
    match value {
        Value::String(word) => Some(What::Choices(vec![word])),
        Value::Number(number) => number.as_f64().map(What::Number),
        Value::Array(entries) => {
            let words: Option<Vec<String>> =
                entries.iter().map(|entry| entry.as_str().map(str::to_string)).collect();
            let arrows = || {
                let arrow =
                    |entry: &Value| Some((text(entry, "from")?, text(entry, "to")?, text(entry, "label")?));
                entries.iter().map(arrow).collect::<Option<Vec<_>>>().map(What::Arrows)
            };
            let order = || {
                let placed = |entry: &Value| Some((text(entry, "value")?, entry.get("rank")?.as_u64()?));
                entries.iter().map(placed).collect::<Option<Vec<_>>>().map(What::Order)
            };
            let paths = || serde_json::from_value(Value::Array(entries.clone())).ok().map(What::Paths);
            // A list of words is several options, even when there is only one.
            words.map(What::Choices).or_else(arrows).or_else(order).or_else(paths)
        }
        _ => None,
    }
}

impl Asked {
    fn see(&mut self, what: What) {
        self.answers += 1;
        match what {
            What::Choices(chosen) => {
                self.kinds.insert("choices");
                self.most_chosen = self.most_chosen.max(chosen.len());
                self.several |= chosen.len() != 1;
                self.long |= chosen.iter().any(|option| option.chars().count() > 80);
                self.options(chosen);
            }
            What::Paths(paths) => {
                self.kinds.insert("paths");
                self.several |= paths.len() > 1;
                self.paths.extend(paths);
            }
            What::Spans(spans) => {
                self.kinds.insert("spans");
                self.gaps |= spans.iter().any(|span| span.parts.len() > 1);
                self.overlapping |= overlapping(&spans);
                self.options(spans.into_iter().map(|span| span.label));
            }
            What::Arrows(arrows) => {
                self.kinds.insert("arrows");
                self.options(arrows.into_iter().map(|(_, _, label)| label));
            }
            What::Number(number) => {
                self.kinds.insert("number");
                self.fraction |= number.fract() != 0.0;
                let (least, most) = self.range.unwrap_or((number, number));
                self.range = Some((least.min(number), most.max(number)));
            }
            What::Order(order) => {
                self.kinds.insert("order");
                self.options(order.into_iter().map(|(value, _)| value));
            }
            What::Buckets(buckets) => {
                self.kinds.insert("buckets");
                self.options(buckets.into_keys());
            }
            What::Side(_, strength) => {
                self.kinds.insert("side");
                self.strength = self.strength.max(strength.unwrap_or(0));
            }
            What::Turns(turns) => {
                self.kinds.insert("turns");
                let places: BTreeSet<usize> = turns.iter().map(|(turn, _)| *turn).collect();
                self.several |= places.len() < turns.len();
                self.options(turns.into_iter().map(|(_, label)| label));
            }
            What::Text(_) | What::Ours(_) => _ = self.kinds.insert("text"),
        }
    }

    fn options(&mut self, options: impl IntoIterator<Item = String>) {
        let room = MOST_OPTIONS.saturating_sub(self.options.len());
        self.options.extend(options.into_iter().take(room));
    }

    fn kind(&self, fields: &[Field], asked: &[Question]) -> Option<QuestionKind> {
        let options = || self.options.iter().map(|value| option(value)).collect::<Vec<_>>();
        let one = |kinds: &[FieldKind]| {
            let fits = |field: &&Field| kinds.contains(&field.kind);
            let named = fields.iter().filter(fits).find(|field| Some(&field.name) == self.field.as_ref());
            named.or_else(|| fields.iter().find(fits)).map(|field| field.name.clone())
        };
        let text = || one(&[FieldKind::Text, FieldKind::Markdown, FieldKind::Document]);
        let mut kinds = self.kinds.iter().copied();
        let (kind, None) = (kinds.next()?, kinds.next()) else { return None };
        match kind {
            // Hardly an option was chosen twice, or it is a paragraph: these are words of their own.
            "choices"
                if !self.several
                    && (self.long
                        || self.options.len() > 20 && self.options.len() as u64 * 2 > self.answers) =>
            {
                Some(QuestionKind::Text { max_chars: None })
            }
            "choices" if self.options.is_empty() => None,
            "choices" if self.several => Some(QuestionKind::Labels { options: options() }),
            "choices" => Some(QuestionKind::Label { options: options() }),
            "paths" => {
                let options = crate::format::config::tree(self.paths.iter().map(Vec::as_slice));
                (!options.is_empty()).then_some(QuestionKind::Taxonomy { options, multiple: self.several })
            }
            "spans" if self.options.is_empty() => None,
            "spans" => Some(QuestionKind::Spans {
                field: text()?,
                options: options(),
                overlapping: self.overlapping,
                discontinuous: self.gaps,
            }),
            "arrows" if self.options.is_empty() => None,
            "arrows" => {
                let spans =
                    asked.iter().find(|question| matches!(question.kind, QuestionKind::Spans { .. }))?;
                Some(QuestionKind::Relations { spans: spans.name.clone(), options: options() })
            }
            "number" if self.fraction => Some(QuestionKind::Form { schema: number::form(None, None) }),
            "number" => self.range.map(|(least, most)| QuestionKind::Rating {
                min: (least as i64).min(1),
                max: (most as i64).max(5),
                meaning: BTreeMap::new(),
            }),
            "order" => {
                let field = one(&[FieldKind::Answers, FieldKind::Passages]);
                let options = if field.is_some() { Vec::new() } else { options() };
                Some(QuestionKind::Ranking { field, options })
            }
            "buckets" if self.options.iter().all(|name| matches!(name.as_str(), "0" | "1" | "2" | "3")) => {
                Some(QuestionKind::Relevance { field: one(&[FieldKind::Passages])?, query: text()? })
            }
            "buckets" => None,
            "side" => Some(QuestionKind::Preference {
                field: one(&[FieldKind::Answers])?,
                strength: u8::try_from(self.strength).unwrap_or(u8::MAX),
                tie: true,
                both_bad: true,
            }),
            "turns" => Some(QuestionKind::Turns {
                field: one(&[FieldKind::Chat])?,
                options: options(),
                multiple: self.several,
                role: None,
            }),
            _ => Some(QuestionKind::Text { max_chars: None }),
        }
    }
}

fn overlapping(spans: &[FoundSpan]) -> bool {
    let mut parts: Vec<(usize, usize)> = spans.iter().flat_map(|span| span.parts.iter().copied()).collect();
    parts.sort_unstable();
    parts.windows(2).any(|pair| pair[1].0 < pair[0].1)
}

pub(crate) fn question(name: &str, kind: QuestionKind, required: bool) -> Question {
    Question { name: name.to_string(), title: None, help: None, required, visible_when: None, kind }
}

pub(crate) fn option(value: &str) -> LabelOption {
    LabelOption {
        value: value.to_string(),
        text: None,
        description: None,
        example: None,
        key: None,
        color: None,
    }
}
