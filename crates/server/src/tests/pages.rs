//! Pages hold together: what they link to exists, nothing runs inline, and everything has a name.

use std::collections::BTreeSet;

use serde_json::json;

use super::bench::{Bench, everybody};

/// Every page reachable by links from the home page of somebody.
fn walk(bench: &Bench, cookie: &str) -> Vec<(String, String)> {
    let (mut open, mut seen, mut pages) = (vec!["/".to_string()], BTreeSet::new(), Vec::new());
    while let Some(path) = open.pop() {
        if !seen.insert(path.split('#').next().unwrap_or_default().to_string()) {
            continue;
        }
        let reply = bench.open(cookie, &path);
        if let Some(to) = reply.headers.get("location") {
            open.push(to.to_str().unwrap().to_string());
            continue;
        }
        assert_eq!(reply.status, 200, "{path} is linked to and must be there: {}", reply.text);
        let links = reply.text.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
        open.extend(
            links
                .filter(|link| link.starts_with('/') && !link.starts_with("/assets/"))
                .map(|link| link.replace("&amp;", "&")),
        );
        pages.push((path, reply.text));
    }
    pages
}

#[test]
fn every_link_leads_somewhere_and_no_page_runs_anything_inline() {
    let bench = Bench::stocked();
    for (who, topic) in [("ana", "bug"), ("zeno", "billing")] {
        let next = bench.post(who, "/api/v1/datasets/tickets/next", &json!({ "how_many": 3 })).json();
        for view in next["items"].as_array().unwrap() {
            let said = json!({ "item": view["item"], "lease": view["lease"], "answers": { "topic": topic } });
            assert_eq!(bench.post(who, "/api/v1/datasets/tickets/submit", &said).status, 200);
        }
    }
    for who in ["olga", "ana", "vic", "rex"] {
        let pages = walk(&bench, &bench.sign_in(who));
        assert!(pages.len() >= 3, "{who}: {:?}", pages.iter().map(|(path, _)| path).collect::<Vec<_>>());
        for (path, html) in &pages {
            let lower = html.to_lowercase();
            for forbidden in [" style=\"", " onclick=", " onload=", "javascript:", "<style"] {
                assert!(!lower.contains(forbidden), "{path} holds {forbidden}");
            }
            let inline = lower
                .split("<script")
                .skip(1)
                .any(|script| !script.starts_with(" type=\"module\" src=\"/assets/"));
            assert!(!inline, "{path} holds an inline script");
            assert_eq!(html.matches("<h1").count(), 1, "{path} has one first heading");
            assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{path} has one main part");
            assert!(html.contains("<a class=\"skip\" href=\"#main\">"), "{path}");
            let forms = html.matches("method=\"post\"").count();
            assert!(html.matches("name=\"csrf\"").count() > forms, "{path}: {forms} forms carry their token");
        }
    }
}

#[test]
fn a_dashboard_is_told_when_somebody_answered() {
    let bench = Bench::stocked();
    let cookie = bench.sign_in("lea");
    let answer = || {
        let next = bench.post("ana", "/api/v1/datasets/tickets/next", &json!({ "how_many": 1 })).json();
        let view = &next["items"][0];
        let said = json!({ "item": view["item"], "lease": view["lease"], "answers": { "topic": "bug" } });
        assert_eq!(bench.post("ana", "/api/v1/datasets/tickets/submit", &said).status, 200);
    };
    // The first item of a person is a known one and counts for nothing, so the second answer shows.
    answer();
    let heard = bench.hear(&cookie, "/d/tickets/dashboard/live", vec![&answer]);
    let responses =
        |text: &str| text.split(" response").next().unwrap().rsplit(' ').next().unwrap().to_string();
    assert!(heard.iter().all(|event| event.starts_with("event: figures\ndata: ") && event.ends_with("\n\n")));
    assert_eq!([responses(&heard[0]), responses(&heard[1])], ["0", "1"], "{heard:?}");
}

#[test]
fn a_decision_made_on_an_old_page_is_refused_and_shows_the_newer_one() {
    let bench = Bench::stocked();
    for (who, topic) in [("ana", "bug"), ("zeno", "billing")] {
        let next = bench.post(who, "/api/v1/datasets/tickets/next", &json!({ "how_many": 6 })).json();
        for view in next["items"].as_array().unwrap() {
            let said = json!({ "item": view["item"], "lease": view["lease"], "answers": { "topic": topic } });
            assert_eq!(bench.post(who, "/api/v1/datasets/tickets/submit", &said).status, 200);
        }
    }
    let (rex, lea) = (bench.sign_in("rex"), bench.sign_in("lea"));
    let page = bench.open(&lea, "/d/tickets/review/t1").text;
    let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = |side: &str| format!("how=pick&version={version}&pick.topic={side}");
    assert_eq!(bench.submit(&rex, "/d/tickets/review/t1", &form("A")).status, 303);
    let late = bench.submit(&lea, "/d/tickets/review/t1", &form("B"));
    assert_eq!(late.status, 409);
    assert!(late.text.contains("your decision was not kept") && late.text.contains("This was decided"));
    let stands = bench.get("lea", "/api/v1/datasets/tickets/item?item=t1").json();
    let topic = stands["resolution"]["answers"]["topic"].as_str().unwrap();
    let notice = late.text.split("This was decided").nth(1).unwrap();
    assert!(notice.split("</section>").next().unwrap().contains(topic), "the newer decision is shown");
}

#[test]
fn a_lead_audits_and_weighs_and_an_owner_deletes_by_typing_the_name() {
    let bench = Bench::stocked();
    for who in ["ana", "zeno"] {
        let next = bench.post(who, "/api/v1/datasets/tickets/next", &json!({ "how_many": 6 })).json();
        for view in next["items"].as_array().unwrap() {
            let said = json!({ "item": view["item"], "lease": view["lease"], "answers": { "topic": "bug" } });
            bench.post(who, "/api/v1/datasets/tickets/submit", &said);
        }
    }
    let lea = bench.sign_in("lea");
    let audited = bench.open(&lea, "/d/tickets/quality?audit=true&split=train%3D.5%2Ctest%3D.5").text;
    assert!(audited.contains("Looked at 6 items"), "{audited}");
    let weighed = bench.submit(&lea, "/d/tickets/quality/resolve", "method=dawid-skene").text;
    assert!(weighed.contains("By dawid-skene") && weighed.contains("How reliable people are"), "{weighed}");
    let wrong = bench.submit(&lea, "/d/tickets/quality/resolve", "method=majority&question=nothing");
    assert!(wrong.text.contains("notice bad"), "{}", wrong.text);
    assert_eq!(bench.open(&lea, "/d/tickets/delete").status, 403);
    let olga = bench.sign_in("olga");
    assert!(bench.open(&olga, "/d/tickets/settings").text.contains("href=\"/d/tickets/delete\""));
    assert!(bench.open(&olga, "/d/tickets/delete").text.contains("6 items"));
    let typo = bench.submit(&olga, "/d/tickets/delete/now", "confirm=ticket");
    assert!(typo.status == 400 && typo.text.contains("its name was not repeated"), "{}", typo.text);
    assert!(typo.text.contains("then repeat the name: tickets"), "what to do is said: {}", typo.text);
    assert_eq!(bench.submit(&olga, "/d/tickets/delete/now", "confirm=tickets").headers["location"], "/");
    assert_eq!(bench.open(&olga, "/d/tickets/dashboard").status, 404);
    assert!(bench.open(&olga, "/log?check=true").text.contains("fit together"));
}

#[test]
fn a_dataset_whose_schema_cannot_be_read_is_mended_or_deleted_in_the_studio() {
    let broken = r#"{"fields":[{"name":"text","type":"text"}],"questions":[{"name":"q","type":"lable","options":["a"]}],"guidelines":"Be kind."}"#;
    let bench = Bench::with(|context, app| {
        for name in ["broken", "mended"] {
            app.store.create_dataset(name, broken, None, 0).unwrap();
        }
        everybody(context, app)
    });
    let olga = bench.sign_in("olga");
    assert_eq!(bench.open(&olga, "/d/mended/dashboard").status, 500, "the schema is broken");
    let page = bench.open(&olga, "/d/mended/settings");
    assert_eq!(page.status, 200, "{}", page.text);
    for words in ["`lable` is no type of question", "Be kind.", "href=\"/d/mended/delete\""] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let mended = broken.replace("lable", "label").replace(",\"guidelines\":\"Be kind.\"", "");
    let form = [("schema", mended.as_str()), ("guidelines", "Be kind."), ("do", "save")];
    let form = serde_urlencoded::to_string(form).unwrap();
    assert_eq!(bench.submit(&olga, "/d/mended/settings", &form).status, 303);
    assert_eq!(bench.open(&olga, "/d/mended/dashboard").status, 200);
    assert_eq!(bench.get("olga", "/api/v1/datasets/mended").json()["schema"]["guidelines"], "Be kind.");
    let asked = bench.open(&olga, "/d/broken/delete");
    assert!(asked.status == 200 && asked.text.contains("0 items"), "{}", asked.text);
    let typo = bench.submit(&olga, "/d/broken/delete/now", "confirm=broke");
    assert!(typo.status == 400 && typo.text.contains("its name was not repeated"), "{}", typo.text);
    assert_eq!(bench.submit(&olga, "/d/broken/delete/now", "confirm=broken").headers["location"], "/");
    assert_eq!(bench.open(&olga, "/d/broken/delete").status, 404);
}

#[test]
fn a_lead_says_what_an_hour_costs_and_nobody_else() {
    let bench = Bench::stocked();
    let lea = bench.sign_in("lea");
    let set = |cookie: &str, form: &str| bench.submit(cookie, "/d/tickets/dashboard/rate", form);
    assert_eq!(set(&lea, "hourly_rate=20%2C5&currency=eur").status, 303);
    assert!(bench.open(&lea, "/d/tickets/dashboard").text.contains("At EUR 20.50 an hour"));
    for wrong in
        ["hourly_rate=much&currency=EUR", "hourly_rate=-3&currency=EUR", "hourly_rate=3&currency=%E2%82%AC"]
    {
        assert_eq!(set(&lea, wrong).status, 400, "{wrong}");
    }
    assert_eq!(set(&bench.sign_in("vic"), "hourly_rate=1&currency=EUR").status, 403);
    assert!(!bench.open(&bench.sign_in("vic"), "/d/tickets/dashboard").text.contains("EUR"));
    assert!(bench.get("vic", "/api/v1/datasets/tickets/dashboard").json()["cost"].is_null());
    assert!(!bench.get("ana", "/api/v1/datasets/tickets").text.contains("20.5"));
    assert_eq!(set(&lea, "hourly_rate=&currency=").status, 303);
    assert!(bench.open(&lea, "/d/tickets/dashboard").text.contains("Set a rate"));
    let program = |rate: serde_json::Value| bench.post("lea", "/api/v1/datasets/tickets/rate", &rate);
    let set = program(serde_json::json!({ "hourly_rate": 18.5, "currency": "eur" })).json();
    assert_eq!(set, serde_json::json!({ "dataset": "tickets", "hourly_rate": 18.5, "currency": "EUR" }));
    assert_eq!(bench.get("lea", "/api/v1/datasets/tickets/dashboard").json()["cost"]["hourly_rate"], 18.5);
    assert_eq!(program(serde_json::json!({ "hourly_rate": -1, "currency": "EUR" })).status, 400);
    assert!(program(serde_json::json!({ "hourly_rate": null })).json()["hourly_rate"].is_null());
}

#[test]
fn guidelines_are_markdown_and_never_markup() {
    let bench = Bench::stocked();
    let page = bench.open(&bench.sign_in("ana"), "/d/tickets/work").text;
    assert!(page.contains("<h2>Topics</h2>"), "{page}");
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script>alert"),
        "{page}"
    );
}

#[test]
fn people_are_added_changed_and_erased_on_their_page() {
    let bench = Bench::peopled();
    let cookie = bench.sign_in("olga");
    let added = bench.submit(&cookie, "/people/add", "name=nia&role=annotator");
    let password =
        added.text.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_string();
    let form = format!("name=nia&password={password}");
    let entered = bench.send("nobody", "POST", "/login", "application/x-www-form-urlencoded", &form);
    assert_eq!(entered.status, 303, "{}", entered.text);
    let hers = entered.cookie("engraft").unwrap();
    assert_eq!(bench.submit(&cookie, "/people/change", "name=nia&do=stop").status, 303);
    assert_eq!(bench.open(&hers, "/").headers["location"], "/login", "who is stopped is out at once");
    assert_eq!(bench.submit(&cookie, "/people/change", "name=nia&do=erase").status, 303);
    assert!(!bench.open(&cookie, "/people").text.contains("nia"));
    assert!(!bench.open(&cookie, "/log").text.contains("fit together"), "hashing the whole log is asked for");
    assert!(bench.open(&cookie, "/log?check=true").text.contains("fit together"));
    let last = bench.submit(&cookie, "/people/change", "name=olga&do=role&role=viewer");
    assert!(last.text.contains("notice bad"), "the last owner stays: {}", last.text);
    let twice = bench.submit(&cookie, "/people/add", "name=ana&role=owner");
    assert!(twice.text.contains("notice bad"), "{}", twice.text);
}

#[test]
fn enter_on_the_first_page_leads_to_the_next_item() {
    let bench = Bench::stocked();
    let home = bench.open(&bench.sign_in("ana"), "/").text;
    assert!(home.contains("autofocus href=\"/d/tickets/work\">Begin</a>"), "{home}");
}
