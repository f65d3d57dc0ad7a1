//! Questions with their known answers, in the forms in which they come: ours, SQuAD's, a passage with an offset.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::Error;

/// A question and what is known of its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) text: String,
    /// Whether the documents answer it.
    pub(crate) answerable: bool,
    /// Right answers in words; any of them will do.
    pub(crate) answers: Vec<String>,
    /// Places that answer it; any of them will do, unless `takes_all`.
    pub(crate) gold: Vec<Gold>,
    /// Whether an answer takes every one of those places.
    pub(crate) takes_all: bool,
}

/// A place that answers a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Gold {
    pub(crate) uri: Option<String>,
    pub(crate) quote: Option<String>,
    /// Code points of the stored text, half-open.
    pub(crate) span: Option<(usize, usize)>,
}

impl Question {
    /// The document it was made from; its own id where none is known.
    pub(crate) fn document(&self) -> &str {
        self.gold.iter().find_map(|gold| gold.uri.as_deref()).unwrap_or(&self.id)
    }
}

/// A line that is no question, with its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unreadable {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// The questions of a JSONL file; a line that is none does not stop the rest.
pub(crate) fn read(path: &Path) -> Result<Vec<Result<Question, Unreadable>>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut seen = BTreeSet::new();
    let read = |(at, line): (usize, &str)| {
        let value = serde_json::from_str(line).map_err(|error| error.to_string());
        let read = value.and_then(|value| question(&value, at + 1));
        // Scores are told, and runs compared, by id.
        let read = read.and_then(|one| match seen.insert(one.id.clone()) {
            true => Ok(one),
            false => Err(format!("an earlier question has the id `{}`; give each its own", one.id)),
        });
        read.map_err(|why| Unreadable { line: at + 1, why })
    };
    Ok(filled.map(read).collect())
}

fn question(value: &Value, line: usize) -> Result<Question, String> {
    let word = |names: &[&str]| names.iter().find_map(|name| value[name].as_str()).map(str::to_string);
    let id = match value.get("id").or_else(|| value.get("_id")) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => line.to_string(),
    };
    let text = word(&["question", "text", "query"]).filter(|text| !text.trim().is_empty());
    let text = text.ok_or("it has no `question`")?;
    let (mut answers, mut gold) = (Vec::new(), Vec::new());
    for found in [&value["answers"], &value["answer"], &value["gold"], &value["evidence"]] {
        collect(found, &mut answers, &mut gold);
    }
    // A passage with the answer's offset in it, as in XQuAD's files.
    if let (Some(passage), Some(start), [answer, ..]) =
        (word(&["passage"]), value["start"].as_u64(), answers.as_slice())
    {
        let start = start as usize;
        let span = Some((start, start + answer.chars().count()));
        gold.push(Gold { uri: Some(passage), quote: Some(answer.clone()), span });
    }
    for evidence in strings(&value["evidence"]) {
        answers.retain(|answer| *answer != evidence);
        gold.push(Gold { quote: Some(evidence), ..Gold::default() });
    }
    let answerable = value["answerable"].as_bool().or_else(|| value["is_impossible"].as_bool().map(|no| !no));
    let answerable = answerable.unwrap_or(!answers.is_empty() || !gold.is_empty());
    if answerable && answers.is_empty() && gold.is_empty() {
        return Err("it is answerable and has neither `answers` nor `gold`".to_string());
    }
    let takes_all = match &value["needs"] {
        Value::Null => false,
        needs if needs == "any" => false,
        needs if needs == "all" => true,
        _ => return Err("`needs` is neither \"any\" nor \"all\"".to_string()),
    };
    Ok(Question { id, text, answerable, answers, gold, takes_all })
}

/// Takes up a word, an object with a `text`, a `quote` or a span, a list of those, or SQuAD's object of lists.
fn collect(value: &Value, answers: &mut Vec<String>, gold: &mut Vec<Gold>) {
    match value {
        Value::String(answer) if !answer.trim().is_empty() => answers.push(answer.clone()),
        Value::Array(all) => all.iter().for_each(|one| collect(one, answers, gold)),
        Value::Object(object) => {
            answers.extend(object.get("text").map(strings).unwrap_or_default());
            let word = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_string);
            let at = |name: &str| Some(object.get(name)?.as_u64()? as usize);
            let span = at("char_start").or(at("start")).zip(at("char_end").or(at("end")));
            let place = Gold { uri: word("uri").or(word("passage")), quote: word("quote"), span };
            if place.quote.is_some() || place.span.is_some() {
                gold.push(place);
            }
        }
        _ => {}
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(line: &str, expected: Expect) {
        let read = question(&serde_json::from_str(line).unwrap(), 7);
        expected.assert_eq(&match read {
            Ok(question) => {
                let gold: Vec<String> = question
                    .gold
                    .iter()
                    .map(|gold| format!("{:?} {:?} {:?}", gold.uri, gold.quote, gold.span))
                    .collect();
                format!("{} {} {:?} {}", question.id, question.answerable, question.answers, gold.join("; "))
            }
            Err(why) => why,
        });
    }

    #[test]
    fn a_quote_and_the_answer_in_words() {
        check(
            r#"{"id":"q1","question":"When?","answerable":true,"answer":"At 8.","gold":[{"uri":"a.md","quote":"Come at 8."}]}"#,
            expect![[r#"q1 true ["At 8."] Some("a.md") Some("Come at 8.") None"#]],
        );
    }

    #[test]
    fn a_list_of_answers_with_spans() {
        check(
            r#"{"question":"Who?","answers":[{"text":"Ada","uri":"a.md","char_start":3,"char_end":6},"Lovelace"]}"#,
            expect![[r#"7 true ["Ada", "Lovelace"] Some("a.md") None Some((3, 6))"#]],
        );
    }

    #[test]
    fn a_passage_with_an_offset() {
        check(
            r#"{"_id":"x","text":"How many?","passage":"00-0","answer":"308","start":34}"#,
            expect![[r#"x true ["308"] Some("00-0") Some("308") Some((34, 37))"#]],
        );
    }

    #[test]
    fn squad_s_lists_and_its_impossible_questions() {
        check(
            r#"{"id":"s","question":"Where?","answers":{"text":["Rome","in Rome"],"answer_start":[1,2]}}"#,
            expect![[r#"s true ["Rome", "in Rome"] "#]],
        );
        check(
            r#"{"id":"s","question":"Where?","answers":{"text":[]},"is_impossible":true}"#,
            expect!["s false [] "],
        );
    }

    #[test]
    fn of_several_places_any_will_do_unless_all_are_needed() {
        let takes_all = |needs: &str| {
            let line = format!(r#"{{"question":"?","gold":[{{"quote":"x"}},{{"quote":"y"}}]{needs}}}"#);
            question(&serde_json::from_str(&line).unwrap(), 1).map(|question| question.takes_all)
        };
        assert_eq!((takes_all(""), takes_all(r#","needs":"any""#)), (Ok(false), Ok(false)));
        assert_eq!(takes_all(r#","needs":"all""#), Ok(true));
        assert_eq!(takes_all(r#","needs":2"#), Err("`needs` is neither \"any\" nor \"all\"".to_string()));
    }

    #[test]
    fn the_second_question_of_one_id_is_told_with_its_line_and_the_rest_goes_on() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = |id: &str| format!("{{\"id\":{id},\"question\":\"When?\",\"answer\":\"At 8.\"}}\n");
        std::fs::write(file.path(), ["\"1\"", "1", "\"2\""].map(line).concat()).unwrap();
        let read = read(file.path()).unwrap();
        let told: Vec<String> = read
            .into_iter()
            .map(|one| one.map_or_else(|bad| format!("line {}: {}", bad.line, bad.why), |one| one.id))
            .collect();
        assert_eq!(told, ["1", "line 2: an earlier question has the id `1`; give each its own", "2"]);
    }

    #[test]
    fn what_is_no_question_says_why() {
        check(r#"{"id":"s"}"#, expect!["it has no `question`"]);
        check(
            r#"{"id":"s","question":"?","answerable":true}"#,
            expect!["it is answerable and has neither `answers` nor `gold`"],
        );
    }
}
