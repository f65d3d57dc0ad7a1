//! The endpoint over real HTTP, with everything that goes wrong there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engraft_answer::{Prompt, Turn};
use engraft_core::{Cancel, Fault, Kind, Silent};
use engraft_testkit::endpoint::{Said, Scripted, completion};

use super::{Chat, Endpoint, Failure, Reply};
use crate::Context;

const KEY: &str = "sk-very-secret";

/// What came of one prompt, how often it was sent, and how long was waited in between.
struct Outcome {
    reply: Result<Reply, Failure>,
    sent: usize,
    waits: Vec<Duration>,
    authorization: Option<String>,
}

fn ask(more: &str, say: impl Fn(usize) -> Said + Send + Sync + 'static) -> Outcome {
    let server = Scripted::start(move |_, before| say(before)).unwrap();
    let endpoint: Endpoint =
        toml::from_str(&format!("url = '{}/'\nmodel = 'small'\ntries = 3\n{more}", server.url)).unwrap();
    let mut chat = Chat::with_key(&endpoint, Some(KEY.into()));
    let waits: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let heard = Arc::clone(&waits);
    chat.wait = Box::new(move |pause, _| {
        heard.lock().unwrap().push(pause);
        true
    });
    let cancel = Cancel::default();
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| 0, now: &now };
    let prompt = Prompt { turns: vec![Turn::User("Is it so?".into())], ..Prompt::default() };
    let reply = chat.say(context, "small", &prompt);
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.path == "/v1/chat/completions"));
    let waits = waits.lock().unwrap().clone();
    Outcome {
        reply,
        sent: asked.len(),
        waits,
        authorization: asked.first().and_then(|asked| asked.authorization.clone()),
    }
}

#[test]
fn a_prompt_is_replied_to_and_counted() {
    let found = ask("", |_| Said::Text("Yes.".into()));
    let reply = found.reply.unwrap();
    assert_eq!((reply.text.as_str(), reply.tokens_in, reply.tokens_out, reply.cut), ("Yes.", 100, 10, false));
    assert_eq!(found.authorization.as_deref(), Some("Bearer sk-very-secret"));
}

#[test]
fn a_busy_endpoint_is_waited_for_as_long_as_it_asks() {
    let found = ask("", |before| match before {
        0 => Said::Raw(429, vec!["Retry-After: 7".into()], "{}".into()),
        1 => Said::Raw(503, Vec::new(), String::new()),
        _ => Said::Text("Yes.".into()),
    });
    assert!(found.reply.is_ok());
    assert_eq!(found.waits, [Duration::from_secs(7), Duration::from_secs(1)]);
}

#[track_caller]
fn check(
    more: &str,
    say: impl Fn(usize) -> Said + Send + Sync + 'static,
    sent: usize,
    words: &str,
    stops: bool,
) {
    let found = ask(more, say);
    let failure = found.reply.unwrap_err();
    assert!(failure.words().contains(words), "{}", failure.words());
    assert_eq!((found.sent, failure.stops()), (sent, stops), "{failure:?}");
    let endpoint: Endpoint = toml::from_str("url = 'http://x/v1'\nmodel = 'small'").unwrap();
    let error = failure.error(&endpoint);
    assert_eq!(error.kind(), Kind::Unavailable);
    let shown = format!("{error} {:?} {failure:?}", error.hint());
    assert!(error.hint().is_some() && !shown.contains(KEY), "{shown}");
}

#[test]
fn an_endpoint_that_stays_busy_ends_the_work() {
    check(
        "",
        |_| Said::Raw(429, vec!["Retry-After: 0".into()], "slow down".into()),
        3,
        "status 429: slow down",
        true,
    );
}

#[test]
fn an_endpoint_that_asks_for_too_long_a_wait_is_not_waited_for() {
    check(
        "",
        |_| Said::Raw(429, vec!["Retry-After: 3600".into()], "{}".into()),
        1,
        "asks to wait 3600 seconds",
        true,
    );
}

#[test]
fn a_failing_endpoint_is_tried_again_and_then_only_this_prompt_fails() {
    let boom = || Said::Raw(500, Vec::new(), "{\"error\":{\"message\":\"boom\"}}".into());
    check("", move |_| boom(), 3, "status 500: boom", false);
}

#[test]
fn what_is_no_completion_is_asked_for_again() {
    check("", |_| Said::Raw(200, Vec::new(), "{\"choices\": [".into()), 3, "no chat completion", false);
    let found = ask("", |before| match before {
        0 => Said::Raw(200, Vec::new(), "<html>".into()),
        _ => Said::Text("Yes.".into()),
    });
    assert_eq!((found.reply.unwrap().text.as_str(), found.sent), ("Yes.", 2));
}

#[test]
fn a_reply_torn_off_on_the_way_is_asked_for_again() {
    let torn = || Said::Torn(completion("small", "Yes.", "stop").to_string());
    check("", move |_| torn(), 3, "the connection broke off", false);
}

#[test]
fn no_reply_in_time_is_a_state_of_its_own() {
    let found = ask("timeout_s = 0.2", |_| Said::Silence);
    let failure = found.reply.unwrap_err();
    assert_eq!((failure.state(), found.sent), (engraft_eval::State::Timeout, 1), "{failure:?}");
}

#[test]
fn a_wrong_key_ends_the_work_and_is_never_repeated() {
    let echo = || Said::Raw(401, Vec::new(), format!("{{\"error\":{{\"message\":\"no such key: {KEY}\"}}}}"));
    check("", move |_| echo(), 1, "no such key: [key]", true);
}

#[test]
fn an_address_that_moved_is_not_followed() {
    let moved = || Said::Raw(302, vec!["Location: http://127.0.0.1:1/".into()], String::new());
    check("", move |_| moved(), 1, "status 302", true);
}

#[test]
fn a_prompt_that_is_too_long_fails_alone() {
    check(
        "",
        |_| Said::Raw(400, Vec::new(), "{\"error\":\"8192 tokens at most\"}".into()),
        1,
        "8192 tokens",
        false,
    );
}

#[test]
fn another_model_than_the_one_asked_ends_the_work_unless_that_is_wanted() {
    let other = || Said::Raw(200, Vec::new(), completion("large", "Yes.", "stop").to_string());
    check("", move |_| other(), 1, "`small` was asked and `large` replied", true);
    assert!(ask("check_model = false", move |_| other()).reply.is_ok());
}

#[test]
fn a_refusal_is_no_reply_and_a_cut_one_says_so() {
    let refusal = "{\"model\":\"small\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":null,\"refusal\":\"I cannot help with that.\"},\"finish_reason\":\"stop\"}]}";
    check(
        "",
        move |_| Said::Raw(200, Vec::new(), refusal.into()),
        1,
        "declined: I cannot help with that.",
        false,
    );
    let cut = ask("", |_| Said::Raw(200, Vec::new(), completion("small", "Yes, bec", "length").to_string()));
    assert!(cut.reply.unwrap().cut);
}

#[test]
fn nobody_at_the_address_ends_the_work() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint: Endpoint = toml::from_str(&format!("url = 'http://{free}/v1'\nmodel = 'small'")).unwrap();
    let cancel = Cancel::default();
    let now = || String::new();
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| 0, now: &now };
    let failure = Chat::with_key(&endpoint, None).say(context, "small", &Prompt::default()).unwrap_err();
    assert!(failure.stops() && failure.words().contains("nobody answers"), "{failure:?}");
}

#[test]
fn a_key_that_the_environment_lacks_is_named() {
    let text = "url = 'http://x/v1'\nmodel = 'small'\nkey_env = 'ENGRAFT_TEST_NO_SUCH_KEY'";
    let error = Chat::open(&toml::from_str(text).unwrap()).err().unwrap();
    assert!(
        error.kind() == Kind::Unavailable && error.to_string().contains("ENGRAFT_TEST_NO_SUCH_KEY"),
        "{error}"
    );
}
