//! Answers weighed together with more than majorities: who writes the better ones, and what a model says beside people.

use engraft_app::people::Role;
use engraft_app::{Method, review};
use serde_json::json;

use crate::bench::{Bench, D, me};

fn resolved(bench: &Bench) -> review::ResolveReport {
    let request = review::ResolveRequest { method: Method::Majority, question: None, all: false, seed: 0 };
    bench.with(|context| review::resolve(context, &bench.workspace, &me(), D, &request)).unwrap()
}

#[test]
fn compared_answers_rank_who_wrote_them() {
    let schema = json!({
        "fields": [{ "name": "message", "type": "text" }, { "name": "replies", "type": "answers" }],
        "questions": [{ "name": "better", "type": "preference", "field": "replies" }],
        "distribution": { "overlap": 2 },
    });
    let bench = Bench::new(0, schema);
    let replies = json!([{ "id": "a", "text": "Yes.", "model": "small" }, { "id": "b", "text": "Yes, on Monday.", "model": "large" }]);
    let item = |place: usize| json!({ "id": format!("m{place}"), "fields": { "message": "When?", "replies": replies } });
    bench.import(&(0..6).map(|place| item(place).to_string()).collect::<Vec<_>>().join("\n"));
    let people = ["ana", "ben"].map(|name| bench.person(name, Role::Annotator));
    for (place, who) in people.iter().cycle().take(12).enumerate() {
        let taken = bench.take(who);
        let choice = match place {
            0 | 1 => json!({ "id": "a" }),
            _ if place % 4 == 3 => json!("tie"),
            _ => json!({ "id": "b" }),
        };
        bench.submit(who, &taken, json!({ "better": { "choice": choice } })).unwrap();
    }
    let report = resolved(&bench);
    let found: Vec<_> = report.strengths["better"]
        .items
        .iter()
        .map(|one| (one.item.as_str(), one.wins, one.losses, one.ties, one.strength.value.unwrap() > 0.0))
        .collect();
    assert_eq!(found, [("large", 7, 2, 3, true), ("small", 2, 7, 3, false)]);
    assert!(report.strengths["better"].items.iter().all(|one| one.strength.low.is_some()));
    assert!(report.together.is_empty(), "no model suggested anything");
}

#[test]
fn a_model_that_people_agree_with_settles_what_they_do_not() {
    let bench = Bench::new(0, json!({ "distribution": { "overlap": 2 } }));
    let suggested = |topic: &str| json!([{ "model": "sorter", "score": 0.9, "answers": { "topic": topic } }]);
    let says = ["use", "use", "order", "order", "fault"];
    let item = |(place, topic): (usize, &&str)| json!({ "id": format!("m{place}"), "fields": { "message": format!("Number {place}") }, "suggestions": suggested(topic) });
    bench.import(&says.iter().enumerate().map(|one| item(one).to_string()).collect::<Vec<_>>().join("\n"));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    for (place, topic) in says.iter().enumerate() {
        bench.say(&ana, topic);
        bench.say(&ben, if place == 4 { "use" } else { topic });
    }
    let report = resolved(&bench);
    assert_eq!(report.together.len(), 1);
    let (model, consensus) = (&report.together[0].model, &report.together[0].consensus);
    let least = &consensus.items[0];
    assert_eq!((model.as_str(), least.task.as_str(), least.label.as_str()), ("sorter", "m4", "fault"));
    assert!(consensus.model_weight > 0.0 && consensus.items.is_sorted_by(|a, b| a.quality <= b.quality));
    let json = serde_json::to_value(&report).unwrap();
    assert!(
        json["together"][0]["items"][0]["quality"].is_number() && json.get("strengths").is_none(),
        "{json}"
    );
}
