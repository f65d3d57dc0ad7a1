//! Which schemas a form may have, and which records follow them.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FormSchema, build, leaves};
use crate::read::any_json;

#[track_caller]
fn refuses(schema: &Value, expected: &Expect) {
    let shown = FormSchema::read(schema).map_or_else(|problem| problem.to_string(), |_| "read".to_string());
    expected.assert_eq(&shown);
}

#[track_caller]
fn check(property: &Value, value: &Value, fits: bool) {
    let schema = FormSchema::read(&json!({"type": "object", "properties": {"x": property}})).unwrap();
    assert_eq!(schema.validate(&json!({"x": value}), false).is_ok(), fits, "{value}");
}

#[test]
fn a_schema_that_cannot_be_kept_says_what_and_where() {
    refuses(
        &json!({"type": "string"}),
        &expect![[r#".type: is not "object"; a form is an object: write "type": "object""#]],
    );
    refuses(
        &json!({"type": "object", "properties": {"a": {"$ref": "#/x"}}}),
        &expect![
            ".properties.a.$ref: is not understood; choose from `type`, `properties`, `required`, `additionalProperties`, `items`, `minItems`, `maxItems`, `enum`, `const`, `minimum`, `maximum`, `minLength` and 11 more; the form cannot keep this rule"
        ],
    );
    refuses(
        &json!({"type": "object", "properties": {"a": {"type": "strin"}}}),
        &expect![[r#".properties.a.type: "strin" is no type; did you mean `string`?"#]],
    );
    refuses(
        &json!({"type": "object", "properties": {"a": {"format": "email"}}}),
        &expect![[r#".properties.a.format: "email" is not understood; use "date" or a `pattern`"#]],
    );
    refuses(
        &json!({"type": "object", "properties": {"a": {"pattern": "("}}}),
        &expect![
            ".properties.a.pattern: is no regular expression: found open group without closing ')'; correct it; look-around is not known"
        ],
    );
    refuses(
        &json!({"type": "object", "properties": {"a": {"minLength": 3, "maxLength": 2}}}),
        &expect![".properties.a.minLength: is above its maximum; swap them"],
    );
    refuses(
        &json!({"type": "object", "properties": {"party": {}}, "required": ["partie"]}),
        &expect![".required: names no property: `partie`; did you mean `party`?"],
    );
}

#[test]
fn numbers() {
    check(&json!({"type": "integer"}), &json!(4.0), true);
    check(&json!({"type": "integer"}), &json!(4.5), false);
    check(&json!({"type": "number", "minimum": 0, "maximum": 1}), &json!(1), true);
    check(&json!({"type": "number", "minimum": 0, "maximum": 1}), &json!(1.01), false);
}

#[test]
fn strings_count_code_points() {
    check(&json!({"type": "string", "maxLength": 2}), &json!("👩👧"), true);
    check(&json!({"type": "string", "minLength": 3}), &json!("👩👧"), false);
    check(&json!({"type": "string", "pattern": "^[A-Z]{2}\\d+$"}), &json!("AB12"), true);
    check(&json!({"type": "string", "pattern": "^[A-Z]{2}\\d+$"}), &json!("AB12x"), false);
}

#[test]
fn dates_exist() {
    for (date, fits) in
        [("2024-02-29", true), ("2023-02-29", false), ("1900-02-29", false), ("2000-02-29", true)]
    {
        check(&json!({"format": "date"}), &json!(date), fits);
    }
    for date in ["2024-13-01", "2024-00-10", "2024-1-1", "24-01-01", "2024-01-01T00:00:00Z", "２０２４-01-01"]
    {
        check(&json!({"format": "date"}), &json!(date), false);
    }
}

#[test]
fn choices_types_and_lists() {
    check(&json!({"enum": ["a", 1, null]}), &json!(1.0), true);
    check(&json!({"enum": ["a", 1, null]}), &json!("b"), false);
    check(&json!({"type": ["string", "null"]}), &json!(null), true);
    check(&json!({"type": ["string", "null"]}), &json!(1), false);
    check(
        &json!({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}}),
        &json!(["a"]),
        true,
    );
    check(&json!({"type": "array", "minItems": 1, "maxItems": 2}), &json!([]), false);
    check(&json!({"type": "array", "minItems": 1, "maxItems": 2}), &json!([1, 2, 3]), false);
    check(&json!({"type": "array", "items": {"type": "string"}}), &json!(["a", 1]), false);
}

proptest! {
    #[test]
    fn no_schema_and_no_form_makes_it_panic(schema in any_json(), form in any_json()) {
        if let Ok(schema) = FormSchema::read(&json!({"type": "object", "properties": {"x": schema}})) {
            let _ = schema.validate(&json!({"x": form}), false);
        }
    }

    #[test]
    fn a_form_is_rebuilt_from_its_leaves(form in any_json()) {
        prop_assert_eq!(build(&leaves(&form)), form);
    }
}
