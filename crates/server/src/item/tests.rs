//! Every question type: what is drawn is what is posted, and what is posted is the answer again.

use std::collections::BTreeMap;

use engraft_app::annotate::{Answer, Answers, LabelOption, Question, QuestionKind, Suggestion, TaxonomyNode};
use engraft_app::work::{ItemView, Tab};
use serde_json::{Value, json};

use super::samples::{Sample, samples};
use super::{Reading, Voice, form, read_accepted, read_form, render, show_answers, show_beside, show_fields};

/// The sample's answers as the store would have them.
pub(crate) fn answers(sample: &Sample) -> Answers {
    let read = |question: &Question, value: &Value| Answer::read(question, value, &sample.fields).unwrap();
    let given = sample.schema.questions.iter().filter_map(|question| {
        Some((question.name.clone(), read(question, sample.answers.get(&question.name)?)))
    });
    given.collect()
}

pub(crate) fn view(sample: &Sample, answers: Option<Answers>) -> ItemView {
    ItemView {
        dataset: "d".into(),
        item: sample.name.clone(),
        lease: Some("L1".into()),
        expires_at: None,
        version: 0,
        draft_version: 0,
        status: Tab::Pending,
        fields: sample.fields.clone(),
        layout: sample.schema.fields.clone(),
        questions: sample.schema.questions.clone(),
        suggestions: Vec::new(),
        answers,
        active_ms: 0,
        presented: BTreeMap::new(),
        returned: None,
        read_only: false,
        guideline: "g1".into(),
    }
}

/// What the form of `html` posts, completed by the reader as the server does it.
fn read_back(sample: &Sample, form: &str) -> Answers {
    let posted = read_form(&sample.schema.questions, form).unwrap();
    let whole = |question: &Question, answer: &Answer| {
        Answer::read(question, &serde_json::to_value(answer).unwrap(), &sample.fields).unwrap()
    };
    let each = posted
        .iter()
        .map(|(name, answer)| (name.clone(), whole(sample.schema.question(name).unwrap(), answer)));
    each.collect()
}

/// The pairs a browser would post for this HTML: a small reading of the controls that are checked, selected or filled.
fn posted(html: &str) -> String {
    let mut pairs = Vec::new();
    let attribute = |tag: &str, name: &str| {
        let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        let value = &tag[start..start + tag[start..].find('"')?];
        Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    };
    let body = |rest: &str, end: &str| {
        let text = rest[rest.find('>').unwrap() + 1..rest.find(end).unwrap()].to_string();
        text.replace("&#13;", "\r").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    for (at, _) in html.match_indices('<') {
        let rest = &html[at..];
        let tag = &rest[..rest.find('>').unwrap()];
        let Some(name) = attribute(tag, "name") else { continue };
        let kind = attribute(tag, "type").unwrap_or_default();
        let value = attribute(tag, "value").unwrap_or_default();
        if tag.starts_with("<input")
            && (!["radio", "checkbox"].contains(&&*kind) || tag.ends_with(" checked"))
        {
            pairs.push((name, value));
        } else if tag.starts_with("<textarea") {
            pairs.push((name, body(rest, "</textarea>").strip_prefix('\n').unwrap().replace('\n', "\r\n")));
        } else if tag.starts_with("<select") {
            let options = &rest[..rest.find("</select>").unwrap()];
            let chosen = options
                .split("<option")
                .find(|option| option.split('>').next().unwrap().ends_with(" selected"));
            pairs.push((name, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default()));
        }
    }
    form::encode(&pairs)
}

#[test]
fn a_rendered_answer_posts_itself_for_every_question_type() {
    let mut types = std::collections::BTreeSet::new();
    for sample in samples() {
        let given = answers(&sample);
        let html = render(&view(&sample, Some(given.clone())), "t").into_string();
        assert_eq!(read_back(&sample, &posted(&html)), given, "{}", sample.name);
        types.extend(sample.schema.questions.iter().map(|question| question.kind.name()));
    }
    assert_eq!(types.len(), 14, "{types:?}");
}

#[test]
fn an_accepted_suggestion_posts_the_suggested_answer() {
    for sample in samples() {
        let given = answers(&sample);
        let pairs =
            |question: &Question| given.get(&question.name).map(|answer| form::write(question, answer));
        let pairs: Vec<_> = sample.schema.questions.iter().filter_map(pairs).flatten().collect();
        assert_eq!(read_back(&sample, &form::encode(&pairs)), given, "{}", sample.name);
    }
}

#[test]
fn an_untouched_item_posts_no_answers() {
    for sample in samples().iter().filter(|sample| sample.name != "correction") {
        let html = render(&view(sample, None), "t").into_string();
        let mut read = read_form(&sample.schema.questions, &posted(&html)).unwrap();
        read.retain(|_, answer| !matches!(answer, Answer::Spans(spans) if spans.is_empty()));
        read.retain(|_, answer| !matches!(answer, Answer::Relations(arrows) if arrows.is_empty()));
        assert_eq!(read, Answers::new(), "{}", sample.name);
    }
}

#[test]
fn every_item_keeps_to_the_content_security_policy() {
    for sample in samples() {
        let given = answers(&sample);
        let mut view = view(&sample, Some(given.clone()));
        view.suggestions = vec![Suggestion { model: "m".into(), score: Some(0.9), answers: given.clone() }];
        let html = render(&view, "t").into_string();
        for forbidden in ["<script", " style=", " onclick=", "javascript:"] {
            assert!(!html.contains(forbidden), "{} has {forbidden}", sample.name);
        }
        assert!(html.contains("data-suggestion"), "{}", sample.name);
        assert!(!show_answers(&view.questions, &view.fields, &given).into_string().is_empty());
    }
}

#[test]
fn what_is_read_only_cannot_be_posted() {
    for sample in samples() {
        let read_only = ItemView { read_only: true, ..view(&sample, Some(answers(&sample))) };
        let html = render(&read_only, "t").into_string();
        assert!(!html.contains("value=\"submit\"") && html.contains("A reviewer has decided this item"));
        let (all, off) =
            (html.matches("<fieldset class=\"question").count(), html.matches(" disabled>").count());
        assert_eq!(all, off, "{}", sample.name);
    }
}

#[test]
fn a_question_is_asked_when_its_condition_holds() {
    let sample = samples().into_iter().find(|sample| sample.name == "several").unwrap();
    let hidden = |answers: Option<Answers>| {
        render(&view(&sample, answers), "t")
            .into_string()
            .contains("data-any-of=\"[&quot;billing&quot;]\" hidden disabled")
    };
    assert!(!hidden(Some(answers(&sample))));
    assert!(hidden(None));
}

#[test]
fn an_option_says_what_it_means_and_what_fits_it() {
    let mut sample = samples().into_iter().find(|sample| sample.name == "label").unwrap();
    let QuestionKind::Label { options } = &mut sample.schema.questions[0].kind else { unreachable!() };
    options[0].example = Some("My bill is wrong".into());
    options[1].example = Some("Nothing loads".into());
    let html = render(&view(&sample, None), "t").into_string();
    for (option, meaning) in [
        ("billing", "For example: My bill is wrong"),
        ("Outage", "A service is down · For example: Nothing loads"),
    ] {
        assert!(html.contains(&format!(" title=\"{meaning}\"")), "{html}");
        assert!(
            html.contains(&format!("<dt dir=\"auto\">{option}</dt><dd dir=\"auto\">{meaning}</dd>")),
            "{html}"
        );
    }
}

#[test]
fn that_nothing_applies_is_an_answer_and_leaving_it_open_is_none() {
    let sample = samples().into_iter().find(|sample| sample.name == "labels").unwrap();
    let read = |form: &str| read_form(&sample.schema.questions, form).unwrap();
    let none = Answers::from([("q".to_string(), Answer::Labels(Default::default()))]);
    assert_eq!(read("n.q=none"), none);
    assert_eq!(read(""), Answers::new());
    let html = render(&view(&sample, Some(none.clone())), "t").into_string();
    assert_eq!(read_back(&sample, &posted(&html)), none);
    assert_eq!(read(&form::encode(&form::write(&sample.schema.questions[0], &none["q"]))), none);
    let shown = show_answers(&sample.schema.questions, &sample.fields, &none).into_string();
    assert!(shown.contains("none of these"), "{shown}");
}

/// The keys that a rendered item hands out, in their order.
fn keys(sample: &Sample) -> Vec<String> {
    let html = render(&view(sample, None), "t").into_string();
    let ends = html.split(" data-key=\"").skip(1).filter_map(|rest| rest.split('"').next());
    ends.map(str::to_string).collect()
}

#[test]
fn no_class_of_a_tree_and_no_side_takes_the_letter_of_a_command() {
    let mut tree = samples().into_iter().find(|sample| sample.name == "taxonomy").unwrap();
    let QuestionKind::Taxonomy { options, .. } = &mut tree.schema.questions[0].kind else { unreachable!() };
    *options =
        (0..40).map(|place| TaxonomyNode { value: format!("n{place}"), children: Vec::new() }).collect();
    assert_eq!(keys(&tree).concat(), "1234567890abhlmoqsuvwxyz");
    let mut sides = samples().into_iter().find(|sample| sample.name == "preference").unwrap();
    let four = ["m1", "m2", "m3", "m4"].map(|id| serde_json::json!({ "id": id, "text": id }));
    sides.fields.insert("answers".into(), four.to_vec().into());
    assert_eq!(keys(&sides).concat(), "abhl=0123");
}

#[test]
fn many_labels_of_spans_turns_and_arrows_are_filtered_by_typing() {
    for name in ["spans", "turns"] {
        let mut sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
        let filters =
            |sample: &Sample| render(&view(sample, None), "t").into_string().matches("data-filter").count();
        assert_eq!(filters(&sample), 0, "{name}");
        for question in &mut sample.schema.questions {
            let (QuestionKind::Spans { options, .. }
            | QuestionKind::Relations { options, .. }
            | QuestionKind::Turns { options, .. }) = &mut question.kind
            else {
                continue;
            };
            let more = (0..21).map(|place| LabelOption { value: format!("o{place}"), ..options[0].clone() });
            *options = more.collect();
        }
        assert_eq!(filters(&sample), sample.schema.questions.len(), "{name}");
    }
}

#[test]
fn answers_stand_in_the_order_of_the_view() {
    let sample = samples().into_iter().find(|sample| sample.name == "preference").unwrap();
    let order = |ids: [&str; 2]| {
        let presented = BTreeMap::from([("answers".to_string(), ids.map(str::to_string).to_vec())]);
        let html = render(&ItemView { presented, ..view(&sample, None) }, "t").into_string();
        html.find("data-side=\"m1\"") < html.find("data-side=\"m2\"")
    };
    assert!(order(["m1", "m2"]) && !order(["m2", "m1"]));
}

#[test]
fn a_record_is_read_by_the_titles_of_its_schema() {
    let sample = samples().into_iter().find(|sample| sample.name == "form").unwrap();
    let view = view(&sample, None);
    let html = show_answers(&view.questions, &view.fields, &answers(&sample)).into_string();
    assert!(html.contains("<dt>Amount</dt><dd>40</dd>"), "{html}");
    assert!(html.contains("<dd>mail</dd>"), "{html}");
}

/// A sample's answers as they are read, without tags.
fn read(name: &str) -> String {
    let sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
    let view = view(&sample, None);
    plain(&show_answers(&view.questions, &view.fields, &answers(&sample)).into_string())
}

fn plain(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn answers_are_read_by_letters_titles_and_quotes_and_not_by_ids() {
    assert!(read("preference").ends_with("B is better, clearly"), "{}", read("preference"));
    assert!(read("ranking").ends_with("1. B 2. A"), "{}", read("ranking"));
    let relevance = read("relevance");
    assert!(relevance.contains("Perfect because of Filters are replaced every 30 days."), "{relevance}");
    let support = read("support");
    assert!(support.contains("days [1]. by [1] Pump P-7 manual"), "{support}");
    assert!(read("spans").contains("Ana Ruiz → 東京都 lives in"), "{}", read("spans"));
    assert!(read("turns").contains("Turn 2 How old is the filter? asks back"), "{}", read("turns"));
    for sample in samples() {
        let text = read(&sample.name);
        for id in ["m1", "m2", "p1", "p2", "s1", "s2"] {
            assert!(!text.split(|c: char| !c.is_alphanumeric()).any(|word| word == id), "{id}: {text}");
        }
    }
}

#[test]
fn of_marked_parts_only_those_are_listed_that_not_all_marked() {
    let question = json!({ "name": "q", "type": "spans", "field": "text", "options": ["PER"] });
    let question: Question = serde_json::from_value(question).unwrap();
    let fields = json!({ "text": "Ana met Bo. Then Ana left for Lima, and Bo stayed with Carla there." });
    let fields = fields.as_object().unwrap();
    let says = |places: &[(usize, usize)]| {
        let spans =
            places.iter().map(|(start, end)| json!({ "char_start": start, "char_end": end, "label": "PER" }));
        let answer = Answer::read(&question, &Value::Array(spans.collect()), fields).unwrap();
        Answers::from([("q".to_string(), answer)])
    };
    let (one, other) = (says(&[(0, 3), (8, 10), (55, 60)]), says(&[(17, 20), (8, 10), (55, 60)]));
    let questions = [question.clone()];
    let reading = Reading { questions: &questions, fields, presented: &BTreeMap::new() };
    let shown =
        |mine, theirs| plain(&show_beside(&reading, &question, mine, &[theirs]).unwrap().into_string());
    assert_eq!(shown(&one, &other), "PER Ana met Bo. Then Ana left f… And the 2 that all have");
    assert_eq!(
        shown(&other, &one),
        "PER Ana met Bo. Then Ana left for Lima, and Bo s… And the 2 that all have"
    );
    let voices = [("Person 1", &one), ("Person 2", &other)];
    let voices = voices.map(|(name, answers)| Voice { name: name.to_string(), answers });
    let layout = [serde_json::from_value(json!({ "name": "text", "type": "text" })).unwrap()];
    let html = show_fields(&layout, &questions, fields, &voices).into_string();
    assert_eq!(html.matches("<mark class=\"differs\">Ana</mark>").count(), 2, "{html}");
    assert_eq!(html.matches("<mark").count(), 4, "and Bo and Carla, as all do: {html}");
    assert!(plain(&html).contains("Ana PER Person 1 met Bo PER . Then Ana PER Person 2 left"), "{html}");
}

#[test]
fn forms_say_what_was_taken_over_unchanged() {
    assert_eq!(read_accepted("accepted=b&q.a=1&accepted=a&accepted=b"), ["a", "b"]);
}

#[test]
fn a_damaged_form_is_the_senders_fault() {
    let spans = samples().into_iter().find(|sample| sample.name == "spans").unwrap();
    let error = read_form(&spans.schema.questions, "q.people=%5B%7B").unwrap_err();
    assert_eq!(error.to_string(), "question `people`: `[{` cannot be read");
}

#[test]
fn every_module_is_served_and_all_together_stay_small() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let served = include_str!("../assets.rs");
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        assert!(served.contains(&format!("(\"{name}\", ")), "{name} is missing in FILES");
        bytes += if name.ends_with(".js") { entry.metadata().unwrap().len() } else { 0 };
    }
    assert!(bytes < 300_000, "{bytes} bytes of modules");
}
