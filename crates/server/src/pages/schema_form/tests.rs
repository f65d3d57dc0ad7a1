//! The form says the same as the schema: drawn and read back nothing changes, and what is set in it is what the schema gets.

use engraft_app::dataset::check_schema;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{Posted, draw, edit, read, told};
use crate::pages::{schema_text, templates};

/// The controls of a drawn form, as a browser would send them.
fn controls(html: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let pairs = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        pairs.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to))
    };
    let (mut pairs, mut select) = (Vec::new(), None);
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let get = |key: &str| {
            let value = tag.split_once(&format!(" {key}=\""))?.1;
            Some(plain(&value[..value.find('"')?]))
        };
        let has = |key: &str| tag.ends_with(&format!(" {key}"));
        match tag.split(' ').next().unwrap() {
            "select" => select = get("name"),
            "option" if has("selected") => pairs.push((select.clone().unwrap(), get("value").unwrap())),
            "textarea" => pairs.push((get("name").unwrap(), plain(text))),
            "input" if get("type").as_deref() == Some("checkbox") && !has("checked") => {}
            "input" => pairs.push((get("name").unwrap(), get("value").unwrap_or_else(|| "on".into()))),
            _ => {}
        }
    }
    pairs
}

fn drawn(schema: &Value) -> Vec<(String, String)> {
    let problems = check_schema(&schema.to_string(), None).problems;
    controls(&draw(schema.as_object().unwrap(), &problems).into_string())
}

fn posted(pairs: &[(String, String)]) -> Posted {
    Posted::of(&serde_urlencoded::to_string(pairs).unwrap())
}

/// The schema after somebody set these controls of its form.
fn set(schema: &Value, changes: &[(&str, &str)]) -> Value {
    let mut pairs = drawn(schema);
    for (name, value) in changes {
        let known = pairs.iter().any(|(known, _)| known == name);
        assert!(known, "{name} is none of {:?}", pairs.iter().map(|(name, _)| name).collect::<Vec<_>>());
        pairs.iter_mut().filter(|(known, _)| known == name).for_each(|pair| pair.1 = (*value).to_string());
    }
    read(&posted(&pairs)).unwrap()
}

#[track_caller]
fn check(schema: &Value, changes: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&schema_text::write_value(&set(schema, changes)));
}

/// What a template does not use.
fn rich() -> Value {
    json!({
        "fields": [
            { "name": "text", "type": "text", "title": "Letter" }, { "name": "page", "type": "document", "required": false },
            { "name": "chat", "type": "chat" }, { "name": "hits", "type": "passages" }, { "name": "replies", "type": "answers" },
        ],
        "questions": [
            { "name": "topic", "type": "label", "help": "One.", "options": [
                "bug", { "value": "praise", "text": "Praise & thanks", "key": "p", "description": "Kind \"words\"", "example": "Thanks!", "color": "#0072b2" } ] },
            { "name": "why", "type": "text", "required": false, "max_chars": 80, "visible_when": { "question": "topic", "any_of": ["bug"] } },
            { "name": "stars", "type": "rating", "min": -1, "max": 3, "meaning": { "-1": "bad", "3": "good = very" } },
            { "name": "more", "type": "labels", "options": ["a", "b"], "visible_when": { "question": "stars", "any_of": [2, 3] } },
            { "name": "parts", "type": "spans", "field": "page", "options": ["x"], "overlapping": true, "discontinuous": true },
            { "name": "arrows", "type": "relations", "spans": "parts", "options": ["to"], "visible_when": { "question": "parts" } },
            { "name": "fixed", "type": "ranking", "options": ["x", "y"] },
            { "name": "order", "type": "ranking", "field": "hits" },
            { "name": "better", "type": "preference", "field": "replies", "tie": false, "both_bad": false },
            { "name": "record", "type": "form", "schema": { "type": "object", "required": ["due"], "additionalProperties": false, "properties": {
                "due": { "type": "string", "format": "date", "title": "Due" }, "paid": { "type": "boolean" }, "n": { "type": "integer", "minimum": 1 },
                "of": { "type": "string", "enum": ["a", "b c"] }, "lines": { "type": "array", "items": { "type": "string" } } } } },
        ],
        "distribution": { "overlap": 2, "max_overlap": 3, "until_posterior": 0.9 },
        "gold": { "rate": 0.1 }, "merge": { "policy": "quorum", "quorum": 2 }, "hide_suggestions": true,
    })
}

#[test]
fn drawn_and_read_back_a_schema_is_the_same() {
    let all = templates::all().into_iter().map(|(name, _, schema)| (name, schema)).chain([("rich", rich())]);
    for (name, mut schema) in all {
        schema.as_object_mut().unwrap().remove("guidelines");
        let before = check_schema(&schema.to_string(), None);
        assert_eq!(before.problems, [], "{name}");
        let back = set(&schema, &[]).to_string();
        assert_eq!(check_schema(&back, None).schema, before.schema, "{name}: {back}");
    }
}

#[test]
fn what_cannot_be_used_stays_as_it_is_and_is_told_where_it_is() {
    let wrong = json!({
        "fields": [{ "name": "text", "type": "txt", "odd": 1 }, 7],
        "questions": [
            { "name": "q", "type": "label", "options": ["a", "a", { "value": "b", "color": "red" }] },
            { "name": "r", "type": "spans", "field": "gone", "options": [] },
            { "name": "s", "type": "rating", "min": "low", "max": 5, "visible_when": { "question": "never", "any_of": ["x"] } },
        ],
        "merge": { "policy": "often" },
    });
    let back = set(&wrong, &[]);
    let problems = check_schema(&wrong.to_string(), None).problems;
    assert_eq!(back, wrong);
    let html = draw(wrong.as_object().unwrap(), &problems).into_string();
    let at = |part: &str| {
        let told =
            html.split_once(&format!("id=\"{part}.told\">")).unwrap().1.split("</div>").next().unwrap();
        told.replace("</li>", "\n")
            .split('<')
            .map(|piece| piece.split_once('>').map_or(piece, |two| two.1))
            .collect::<String>()
    };
    expect![[r#"
        Type: `txt` is no type of field: did you mean `text`?
    "#]]
    .assert_eq(&at("fields.0"));
    expect![[r#"
        Option 2: `a` is there twice: leave one out
        Option 3: `red` is no colour: write # and six hexadecimal digits, such as `#0072b2`
    "#]]
    .assert_eq(&at("questions.0"));
    let all = told(&problems).into_string();
    assert!(all.contains("href=\"#questions.0\"") && all.contains("merge.policy"), "{all}");
    assert!(!all.contains("`a` is there twice"), "it is said where it is: {all}");
}

#[test]
fn options_are_lines_and_keep_what_they_mean() {
    let schema = json!({ "fields": [{ "name": "text", "type": "text" }], "questions": [
        { "name": "q", "type": "label", "options": [{ "value": "bug", "key": "b", "color": "#0072b2" }, "praise"] } ] });
    let options = |changes: &[(&str, &str)]| set(&schema, changes)["questions"][0]["options"].to_string();
    let name = "questions.0.options";
    // Another in front, another name for one, and words for one that had none.
    assert_eq!(
        options(&[(name, "new\r\nbug\r\n\r\n praise \r\n")]),
        r##"["new",{"color":"#0072b2","key":"b","value":"bug"},"praise"]"##
    );
    assert_eq!(
        options(&[(name, "fault\npraise")]),
        r##"[{"color":"#0072b2","key":"b","value":"fault"},"praise"]"##
    );
    assert_eq!(options(&[(name, "praise")]), r#"["praise"]"#);
    assert_eq!(
        options(&[("questions.0.options.1.description", "Kind words"), ("questions.0.options.0.key", "")]),
        r##"[{"color":"#0072b2","value":"bug"},{"description":"Kind words","value":"praise"}]"##
    );
}

#[test]
fn classes_are_lines_further_in_or_out() {
    let schema = templates::all().into_iter().find(|(name, ..)| *name == "taxonomy").unwrap().2;
    let tree =
        set(&schema, &[("questions.0.options", "A\n  B\n    C\n  D\nE")])["questions"][0]["options"].clone();
    assert_eq!(
        tree,
        json!([{ "value": "A", "children": [{ "value": "B", "children": [{ "value": "C" }] }, { "value": "D" }] }, { "value": "E" }])
    );
}

#[test]
fn a_new_name_is_followed_by_what_refers_to_it() {
    check(
        &rich_part(),
        &[("fields.0.name", "letter"), ("questions.0.name", "subject"), ("questions.1.any", "\"praise\"")],
        &expect![[r#"
            {
              "fields": [{ "name": "letter", "type": "text" }],
              "questions": [
                { "name": "subject", "type": "label", "options": ["bug", "praise"] },
                {
                  "name": "where",
                  "type": "spans",
                  "field": "letter",
                  "options": ["x"],
                  "visible_when": { "any_of": ["praise"], "question": "subject" }
                }
              ]
            }"#]],
    );
}

fn rich_part() -> Value {
    json!({ "fields": [{ "name": "text", "type": "text" }], "questions": [
        { "name": "topic", "type": "label", "options": ["bug", "praise"] },
        { "name": "where", "type": "spans", "field": "text", "options": ["x"], "visible_when": { "question": "topic", "any_of": ["bug"] } } ] })
}

#[test]
fn every_type_can_become_every_other_and_can_be_used_where_the_fields_are_there() {
    let kinds = [
        "label",
        "labels",
        "taxonomy",
        "rating",
        "spans",
        "relations",
        "turns",
        "preference",
        "ranking",
        "text",
        "correction",
        "form",
        "relevance",
        "support",
    ];
    let mut schema = rich();
    let first = json!({ "name": "first", "type": "spans", "field": "text", "options": ["x"] });
    schema["questions"] =
        json!([first, { "name": "q", "title": "What?", "type": "label", "options": ["a"] }]);
    for before in kinds {
        schema = set(&schema, &[("questions.1.type", before)]);
        for kind in kinds {
            let made = set(&schema, &[("questions.1.type", kind)]);
            let checked = check_schema(&made.to_string(), None);
            assert_eq!(checked.problems, [], "{before} to {kind}: {made}");
            assert_eq!(
                (&made["questions"][1]["type"], &made["questions"][1]["title"]),
                (&json!(kind), &json!("What?"))
            );
        }
    }
}

#[test]
fn buttons_add_remove_and_move() {
    let mut schema = rich_part();
    let names = |schema: &Value, list: &str| -> Vec<String> {
        schema[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["name"].as_str().unwrap().to_string())
            .collect()
    };
    edit(&mut schema, "add.fields");
    edit(&mut schema, "add.questions");
    assert_eq!(names(&schema, "fields"), ["text", "text2"]);
    assert_eq!(check_schema(&schema.to_string(), None).problems, []);
    edit(&mut schema, "up.questions.2");
    edit(&mut schema, "down.fields.0");
    assert_eq!(
        (names(&schema, "fields"), names(&schema, "questions")),
        (vec!["text2".into(), "text".into()], vec!["topic".into(), "question".into(), "where".into()])
    );
    edit(&mut schema, "remove.questions.1");
    for nothing in
        ["up.questions.0", "down.questions.1", "remove.questions.9", "look", "add.gold", "up.fields.x"]
    {
        let before = schema.clone();
        edit(&mut schema, nothing);
        assert_eq!(schema, before, "{nothing}");
    }
    assert_eq!(names(&schema, "questions"), ["topic", "where"]);
}

#[test]
fn a_record_is_rows_and_what_no_row_can_say_stays() {
    let schema = rich();
    let at = "questions.9.schema";
    let rows: Vec<String> = drawn(&schema)
        .into_iter()
        .filter(|(name, _)| name.starts_with(at) && name.ends_with(".name"))
        .map(|pair| pair.1)
        .collect();
    assert_eq!(rows, ["due", "lines", "n", "of", "paid", ""]);
    let made = set(
        &schema,
        &[
            ("questions.9.schema.0.name", "until"),
            ("questions.9.schema.3.choices", "a; d"),
            ("questions.9.schema.4.kind", "number"),
            ("questions.9.schema.5.name", "notes"),
        ],
    );
    let form = &made["questions"][9]["schema"];
    assert_eq!(form["required"], json!(["until"]));
    assert_eq!(form["additionalProperties"], json!(false));
    assert_eq!(
        form["properties"],
        json!({
            "until": { "type": "string", "format": "date", "title": "Due" }, "lines": { "type": "array", "items": { "type": "string" } },
            "n": { "type": "integer", "minimum": 1 }, "of": { "type": "string", "enum": ["a", "d"] }, "paid": { "type": "number" }, "notes": { "type": "string" },
        })
    );
}
