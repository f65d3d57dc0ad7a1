//! Over a real socket: the server answers, and a stop lets the request under way finish.

use std::io::{Read, Write};
use std::net::TcpStream;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::bench::Bench;

#[test]
fn it_answers_over_a_socket_and_stops_when_asked() {
    let bench = Bench::peopled();
    let router = bench.router();
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            crate::serve::run(listener, router, async { drop(stopped.await) }).await;
        });
    });
    let addr = told.recv().unwrap();
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: studio.test\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    assert!(ask("/healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(ask("/readyz").starts_with("HTTP/1.1 200 OK"));
    assert!(ask("/login").contains("Sign in"));
    stop.send(()).unwrap();
    server.join().unwrap();
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
}
