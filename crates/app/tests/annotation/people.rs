//! Being let in: passwords, the limit on guessing, sessions, tokens, erasing, the log.

use std::collections::BTreeSet;

use engraft_app::people::{self, Principal, Role, Scope};
use engraft_app::{Error, dataset, review};
use serde_json::json;

use crate::bench::{Bench, D, me};

fn login(bench: &Bench, name: &str, password: &str, random: u8) -> Result<people::SessionView, Error> {
    login_from(bench, "10.0.0.1", name, password, random)
}

fn login_from(
    bench: &Bench,
    peer: &str,
    name: &str,
    password: &str,
    random: u8,
) -> Result<people::SessionView, Error> {
    bench.with(|context| people::login(context, &bench.workspace, name, password, &[random; 32], peer))
}

#[test]
fn a_password_gives_a_session_that_ends() {
    let bench = Bench::empty();
    bench.person("ana", Role::Annotator);
    assert!(matches!(login(&bench, "ana", "wrong horse", 1), Err(Error::NotLoggedIn)));
    assert!(matches!(login(&bench, "nobody", "correct horse", 1), Err(Error::NotLoggedIn)));
    let session = login(&bench, "ana", "correct horse", 2).unwrap();
    let who = |secret: &str| bench.with(|context| people::session(context, &bench.workspace, secret));
    let (principal, csrf) = who(&session.secret).unwrap();
    assert_eq!(
        (principal.user.as_str(), principal.role, csrf),
        ("ana", Role::Annotator, session.csrf.clone())
    );
    assert_ne!(session.csrf, session.secret);
    assert!(matches!(who("guess"), Err(Error::NotLoggedIn)));
    bench.wait(15 * 24 * 3600);
    assert!(matches!(who(&session.secret), Err(Error::NotLoggedIn)));
}

#[test]
fn logging_out_and_being_kept_out_end_a_session() {
    let bench = Bench::empty();
    bench.person("ana", Role::Annotator);
    let (one, two) = (login(&bench, "ana", "correct horse", 1), login(&bench, "ana", "correct horse", 2));
    let (one, two) = (one.unwrap().secret, two.unwrap().secret);
    let lives =
        |secret: &str| bench.with(|context| people::session(context, &bench.workspace, secret)).is_ok();
    bench.with(|context| people::logout(context, &bench.workspace, &one)).unwrap();
    assert_eq!((lives(&one), lives(&two)), (false, true));
    bench.with(|context| people::set_active(context, &bench.workspace, &me(), "ana", false)).unwrap();
    assert!(!lives(&two));
    assert!(matches!(login(&bench, "ana", "correct horse", 3), Err(Error::NotLoggedIn)));
}

#[test]
fn guessing_is_slowed_down_and_forgiven_after_a_while() {
    let bench = Bench::empty();
    bench.person("ana", Role::Annotator);
    for _ in 0..10 {
        assert!(matches!(login(&bench, "ana", "wrong horse", 1), Err(Error::NotLoggedIn)));
    }
    let refused = login(&bench, "ana", "correct horse", 2).unwrap_err();
    assert!(matches!(refused, Error::SlowDown { seconds: 900 }), "{refused}");
    bench.wait(901);
    assert!(login(&bench, "ana", "correct horse", 3).is_ok());
}

#[test]
fn somebody_elses_guesses_keep_nobody_out_until_there_are_very_many() {
    let bench = Bench::empty();
    bench.person("ana", Role::Annotator);
    let guess = |host: usize| login_from(&bench, &format!("10.0.1.{host}"), "ana", "wrong horse", 1);
    for _ in 0..10 {
        assert!(matches!(guess(0), Err(Error::NotLoggedIn)));
    }
    assert!(matches!(guess(0), Err(Error::SlowDown { .. })));
    assert!(login(&bench, "ana", "correct horse", 2).is_ok(), "from another address");
    for place in 0..100 {
        assert!(matches!(guess(1 + place / 10), Err(Error::NotLoggedIn)), "{place}");
    }
    assert!(matches!(login(&bench, "ana", "correct horse", 3), Err(Error::SlowDown { .. })));
}

#[test]
fn a_name_nobody_can_have_is_refused_and_not_kept() {
    let bench = Bench::empty();
    bench.person("ana", Role::Annotator);
    let long = "a".repeat(65);
    for _ in 0..40 {
        assert!(matches!(login(&bench, &long, "correct horse", 1), Err(Error::NotLoggedIn)));
    }
    assert!(login(&bench, "ana", "correct horse", 2).is_ok());
}

#[test]
fn the_first_owner_is_made_once() {
    let bench = Bench::empty();
    let first = |name| {
        bench.with(|context| people::first_owner(context, &bench.workspace, name, "correct horse", &[5; 32]))
    };
    assert!(!bench.with(|context| people::anybody(context, &bench.workspace)).unwrap());
    first("olga").unwrap();
    assert!(matches!(first("otto"), Err(Error::Denied { .. })));
    // The last owner stays one.
    let demote =
        bench.with(|context| people::set_role(context, &bench.workspace, &me(), "olga", Role::Viewer));
    assert!(matches!(demote, Err(Error::Request { .. })));
}

#[test]
fn neither_tokens_nor_sessions_nor_passwords_lie_in_the_database() {
    let bench = Bench::empty();
    bench.person("olga", Role::Owner);
    let scopes = BTreeSet::from([Scope::Read]);
    let made = bench.with(|context| {
        people::create_token(context, &bench.workspace, &me(), "olga", "ci", &scopes, None, &[7; 32])
    });
    let (token, session) = (made.unwrap().token, login(&bench, "olga", "correct horse", 2).unwrap());
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(bench.folder.path().join("kb/.engraft")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    let holds = |words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
    assert!(holds("olga"), "these are the bytes people are kept in");
    for secret in [token.as_str(), token.rsplit('_').next().unwrap(), &session.secret, "correct horse"] {
        assert!(!holds(secret), "{secret} is there to be read");
    }
}

#[test]
fn a_token_works_until_it_is_revoked_or_over() {
    let bench = Bench::empty();
    bench.person("olga", Role::Owner);
    let make = |days, random: u8| {
        let scopes = BTreeSet::from([Scope::Read]);
        bench
            .with(|context| {
                people::create_token(
                    context,
                    &bench.workspace,
                    &me(),
                    "olga",
                    "ci",
                    &scopes,
                    days,
                    &[random; 32],
                )
            })
            .unwrap()
    };
    let whose = |token: &str| bench.with(|context| people::token(context, &bench.workspace, token));
    let (forever, day) = (make(None, 1), make(Some(1), 2));
    assert!(forever.token.starts_with("egt_"));
    let expected =
        Principal { user: "olga".into(), role: Role::Owner, scopes: Some(BTreeSet::from([Scope::Read])) };
    assert_eq!(whose(&forever.token).unwrap(), expected);
    bench.wait(25 * 3600);
    assert!(matches!(whose(&day.token), Err(Error::NotLoggedIn)));
    bench.with(|context| people::revoke_token(context, &bench.workspace, &me(), &forever.id)).unwrap();
    assert!(matches!(whose(&forever.token), Err(Error::NotLoggedIn)));
    let listed = bench.with(|context| people::list_tokens(context, &bench.workspace, &me())).unwrap();
    let text = serde_json::to_string(&listed).unwrap();
    assert!(!text.contains(&forever.token) && listed.len() == 2, "{text}");
}

#[test]
fn erasing_a_person_takes_the_name_and_leaves_log_and_snapshot_whole() {
    let bench = Bench::new(2, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    bench.say(&ana, "use");
    let snapshot = || bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let before = snapshot();
    bench.with(|context| people::erase_user(context, &bench.workspace, &me(), "ana", true)).unwrap();
    let log = bench.with(|context| people::verify_log(context, &bench.workspace, &me())).unwrap();
    assert!(log.verified && log.entries > 3, "{log:?}");
    let after = snapshot();
    assert_eq!((after.snapshot, after.created), (before.snapshot, false));
    let item = bench.with(|context| review::item(context, &bench.workspace, &me(), D, "m000")).unwrap();
    let events = bench.with(|context| people::log(context, &bench.workspace, &me(), None, 100)).unwrap();
    for text in [serde_json::to_string(&item).unwrap(), serde_json::to_string(&events).unwrap()] {
        assert!(!text.contains("ana"), "{text}");
    }
}

#[test]
fn who_guesses_at_the_password_of_an_open_session_must_wait() {
    let bench = Bench::empty();
    let ana = bench.person("ana", Role::Annotator);
    let change = |old: &str| {
        bench.with(|context| {
            people::set_own_password(context, &bench.workspace, &ana, old, "another horse", &[7; 32])
        })
    };
    for _ in 0..10 {
        assert!(matches!(change("wrong horse"), Err(Error::Denied { .. })));
    }
    assert!(matches!(change("wrong horse"), Err(Error::SlowDown { .. })));
    assert!(
        matches!(change("correct horse"), Err(Error::SlowDown { .. })),
        "nor is the right one told apart"
    );
    bench.wait(16 * 60);
    change("correct horse").unwrap();
    login(&bench, "ana", "another horse", 3).unwrap();
}
