//! Reading labelling configurations: the tags about text, each a field or a question; the others are listed.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::format::answer_fit::field_of;
use crate::format::field_fit::pair_name;
use crate::format::infer::{option, question};
use crate::format::label_studio::sides::compared;
use crate::format::label_studio::tags::{HELP, TITLE};
use crate::format::report::Losses;
use crate::format::{FormatError, Inferred, number};
use crate::{
    Condition, Distribution, Field, FieldKind, GoldRule, LabelOption, MergePolicy, Question, QuestionKind,
    Schema, TaxonomyNode,
};

/// An element with its attributes and children.
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Tag>,
}

/// How deep tags may be nested.
const DEEPEST: usize = 64;

/// The schema of a labelling configuration.
pub(crate) fn read_config(xml: &str) -> Result<Inferred, FormatError> {
    let root = parse(xml)?;
    let mut reading = Reading::default();
    reading.walk(&root, None);
    reading.unpaired();
    let Reading { fields, mut questions, losses, help, .. } = reading;
    if fields.is_empty() && questions.is_empty() {
        return Err(FormatError::Config { message: "no tag shows or asks anything".to_string() });
    }
    // Relations have no target of their own: they join the spans of the first question that marks some.
    let spans = questions.iter().find(|question| matches!(question.kind, QuestionKind::Spans { .. }));
    let spans = spans.map(|question| question.name.clone());
    let mut losses = losses;
    questions.retain_mut(|question| match (&mut question.kind, &spans) {
        (QuestionKind::Relations { spans, .. }, Some(name)) => {
            spans.clone_from(name);
            true
        }
        (QuestionKind::Relations { .. }, None) => {
            losses.add("<Relations>", "no tag marks spans to join");
            false
        }
        _ => true,
    });
    let questions = in_order(questions, &mut losses);
    let schema = Schema {
        fields,
        questions,
        guidelines: help.join("\n\n"),
        distribution: Distribution::default(),
        gold: GoldRule::default(),
        merge: MergePolicy::default(),
        hide_suggestions: false,
    };
    Ok(Inferred { schema, losses: losses.listed() })
}

/// The questions such that each stands behind the one it depends on.
fn in_order(mut waiting: Vec<Question>, losses: &mut Losses) -> Vec<Question> {
    let mut ordered: Vec<Question> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready = |question: &Question| {
            let needed = question.visible_when.as_ref().map(|condition| &condition.question);
            needed.is_none_or(|needed| ordered.iter().any(|earlier| earlier.name == *needed))
        };
        match waiting.iter().position(is_ready) {
            Some(at) => ordered.push(waiting.remove(at)),
            // What is left waits for itself, or for a question that is not there.
            None => {
                losses.add("visibleWhen", "the question it depends on is not there");
                waiting[0].visible_when = None;
            }
        }
    }
    ordered
}

fn parse(xml: &str) -> Result<Tag, FormatError> {
    let broken = |message: String| FormatError::Config { message };
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Tag { name: String::new(), attributes: BTreeMap::new(), children: Vec::new() }];
    loop {
        let event = reader.read_event().map_err(|error| broken(error.to_string()))?;
        match event {
            Event::Start(start) => open.push(tag(&start)?),
            Event::Empty(start) => {
                let tag = tag(&start)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(tag);
                }
            }
            Event::End(_) => {
                if let Some(done) = open.pop()
                    && let Some(parent) = open.last_mut()
                {
                    parent.children.push(done);
                }
            }
            Event::Eof => break,
            _ => {}
        }
        if open.len() > DEEPEST {
            return Err(broken(format!("tags are nested deeper than {DEEPEST}")));
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(broken("a tag is not closed".to_string())),
    }
}

fn tag(start: &BytesStart) -> Result<Tag, FormatError> {
    let broken = |message: String| FormatError::Config { message };
    let name = start.name().as_ref().to_string();
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(format!("<{name}>: {error}")))?;
        let key = attribute.key.as_ref().to_string();
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_err(|error| broken(format!("<{name}>: {error}")))?;
        attributes.insert(key, value.into_owned());
    }
    Ok(Tag { name, attributes, children: Vec::new() })
}

impl Tag {
    fn get(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).map(String::as_str)
    }

    /// What `value="$text"` names.
    fn data(&self) -> Option<&str> {
        let value = self.get("value")?.strip_prefix('$')?;
        value.split(['[', '.']).next()
    }

    /// The words of a header, unless they name data.
    fn words(&self) -> Option<String> {
        self.get("value").filter(|words| !words.starts_with('$')).map(str::to_string)
    }

    fn options(&self, name: &str) -> Vec<LabelOption> {
        let children = self.children.iter().filter(|child| child.name == name);
        children.filter_map(child_option).collect()
    }
}

fn child_option(child: &Tag) -> Option<LabelOption> {
    // The alias is what is stored.
    let shown = child.get("value")?;
    let mut option = option(child.get("alias").unwrap_or(shown));
    option.text = child.get("alias").map(|_| shown.to_string());
    option.key = child.get("hotkey").and_then(|key| {
        let mut letters = key.chars();
        letters.next().filter(|letter| letters.next().is_none() && letter.is_ascii_alphanumeric())
    });
    option.color = child.get("background").filter(|color| is_color(color)).map(str::to_lowercase);
    option.description = child.get("hint").map(str::to_string);
    Some(option)
}

fn is_color(color: &str) -> bool {
    color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[derive(Default)]
struct Reading {
    fields: Vec<Field>,
    // The field each named object tag shows.
    objects: BTreeMap<String, String>,
    // Fields that became the answers of one field.
    paired: BTreeSet<String>,
    questions: Vec<Question>,
    help: Vec<String>,
    losses: Losses,
}

impl Reading {
    fn walk(&mut self, tag: &Tag, condition: Option<&Condition>) {
        // Objects first: controls may stand before what they are about.
        for child in &tag.children {
            self.object(child);
        }
        // The title and the help of what comes next.
        let mut above: [Option<String>; 2] = [None, None];
        for child in &tag.children {
            let size = [TITLE, HELP].iter().position(|size| child.get("size") == Some(size));
            if let (Some(at), "Header", Some(words)) = (size, child.name.as_str(), child.words()) {
                self.help.extend(above[at].replace(words));
                continue;
            }
            let asked = self.questions.len();
            let own = child.get("visibleWhen").and_then(|when| self.condition(when, child));
            self.control(child, own.as_ref().or(condition));
            let [title, help] = std::mem::take(&mut above);
            let field = child.data().and_then(|data| self.fields.iter_mut().find(|field| field.name == data));
            match (self.questions.get_mut(asked), field) {
                (Some(question), _) if child.name != "View" => {
                    (question.title, question.help) = (title, help)
                }
                (None, Some(field)) if field.title.is_none() => {
                    field.title = title;
                    self.help.extend(help);
                }
                _ => self.help.extend([title, help].into_iter().flatten()),
            }
        }
        self.help.extend(above.into_iter().flatten());
    }

    fn object(&mut self, tag: &Tag) {
        let kind = match tag.name.as_str() {
            "Text" | "HyperText" => FieldKind::Text,
            "Paragraphs" | "Chat" => FieldKind::Chat,
            "List" => FieldKind::Passages,
            _ => return,
        };
        match (tag.get("name"), tag.data()) {
            (Some(name), Some(data)) => {
                self.objects.insert(name.to_string(), data.to_string());
                // Two texts out of one list of answers are that list.
                let indexed = tag.get("value").is_some_and(|value| value.contains('['));
                let kind = if indexed { FieldKind::Answers } else { kind };
                if !self.fields.iter().any(|field| field.name == data) {
                    self.fields.push(Field { name: data.to_string(), title: None, required: true, kind });
                }
            }
            _ => self.losses.add(format!("<{}>", tag.name), "it shows no data of the task"),
        }
    }

    fn condition(&mut self, when: &str, tag: &Tag) -> Option<Condition> {
        let question = tag.get("whenTagName")?.to_string();
        let words = tag.get("whenChoiceValue").or_else(|| tag.get("whenLabelValue"));
        let any_of =
            words.map(|words| words.split(',').map(|word| word.trim().into()).collect()).unwrap_or_default();
        if when == "choice-selected" {
            return Some(Condition { question, any_of });
        }
        self.losses.add(format!("visibleWhen=\"{when}\""), "questions depend on chosen options only");
        None
    }

    fn control(&mut self, tag: &Tag, condition: Option<&Condition>) {
        let field = self.about(tag);
        let kind = match tag.name.as_str() {
            "Text" | "HyperText" | "Paragraphs" | "Chat" | "List" | "Style" => return,
            "View" => return self.walk(tag, condition),
            "Header" => return self.help.extend(tag.words()),
            _ if tag.get("perRegion") == Some("true") => {
                return self
                    .losses
                    .add(format!("<{} perRegion>", tag.name), "questions are about items, not regions");
            }
            "Choices" if tag.get("choice") == Some("multiple") => {
                QuestionKind::Labels { options: tag.options("Choice") }
            }
            "Choices" => {
                let options = tag.options("Choice");
                let is_compared = self.field(&field).is_some_and(|field| field.kind == FieldKind::Answers);
                let words: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
                let compared = is_compared.then(|| compared(&field, &words)).flatten();
                compared.unwrap_or(QuestionKind::Label { options })
            }
            "Labels" | "HyperTextLabels" => QuestionKind::Spans {
                field,
                options: tag.options("Label"),
                overlapping: true,
                discontinuous: false,
            },
            "ParagraphLabels" => {
                QuestionKind::Turns { field, options: tag.options("Label"), multiple: true, role: None }
            }
            "Relations" => QuestionKind::Relations { spans: String::new(), options: tag.options("Relation") },
            "Rating" => {
                QuestionKind::Rating { min: 1, max: number(tag, "maxRating", 5), meaning: BTreeMap::new() }
            }
            "Number" if has_fractions(tag) => {
                let end = |key: &str| tag.get(key)?.parse().ok();
                QuestionKind::Form { schema: number::form(end("min"), end("max")) }
            }
            "Number" => QuestionKind::Rating {
                min: number(tag, "min", 0),
                max: number(tag, "max", 100),
                meaning: BTreeMap::new(),
            },
            "TextArea" => QuestionKind::Text { max_chars: None },
            "Taxonomy" => {
                QuestionKind::Taxonomy { options: nodes(tag), multiple: tag.get("maxUsages") != Some("1") }
            }
            "Pairwise" => {
                let field = self.compared(tag);
                QuestionKind::Preference { field, strength: 0, tie: false, both_bad: false }
            }
            "Ranker" => self.ranker(tag, field),
            other => return self.losses.add(format!("<{other}>"), "no field or question stands for it"),
        };
        if let Some(why) = self.unfit(&kind) {
            return self.losses.add(format!("<{}> of a field of another type", tag.name), why);
        }
        let count = self.questions.iter().filter(|question| question.kind.name() == kind.name()).count();
        let unnamed =
            if count == 0 { kind.name().to_string() } else { format!("{}{}", kind.name(), count + 1) };
        let name = tag.get("name").map_or(unnamed, str::to_string);
        let mut question = question(&name, kind, tag.get("required") == Some("true"));
        question.visible_when = condition.cloned();
        self.questions.push(question);
    }

    /// The field that a control's `toName` shows.
    fn about(&self, tag: &Tag) -> String {
        let target = tag.get("toName").unwrap_or_default().split(',').next().unwrap_or_default();
        self.objects.get(target).cloned().unwrap_or_else(|| target.to_string())
    }

    /// Why a question of this kind cannot be about the field it is about.
    fn unfit(&self, kind: &QuestionKind) -> Option<&'static str> {
        use FieldKind as Of;
        let (field, kinds, why): (_, &[FieldKind], _) = match kind {
            QuestionKind::Spans { field, .. } => {
                (field, &[Of::Text, Of::Markdown, Of::Document], "spans are marked in a text")
            }
            QuestionKind::Turns { field, .. } => (field, &[Of::Chat], "turns are those of a chat"),
            QuestionKind::Relevance { field, .. } => (field, &[Of::Passages], "passages are graded"),
            QuestionKind::Ranking { field: Some(field), .. } => {
                (field, &[Of::Answers, Of::Passages], "answers or passages are ranked")
            }
            _ => return None,
        };
        let fits = self.field(field).is_none_or(|field| kinds.contains(&field.kind));
        (!fits).then_some(why)
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field whose answers a pair compares. Two texts become one, where the first of them was.
    fn compared(&mut self, tag: &Tag) -> String {
        let field = self.about(tag);
        if self.field(&field).is_some_and(|field| field.kind == FieldKind::Answers) {
            return field;
        }
        let shown = tag.get("toName").unwrap_or_default().split(',');
        let both: Option<Vec<String>> = shown.map(|name| self.objects.get(name.trim()).cloned()).collect();
        let place = |name: &String| {
            self.fields.iter().position(|field| field.name == *name && field.kind == FieldKind::Text)
        };
        if let Some([one, other]) = both.as_deref()
            && one != other
            && let (Some(at), Some(_)) = (place(one), place(other))
        {
            let name = pair_name(one, other);
            match self.field(&name).map(|field| field.kind) {
                Some(FieldKind::Answers) => return name,
                Some(_) => {}
                None => {
                    self.paired.extend([one.clone(), other.clone()]);
                    let kind = FieldKind::Answers;
                    self.fields.insert(at, Field { name: name.clone(), title: None, required: true, kind });
                    return name;
                }
            }
        }
        self.losses
            .add("<Pairwise> of two values", "answers to compare stand in one list `[{\"id\",\"text\"}]`");
        field
    }

    /// Takes the texts away that are answers of a pair now, unless a question is about one by itself.
    fn unpaired(&mut self) {
        let (paired, questions, losses) = (&self.paired, &self.questions, &mut self.losses);
        let is_asked = |name: &str| {
            questions.iter().any(|question| match &question.kind {
                QuestionKind::Relevance { query, .. } => query == name,
                kind => field_of(kind) == Some(name),
            })
        };
        self.fields.retain(|field| {
            let goes = paired.contains(&field.name) && !is_asked(&field.name);
            if goes && field.title.is_some() {
                losses.add(format!("the title of `{}`", field.name), "answers side by side go by letters");
            }
            !goes
        });
    }

    /// Groups named 0 to 3 are grades, also behind the name of the question.
    fn ranker(&mut self, tag: &Tag, field: String) -> QuestionKind {
        let own = format!("{} ", tag.get("name").unwrap_or_default());
        let buckets: Vec<&str> = tag
            .children
            .iter()
            .filter(|child| child.name == "Bucket")
            .filter_map(|child| child.get("name"))
            .map(|name| name.strip_prefix(&own).unwrap_or(name))
            .collect();
        let graded = !buckets.is_empty() && buckets.iter().all(|name| matches!(*name, "0" | "1" | "2" | "3"));
        let query =
            self.fields.iter().find(|field| field.kind == FieldKind::Text).map(|field| field.name.clone());
        match query {
            Some(query) if graded => QuestionKind::Relevance { field, query },
            _ => QuestionKind::Ranking { field: Some(field), options: Vec::new() },
        }
    }
}

fn nodes(tag: &Tag) -> Vec<TaxonomyNode> {
    let children = tag.children.iter().filter(|child| child.name == "Choice");
    let node = |child: &Tag| {
        Some(TaxonomyNode {
            value: child.get("alias").or(child.get("value"))?.to_string(),
            children: nodes(child),
        })
    };
    children.filter_map(node).collect()
}

/// Whether a number may have a fraction.
fn has_fractions(tag: &Tag) -> bool {
    let is_fraction =
        |text: &str| text == "any" || text.parse().is_ok_and(|number: f64| number.fract() != 0.0);
    ["step", "min", "max"].iter().any(|key| tag.get(key).is_some_and(is_fraction))
}

fn number(tag: &Tag, key: &str, otherwise: i64) -> i64 {
    tag.get(key).and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}
