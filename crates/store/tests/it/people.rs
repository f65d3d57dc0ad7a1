//! Users, sessions, tokens and attempts.

use engraft_store::{NewToken, NewUser, Role, SessionRow, Store, StoreError};
use tempfile::TempDir;

use crate::support::file_in;

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(&file_in(&folder)).unwrap();
    let new = NewUser { name: "ada", role: Role::Lead, password: Some("$hash"), salt: "aa" };
    assert_eq!(store.create_user(&new, None, 1).unwrap(), 1);
    (folder, store)
}

#[test]
fn a_name_is_given_once() {
    let (_folder, store) = store();
    let again = NewUser { name: "ada", role: Role::Viewer, password: None, salt: "bb" };
    assert!(matches!(store.create_user(&again, None, 2), Err(StoreError::Taken { what: "user", .. })));
    let ada = store.user("ada").unwrap().unwrap();
    assert_eq!((ada.role, ada.password.as_deref(), ada.active), (Role::Lead, Some("$hash"), true));
    assert!(Role::Owner > Role::Lead && Role::Annotator > Role::Viewer);
    assert_eq!(Role::parse("reviewer"), Some(Role::Reviewer));
}

#[test]
fn what_a_user_is_can_be_changed_and_is_logged() {
    let (_folder, store) = store();
    store.set_role(1, Role::Viewer, None, 2).unwrap();
    store.set_password(1, None, Some(1), 3).unwrap();
    store.set_active(1, false, None, 4).unwrap();
    let ada = store.user_by_no(1).unwrap().unwrap();
    assert_eq!((ada.role, ada.password, ada.active), (Role::Viewer, None, false));
    let kinds = store.events(&engraft_store::EventFilter { limit: 9, ..Default::default() }).unwrap();
    let kinds: Vec<_> = kinds.into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, ["active_set", "password_set", "role_set", "user_created"]);
    assert!(matches!(store.set_role(7, Role::Owner, None, 5), Err(StoreError::NoSuch { .. })));
}

#[test]
fn a_session_lives_until_it_ends_or_its_user_is_shut_out() {
    let (_folder, store) = store();
    let session = |hash: &str| SessionRow {
        hash: hash.into(),
        user: 1,
        csrf: "c".into(),
        created_at: 0,
        expires_at: 100,
    };
    store.put_session(&session("a")).unwrap();
    store.put_session(&session("b")).unwrap();
    assert_eq!(store.session("a", 99).unwrap(), Some(session("a")));
    assert_eq!(store.session("a", 100).unwrap(), None);
    store.extend_session("a", 200).unwrap();
    assert_eq!(store.session("a", 150).unwrap().unwrap().expires_at, 200);
    assert!(store.drop_session("b").unwrap() && store.session("b", 50).unwrap().is_none());
    store.set_active(1, false, None, 60).unwrap();
    assert_eq!(store.session("a", 70).unwrap(), None);
    assert_eq!(store.prune_sessions(200).unwrap(), 1);
}

#[test]
fn a_token_works_until_it_ends_or_is_revoked_and_remembers_its_use() {
    let (_folder, store) = store();
    let scopes = ["export".to_string()];
    let new = NewToken { hash: "h", user: 1, name: "ci", scopes: &scopes, expires_at: Some(1_000_000) };
    let id = store.put_token(&new, Some(1), 5).unwrap();
    assert_eq!(store.token("h", 10).unwrap().unwrap().scopes, scopes);
    assert_eq!(store.tokens(1).unwrap()[0].used_at, Some(10));
    store.token("h", 20_000).unwrap().unwrap();
    assert_eq!(store.tokens(1).unwrap()[0].used_at, Some(10), "to the minute");
    assert_eq!(store.token("h", 1_000_000).unwrap(), None);
    assert_eq!(store.token("other", 10).unwrap(), None);
    assert!(store.revoke_token(id, None, 30).unwrap() && !store.revoke_token(id, None, 31).unwrap());
    assert_eq!(store.token("h", 40).unwrap(), None);
}

#[test]
fn failures_count_until_a_success() {
    let (_folder, store) = store();
    for (at, ok) in [(1, false), (2, false), (3, true), (4, false), (5, false), (6, false)] {
        store.note_attempt("ada", ok, at).unwrap();
    }
    store.note_attempt("eve", false, 6).unwrap();
    assert_eq!((store.failed_attempts("ada", 0).unwrap(), store.failed_attempts("ada", 5).unwrap()), (3, 2));
    assert_eq!(store.prune_attempts(6).unwrap(), 5);
    assert_eq!(store.failed_attempts("ada", 0).unwrap(), 1);
}
