//! Configurations of other tools become datasets or are refused; whatever one does, the other datasets go on.

use engraft_app::people::Role;
use engraft_app::{Error, dataset, work};
use engraft_core::{Fault, Kind};
use serde_json::{Value, json};

use crate::bench::{Bench, D, me, record, schema};

/// What other tools write and nobody here could answer.
const UNANSWERABLE: [&str; 6] = [
    r#"<View><Paragraphs name="chat" value="$dialogue" layout="dialogue"/><Labels name="ner" toName="chat"><Label value="PER"/></Labels></View>"#,
    r#"<View><Text name="text" value="$text"/><Number name="n" toName="text" min="5" max="1"/></View>"#,
    r#"<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="a"/><Choice value="a"/></Choices></View>"#,
    r#"<View><Text name="text" value="$text"/><Labels name="l" toName="missing"><Label value="x"/></Labels></View>"#,
    r#"{"fields":[{"name":"text","settings":{"type":"text"}}],"questions":[{"name":"s","settings":{"type":"span","field":"nope","options":[{"value":"A"}]}}]}"#,
    r#"{"fields":[{"name":"text","settings":{"type":"text"}}],"questions":[{"name":"s","settings":{"type":"label_selection","options":[]}}]}"#,
];

/// A comparison of two texts, as Label Studio's template has it.
const PAIR: &str = r#"<View><Text name="prompt" value="$prompt"/><Text name="answer1" value="$answer1"/><Text name="answer2" value="$answer2"/><Pairwise name="comparison" toName="answer1,answer2"/></View>"#;

fn create(bench: &Bench, name: &str, schema: &str) -> Result<dataset::DatasetView, Error> {
    bench.with(|context| dataset::create(context, &bench.workspace, &me(), name, schema))
}

/// Everything that looks at all datasets, or at this one, goes on.
#[track_caller]
fn all_is_well(bench: &Bench, who: &engraft_app::people::Principal) {
    let rows = bench.with(|context| dataset::list(context, &bench.workspace, &me())).unwrap();
    bench.with(|context| work::queues(context, &bench.workspace, who)).unwrap();
    for row in rows {
        bench.with(|context| dataset::show(context, &bench.workspace, &me(), &row.dataset)).unwrap();
    }
}

/// Creates a dataset or is refused as the user's own mistake, with what is wrong.
#[track_caller]
fn made(bench: &Bench, name: &str, config: &str) -> bool {
    match create(bench, name, config) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), Kind::User, "{error}: {config}");
            false
        }
    }
}

#[test]
fn a_configuration_nobody_could_answer_is_refused_with_what_is_wrong() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    for config in UNANSWERABLE {
        assert!(!made(&bench, "new", config), "{config}");
        let again = bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), D, config));
        assert_eq!(again.unwrap_err().kind(), Kind::User, "{config}");
        all_is_well(&bench, &ana);
    }
    assert!(made(&bench, "pair", PAIR));
    all_is_well(&bench, &ana);
}

#[test]
fn every_control_on_every_field_is_a_dataset_or_a_mistake() {
    let fields = [
        r#"<Text name="on" value="$a"/>"#,
        r#"<HyperText name="on" value="$a"/>"#,
        r#"<Paragraphs name="on" value="$a" layout="dialogue"/>"#,
        r#"<List name="on" value="$a"/>"#,
        r#"<Text name="on" value="$a"/><Text name="two" value="$b"/>"#,
        r#"<Text name="other" value="$a"/>"#,
        "",
    ];
    let controls = [
        r#"<Labels name="q" toName="on"><Label value="x"/><Label value="y"/></Labels>"#,
        r#"<Labels name="q" toName="on"/>"#,
        r#"<Choices name="q" toName="on"><Choice value="x"/><Choice value=" x "/></Choices>"#,
        r#"<Choices name="on" toName="on" choice="multiple"><Choice value="x"/><Choice value="y" hotkey="x"/></Choices>"#,
        r#"<Choices name="q" toName="on" whenTagName="later" whenChoiceValue="z"><Choice value="x"/></Choices>"#,
        r#"<Taxonomy name="q" toName="on"><Choice value="x"><Choice value="x"/></Choice></Taxonomy>"#,
        r#"<Number name="q" toName="on" min="1" max="0"/>"#,
        r#"<Rating name="q" toName="on" maxRating="0"/>"#,
        r#"<TextArea name="q" toName="on"/><TextArea name="q" toName="on"/>"#,
        r#"<Pairwise name="q" toName="on,two"/>"#,
        r#"<Ranker name="q" toName="on"/>"#,
        r#"<Relations><Relation value="r"/></Relations>"#,
        "",
    ];
    let bench = Bench::empty();
    let ana = bench.person("ana", Role::Annotator);
    let mut count = 0;
    for (f, field) in fields.iter().enumerate() {
        for (c, control) in controls.iter().enumerate() {
            count +=
                usize::from(made(&bench, &format!("d{f}-{c}"), &format!("<View>{field}{control}</View>")));
        }
    }
    assert!(count > 5 && count < fields.len() * controls.len(), "{count} were made");
    all_is_well(&bench, &ana);
}

#[test]
fn a_dataset_whose_schema_cannot_be_read_keeps_nothing_else_from_working() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    // As a version that did not look may have left it.
    for name in ["broken", "mended"] {
        bench.workspace.store.create_dataset(name, r#"{"fields":[],"questions":[]}"#, None, 0).unwrap();
    }
    let list = || bench.with(|context| dataset::list(context, &bench.workspace, &me())).unwrap();
    assert_eq!(list().len(), 3);
    let queues = || bench.with(|context| work::queues(context, &bench.workspace, &ana)).unwrap();
    assert_eq!(queues().iter().map(|queue| queue.dataset.as_str()).collect::<Vec<_>>(), [D]);
    let shown = bench.with(|context| dataset::show(context, &bench.workspace, &me(), "broken"));
    assert!(shown.unwrap_err().to_string().contains("`engraft dataset schema broken --schema FILE`"));
    let own = schema(json!({})).to_string();
    bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), "mended", &own)).unwrap();
    let delete = |name: &str| {
        bench.with(|context| dataset::delete(context, &bench.workspace, &me(), name, name)).unwrap()
    };
    // One that can be read while another cannot, then that other one.
    delete(D);
    delete("broken");
    assert_eq!(queues().len(), 1);
    bench.try_import("mended", &record(0).to_string(), true).unwrap();
}

#[test]
fn a_schema_that_shows_what_no_item_has_is_refused() {
    let bench = Bench::new(2, json!({}));
    let field = |name: &str, required: bool| json!({ "name": name, "type": "text", "required": required });
    let change = |fields: Value| {
        let schema = schema(json!({ "fields": fields })).to_string();
        bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), D, &schema))
    };
    let refused = change(json!([field("mail", true)])).unwrap_err();
    assert_eq!(refused.to_string(), "items have no `mail`, m000 the first of them");
    change(json!([field("message", true), field("mail", false)])).unwrap();
    assert!(change(json!([field("message", true), field("mail", true)])).is_err());
}
