//! Users, sessions, tokens and attempts.

use engraft_store::{Attempts, NewToken, NewUser, Role, SessionRow, Store, StoreError};
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

fn three(key: &str, forgiving: bool) -> Attempts<'_> {
    Attempts { key, most: 3, forgiving }
}

#[test]
fn attempts_count_as_failed_until_they_succeed() {
    let (_folder, store) = store();
    let under = [three("ada", true), three("here", false)];
    let begin = |now| store.begin_attempt(&under, now - 100, now).unwrap();
    assert!(begin(1) && begin(2));
    store.attempt_succeeded(&under, 2).unwrap();
    // Those of `ada` are forgotten; of those under `here`, only the one that succeeded.
    assert!(begin(3) && begin(4) && !begin(5));
    let ada = [three("ada", true)];
    assert!(store.begin_attempt(&ada, 0, 6).unwrap() && !store.begin_attempt(&ada, 0, 7).unwrap());
}

#[test]
fn a_failed_attempt_forgets_the_old_ones_and_a_refused_one_is_not_noted() {
    let (_folder, store) = store();
    let under = [three("eve", true)];
    let begin = |since, now| store.begin_attempt(&under, since, now).unwrap();
    assert!(begin(0, 1) && begin(0, 2) && begin(0, 3) && !begin(0, 4) && !begin(1, 5));
    assert!(begin(2, 6) && !begin(2, 7) && begin(3, 8));
}

#[test]
fn of_guesses_made_at_once_no_more_than_allowed_go_on() {
    let (_folder, store) = store();
    let store = &store;
    let allowed: usize = std::thread::scope(|scope| {
        let each: Vec<_> = (0..12)
            .map(|_| scope.spawn(move || store.begin_attempt(&[three("eve", true)], 0, 1).unwrap()))
            .collect();
        each.into_iter().map(|one| usize::from(one.join().unwrap())).sum()
    });
    assert_eq!(allowed, 3);
}
