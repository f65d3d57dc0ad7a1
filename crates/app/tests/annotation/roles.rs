//! Every verb refuses every role that the table does not name, and no other.

use std::collections::BTreeSet;

use engraft_app::annotate::Strategy;
use engraft_app::people::{Act, Principal, Role, Scope};
use engraft_app::{Context, Error, Workspace, dataset, people, review, work};
use serde_json::{Value, json};

use crate::bench::{Bench, D};

type Verb = (&'static str, Act, fn(Context, &Workspace, &Principal) -> Result<(), Error>);

/// Every verb that takes a principal, with the act it is. New verbs belong here.
const VERBS: &[Verb] = &[
    ("dataset::list", Act::SeeDatasets, |c, w, p| dataset::list(c, w, p).map(drop)),
    ("dataset::show", Act::SeeDatasets, |c, w, p| dataset::show(c, w, p, D).map(drop)),
    ("dataset::create", Act::Manage, |c, w, p| dataset::create(c, w, p, "x y", "{}").map(drop)),
    ("dataset::set_schema", Act::Manage, |c, w, p| dataset::set_schema(c, w, p, D, "{}").map(drop)),
    ("dataset::set_gold", Act::Manage, |c, w, p| dataset::set_gold(c, w, p, D, "m000", None).map(drop)),
    ("dataset::snapshot", Act::Manage, |c, w, p| dataset::snapshot(c, w, p, D).map(drop)),
    ("dataset::diff", Act::SeeAnswers, |c, w, p| dataset::diff(c, w, p, "a", "b").map(drop)),
    ("dataset::audit", Act::SeeAnswers, |c, w, p| {
        dataset::audit(c, w, p, D, &dataset::AuditRequest::default()).map(drop)
    }),
    ("dataset::written", Act::Manage, |c, w, p| dataset::written(c, w, p, D).map(drop)),
    ("dataset::to_delete", Act::Delete, |c, w, p| dataset::to_delete(c, w, p, D).map(drop)),
    ("dataset::delete", Act::Delete, |c, w, p| dataset::delete(c, w, p, D, "another").map(drop)),
    ("dataset::import", Act::Manage, |c, w, p| {
        let request = dataset::ImportRequest {
            path: "nowhere.jsonl".into(),
            format: "jsonl".into(),
            offset_unit: None,
            user: None,
            strict: false,
        };
        dataset::import(c, w, p, D, &request, &[1; 32]).map(drop)
    }),
    ("dataset::import_queries", Act::Manage, |c, w, p| {
        let request = dataset::QueriesRequest { path: "nowhere.jsonl".into(), k: 1 };
        dataset::import_queries(c, w, p, D, &request, &[1; 32]).map(drop)
    }),
    ("dataset::arrange", Act::Manage, |c, w, p| dataset::arrange(c, w, p, D, Strategy::Random, 0).map(drop)),
    ("dataset::export", Act::Export, |c, w, p| {
        let request = dataset::ExportRequest {
            path: "/nowhere/out.jsonl".into(),
            format: "jsonl".into(),
            snapshot: None,
            split: None,
            seed: 0,
            question: None,
            voices: None,
            strict: false,
        };
        dataset::export(c, w, p, D, &request).map(drop)
    }),
    ("work::queues", Act::Annotate, |c, w, p| work::queues(c, w, p).map(drop)),
    ("work::next", Act::Annotate, |c, w, p| work::next(c, w, p, D, 1).map(drop)),
    ("work::open", Act::Annotate, |c, w, p| work::open(c, w, p, D, "m000").map(drop)),
    ("work::heartbeat", Act::Annotate, |c, w, p| work::heartbeat(c, w, p, D, &[]).map(drop)),
    ("work::release", Act::Annotate, |c, w, p| work::release(c, w, p, D).map(drop)),
    ("work::dataset_of", Act::Annotate, |c, w, p| work::dataset_of(c, w, p, "m000", None).map(drop)),
    ("work::save_draft", Act::Annotate, |c, w, p| {
        work::save_draft(c, w, p, D, &work::Submission::default()).map(drop)
    }),
    ("work::submit", Act::Annotate, |c, w, p| {
        work::submit(c, w, p, D, &work::Submission::default()).map(drop)
    }),
    ("work::skip", Act::Annotate, |c, w, p| {
        let skip = work::Skip { item: "m000".into(), reason: "unclear".into(), ..work::Skip::default() };
        work::skip(c, w, p, D, &skip).map(drop)
    }),
    ("work::undo", Act::Annotate, |c, w, p| work::undo(c, w, p, D).map(drop)),
    ("work::counts", Act::Annotate, |c, w, p| work::counts(c, w, p, D).map(drop)),
    ("work::history", Act::Annotate, |c, w, p| work::history(c, w, p, D, None, None, 10).map(drop)),
    ("work::guidelines", Act::SeeDatasets, |c, w, p| work::guidelines(c, w, p, D).map(drop)),
    ("work::acknowledge", Act::Annotate, |c, w, p| work::acknowledge(c, w, p, D, "v")),
    ("work::comments", Act::Annotate, |c, w, p| work::comments(c, w, p, D, "m000").map(drop)),
    ("work::comment", Act::Annotate, |c, w, p| work::comment(c, w, p, D, "m000", "hm", false).map(drop)),
    ("work::bulk", Act::Annotate, |c, w, p| work::bulk(c, w, p, D, None, None, 5).map(drop)),
    ("work::alike", Act::Annotate, |c, w, p| work::alike(c, w, p, D, "m000", 5).map(drop)),
    ("work::bulk_submit", Act::Annotate, |c, w, p| {
        work::bulk_submit(c, w, p, D, &["m000".into()], &Value::Null, 0).map(drop)
    }),
    ("work::bulk_undo", Act::Annotate, |c, w, p| work::bulk_undo(c, w, p, D, "0").map(drop)),
    ("work::similar", Act::Annotate, |c, w, p| work::similar(c, w, p, D, "m000", 3).map(drop)),
    ("review::dashboard", Act::SeeProgress, |c, w, p| review::dashboard(c, w, p, D).map(drop)),
    ("review::pulse", Act::SeeProgress, |_, w, p| review::pulse(w, p).map(drop)),
    ("review::agreement", Act::SeeProgress, |c, w, p| review::agreement(c, w, p, D, None, 0).map(drop)),
    ("review::resolve", Act::Manage, |c, w, p| {
        let request = review::ResolveRequest {
            method: engraft_app::Method::Majority,
            question: None,
            all: false,
            seed: 0,
        };
        review::resolve(c, w, p, D, &request).map(drop)
    }),
    ("review::conflicts", Act::Review, |c, w, p| review::conflicts(c, w, p, D, None, 5).map(drop)),
    ("review::conflict", Act::Review, |c, w, p| review::conflict(c, w, p, D, "m000").map(drop)),
    ("review::decide", Act::Review, |c, w, p| {
        let decision = review::Decision { item: "m000".into(), answers: json!({}), version: None };
        review::decide(c, w, p, D, &decision).map(drop)
    }),
    ("review::lineage", Act::SeeAnswers, |c, w, p| review::lineage(c, w, p, "topics/m000").map(drop)),
    ("review::items", Act::SeeAnswers, |c, w, p| {
        review::items(c, w, p, D, &review::ItemFilter::default()).map(drop)
    }),
    ("review::item", Act::SeeAnswers, |c, w, p| review::item(c, w, p, D, "m000").map(drop)),
    ("review::return_to", Act::SeeAnswers, |c, w, p| review::return_to(c, w, p, D, "m000", "owner", "why")),
    ("review::set_rate", Act::Manage, |c, w, p| review::set_rate(c, w, p, D, None).map(drop)),
    ("review::pause", Act::Manage, |c, w, p| review::pause(c, w, p, D, "viewer", None)),
    ("people::list_users", Act::ManagePeople, |c, w, p| people::list_users(c, w, p).map(drop)),
    ("people::add_user", Act::ManagePeople, |c, w, p| {
        people::add_user(c, w, p, "no such name!", Role::Viewer, None, &[1; 32]).map(drop)
    }),
    ("people::set_role", Act::ManagePeople, |c, w, p| {
        people::set_role(c, w, p, "nobody", Role::Viewer).map(drop)
    }),
    ("people::set_password", Act::ManagePeople, |c, w, p| {
        people::set_password(c, w, p, "nobody", None, &[1; 32]).map(drop)
    }),
    ("people::set_active", Act::ManagePeople, |c, w, p| {
        people::set_active(c, w, p, "nobody", true).map(drop)
    }),
    ("people::erase_user", Act::ManagePeople, |c, w, p| people::erase_user(c, w, p, "nobody", true)),
    ("people::create_token", Act::ManagePeople, |c, w, p| {
        people::create_token(c, w, p, "nobody", "t", &BTreeSet::from([Scope::Read]), None, &[1; 32]).map(drop)
    }),
    ("people::list_tokens", Act::ManagePeople, |c, w, p| people::list_tokens(c, w, p).map(drop)),
    ("people::revoke_token", Act::ManagePeople, |c, w, p| people::revoke_token(c, w, p, "99")),
    ("people::log", Act::ReadLog, |c, w, p| people::log(c, w, p, None, 5).map(drop)),
    ("people::verify_log", Act::ReadLog, |c, w, p| people::verify_log(c, w, p).map(drop)),
];

#[track_caller]
fn check(bench: &Bench, who: &Principal) {
    for (name, act, verb) in VERBS {
        let outcome = bench.with(|context| verb(context, &bench.workspace, who));
        let denied = matches!(outcome, Err(Error::Denied { .. }));
        assert_eq!(denied, !who.may(*act), "{name} by {who:?}: {outcome:?}");
    }
}

#[test]
fn each_role_does_what_the_table_says_and_nothing_else() {
    let bench = Bench::new(2, json!({}));
    for role in Role::ALL {
        check(&bench, &bench.person(role.name(), role));
    }
}

#[test]
fn a_token_of_an_owner_does_only_what_its_scopes_say() {
    let bench = Bench::new(2, json!({}));
    let owner = bench.person("owner", Role::Owner);
    for scope in Scope::ALL {
        check(&bench, &Principal { scopes: Some(BTreeSet::from([scope])), ..owner.clone() });
    }
}

#[test]
fn every_verb_that_takes_a_principal_is_in_the_list() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = Vec::new();
    for module in ["dataset", "work", "review", "people"] {
        for entry in std::fs::read_dir(source.join(module)).unwrap().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            for part in text.split("\npub fn ").skip(1) {
                let (name, rest) = part.split_once('(').unwrap();
                let signature = rest.split('{').next().unwrap();
                let listed = VERBS.iter().any(|(verb, _, _)| *verb == format!("{module}::{name}"));
                if signature.contains("who: &Principal") && !listed {
                    missing.push(format!("{module}::{name}"));
                }
            }
        }
    }
    // Changing one's own password needs the old one instead of a role.
    assert_eq!(missing, ["people::set_own_password"]);
}
