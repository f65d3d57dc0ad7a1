//! Configurations: read from Label Studio and Argilla, written for them, and read again.

use engraft_annotate::Schema;
use engraft_annotate::format::{Inferred, argilla_settings, label_config, read_config};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::told;

fn shown(Inferred { schema, losses }: &Inferred) -> String {
    let json = serde_json::to_value(schema).unwrap();
    let again = Schema::read_value(&json);
    assert!(again.is_ok(), "{}", again.unwrap_err());
    let list = |key: &str| {
        json[key].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    format!("{}\n{}\n{}\n{}", list("fields"), list("questions"), json["guidelines"], told(losses))
}

#[track_caller]
fn check(config: &str, expected: Expect) {
    expected.assert_eq(&shown(&read_config(config).unwrap()));
}

const LABELLING: &str = r##"
<View>
  <Style>.x { color: red }</Style>
  <Header value="Mark every name &amp; place"/>
  <Text name="txt" value="$body" granularity="word"/>
  <Labels name="ner" toName="txt">
    <Label value="Person" alias="PER" background="#FF0000" hotkey="p"/>
    <Label value="Place"/>
  </Labels>
  <Relations><Relation value="lives in"/></Relations>
  <View style="display:flex" visibleWhen="choice-selected" whenTagName="mood" whenChoiceValue="sad,angry">
    <TextArea name="why" toName="txt" maxSubmissions="1"/>
  </View>
  <Choices name="mood" toName="txt" choice="single" required="true"><Choice value="glad"/><Choice value="sad"/><Choice value="angry"/></Choices>
  <Choices name="tone" toName="txt" perRegion="true"><Choice value="x"/></Choices>
  <Choices name="topics" toName="txt" choice="multiple"><Choice value="law"/><Choice value="tax"/></Choices>
  <Taxonomy name="class" toName="txt"><Choice value="A"><Choice value="A1"/></Choice><Choice value="B"/></Taxonomy>
  <Rating name="stars" toName="txt" maxRating="4"/>
  <Number name="age" toName="txt" min="1" max="99"/>
  <Paragraphs name="dlg" value="$chat" nameKey="who" textKey="say" layout="dialogue"/>
  <ParagraphLabels name="acts" toName="dlg"><Label value="ask"/></ParagraphLabels>
  <List name="docs" value="$similar_docs"/>
  <Ranker name="rel" toName="docs"><Bucket name="0"/><Bucket name="3"/></Ranker>
  <Image name="img" value="$pic"/><RectangleLabels name="box" toName="img"><Label value="z"/></RectangleLabels>
</View>"##;

#[test]
fn a_labelling_configuration_is_read_and_what_is_unknown_listed() {
    check(
        LABELLING,
        expect![[r##"
        {"name":"body","required":true,"type":"text"}
        {"name":"chat","required":true,"type":"chat"}
        {"name":"similar_docs","required":true,"type":"passages"}
        {"discontinuous":false,"field":"body","name":"ner","options":[{"color":"#ff0000","key":"p","text":"Person","value":"PER"},{"value":"Place"}],"overlapping":true,"required":false,"type":"spans"}
        {"name":"relations","options":[{"value":"lives in"}],"required":false,"spans":"ner","type":"relations"}
        {"name":"mood","options":[{"value":"glad"},{"value":"sad"},{"value":"angry"}],"required":true,"type":"label"}
        {"name":"why","required":false,"type":"text","visible_when":{"any_of":["sad","angry"],"question":"mood"}}
        {"name":"topics","options":[{"value":"law"},{"value":"tax"}],"required":false,"type":"labels"}
        {"multiple":true,"name":"class","options":[{"children":[{"value":"A1"}],"value":"A"},{"value":"B"}],"required":false,"type":"taxonomy"}
        {"max":4,"min":1,"name":"stars","required":false,"type":"rating"}
        {"max":99,"min":1,"name":"age","required":false,"type":"rating"}
        {"field":"chat","multiple":true,"name":"acts","options":[{"value":"ask"}],"required":false,"type":"turns"}
        {"field":"similar_docs","name":"rel","query":"body","required":false,"type":"relevance"}
        "Mark every name & place"
        1 × <Choices perRegion>: questions are about items, not regions
        1 × <Image>: no field or question stands for it
        1 × <RectangleLabels>: no field or question stands for it"##]],
    );
}

#[test]
fn a_labelling_configuration_says_the_same_when_written_and_read_again() {
    let once = read_config(LABELLING).unwrap().schema;
    let again = read_config(&label_config(&once)).unwrap();
    let kinds = |schema: &Schema| {
        let json = serde_json::to_value(schema).unwrap();
        let mut questions: Vec<String> =
            json["questions"].as_array().unwrap().iter().map(ToString::to_string).collect();
        questions.sort();
        (json["fields"].to_string(), questions)
    };
    assert_eq!(kinds(&again.schema), kinds(&once));
    assert_eq!(told(&again.losses), "");
}

const SETTINGS: &str = r#"{
  "guidelines": "Be kind.",
  "fields": [
    {"name": "text", "title": "Text", "required": true, "settings": {"type": "text", "use_markdown": true}},
    {"name": "talk", "title": "talk", "required": false, "settings": {"type": "chat"}},
    {"name": "pic", "settings": {"type": "image"}}
  ],
  "questions": [
    {"name": "mood", "title": "Mood", "description": "How?", "required": true, "settings": {"type": "label_selection", "options": [{"value": "a", "text": "A", "description": null}], "visible_options": null}},
    {"name": "tags", "required": false, "settings": {"type": "multi_label_selection", "options": [{"value": "x"}, {"value": "y"}], "options_order": "suggestion"}},
    {"name": "stars", "required": false, "settings": {"type": "rating", "options": [{"value": 0}, {"value": 1}, {"value": 2}]}},
    {"name": "order", "required": false, "settings": {"type": "ranking", "options": [{"value": "r1"}, {"value": "r2"}]}},
    {"name": "ner", "required": false, "settings": {"type": "span", "field": "text", "options": [{"value": "PER"}], "allow_overlapping": true, "allow_character_annotation": true}},
    {"name": "why", "required": false, "settings": {"type": "text", "use_markdown": false}},
    {"name": "odd", "required": false, "settings": {"type": "table"}}
  ],
  "metadata": [{"name": "source", "settings": {"type": "terms"}}],
  "vectors": [{"name": "v", "dimensions": 3}],
  "distribution": {"strategy": "overlap", "min_submitted": 3}
}"#;

#[test]
fn argillas_settings_are_read_and_what_is_unknown_listed() {
    check(
        SETTINGS,
        expect![[r#"
        {"name":"text","required":true,"title":"Text","type":"markdown"}
        {"name":"talk","required":false,"type":"chat"}
        {"help":"How?","name":"mood","options":[{"text":"A","value":"a"}],"required":true,"title":"Mood","type":"label"}
        {"name":"tags","options":[{"value":"x"},{"value":"y"}],"required":false,"type":"labels"}
        {"max":2,"min":0,"name":"stars","required":false,"type":"rating"}
        {"name":"order","options":[{"value":"r1"},{"value":"r2"}],"required":false,"type":"ranking"}
        {"discontinuous":false,"field":"text","name":"ner","options":[{"value":"PER"}],"overlapping":true,"required":false,"type":"spans"}
        {"name":"why","required":false,"type":"text"}
        "Be kind."
        1 × a declared metadata property: metadata needs no declaration
        1 × a declared vector: items have none of their own
        1 × the field `pic` (image): items show text and chats
        1 × the question `odd`: no type of question stands for it"#]],
    );
    assert_eq!(read_config(SETTINGS).unwrap().schema.distribution.overlap, 3);
}

#[test]
fn argillas_settings_say_the_same_when_written_and_read_again() {
    let once = read_config(SETTINGS).unwrap().schema;
    let again = read_config(&argilla_settings(&once)).unwrap();
    assert_eq!(again.schema, once);
    assert_eq!(told(&again.losses), "");
}

#[test]
fn our_own_schema_is_told_from_the_others() {
    let ours = json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "mood", "type": "label", "options": ["a", "b"] }],
    });
    assert_eq!(read_config(&ours.to_string()).unwrap().schema, Schema::read_value(&ours).unwrap());
}

#[test]
fn what_is_no_configuration_is_refused_in_words() {
    let refused = |text: &str| read_config(text).unwrap_err().to_string();
    let deep = "<View>".repeat(100);
    let all: Vec<String> =
        ["", "{", "<View>", "<View></Vie>", "<View/>", "[1]", "{\"fields\":3}", &deep].map(refused).to_vec();
    expect![[r#"
        cannot read the configuration: EOF while parsing a value at line 1 column 0
        cannot read the configuration: EOF while parsing an object at line 1 column 1
        cannot read the configuration: a tag is not closed
        cannot read the configuration: ill-formed document: expected `</View>`, but `</Vie>` was found
        cannot read the configuration: no tag shows or asks anything
        cannot read the configuration: the schema has 1 mistake:  is a list, not an object
        cannot read the configuration: the schema has 2 mistakes: fields is a number, not a list;  has no `questions`
        cannot read the configuration: tags are nested deeper than 64"#]].assert_eq(&all.join("\n"));
}
