//! Options, classes and the meanings of numbers as lines, and back. What has more lines than one is left to the JSON.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::{field, input, kept};
use super::posted::Posted;
use super::setting::only_json;

/// What an option may say besides its value, and in which words.
const MORE: [(&str, &str); 4] = [
    ("text", "Shown as"),
    ("key", "Key (a letter or digit)"),
    ("description", "What it means"),
    ("example", "A text that it fits"),
];

/// One option a line, and below what each is shown as, its key and what it means.
pub(super) fn draw_options(name: &str, words: &str, options: &Value) -> Markup {
    let none = Vec::new();
    let options = options.as_array().unwrap_or(&none);
    let values: Option<Vec<&str>> = options.iter().map(value).collect();
    let Some(values) = values.filter(|values| values.iter().all(|value| !value.contains('\n'))) else {
        return only_json(words);
    };
    html! {
        (area(name, words, &values.join("\n")))
        details.more data-follows={ (name) ".more" } {
            summary { "Keys and meanings" }
            @for (n, (option, value)) in options.iter().zip(&values).enumerate() {
                @let at = format!("{name}.{n}");
                fieldset.pairs {
                    legend { (value) }
                    (kept(&at, &whole(option)))
                    @for (key, words) in MORE {
                        (input(&format!("{at}.{key}"), words, option[key].as_str().unwrap_or_default(), None))
                    }
                }
            }
        }
    }
}

/// The options of the lines. What an option says besides follows its value, and where none was added or taken away its line.
pub(super) fn read_options(posted: &Posted, name: &str) -> Option<Value> {
    posted.get(name)?;
    let lines = posted.lines(name);
    let drawn = |n: &usize| posted.get(&format!("{name}.{n}.keep")).is_some();
    let rows: Vec<Map<String, Value>> =
        (0..).take_while(drawn).map(|n| row(posted, &format!("{name}.{n}"))).collect();
    let mut free: Vec<bool> = vec![true; rows.len()];
    let mut own: Vec<Option<usize>> = Vec::new();
    for line in &lines {
        let found =
            (0..rows.len()).find(|n| free[*n] && rows[*n].get("value").is_some_and(|value| value == line));
        found.into_iter().for_each(|n| free[n] = false);
        own.push(found);
    }
    let renamed = |n: usize| (lines.len() == rows.len() && free[n]).then_some(n);
    let option = |(n, line): (usize, &&str)| {
        let mut option = own[n].or_else(|| renamed(n)).map(|n| rows[n].clone()).unwrap_or_default();
        option.insert("value".into(), (*line).into());
        if option.len() == 1 { Value::from(*line) } else { Value::Object(option) }
    };
    Some(lines.iter().enumerate().map(option).collect())
}

/// An option as it was, with what its row says now.
fn row(posted: &Posted, at: &str) -> Map<String, Value> {
    let mut option = posted.kept(at);
    MORE.iter().for_each(|(key, _)| posted.words(at, key, &mut option));
    option
}

fn value(option: &Value) -> Option<&str> {
    option.as_str().or_else(|| option.get("value")?.as_str())
}

fn whole(option: &Value) -> Value {
    if option.is_string() { json!({ "value": option }) } else { option.clone() }
}

/// Classes by indentation.
pub(super) fn draw_classes(name: &str, words: &str, classes: &Value) -> Markup {
    let mut lines = Vec::new();
    match outline(classes, 0, &mut lines) {
        Some(()) => area(name, words, &lines.join("\n")),
        None => only_json(words),
    }
}

fn outline(classes: &Value, depth: usize, lines: &mut Vec<String>) -> Option<()> {
    for class in classes.as_array().into_iter().flatten() {
        let value = class["value"].as_str().filter(|value| !value.contains('\n'))?;
        lines.push(format!("{}{value}", "  ".repeat(depth)));
        outline(&class["children"], depth + 1, lines)?;
    }
    Some(())
}

/// The tree of the lines: each belongs to the last one above it that begins further to the left.
pub(super) fn read_classes(posted: &Posted, name: &str) -> Option<Value> {
    let lines: Vec<(usize, &str)> = posted
        .get(name)?
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| (line.chars().take_while(|letter| letter.is_whitespace()).count(), line.trim()))
        .collect();
    Some(tree(&lines))
}

fn tree(mut lines: &[(usize, &str)]) -> Value {
    let mut classes = Vec::new();
    while let Some(((depth, value), rest)) = lines.split_first() {
        let inner = rest.iter().take_while(|(deeper, _)| deeper > depth).count();
        let (below, after) = rest.split_at(inner);
        classes.push(match below {
            [] => json!({ "value": value }),
            below => json!({ "value": value, "children": tree(below) }),
        });
        lines = after;
    }
    Value::Array(classes)
}

/// The meanings of numbers, by number.
pub(super) fn draw_meaning(name: &str, words: &str, meaning: &Value) -> Markup {
    let none = Map::new();
    let mut pairs: Vec<(&String, &Value)> = meaning.as_object().unwrap_or(&none).iter().collect();
    if pairs.iter().any(|(_, word)| word.as_str().is_none_or(|word| word.contains('\n'))) {
        return only_json(words);
    }
    pairs.sort_by_key(|(number, _)| number.parse::<i64>().unwrap_or(i64::MAX));
    let lines =
        pairs.iter().map(|(number, word)| format!("{number} = {}", word.as_str().unwrap_or_default()));
    area(name, words, &lines.collect::<Vec<_>>().join("\n"))
}

/// Words by number, from lines such as `1 = not at all`.
pub(super) fn read_meaning(posted: &Posted, name: &str) -> Option<Value> {
    posted.get(name)?;
    let pair = |line: &str| {
        let (number, word) = line.split_once('=').unwrap_or((line, ""));
        (number.trim().to_string(), Value::from(word.trim()))
    };
    let pairs: Map<String, Value> = posted.lines(name).into_iter().map(pair).collect();
    Some(if pairs.is_empty() { Value::Null } else { Value::Object(pairs) })
}

fn area(name: &str, words: &str, text: &str) -> Markup {
    field(words, &html! { textarea name=(name) rows="4" spellcheck="false" { (text) } }, None)
}
