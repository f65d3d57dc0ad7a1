//! Configurations: read from Label Studio and Argilla, written for them, and read again.

use engraft_annotate::Schema;
use engraft_annotate::format::{
    Format, Inferred, Input, argilla_settings, infer_schema, label_config, read_config,
};
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
    let written = label_config(&once);
    assert_eq!(told(&written.losses), "");
    let again = read_config(&written.text).unwrap();
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

#[test]
fn a_question_about_a_field_of_another_type_is_left_out_and_listed() {
    check(
        r#"<View><Text name="t" value="$t"/><Text name="r" value="$r[0].text"/>
        <Labels name="a" toName="r"><Label value="x"/></Labels><Ranker name="b" toName="t"/>
        <ParagraphLabels name="c" toName="t"><Label value="x"/></ParagraphLabels><Rating name="d" toName="t"/></View>"#,
        expect![[r#"
            {"name":"t","required":true,"type":"text"}
            {"name":"r","required":true,"type":"answers"}
            {"max":5,"min":1,"name":"d","required":false,"type":"rating"}
            ""
            1 × <Labels> of a field of another type: spans are marked in a text
            1 × <ParagraphLabels> of a field of another type: turns are those of a chat
            1 × <Ranker> of a field of another type: answers or passages are ranked"#]],
    );
}

/// A comparison of two texts as Label Studio's template has it, with a label for the first alone.
const PAIR: &str = r#"<View><Text name="p" value="$prompt"/><Header value="The first" size="4"/><Text name="a" value="$answer1"/>
    <Text name="b" value="$answer2"/><Pairwise name="better" toName="a,b"/></View>"#;

#[test]
fn a_pair_of_two_texts_is_one_field_of_answers() {
    check(
        PAIR,
        expect![[r#"
            {"name":"prompt","required":true,"type":"text"}
            {"name":"answer1_answer2","required":true,"type":"answers"}
            {"both_bad":false,"field":"answer1_answer2","name":"better","required":false,"strength":0,"tie":false,"type":"preference"}
            ""
            1 × the title of `answer1`: answers side by side go by letters"#]],
    );
    // A text with a question of its own is shown by itself, too.
    let marked =
        PAIR.replace("</View>", r#"<Labels name="names" toName="b"><Label value="PER"/></Labels></View>"#);
    let schema = read_config(&marked).unwrap().schema;
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["prompt", "answer1_answer2", "answer2"]);
    Schema::read_value(&serde_json::to_value(&schema).unwrap()).unwrap();
}

#[test]
fn tasks_of_a_pair_are_read_with_who_is_better_and_go_back() {
    let task = |selected: &str| {
        let better = json!({ "id": "x", "from_name": "better", "to_name": "better", "type": "pairwise", "value": { "selected": selected } });
        let mark = json!({ "id": "y", "from_name": "names", "to_name": "b", "type": "labels", "value": { "start": 0, "end": 2, "text": "No", "labels": ["PER"] } });
        let data = json!({ "prompt": "Why?", "answer1": "Yes.", "answer2": "No.", "more": "m" });
        json!({ "id": 7, "data": data, "annotations": [{ "id": 1, "completed_by": "ann", "result": [better, mark] }] })
    };
    let labels = r#"<Labels name="names" toName="b"><Label value="PER"/></Labels></View>"#;
    let schema = read_config(&PAIR.replace("</View>", labels)).unwrap().schema;
    for (selected, id) in [("left", "answer1"), ("right", "answer2")] {
        let (records, report) =
            crate::import_text(Format::LabelStudio, &schema, &json!([task(selected)]).to_string());
        assert_eq!((report.rejected, told(&report.losses)), (vec![], String::new()));
        let record = serde_json::to_value(&records[0]).unwrap();
        assert_eq!(
            record["fields"],
            json!({ "prompt": "Why?", "answer2": "No.", "answer1_answer2": [{ "id": "answer1", "text": "Yes." }, { "id": "answer2", "text": "No." }] })
        );
        assert_eq!(record["metadata"], json!({ "more": "m" }));
        let answers = &record["responses"][0]["answers"];
        assert_eq!(
            (&answers["better"]["choice"]["id"], &answers["names"][0]["quote"]),
            (&json!(id), &json!("No"))
        );
        let exported = crate::export(Format::LabelStudio, &schema, &records);
        let again = crate::import_text(Format::LabelStudio, &schema, &exported.text());
        assert_eq!(again.0, records);
    }
}

#[test]
fn a_number_with_a_fraction_is_an_entry_of_a_form() {
    let config = r#"<View><Text name="t" value="$text"/><Number name="cm" toName="t" min="0.5" max="3"/>
        <Number name="age" toName="t" min="0" max="99"/></View>"#;
    check(
        config,
        expect![[r#"
            {"name":"text","required":true,"type":"text"}
            {"name":"cm","required":false,"schema":{"properties":{"number":{"maximum":3,"minimum":0.5,"type":"number"}},"required":["number"],"type":"object"},"type":"form"}
            {"max":99,"min":0,"name":"age","required":false,"type":"rating"}
            ""
        "#]],
    );
    let number = |name: &str, number: f64| json!({ "id": name, "from_name": name, "to_name": "t", "type": "number", "value": { "number": number } });
    let task = |results: serde_json::Value| {
        json!([{ "id": 1, "data": { "text": "x" }, "annotations": [{ "completed_by": "ann", "result": results }] }]).to_string()
    };
    let schema = read_config(config).unwrap().schema;
    let read = |text: &str, schema: &Schema| crate::import_text(Format::LabelStudio, schema, text);
    let (records, report) = read(&task(json!([number("cm", 1.5), number("age", 7.0)])), &schema);
    assert_eq!((report.rejected, told(&report.losses)), (vec![], String::new()));
    let answers = serde_json::to_value(&records[0].responses[0].answers).unwrap();
    assert_eq!(answers, json!({ "cm": { "number": 1.5 }, "age": 7 }));
    // A scale of whole numbers takes none between them, and says which.
    let (records, report) = read(&task(json!([number("age", 7.5)])), &schema);
    assert_eq!(records[0].responses, []);
    assert_eq!(report.rejected[0].message, "the response of ann: `age`: 7.5 is no whole number");
    // Without a configuration, the answers say that there are fractions.
    let text = task(json!([number("cm", 1.5)]));
    let inferred = infer_schema(Format::LabelStudio, Input::Bytes(text.as_bytes())).unwrap();
    assert_eq!(told(&inferred.losses), "");
    let (records, report) = read(&text, &inferred.schema);
    assert_eq!((report.rejected, told(&report.losses)), (vec![], String::new()));
    let answers = serde_json::to_value(&records[0].responses[0].answers).unwrap();
    assert_eq!(answers, json!({ "cm": { "number": 1.5 } }));
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
    let written = argilla_settings(&once);
    assert_eq!(told(&written.losses), "");
    let again = read_config(&written.text).unwrap();
    assert_eq!(again.schema, once);
    assert_eq!(told(&again.losses), "");
}

/// A schema with everything that people read and are asked.
fn rich() -> Schema {
    let options = json!([
        { "value": "a", "text": "A & B", "description": "either", "example": "a or b", "key": "z", "color": "#112233" },
        { "value": "c,d", "example": "cd" },
    ]);
    Schema::read_value(&json!({
        "fields": [
            { "name": "body", "title": "What they wrote", "type": "text" },
            { "name": "page", "type": "document", "required": false }, { "name": "talk", "type": "chat" },
            { "name": "found", "type": "passages" }, { "name": "replies", "type": "answers" },
        ],
        "questions": [
            { "name": "mood", "title": "How \"are\" they?", "help": "Look twice.\nThen choose.", "type": "label", "options": options },
            { "name": "why", "type": "text", "max_chars": 9, "visible_when": { "question": "mood", "any_of": ["a"] } },
            { "name": "more", "type": "text", "visible_when": { "question": "mood", "any_of": ["c,d"] } },
            { "name": "class", "type": "taxonomy", "options": [{ "value": "X" }] },
            { "name": "names", "type": "spans", "field": "body", "options": ["PER"], "discontinuous": true },
            { "name": "links", "type": "relations", "spans": "names", "options": [{ "value": "in", "description": "is in" }] },
            { "name": "stars", "type": "rating", "min": 0, "max": 3, "meaning": { "0": "none" } },
            { "name": "order", "type": "ranking", "field": "replies" },
            { "name": "better", "type": "preference", "field": "replies", "strength": 2 },
            { "name": "fixed", "type": "correction", "field": "body" },
            { "name": "acts", "type": "turns", "field": "talk", "options": ["asks"], "role": "user" },
            { "name": "grades", "type": "relevance", "field": "found", "query": "body" },
            { "name": "proof", "type": "support", "answer": "body", "passages": "found" },
            { "name": "facts", "type": "form", "schema": { "type": "object", "properties": {} } },
        ],
        "guidelines": "# How\n\nWith <care>.",
        "gold": { "rate": 0.1 },
    }))
    .unwrap()
}

#[test]
fn a_labelling_configuration_holds_what_people_read_and_says_what_it_cannot() {
    let schema = rich();
    let written = label_config(&schema);
    let again = read_config(&written.text).unwrap();
    assert_eq!(told(&again.losses), "");
    assert_eq!(again.schema.guidelines, schema.guidelines);
    assert_eq!(again.schema.field("body").unwrap().title, schema.field("body").unwrap().title);
    let (mood, class) = (again.schema.question("mood").unwrap(), again.schema.question("class").unwrap());
    let asked = schema.question("mood").unwrap();
    assert_eq!(again.schema.question("better"), schema.question("better"), "with its ties and strengths");
    assert_eq!((&mood.title, &mood.help, mood.required), (&asked.title, &asked.help, true));
    assert_eq!(mood.kind.options()[0].description.as_deref(), Some("either"));
    assert_eq!(class.kind, schema.question("class").unwrap().kind);
    assert_eq!(
        again.schema.question("why").unwrap().visible_when,
        schema.question("why").unwrap().visible_when
    );
    expect![[r#"
        2 × in the schema: an example of an option of `mood`: a labelling configuration has no place for it
        1 × in the schema: how long `why` may be: a labelling configuration has no place for it
        1 × in the schema: that `facts` is a form, not any text: a labelling configuration has no place for it
        1 × in the schema: that `fixed` is a correction, not any text: a labelling configuration has no place for it
        1 × in the schema: that `page` is of type document, not text: a labelling configuration has no place for it
        1 × in the schema: that `proof` judges whole sentences by passages: a labelling configuration has no place for it
        1 × in the schema: that a span of `names` may have gaps: a labelling configuration has no place for it
        1 × in the schema: that a turn has one label of `acts`: a labelling configuration has no place for it
        1 × in the schema: that an item may lack `page`: a labelling configuration has no place for it
        1 × in the schema: that spans of `names` share no characters: a labelling configuration has no place for it
        1 × in the schema: the meaning of an option of `links`: a labelling configuration has no place for it
        1 × in the schema: what a number of `stars` means: a labelling configuration has no place for it
        1 × in the schema: when `more` is asked: a labelling configuration has no place for it
        1 × in the schema: whose turns `acts` is about: a labelling configuration has no place for it"#]].assert_eq(&told(&written.losses));
}

#[test]
fn no_two_tags_have_one_name_even_where_a_question_has_that_of_a_field() {
    let schema = Schema::read_value(&json!({
        "fields": [{ "name": "text", "type": "text" }, { "name": "better", "type": "answers" }],
        "questions": [
            { "name": "text", "type": "text" },
            { "name": "better", "type": "preference", "field": "better", "tie": false, "both_bad": false },
        ],
    }))
    .unwrap();
    let written = label_config(&schema);
    let names: Vec<&str> =
        written.text.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names, ["text-shown", "better-shown", "better-shown-2", "text", "better"]);
    let again = read_config(&written.text).unwrap();
    assert_eq!((again.schema, told(&again.losses)), (schema, String::new()));
}

#[test]
fn argillas_settings_say_what_they_cannot_hold() {
    expect![[r#"
        2 × in the schema: an example of an option of `mood`: Argilla's settings have no place for it
        1 × in the schema: how long `why` may be: Argilla's settings have no place for it
        1 × in the schema: how much better, asked by `better`: Argilla's settings have no place for it
        1 × in the schema: that `better` is about what each item shows: Argilla's settings have no place for it
        1 × in the schema: that `facts` is a form, not any text: Argilla's settings have no place for it
        1 × in the schema: that `fixed` is a correction, not any text: Argilla's settings have no place for it
        1 × in the schema: that `found` is of type passages, not any JSON: Argilla's settings have no place for it
        1 × in the schema: that `order` is about what each item shows: Argilla's settings have no place for it
        1 × in the schema: that `page` is of type document, not any JSON: Argilla's settings have no place for it
        1 × in the schema: that `replies` is of type answers, not any JSON: Argilla's settings have no place for it
        1 × in the schema: that a span of `names` may have gaps: Argilla's settings have no place for it
        1 × in the schema: the colour of an option of `mood`: Argilla's settings have no place for it
        1 × in the schema: the key of an option of `mood`: Argilla's settings have no place for it
        1 × in the schema: the question `acts` (turns): Argilla's settings have no place for it
        1 × in the schema: the question `class` (taxonomy): Argilla's settings have no place for it
        1 × in the schema: the question `grades` (relevance): Argilla's settings have no place for it
        1 × in the schema: the question `links` (relations): Argilla's settings have no place for it
        1 × in the schema: the question `proof` (support): Argilla's settings have no place for it
        1 × in the schema: what a number of `stars` means: Argilla's settings have no place for it
        1 × in the schema: when `more` is asked: Argilla's settings have no place for it
        1 × in the schema: when `why` is asked: Argilla's settings have no place for it"#]].assert_eq(&told(&argilla_settings(&rich()).losses));
}

#[test]
fn an_export_brings_the_configuration_along() {
    let schema = rich();
    for (format, name, text) in [
        (Format::LabelStudio, "out.config.xml", label_config(&schema).text),
        (Format::Argilla, "out.settings.json", argilla_settings(&schema).text),
    ] {
        let exported = crate::export(format, &schema, &[]);
        let path = exported.path.with_file_name(name);
        assert_eq!(exported.report.beside, std::slice::from_ref(&path), "{format}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), text, "{format}");
        assert!(told(&exported.report.losses).contains("in the schema: an example of an option of `mood`"));
    }
    assert!(crate::export(Format::Jsonl, &schema, &[]).report.beside.is_empty());
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
