//! What holds for every aggregate.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::with;
use crate::read::{fields, schema, variants};
use crate::resolve::ballot::{answer_of, ballot};
use crate::resolve::{aggregate_one, key, likeness};
use crate::{Answers, canonical_json};

proptest! {
    #[test]
    fn votes_of_any_labels_are_read_back(moods in prop::collection::btree_set("angry|happy", 0..3), topic in "billing|refund|other") {
        let schema = schema();
        let given = with("moods", &json!(moods));
        let given = Answers::from_iter(given.into_iter().chain([("topic".to_string(), crate::Answer::Label(topic))]));
        for name in ["moods", "topic"] {
            let question = schema.question(name).unwrap();
            let votes = ballot(question, &fields(), &given[name]).unwrap();
            prop_assert_eq!(answer_of(question, &fields(), &votes), given.get(name).cloned());
        }
    }

    #[test]
    fn votes_of_any_answer_say_what_it_says(one in 0usize..5, question in 0usize..14) {
        let schema = schema();
        let question = &schema.questions[question];
        let variants = variants(&question.name);
        let given = &variants[one % variants.len()];
        if let Some(answer) = ballot(question, &fields(), &given[&question.name])
            .and_then(|votes| answer_of(question, &fields(), &votes))
        {
            let mut again = given.clone();
            again.insert(question.name.clone(), answer);
            let alike = likeness(question, &fields(), given, &again).unwrap();
            // Of two nested classes the broader goes without saying.
            prop_assert!(alike == 1.0 || question.name == "class" && alike == 0.99, "{}", &question.name);
        }
    }

    #[test]
    fn answers_are_wholly_alike_exactly_when_they_say_the_same(one in 0usize..5, other in 0usize..5, question in 0usize..14) {
        let schema = schema();
        let question = &schema.questions[question];
        let variants = variants(&question.name);
        let (a, b) = (&variants[one % variants.len()], &variants[other % variants.len()]);
        let alike = likeness(question, &fields(), a, b).unwrap();
        prop_assert!((0.0..=1.0).contains(&alike));
        prop_assert_eq!(alike == 1.0, key(question, a) == key(question, b), "{} {}", &question.name, alike);
        prop_assert_eq!(Some(alike), likeness(question, &fields(), b, a));
    }

    #[test]
    fn what_anyone_says_an_aggregate_can_be_read(picks in prop::collection::vec(0usize..5, 1..6), question in 0usize..14) {
        let schema = schema();
        let question = &schema.questions[question];
        let variants = variants(&question.name);
        let said: Vec<&Answers> = picks.iter().map(|pick| &variants[pick % variants.len()]).collect();
        if let Some(belief) = aggregate_one(question, &fields(), &said) {
            prop_assert!((0.0..=1.0).contains(&belief.posterior), "{}", belief.posterior);
            let json: Value = serde_json::from_str(&canonical_json(&belief.answer)).unwrap();
            prop_assert_eq!(crate::Answer::read(question, &json, &fields()), Ok(belief.answer));
        }
    }
}
