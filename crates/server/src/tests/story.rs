//! A dataset from its schema to an export, through the door that programs use and the pages that people use.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::bench::Bench;

const D: &str = "/api/v1/datasets/tickets";

fn next(bench: &Bench, who: &str) -> Value {
    bench.post(who, &format!("{D}/next"), &json!({ "how_many": 1 })).json()["items"][0].clone()
}

fn submit(bench: &Bench, who: &str, view: &Value, topic: &str) -> (u16, Value) {
    let said = json!({ "item": view["item"], "lease": view["lease"], "version": view["version"], "answers": { "topic": topic }, "active_ms": 1200 });
    let reply = bench.post(who, &format!("{D}/submit"), &said);
    (reply.status.as_u16(), reply.json())
}

#[test]
fn two_people_answer_a_reviewer_decides_and_a_lead_takes_it_out() {
    let bench = Bench::stocked();
    for (who, topic) in [("ana", "billing"), ("zeno", "bug")] {
        for _ in 0..6 {
            let view = next(&bench, who);
            let (status, kept) =
                submit(&bench, who, &view, if view["item"] == "t1" { topic } else { "praise" });
            assert_eq!(status, 200, "{kept}");
        }
        let finished =
            bench.post(who, &format!("{D}/next"), &json!({ "html": true })).json()["finished"].clone();
        assert!(finished["html"].as_str().unwrap().contains("To the datasets"), "{finished}");
    }
    let conflicts = bench.get("rex", &format!("{D}/conflicts")).json();
    assert_eq!(conflicts["items"].as_array().unwrap().len(), 1, "{conflicts}");
    assert_eq!(conflicts["items"][0]["item"], "t1");

    let cookie = bench.sign_in("rex");
    let page = bench.open(&cookie, "/d/tickets/review/t1").text;
    assert!(!page.contains("ana") && !page.contains("zeno"), "names are hidden: {page}");
    let side =
        page.split("name=\"pick.topic\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    let version =
        page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    let nothing = bench.submit(&cookie, "/d/tickets/review/t1", "how=pick");
    assert_eq!(nothing.status, 400, "{}", nothing.text);
    let decided = bench.submit(
        &cookie,
        "/d/tickets/review/t1",
        &format!("how=pick&version={version}&pick.topic={side}"),
    );
    assert_eq!(decided.headers["location"], "/d/tickets/review", "{}", decided.text);
    let detail = bench.get("lea", &format!("{D}/item?item=t1")).json();
    assert_eq!(detail["resolution"]["source"], "adjudicated", "{detail}");
    assert_eq!(detail["responses"].as_array().unwrap().len(), 2);

    let pair = bench.get("lea", "/d/tickets/items?question=topic&label=billing&other=bug").text;
    assert!(pair.contains("/d/tickets/items/t1"), "a cell of the matrix leads to its items: {pair}");

    let made = bench.post("lea", &format!("{D}/exports"), &json!({ "format": "jsonl" }));
    assert_eq!(made.status, 201, "{}", made.text);
    let url = made.json()["downloads"][0]["url"].as_str().unwrap().to_string();
    let whole = bench.get("lea", &url);
    assert_eq!(whole.text.lines().count(), 6, "{}", whole.text);
    assert!(whole.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(bench.get("olga", &url).status, 404, "an export is its maker's");
}

#[test]
fn an_answer_given_back_is_found_by_its_author_alone() {
    let bench = Bench::stocked();
    let _gold = submit(&bench, "ana", &next(&bench, "ana"), "praise");
    let view = next(&bench, "ana");
    assert_eq!(submit(&bench, "ana", &view, "bug").0, 200);
    let (item, cookie) = (view["item"].as_str().unwrap(), bench.sign_in("lea"));
    let back =
        bench.submit(&cookie, &format!("/d/tickets/items/{item}/back"), "user=ana&reason=read+it+again");
    assert_eq!(back.status, 303, "{}", back.text);
    let (hers, his) = (bench.sign_in("ana"), bench.sign_in("zeno"));
    let list = bench.open(&hers, "/d/tickets/work?tab=returned").text;
    assert!(list.contains("read it again") && list.contains(&format!("?item={item}")), "{list}");
    assert!(bench.open(&hers, "/").text.contains("1 item was given back to you"));
    assert!(!bench.open(&his, "/d/tickets/work?tab=returned").text.contains("read it again"));
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_stopped() {
    let bench = Bench::stocked();
    let cookie = bench.sign_in("lea");
    let page = bench.submit(&cookie, "/d/tickets/transfer/export", "format=jsonl&snapshot=&split=");
    assert!(page.text.contains("6 rows are ready"), "{}", page.text);
    let url = page.text.split("<a download href=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    let ask = |range: Option<&str>| {
        let mut request = Request::get(&url).header("cookie", format!("engraft={cookie}"));
        if let Some(range) = range {
            request = request.header("range", range);
        }
        bench.ask(request.body(Body::empty()).unwrap())
    };
    let whole = ask(None).text;
    let (head, tail) = (ask(Some("bytes=0-99")), ask(Some("bytes=100-")));
    assert_eq!((head.status.as_u16(), tail.status.as_u16()), (206, 206));
    assert_eq!(format!("{}{}", head.text, tail.text), whole);
    assert_eq!(tail.headers["content-range"], format!("bytes 100-{}/{}", whole.len() - 1, whole.len()));
    assert_eq!(ask(Some("bytes=999999-")).status, 416);
}

#[test]
fn what_a_browser_posts_is_what_a_program_would_have_sent() {
    let bench = Bench::stocked();
    let view = next(&bench, "ana");
    let draft =
        json!({ "item": view["item"], "lease": view["lease"], "form": "q.topic=bug", "active_ms": 10 });
    let kept = bench.post("ana", &format!("{D}/draft"), &draft);
    assert_eq!(kept.status, 200, "{}", kept.text);
    let mine =
        bench.get("ana", &format!("{D}/mine?item={}&html=true", view["item"].as_str().unwrap())).json();
    assert_eq!((&mine["answers"], &mine["status"]), (&json!({ "topic": "bug" }), &json!("draft")), "{mine}");
    assert!(mine["html"].as_str().unwrap().contains("checked"), "{mine}");

    let cookie = bench.sign_in("ana");
    let form = format!(
        "item={}&lease={}&version=0&active_ms=5&q.topic=praise&do=submit",
        view["item"].as_str().unwrap(),
        view["lease"].as_str().unwrap()
    );
    let sent = bench.submit(&cookie, "/d/tickets/work", &form);
    assert_eq!(
        (sent.status.as_u16(), sent.headers["location"].to_str().unwrap()),
        (303, "/d/tickets/work"),
        "{}",
        sent.text
    );
    let history = bench.get("ana", &format!("{D}/history?tab=submitted")).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 1, "{history}");
    let undone = bench.post("ana", &format!("{D}/undo"), &json!({})).json();
    assert_eq!(undone["answers"], json!({ "topic": "praise" }), "{undone}");
}

#[test]
fn an_answer_that_came_too_late_is_kept_and_both_are_shown() {
    let bench = Bench::stocked();
    let view = next(&bench, "ana");
    assert_eq!(submit(&bench, "ana", &view, "bug").0, 200);
    let (status, told) = submit(
        &bench,
        "ana",
        &json!({ "item": view["item"], "lease": view["lease"], "version": 0 }),
        "praise",
    );
    assert_eq!(status, 409, "{told}");
    assert_eq!((&told["error"]["kind"], &told["kept"]), (&json!("conflict"), &json!(true)), "{told}");
    assert_eq!(told["current"]["answers"]["topic"], "bug", "{told}");
    assert!(told["current"]["html"].as_str().unwrap().contains("<article"), "{told}");
}

#[test]
fn an_answer_that_does_not_fit_the_question_says_where() {
    let bench = Bench::stocked();
    let view = next(&bench, "ana");
    let (status, told) = submit(&bench, "ana", &view, "nonsense");
    assert_eq!(status, 422, "{told}");
    assert_eq!(told["problems"][0]["at"], "topic", "{told}");
}

#[test]
fn a_schema_that_cannot_be_used_is_shown_with_its_problems() {
    let bench = Bench::peopled();
    let cookie = bench.sign_in("lea");
    let page = bench.submit(
        &cookie,
        "/new",
        "name=x&schema=%7B%22fields%22%3A%5B%5D%2C%22questions%22%3A%5B%5D%7D&do=save",
    );
    assert!(
        page.status.is_client_error() && page.text.contains("It cannot be used yet"),
        "{} {}",
        page.status,
        page.text
    );
    let looked =
        bench.post("lea", "/api/v1/preview", &json!({ "schema": super::bench::schema().to_string() })).json();
    assert!(
        looked["html"].as_str().unwrap().contains("praise") && looked["problems"] == json!([]),
        "{looked}"
    );
}

#[test]
fn a_lead_says_what_is_right_changes_it_and_takes_it_away() {
    let bench = Bench::stocked();
    let _gold = submit(&bench, "ana", &next(&bench, "ana"), "praise");
    let view = next(&bench, "ana");
    assert_eq!(submit(&bench, "ana", &view, "bug").0, 200);
    let id = view["item"].as_str().unwrap();
    let cookie = bench.sign_in("lea");
    let page = format!("/d/tickets/items/{id}");
    let known = || bench.get("lea", &format!("{D}/item?item={id}")).json()["gold"].clone();
    let say = |form: &str| bench.submit(&cookie, &format!("{page}/known"), form).status.as_u16();
    assert!(bench.open(&cookie, &page).text.contains("This is the right answer"));
    assert_eq!(say("how=response&user=ana&version=7"), 409, "not the version that was read");
    assert_eq!(say("how=response&user=zeno&version=1"), 409, "nobody said that");
    assert_eq!((say("how=own"), known()), (400, Value::Null), "nothing is said");
    assert_eq!((say("how=response&user=ana&version=1"), known()), (303, json!({ "topic": "bug" })));
    let text = bench.open(&cookie, &page).text;
    assert!(text.contains("known to be right") && !text.contains("This is the right answer"), "{text}");
    let form = bench.open(&cookie, &format!("{page}/known")).text;
    assert!(form.contains("value=\"bug\" checked"), "what is known is filled in: {form}");
    assert_eq!((say("how=own&q.topic=billing"), known()), (303, json!({ "topic": "billing" })));
    assert_eq!((say("how=forget"), known()), (303, Value::Null));
}

#[test]
fn a_lead_who_decides_makes_it_the_known_answer_too_and_a_reviewer_may_not() {
    let bench = Bench::stocked();
    for (who, topic) in [("ana", "billing"), ("zeno", "bug")] {
        for _ in 0..3 {
            let view = next(&bench, who);
            assert_eq!(submit(&bench, who, &view, topic).0, 200);
        }
    }
    let conflicts = bench.get("lea", &format!("{D}/conflicts")).json();
    let id = conflicts["items"][0]["item"].as_str().unwrap().to_string();
    let page = format!("/d/tickets/review/{id}");
    assert!(
        !bench.open(&bench.sign_in("rex"), &page).text.contains("name=\"known\""),
        "no tick for a reviewer"
    );
    let cookie = bench.sign_in("lea");
    let text = bench.open(&cookie, &page).text;
    assert!(text.contains("name=\"known\""), "{text}");
    let version = text.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("how=own&version={version}&q.topic=billing&known=yes");
    let decided = bench.submit(&cookie, &page, &form);
    assert_eq!(decided.status, 303, "{}", decided.text);
    let detail = bench.get("lea", &format!("{D}/item?item={id}")).json();
    assert_eq!(detail["gold"], json!({ "topic": "billing" }), "{detail}");
}

#[test]
fn a_reviewer_may_pick_a_condition_of_one_person_and_what_hangs_on_it_of_another() {
    let bench = Bench::stocked();
    let questions = json!([
        { "name": "topic", "type": "label", "options": ["bug", "billing"] },
        { "name": "why", "type": "text", "visible_when": { "question": "topic", "any_of": ["bug"] } },
    ]);
    let schema = json!({ "fields": [{ "name": "text", "type": "text" }], "questions": questions, "distribution": { "overlap": 2 } });
    assert_eq!(bench.post("lea", &format!("{D}/schema"), &json!({ "schema": schema })).status, 200);
    for (who, said) in
        [("ana", json!({ "topic": "bug", "why": "It is." })), ("zeno", json!({ "topic": "billing" }))]
    {
        for view in bench.post(who, &format!("{D}/next"), &json!({ "how_many": 6 })).json()["items"]
            .as_array()
            .unwrap()
        {
            let said = json!({ "item": view["item"], "lease": view["lease"], "answers": said });
            assert_eq!(bench.post(who, &format!("{D}/submit"), &said).status, 200);
        }
    }
    let cookie = bench.sign_in("rex");
    for (item, topic, why, kept) in
        [("t1", "billing", "It is.", Some(json!({ "topic": "billing" }))), ("t2", "bug", "", None)]
    {
        let view = bench.get("rex", &format!("{D}/conflict?item={item}")).json();
        let sides = view["sides"].as_array().unwrap();
        let side = |question: &str, answer: &str| {
            let said = |side: &&Value| side["answers"][question].as_str().unwrap_or("") == answer;
            sides.iter().find(said).unwrap()["name"].as_str().unwrap().to_string()
        };
        let form = format!(
            "how=pick&version={}&pick.topic={}&pick.why={}",
            view["version"],
            side("topic", topic),
            side("why", why)
        );
        let reply = bench.submit(&cookie, &format!("/d/tickets/review/{item}"), &form);
        match kept {
            Some(answers) => {
                assert_eq!(reply.status, 303, "{}", reply.text);
                let detail = bench.get("lea", &format!("{D}/item?item={item}")).json();
                assert_eq!(detail["resolution"]["answers"], answers);
            }
            // What is missing is said above the case, which is still there to be decided.
            None => assert!(
                reply.text.contains("why has no answer") && reply.text.contains("name=\"pick.why\""),
                "{}",
                reply.text
            ),
        }
    }
}
