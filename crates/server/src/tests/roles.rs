//! What each role must not read or write: every endpoint against every role, and what answers never hold.

use engraft_app::people::Role;
use serde_json::{Value, json};

use super::bench::{Bench, PEOPLE, schema};

const D: &str = "/api/v1/datasets/tickets";

/// The roles that may, by the first letters of owner, lead, reviewer, annotator, viewer.
#[derive(Clone, Copy)]
struct May(&'static str);

const ALL: May = May("olrav");
const WORKERS: May = May("olra");
const NUMBERS: May = May("olrv");
const REVIEWERS: May = May("olr");
const LEADS: May = May("ol");
const OWNER: May = May("o");

/// What is asked, and who may: method, address, JSON.
type Endpoint = (&'static str, String, Value, May);

fn endpoints() -> Vec<Endpoint> {
    let item = json!({ "item": "t1" });
    let draft = json!({ "item": "t1", "answers": { "topic": "bug" } });
    let get = |path: &str, may| ("GET", format!("{D}{path}"), Value::Null, may);
    let post = |path: &str, body: &Value, may| ("POST", format!("{D}{path}"), body.clone(), may);
    let page = |path: &str, may| ("GET", path.to_string(), Value::Null, may);
    vec![
        page("/api/v1/datasets", ALL),
        get("", ALL),
        post("/next", &json!({}), WORKERS),
        post("/draft", &draft, WORKERS),
        post("/submit", &draft, WORKERS),
        post("/skip", &json!({ "item": "t1", "reason": "unclear" }), WORKERS),
        post("/undo", &json!({}), WORKERS),
        post("/heartbeat", &json!({ "items": [] }), WORKERS),
        post("/release", &json!({}), WORKERS),
        get("/history", WORKERS),
        get("/mine?item=t1", WORKERS),
        get("/guidelines", ALL),
        post("/guidelines/acknowledge", &json!({ "version": "x" }), WORKERS),
        get("/comments?item=t1", WORKERS),
        post("/comments", &json!({ "item": "t1", "text": "hm" }), WORKERS),
        get("/similar?item=t1", WORKERS),
        post("/bulk", &json!({ "items": [], "answers": {} }), WORKERS),
        post("/bulk/undo", &json!({ "undo": "1" }), WORKERS),
        get("/dashboard", NUMBERS),
        get("/conflicts", REVIEWERS),
        get("/conflict?item=t1", REVIEWERS),
        post("/adjudicate", &json!({ "item": "t1", "answers": {} }), REVIEWERS),
        get("/items", LEADS),
        get("/item?item=t1", LEADS),
        post("/schema", &json!({ "schema": schema() }), LEADS),
        post("/snapshots", &json!({}), LEADS),
        post("/gold", &item, LEADS),
        post("/return", &json!({ "item": "t1", "to": "ana", "reason": "look" }), LEADS),
        post("/pause", &json!({ "user": "vic", "why": null }), LEADS),
        post("/rate", &json!({ "hourly_rate": 20, "currency": "EUR" }), LEADS),
        ("POST", format!("{D}/import?format=jsonl"), Value::Null, LEADS),
        post("/exports", &json!({ "format": "jsonl" }), LEADS),
        get("/exports/none/none", LEADS),
        get("/audit", LEADS),
        post("/resolve", &json!({ "method": "majority" }), LEADS),
        post("/delete", &json!({ "confirm": "another" }), OWNER),
        ("POST", "/api/v1/preview".into(), json!({ "schema": "{}" }), LEADS),
        page("/", ALL),
        page("/account", ALL),
        page("/d/tickets/work", WORKERS),
        page("/d/tickets/bulk", WORKERS),
        page("/d/tickets/dashboard", NUMBERS),
        page("/d/tickets/quality", LEADS),
        page("/d/tickets/delete", OWNER),
        page("/d/tickets/review", REVIEWERS),
        page("/d/tickets/review/t1", REVIEWERS),
        page("/d/tickets/items", LEADS),
        page("/d/tickets/items/t1", LEADS),
        page("/d/tickets/items/t1/known", LEADS),
        page("/d/tickets/transfer", LEADS),
        page("/d/tickets/settings", LEADS),
        page("/decisions", NUMBERS),
        page("/decisions/1", NUMBERS),
        page("/decisions/1/live", NUMBERS),
        page("/decisions/1/drawn?of=x", NUMBERS),
        page("/decisions/1/report", LEADS),
        ("POST", "/api/v1/decisions/1/weigh".into(), weights(), NUMBERS),
        page("/new", LEADS),
        page("/people", OWNER),
        page("/log", OWNER),
        ("POST", "/api/v1/datasets".into(), json!({ "name": "another", "schema": schema() }), LEADS),
    ]
}

/// What is answered to those who may, where it is not done: to what is asked here about something that is not there.
fn refusal(method: &str, path: &str, role: Role) -> Option<u16> {
    let may_review = matches!(role, Role::Owner | Role::Lead | Role::Reviewer);
    Some(match (method, path.strip_prefix(D).unwrap_or(path)) {
        (_, "/draft" | "/submit" | "/skip" | "/undo" | "/guidelines/acknowledge") => 409,
        (_, "/mine?item=t1" | "/exports/none/none" | "/return") => 404,
        (_, "/comments?item=t1" | "/comments") if !may_review => 404,
        (_, "/bulk" | "/bulk/undo" | "/resolve" | "/delete") => 400,
        (_, "/adjudicate") => 422,
        (_, path) if path.contains("/decisions/1") => 404,
        // The first of them has made it.
        ("POST", "/api/v1/datasets") if role == Role::Lead => 409,
        _ => return None,
    })
}

fn weights() -> Value {
    json!({ "quality": 1, "groundedness": 0, "latency": 0, "cost": 1, "update_lag": 0 })
}

#[test]
fn every_endpoint_against_every_role() {
    let bench = Bench::stocked();
    let mut wrong = Vec::new();
    for (method, path, body, may) in &endpoints() {
        for (name, role) in PEOPLE {
            let reply = bench.send(name, method, path, "application/json", &body.to_string());
            let allowed = may.0.contains(role.name().chars().next().unwrap());
            let done = reply.status.is_success() || reply.status.is_redirection();
            let is_right = match refusal(method, path, role).filter(|_| allowed) {
                Some(status) => reply.status == status,
                None if allowed => done,
                None => reply.status == 403,
            };
            if !is_right {
                wrong.push(format!(
                    "{method} {path} as {}: {} {}",
                    role.name(),
                    reply.status,
                    reply.text.chars().take(160).collect::<String>()
                ));
            }
        }
        let nobody = bench.send("nobody", method, path, "application/json", &body.to_string());
        if !matches!(nobody.status.as_u16(), 401 | 303) {
            wrong.push(format!("{method} {path} as nobody: {}", nobody.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_dashboard_tells_only_those_who_may_see_numbers() {
    let bench = Bench::stocked();
    let path = "/d/tickets/dashboard/live";
    for (name, role) in PEOPLE {
        let allowed = NUMBERS.0.contains(role.name().chars().next().unwrap());
        let status = bench.status(name, path).as_u16();
        assert_eq!(status, if allowed { 200 } else { 403 }, "{path} as {}", role.name());
    }
    assert_eq!(bench.status("nobody", path), 401, "{path} as nobody");
}

/// What forms send, and who may.
const FORMS: [(&str, &str, May); 17] = [
    ("/people/add", "name=eve&role=owner", OWNER),
    ("/people/change", "name=vic&do=role&role=viewer", OWNER),
    ("/tokens/add", "user=vic&name=x&scope=read", OWNER),
    ("/tokens/revoke", "id=999", OWNER),
    ("/new", "name=other&schema={}", LEADS),
    ("/d/tickets/settings", "schema={}", LEADS),
    ("/d/tickets/dashboard/pause", "user=vic&why=", LEADS),
    ("/d/tickets/dashboard/rate", "hourly_rate=20&currency=EUR", LEADS),
    ("/d/tickets/items/t1/known", "how=own&q.topic=bug", LEADS),
    ("/d/tickets/items/t1/back", "user=ana&reason=look", LEADS),
    ("/d/tickets/transfer/export", "format=jsonl", LEADS),
    ("/d/tickets/transfer/snapshot", "", LEADS),
    ("/d/tickets/quality/resolve", "method=majority", LEADS),
    ("/d/tickets/delete/now", "confirm=another", OWNER),
    ("/d/tickets/review/t1", "how=pick", REVIEWERS),
    ("/d/tickets/work", "item=t1&do=draft", WORKERS),
    ("/d/tickets/items/t1/comment", "text=hm", WORKERS),
];

#[test]
fn forms_are_as_closed_as_endpoints() {
    let bench = Bench::stocked();
    for (path, form, may) in FORMS {
        for (name, role) in PEOPLE {
            let reply = bench.send(name, "POST", path, "application/x-www-form-urlencoded", form);
            let allowed = may.0.contains(role.name().chars().next().unwrap());
            assert_eq!(
                reply.status != 403,
                allowed,
                "{path} as {}: {} {}",
                role.name(),
                reply.status,
                reply.text
            );
            assert!(!reply.status.is_server_error(), "{path} as {}: {}", role.name(), reply.text);
        }
        assert_eq!(
            bench.send("nobody", "POST", path, "application/x-www-form-urlencoded", form).status,
            401,
            "{path}"
        );
    }
}

#[test]
fn an_annotator_sees_neither_gold_nor_what_others_said() {
    let bench = Bench::stocked();
    let answer = |who: &str, topic: &str| {
        let next = bench.post(who, &format!("{D}/next"), &json!({ "how_many": 6, "html": true })).json();
        for view in next["items"].as_array().unwrap() {
            let said = json!({ "item": view["item"], "lease": view["lease"], "answers": { "topic": topic }, "active_ms": 900 });
            let kept = bench.post(who, &format!("{D}/submit"), &said);
            assert_eq!(kept.status, 200, "{}", kept.text);
        }
        next
    };
    answer("zeno", "billing");
    // Two people speak of an item: somebody who answers it too, and a lead.
    let say = |who: &str, text: &str| {
        let said = json!({ "item": "t6", "text": text, "flag": true });
        let kept = bench.post(who, &format!("{D}/comments"), &said);
        assert_eq!(kept.status, 200, "{}", kept.text);
    };
    say("zeno", "certainly billing");
    say("lea", "look twice");
    let reads = [
        bench.post("ana", &format!("{D}/next"), &json!({ "how_many": 6, "html": true })).text,
        bench.get("ana", &format!("{D}/mine?item=t6&html=true")).text,
        bench.get("ana", &format!("{D}/history")).text,
        bench.get("ana", &format!("{D}/comments?item=t6")).text,
        bench.get("ana", "/d/tickets/work").text,
        bench.get("ana", "/d/tickets/bulk").text,
        bench.get("ana", "/").text,
    ];
    for text in &reads {
        assert!(!text.contains("zeno"), "somebody else's name: {text}");
        assert!(!text.contains("certainly"), "somebody else's words: {text}");
        assert!(!text.contains("gold\":{"), "gold: {text}");
    }
    let heard = |who: &str| bench.get(who, &format!("{D}/comments?item=t6")).text;
    assert!(reads[3].contains("look twice"), "a lead's words: {}", reads[3]);
    assert!(heard("zeno").contains("certainly") && heard("lea").contains("certainly"), "{}", heard("lea"));
    let shapes = |name: &str| {
        let view = bench.get("ana", &format!("{D}/mine?item={name}&html=true")).json();
        let keys: Vec<String> = view.as_object().unwrap().keys().cloned().collect();
        let html = view["html"].as_str().unwrap().to_string();
        let lease = format!("\"{}\"", view["lease"].as_str().unwrap());
        let own = [
            (view["expires_at"].as_str().unwrap(), "AT"),
            (&lease, "LEASE"),
            (name, "ITEM"),
            (view["fields"]["text"].as_str().unwrap(), "TEXT"),
        ];
        (keys, own.iter().fold(html, |html, (text, place)| html.replace(text, place)))
    };
    assert_eq!(shapes("t1"), shapes("t6"), "a gold item looks like any other");
}

#[test]
fn a_token_does_no_more_than_its_scopes() {
    let bench = Bench::stocked();
    let cookie = bench.sign_in("olga");
    let made = bench.submit(&cookie, "/tokens/add", "user=lea&name=reader&scope=read&days=1");
    let token =
        made.text.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_string();
    let ask = |method: &str, path: &str| {
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        bench.ask(request.body("{}".into()).unwrap()).status.as_u16()
    };
    assert_eq!(ask("GET", &format!("{D}/items")), 200);
    assert_eq!(ask("POST", &format!("{D}/snapshots")), 403);
    assert_eq!(ask("POST", &format!("{D}/next")), 403);
    let people = bench.open(&cookie, "/people").text;
    assert!(!people.contains(&token), "a secret is shown once");
}

/// Doors that are open to everybody, one's own password and looks, and the stream that has a test of its own.
const OTHERS: [&str; 8] = [
    "/login",
    "/logout",
    "/theme",
    "/first",
    "/healthz",
    "/readyz",
    "/assets/{hash}/{name}",
    "/d/{dataset}/dashboard/live",
];

#[test]
fn no_route_is_left_out() {
    let tried: Vec<(&str, String)> = endpoints()
        .into_iter()
        .map(|(method, path, ..)| (method, path.split('?').next().unwrap().to_string()))
        .chain(FORMS.map(|(path, ..)| ("POST", path.to_string())))
        .collect();
    let source = include_str!("../routes.rs");
    let (mut place, mut routes, mut left_out) = ("", 0, Vec::new());
    for line in source.lines().map(str::trim) {
        if line.starts_with("fn ") {
            place = if line.contains("api_routes") { "/api/v1" } else { "" };
        }
        let Some(route) = line.strip_prefix(".route(\"") else { continue };
        let (pattern, handlers) = route.split_once('"').unwrap();
        let pattern = format!("{place}{pattern}");
        for (method, word) in [("GET", "get("), ("POST", "post(")] {
            let own = matches!((method, pattern.as_str()), ("GET", "/d/{dataset}") | ("POST", "/account"));
            if !handlers.contains(word) || own || OTHERS.contains(&pattern.as_str()) {
                continue;
            }
            routes += 1;
            if !tried.iter().any(|(tried, path)| *tried == method && fits(&pattern, path)) {
                left_out.push(format!("{method} {pattern}"));
            }
        }
    }
    assert!(routes > 60, "{routes} routes were found in the source");
    assert!(left_out.is_empty(), "{left_out:#?}");
}

/// Whether an address is one that a route's pattern stands for.
fn fits(pattern: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}
