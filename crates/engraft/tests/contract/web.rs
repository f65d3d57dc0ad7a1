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
