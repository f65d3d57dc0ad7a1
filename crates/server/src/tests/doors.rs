//! Who gets in, what a browser is told to refuse, and what another site cannot do.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::bench::Bench;

#[test]
fn the_first_visit_makes_the_owner_with_the_code_from_the_terminal() {
    let bench = Bench::empty();
    let code = bench.code.clone().unwrap();
    assert_eq!(bench.open("", "/").headers["location"], "/login");
    assert_eq!(bench.open("", "/login").headers["location"], "/first");
    let form = |code: &str| format!("code={code}&name=olga&password=correct+horse");
    let mime = "application/x-www-form-urlencoded";
    let wrong = bench.send("nobody", "POST", "/first", mime, &form("AAAAAAAAAAAA"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("not the code that the terminal shows"), "{}", wrong.text);
    let made = bench.send("nobody", "POST", "/first", mime, &form(&code.to_lowercase()));
    assert_eq!(made.status, 303, "{}", made.text);
    let home = bench.open(&made.cookie("engraft").unwrap(), "/");
    assert!(home.text.contains("Make the first dataset"), "{}", home.text);
    assert_eq!(bench.open("", "/first").headers["location"], "/login", "the code works once");
    assert_eq!(bench.send("nobody", "POST", "/first", mime, &form(&code)).headers["location"], "/login");
}

#[test]
fn a_session_begins_with_the_password_and_ends_with_signing_out() {
    let bench = Bench::peopled();
    let mime = "application/x-www-form-urlencoded";
    let wrong = bench.send("nobody", "POST", "/login", mime, "name=ana&password=nonsense+horse");
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("do not fit") && wrong.cookie("engraft").is_none());
    let nobody = bench.send("nobody", "POST", "/login", mime, "name=nobody&password=nonsense+horse");
    assert_eq!(nobody.text.replace("nobody", "ana"), wrong.text, "a name that is not there looks the same");
    let cookie = bench.sign_in("ana");
    assert_eq!(bench.open(&cookie, "/").status, 200);
    assert_eq!(bench.open(&cookie, "/login").headers["location"], "/");
    assert_eq!(bench.submit(&cookie, "/logout", "").status, 303);
    assert_eq!(
        bench.open(&cookie, "/").headers["location"],
        "/login",
        "the session is over on the server too"
    );
    assert_eq!(bench.open("made up", "/people").headers["location"], "/login?next=%2Fpeople");
}

#[test]
fn guessing_passwords_is_slowed_down() {
    let bench = Bench::peopled();
    let guess = |n: usize| {
        let form = format!("name=ana&password=wrong+horse+{n}");
        bench.send("nobody", "POST", "/login", "application/x-www-form-urlencoded", &form)
    };
    let last = (0..11).map(guess).last().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.text.contains("Too many tries"), "{}", last.text);
}

#[test]
fn at_the_door_little_is_read_of_what_anybody_sends() {
    let bench = Bench::peopled();
    let enter =
        |form: &str| bench.send("nobody", "POST", "/login", "application/x-www-form-urlencoded", form);
    let long_name = enter(&format!("name={}&password=correct+horse", "a".repeat(65)));
    assert_eq!(long_name.status, 422);
    assert!(long_name.text.contains("do not fit") && !long_name.text.contains("aaaaa"), "{}", long_name.text);
    for path in ["/login", "/first", "/theme"] {
        let long = format!("name=ana&code=x&theme=dark&password={}", "a".repeat(17 * 1024));
        let reply = bench.send("nobody", "POST", path, "application/x-www-form-urlencoded", &long);
        assert_eq!(reply.status, 413, "{path}: {}", reply.text);
    }
}

#[test]
fn many_who_sign_in_at_once_all_get_their_turn() {
    let bench = Bench::peopled();
    let enter = || bench.sign_in("ana");
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..5).map(|_| scope.spawn(enter)).collect();
        for one in all {
            assert!(!one.join().unwrap().is_empty());
        }
    });
}

#[test]
fn another_site_cannot_make_a_browser_act() {
    let bench = Bench::stocked();
    let cookie = bench.sign_in("lea");
    let page = bench.open(&cookie, "/account").text;
    let token = page.split("name=\"csrf\" content=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    let ask = |origin: &str, header: Option<&str>, mime: &str, body: &str| {
        let mut request = Request::post("/api/v1/datasets/tickets/snapshots")
            .header("cookie", format!("engraft={cookie}"))
            .header("host", "studio.test")
            .header("origin", origin)
            .header("content-type", mime);
        if let Some(header) = header {
            request = request.header("x-csrf-token", header);
        }
        bench.ask(request.body(Body::from(body.to_string())).unwrap())
    };
    let send = |origin: &str, header: Option<&str>, mime: &str, body: &str| {
        ask(origin, header, mime, body).status.as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send("http://studio.test", Some(&token), "application/json", "{}"), 200);
    assert_eq!(send("http://studio.test", None, form, &format!("csrf={token}")), 200);
    assert_eq!(send("http://evil.test", Some(&token), "application/json", "{}"), 403);
    assert_eq!(send("http://studio.test", None, "application/json", "{}"), 403);
    assert_eq!(send("http://studio.test", Some("guessed"), "application/json", "{}"), 403);
    assert_eq!(send("http://studio.test", None, form, "csrf=guessed"), 403);
    let kind =
        |origin: &str| ask(origin, Some("old"), "application/json", "{}").json()["error"]["kind"].clone();
    assert_eq!(kind("http://studio.test"), "stale_page", "our own page, from before signing in again");
    assert_eq!(kind("http://evil.test"), "forbidden");
    assert_eq!(send("http://studio.test", None, "text/plain", &format!("csrf={token}")), 403);
    assert_eq!(send("null", Some(&token), form, ""), 403);
    let login = Request::post("/login").header("host", "studio.test").header("origin", "http://evil.test");
    let login =
        login.header("content-type", form).body(Body::from("name=ana&password=correct+horse")).unwrap();
    assert_eq!(bench.ask(login).status, 403, "nor sign somebody in");
}

#[test]
fn every_response_tells_the_browser_what_to_refuse() {
    let bench = Bench::peopled();
    for path in ["/login", "/healthz", "/api/v1/datasets", "/nowhere", "/assets/x/studio.css"] {
        let headers = bench.open("", path).headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers.contains_key("cache-control"), "{path}");
    }
}

#[test]
fn a_program_is_told_in_json_and_a_person_on_a_page() {
    let bench = Bench::peopled();
    let program = bench.get("lea", "/api/v1/datasets/nowhere");
    assert_eq!(program.status, 404);
    let error = &program.json()["error"];
    assert_eq!(error["kind"], "missing");
    assert!(error["message"].as_str().unwrap().contains("nowhere") && error["hint"].is_string(), "{error}");
    let cookie = bench.sign_in("ana");
    let person = bench.open(&cookie, "/people");
    assert_eq!(person.status, 403);
    assert!(person.text.contains("<h1>That is not yours to do</h1>"), "{}", person.text);
    assert!(person.text.contains("To the datasets"));
    let unread = bench.send("lea", "POST", "/api/v1/datasets", "application/json", "{\"name\":");
    assert_eq!((unread.status.as_u16(), unread.json()["error"]["kind"].as_str()), (400, Some("user")));
    let token = Request::get("/api/v1/datasets")
        .header("authorization", "Bearer egt_made_up")
        .body(Body::empty())
        .unwrap();
    assert_eq!(bench.ask(token).status, 401, "a wrong token is not nobody");
    assert_eq!(bench.send("lea", "DELETE", "/api/v1/datasets", "text/plain", "").status, 405);
    let long = json!({ "name": "x".repeat(9 * 1024 * 1024) });
    assert_eq!(bench.post("lea", "/api/v1/datasets", &long).status, 413);
}

#[test]
fn the_theme_is_there_with_the_first_byte() {
    let bench = Bench::peopled();
    let dark = bench.send("nobody", "POST", "/theme", "application/x-www-form-urlencoded", "theme=dark");
    assert_eq!((dark.status.as_u16(), dark.cookie("theme").as_deref()), (303, Some("dark")));
    let page = Request::get("/login")
        .header("accept", "text/html")
        .header("cookie", "theme=dark")
        .body(Body::empty())
        .unwrap();
    assert!(bench.ask(page).text.starts_with("<!DOCTYPE html><html lang=\"en\" data-theme=\"dark\">"));
    let odd = Request::get("/login").header("cookie", "theme=\"><script>").body(Body::empty()).unwrap();
    assert!(bench.ask(odd).text.contains("data-theme=\"system\""));
}

#[test]
fn assets_are_kept_for_good_under_the_hash_of_all() {
    let bench = Bench::empty();
    let page = bench.open("", "/first").text;
    let css = page
        .split("href=\"")
        .find(|part| part.starts_with("/assets/") && part.contains("studio.css"))
        .unwrap();
    let sent = bench.get("nobody", css.split('"').next().unwrap());
    assert_eq!(
        (sent.status.as_u16(), sent.headers["content-type"].to_str().unwrap()),
        (200, "text/css; charset=utf-8")
    );
    assert_eq!(sent.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(bench.get("nobody", "/assets/old/studio.css").headers["cache-control"], "no-cache");
    assert_eq!(bench.get("nobody", "/assets/old/secret.txt").status, 404);
}
