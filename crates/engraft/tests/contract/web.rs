//! Web pages and sitemaps, from a server on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::bench::Bench;

type Pages = Arc<Mutex<BTreeMap<String, String>>>;

/// Serves what `reply` gives for a path, its status and its body, until the test ends; the address.
pub(crate) fn serve(reply: impl Fn(&str) -> (&'static str, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            let Some(Ok(first)) = lines.next() else { continue };
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let (status, body) = reply(first.split(' ').nth(1).unwrap_or("/"));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = (&stream).write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

#[test]
fn a_sitemap_is_followed_and_pages_keep_step() {
    let pages: Pages = Arc::default();
    let served = Arc::clone(&pages);
    let address = serve(move |path| match served.lock().unwrap().get(path) {
        Some(body) if body == "busy" => ("503 Busy", Vec::new()),
        Some(body) => ("200 OK", body.clone().into_bytes()),
        None => ("404 Not Found", Vec::new()),
    });
    let html = |text: &str| {
        format!(
            "<html><head><title>{text}</title></head><body><p>The {text} opens at nine every day.</p></body></html>"
        )
    };
    let put = |path: &str, body: String| pages.lock().unwrap().insert(path.into(), body);
    put(
        "/sitemap.xml",
        format!("<urlset><url><loc>{address}/a</loc></url><url><loc>{address}/b</loc></url></urlset>"),
    );
    put("/a", html("museum"));
    put("/b", html("library"));
    let bench = Bench::lexical();
    let report = bench.json(&["ingest", &format!("{address}/sitemap.xml")]);
    assert_eq!(report["documents"]["added"], 2, "{report}");
    assert_eq!(bench.found(&["museum"]), [format!("{address}/a")]);

    put("/a", html("aquarium"));
    put("/b", "busy".into());
    let report = bench.json(&["sync"]);
    assert_eq!(
        (&report["documents"]["updated"], &report["failures"][0]["kind"]),
        (&1.into(), &"unreachable".into())
    );
    assert!(bench.found(&["museum"]).is_empty());
    assert_eq!(bench.found(&["library"]).len(), 1, "a busy server says nothing about its pages");

    pages.lock().unwrap().remove("/b");
    bench.json(&["sync"]);
    assert!(bench.found(&["library"]).is_empty(), "a page that is gone is gone");
}

#[test]
fn an_address_that_never_gave_a_page_is_no_source() {
    let page = b"<html><body><p>The museum opens at nine every day.</p></body></html>";
    let up = Arc::new(Mutex::new(true));
    let serving = Arc::clone(&up);
    let address = serve(move |path| match path {
        _ if !*serving.lock().unwrap() => ("503 Busy", Vec::new()),
        "/a" => ("200 OK", page.to_vec()),
        _ => ("404 Not Found", Vec::new()),
    });
    let url = |path: &str| format!("{address}{path}");
    let bench = Bench::lexical();
    for path in ["/gone", "/gone.xml"] {
        let (status, report) = bench.json_status(&["ingest", &url(path)]);
        let failure = &report["failures"][0];
        assert_eq!((status, &failure["kind"]), (1, &"unreachable".into()), "{report}");
        assert_eq!(failure["uri"], url(path).as_str());
        assert_eq!(
            bench.json(&["sync"])["failures"].as_array().unwrap().len(),
            0,
            "it is not asked for again"
        );
        assert_eq!(bench.json_status(&["sync", "web"]).0, 2, "there is no such source");
    }
    let report = bench.json(&["ingest", &url("/gone"), &url("/a")]);
    assert_eq!((&report["documents"]["added"], &report["documents"]["failed"]), (&1.into(), &1.into()));
    assert_eq!(bench.json(&["sync", "web"])["documents"]["failed"], 0);
    *up.lock().unwrap() = false;
    let (status, report) = bench.json_status(&["ingest", &url("/a")]);
    assert_eq!((status, &report["documents"]["failed"]), (1, &1.into()), "{report}");
    *up.lock().unwrap() = true;
    let report = bench.json(&["sync"]);
    assert_eq!((&report["documents"]["unchanged"], &report["documents"]["failed"]), (&1.into(), &0.into()));
}

#[test]
fn a_sitemap_out_of_reach_leaves_its_pages_and_the_other_sources_come_in() {
    let pages: Pages = Arc::default();
    let served = Arc::clone(&pages);
    let address = serve(move |path| match served.lock().unwrap().get(path) {
        Some(body) => ("200 OK", body.clone().into_bytes()),
        None => ("503 Busy", Vec::new()),
    });
    let put = |path: &str, body: String| pages.lock().unwrap().insert(path.into(), body);
    put("/map.xml", format!("<urlset><url><loc>{address}/a</loc></url></urlset>"));
    put("/a", "<html><body><p>The museum opens at nine every day.</p></body></html>".into());
    let bench = Bench::lexical();
    bench.json(&["ingest", &format!("{address}/map.xml")]);
    bench.write("page.md", "The lighthouse keeper sleeps at noon.\n");
    bench.ingest();
    bench.write("page.md", "The lighthouse keeper sleeps at night.\n");
    pages.lock().unwrap().clear();
    let report = bench.json(&["sync"]);
    let counts = &report["documents"];
    assert_eq!((&counts["updated"], &counts["removed"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(report["failures"][0]["uri"], format!("{address}/map.xml").as_str(), "{report}");
    assert_eq!(bench.found(&["museum"]), [format!("{address}/a")]);
    assert_eq!(bench.json_status(&["sync", "web"]).0, 1, "nothing could be asked");
}
