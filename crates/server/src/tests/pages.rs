//! Pages hold together: what they link to exists, nothing runs inline, and everything has a name.

use std::collections::BTreeSet;

use super::bench::Bench;

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
