//! Datasets, imports, drafts, comments, and what exporters read.

use std::ops::ControlFlow;

use engraft_core::content_hash;
use engraft_store::{
    DraftSaved, Imported, NewComment, NewRecord, NewResolution, NewResponse, NewSuggestion, RecordRow,
    SaveDraft, Source, State, Status, StoreError, Submission,
};

use crate::desk::{Desk, SCHEMA, record, topic};

fn response(user: u32, status: Status, value: &str) -> NewResponse {
    NewResponse {
        user,
        status,
        answers: format!("{{\"topic\":\"{value}\"}}"),
        labels: vec![topic(value)],
        accepted: vec!["topic".into()],
        reason: None,
        guideline: None,
        active_ms: 7,
        at: 3,
    }
}

/// A record with everything: two answers, a skip, a draft, a suggestion and a resolution.
fn full() -> NewRecord {
    let resolution =
        NewResolution { answers: "{}".into(), source: Source::Aggregated, by: None, posterior: Some(0.75) };
    NewRecord {
        responses: vec![
            response(2, Status::Submitted, "time"),
            response(1, Status::Submitted, "money"),
            NewResponse { reason: Some("broken".into()), ..response(3, Status::Skipped, "") },
            response(4, Status::Draft, "money"),
        ],
        suggestions: vec![NewSuggestion { model: "m1".into(), score: Some(0.5), answers: "{}".into() }],
        resolution: Some(resolution),
        ..record(1, 1)
    }
}

fn records(desk: &Desk) -> Vec<RecordRow> {
    let mut all = Vec::new();
    desk.store
        .for_each_record(desk.dataset, &mut |record| {
            all.push(record.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

#[test]
fn what_is_imported_can_be_read_back() {
    let desk = Desk::new(4, 0, 1);
    desk.import(&[record(0, 2), full()]);
    let all = records(&desk);
    assert_eq!((all.len(), all[0].responses.len(), all[0].state), (2, 0, State::Open));
    let one = &all[1];
    assert_eq!((one.external.as_str(), one.wanted, one.state), ("item-000001", 2, State::Resolved));
    let said: Vec<_> =
        one.responses.iter().map(|row| (row.user, row.status, row.reason.as_deref(), row.at)).collect();
    let expected = [
        (1, Status::Submitted, None, 3),
        (2, Status::Submitted, None, 3),
        (3, Status::Skipped, Some("broken"), 3),
    ];
    assert_eq!(said, expected);
    assert_eq!((one.drafts[0].0, one.drafts[0].1.answers.as_str()), (4, r#"{"topic":"money"}"#));
    assert_eq!(
        (one.suggestions[0].score, one.resolution.as_ref().unwrap().posterior),
        (Some(0.5), Some(0.75))
    );
    assert_eq!(desk.store.record(desk.dataset, one.no).unwrap().as_ref(), Some(one));
    let tally = desk.store.tally(desk.dataset, 9).unwrap();
    assert_eq!((tally.items, tally.open, tally.resolved, tally.submitted, tally.skipped), (2, 1, 1, 2, 1));
    assert_eq!((tally.wanted, tally.suggestions), (4, 1));
    let labels = desk.store.label_counts(desk.dataset).unwrap();
    let labels: Vec<_> = labels.iter().map(|it| (it.value.as_str(), it.responses)).collect();
    assert_eq!(labels, [("money", 1), ("time", 1)]);
    assert_eq!(desk.store.member(desk.dataset, 1).unwrap().active_ms, 7);
    assert_eq!(desk.store.check().unwrap(), Vec::<String>::new());
    assert_eq!(desk.undo(1, 9), engraft_store::Undone::Nothing, "nobody gave it here");
}

#[test]
fn importing_again_adds_only_what_is_new() {
    let desk = Desk::new(4, 0, 1);
    desk.import(&[full()]);
    let again = desk.store.import(desk.dataset, &[full()], None, 5).unwrap();
    assert_eq!(again, Imported { existing: 1, suggestions: 1, ..Imported::default() });
    let more = NewRecord { responses: vec![response(4, Status::Submitted, "time")], ..record(1, 1) };
    let other = NewRecord { fields: "{}".into(), ..record(1, 1) };
    let again = desk.store.import(desk.dataset, &[more, other], None, 6).unwrap();
    assert_eq!((again.responses, again.differing), (1, vec!["item-000001".to_string()]));
    let row = desk.store.item_by_external(desk.dataset, "item-000001").unwrap().unwrap();
    assert_eq!((row.submitted, row.wanted), (3, 3));
    assert_eq!(desk.store.tally(desk.dataset, 9).unwrap().suggestions, 1);
}

#[test]
fn an_import_takes_no_draft_away() {
    let desk = Desk::new(4, 0, 1);
    desk.import(&[full()]);
    let older = NewRecord { responses: vec![response(4, Status::Draft, "time")], ..record(1, 1) };
    let found = desk.store.import(desk.dataset, &[older], None, 5).unwrap();
    assert_eq!(found, Imported { existing: 1, other_drafts: 1, ..Imported::default() });
    let kept = records(&desk).remove(0).drafts.remove(0).1;
    assert_eq!((kept.version, kept.answers.as_str()), (1, r#"{"topic":"money"}"#));
}

#[test]
fn comments_and_flags_come_in_once_and_are_counted() {
    let desk = Desk::new(2, 0, 1);
    let said = |user, text: &str, flag, settled_at| NewComment {
        user,
        text: text.into(),
        flag,
        at: Some(5),
        settled_at,
    };
    let one = NewRecord {
        comments: vec![said(2, "hm", false, None), said(1, "look", true, None), said(1, "", true, Some(6))],
        ..record(1, 1)
    };
    let import =
        |one: &NewRecord| desk.store.import(desk.dataset, std::slice::from_ref(one), None, 9).unwrap();
    assert_eq!(import(&one).comments, 3);
    let rows = records(&desk).remove(0).comments;
    let heard: Vec<_> =
        rows.iter().map(|row| (row.user, row.text.as_str(), row.flag, row.at, row.settled_at)).collect();
    assert_eq!(
        heard,
        [(2, "hm", false, 5, None), (1, "look", true, 5, None), (1, "", true, 5, Some(6))],
        "in the order they were said"
    );
    assert_eq!(desk.store.comments(desk.dataset, records(&desk)[0].no).unwrap(), rows);
    let counted = || {
        let tally = desk.store.tally(desk.dataset, 9).unwrap();
        (tally.comments, tally.flags, desk.store.count_flagged(desk.dataset).unwrap())
    };
    assert_eq!(counted(), (3, 1, 1));
    assert_eq!(import(&one), Imported { existing: 1, ..Imported::default() });
    let timeless = NewComment { at: None, ..said(2, "hm", false, None) };
    let settled = NewRecord { comments: vec![timeless, said(1, "look", true, Some(8))], ..record(1, 1) };
    assert_eq!(import(&settled), Imported { existing: 1, ..Imported::default() });
    assert_eq!(counted(), (3, 0, 0), "somebody had looked");
    assert_eq!(records(&desk)[0].comments[1].settled_at, Some(8));
    desk.store.erase_user(1, true, None, 10).unwrap();
    assert_eq!(counted(), (1, 0, 0));
    assert_eq!(records(&desk)[0].comments.len(), 1);
    assert_eq!(desk.store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn importing_again_sets_gold_and_says_what_it_left_out() {
    let desk = Desk::new(4, 0, 1);
    desk.import(&[full(), record(2, 1)]);
    let gold = |n, answers: &str| NewRecord { gold: Some(answers.into()), ..record(n, 1) };
    let add = |records: &[NewRecord]| desk.store.import(desk.dataset, records, None, 5).unwrap();
    assert_eq!(add(&[gold(2, "a")]), Imported { existing: 1, gold: 1, ..Imported::default() });
    assert_eq!(add(&[gold(2, "a")]), Imported { existing: 1, ..Imported::default() });
    assert_eq!(add(&[gold(2, "b"), gold(3, "c")]).gold, 2);
    assert_eq!(desk.store.gold(desk.dataset, 2).unwrap().as_deref(), Some("b"));
    let tally = desk.store.tally(desk.dataset, 9).unwrap();
    assert_eq!((tally.items, tally.gold, tally.open), (3, 2, 0));
    let other = NewResolution { answers: "{}".into(), source: Source::Agreed, by: None, posterior: None };
    let other = NewRecord {
        responses: vec![response(1, Status::Submitted, "other"), response(1, Status::Draft, "money")],
        resolution: Some(other),
        ..record(1, 2)
    };
    let found = add(&[other]);
    assert_eq!((found.responses, found.other_responses), (0, 1));
    assert_eq!((found.resolutions, found.other_resolutions), (0, 1));
    assert_eq!(desk.store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn half_answered_imports_go_on_in_the_queue() {
    let desk = Desk::new(3, 0, 1);
    desk.import(&[
        record(1, 2),
        NewRecord { responses: vec![response(1, Status::Submitted, "x")], ..record(2, 2) },
    ]);
    assert_eq!(desk.one(2, 0).item, 2, "it misses one, the other two");
    assert_eq!(desk.one(1, 0).item, 1);
}

#[test]
fn every_version_of_a_schema_stays_under_its_address() {
    let desk = Desk::new(1, 1, 1);
    assert_eq!(desk.guideline, content_hash(SCHEMA.as_bytes()));
    let lease = desk.one(1, 0);
    desk.say(1, lease, "{}", 1);
    let hash = desk.store.set_schema(desk.dataset, "{}", Some(1), 2).unwrap();
    let row = desk.store.dataset("tickets").unwrap().unwrap();
    assert_eq!((row.guideline, row.schema.as_str()), (hash.clone(), "{}"));
    let all: Vec<_> = desk.store.guidelines(desk.dataset).unwrap().into_iter().map(|row| row.hash).collect();
    assert_eq!(all, [desk.guideline.clone(), hash]);
    let stamp = desk.store.responses(desk.dataset, 1).unwrap().remove(0).guideline;
    assert_eq!(stamp, Some(desk.guideline.clone()), "the version the person had");
    assert_eq!(desk.store.set_schema(desk.dataset, SCHEMA, None, 3).unwrap(), desk.guideline);
    assert_eq!(desk.store.guidelines(desk.dataset).unwrap().len(), 2);
    assert!(matches!(desk.store.create_dataset("tickets", "{}", None, 4), Err(StoreError::Taken { .. })));
    assert!(matches!(desk.store.set_schema(9, "{}", None, 4), Err(StoreError::NoSuch { .. })));
}

#[test]
fn a_draft_changed_in_another_window_is_not_overwritten() {
    let desk = Desk::new(1, 1, 1);
    let save = |expected, answers: &str| {
        let guideline = Some(desk.guideline.as_str());
        let save = SaveDraft {
            dataset: desk.dataset,
            item: 1,
            user: 1,
            expected,
            answers,
            guideline,
            active_ms: 1,
            now: 1,
        };
        desk.store.save_draft(&save).unwrap()
    };
    assert_eq!(save(Some(0), "a"), DraftSaved::Saved(1));
    assert_eq!(save(Some(1), "b"), DraftSaved::Saved(2));
    let DraftSaved::Changed(found) = save(Some(1), "c") else { panic!("overwritten") };
    assert_eq!((found.version, found.answers.as_str()), (2, "b"));
    assert_eq!(save(None, "c"), DraftSaved::Saved(3));
    assert_eq!(desk.store.drafts(desk.dataset, 1, 9).unwrap()[0].item, 1);
    assert_eq!(desk.counts(1), (0, 0), "a draft holds no place");
}

#[test]
fn a_draft_that_comes_after_its_submit_is_not_kept() {
    let desk = Desk::new(1, 1, 1);
    let save = |expected, answers: &str| {
        let (dataset, guideline) = (desk.dataset, Some(desk.guideline.as_str()));
        let save =
            SaveDraft { dataset, item: 1, user: 1, expected, answers, guideline, active_ms: 1, now: 1 };
        desk.store.save_draft(&save).unwrap()
    };
    let lease = desk.one(1, 0);
    assert_eq!(save(Some(0), "{}"), DraftSaved::Saved(1));
    desk.say(1, lease, "{}", 2);
    let DraftSaved::Answered(row) = save(Some(1), "late") else { panic!("kept") };
    assert_eq!((row.version, row.answers.as_str()), (1, "{}"));
    // One that says what was submitted goes when the submit is sent again; one that says more stays.
    let drafts = || desk.store.drafts(desk.dataset, 1, 9).unwrap().len();
    for (answers, left) in [("{}", 0), ("more", 1)] {
        save(None, answers);
        assert!(matches!(desk.say(1, lease, "{}", 3), Submission::Accepted(it) if it.replayed));
        assert_eq!(drafts(), left, "{answers}");
    }
}

#[test]
fn people_see_their_own_answers_newest_first() {
    let desk = Desk::new(1, 3, 1);
    for (n, lease) in desk.next(1, 3, 0).leased.into_iter().enumerate() {
        if n == 1 { _ = desk.skip(1, lease, 5) } else { _ = desk.say(1, lease, "{}", 5) }
    }
    let own = |status, before| desk.store.own_responses(desk.dataset, 1, status, before, 2).unwrap();
    let page = own(None, None);
    assert_eq!(page.iter().map(|row| row.item).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(own(None, Some(page[1].cursor)).iter().map(|row| row.item).collect::<Vec<_>>(), [1]);
    assert_eq!(own(Some(Status::Skipped), None)[0].reason.as_deref(), Some("unclear"));
}

#[test]
fn what_somebody_answering_sees_names_no_gold_and_nobody_else() {
    let desk = Desk::new(2, 0, 2);
    let gold = NewRecord { gold: Some("\"the secret\"".into()), ..record(2, 2) };
    desk.import(&[record(1, 2), gold]);
    for item in 1..=2 {
        let lease = desk.store.take(desk.dataset, item, 1, 1000, 0).unwrap().unwrap();
        desk.say(1, lease, "\"theirs\"", 1);
    }
    let [plain, gold] =
        [1, 2].map(|item| format!("{:?}", desk.store.work(desk.dataset, item, 2).unwrap().unwrap()));
    assert!(!gold.contains("secret") && !gold.contains("theirs"), "{gold}");
    assert_eq!(plain.replace("item-000001", "item-000002").replace("number 1", "number 2"), gold);
    assert_eq!(desk.store.gold(desk.dataset, 2).unwrap().as_deref(), Some("\"the secret\""));
    desk.store.set_gold(desk.dataset, 2, None, None, 2).unwrap();
    let tally = desk.store.tally(desk.dataset, 2).unwrap();
    assert_eq!((tally.gold, tally.open, tally.submitted), (0, 2, 2));
}

#[test]
fn guidelines_are_acknowledged_and_visits_remembered() {
    let desk = Desk::new(1, 0, 1);
    assert_eq!(desk.store.visit(desk.dataset, 1, 10).unwrap(), None);
    assert_eq!(desk.store.visit(desk.dataset, 1, 20).unwrap(), Some(10));
    desk.store.acknowledge(desk.dataset, 1, &desk.guideline, 30).unwrap();
    let member = desk.store.member(desk.dataset, 1).unwrap();
    assert_eq!((member.guideline, member.last_visit), (Some(desk.guideline.clone()), Some(20)));
    assert_eq!(desk.store.members(desk.dataset).unwrap().len(), 1);
}
