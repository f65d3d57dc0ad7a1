//! `serve` through the binary: a studio on a free port, asked over a socket, stopped with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything here takes, so that a studio that says nothing fails instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running studio.
pub(crate) struct Studio {
    server: Child,
    addr: String,
    talk: Receiver<String>,
}

impl Studio {
    /// Runs `command`, which serves, and waits until it says where.
    pub(crate) fn start(mut command: Command) -> Studio {
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let said = lines.find_map(|line| Some(line.unwrap().split_once("http://")?.1.to_string())).unwrap();
        // What it says later must not meet a closed pipe.
        let (send, talk) = channel();
        // Most tests do not listen, and nobody does once the test has ended.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(send.send(line))));
        let addr = said.split(['/', ' ']).next().unwrap().to_string();
        Studio { server, addr, talk }
    }

    /// Waits until it says that on stderr.
    #[track_caller]
    pub(crate) fn says(&self, wanted: &str) {
        while !self.talk.recv_timeout(PATIENCE).unwrap().contains(wanted) {}
    }

    fn ask(&self, path: &str, token: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        let host = &self.addr;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    /// Listens to the events at `path`, for the bearer of a token.
    pub(crate) fn hear(&self, path: &str, token: &str) -> Events {
        let stream = self.ask(path, token);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Events(BufReader::new(stream))
    }

    /// The body of what is at `path`, for the bearer of a token; the reply must be a good one.
    pub(crate) fn get(&self, path: &str, token: &str) -> String {
        let mut stream = self.ask(path, token);
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}\n{body}");
        body.to_string()
    }
}

/// Events of a stream, as they come.
pub(crate) struct Events(BufReader<TcpStream>);

impl Iterator for Events {
    type Item = String;

    /// The text of the next event; `None` when the stream has ended.
    fn next(&mut self) -> Option<String> {
        let mut data: Vec<String> = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end() {
                "" if !data.is_empty() => return Some(data.join("\n")),
                // What else there is are the head, the lengths of pieces and the names of events.
                line => data.extend(line.strip_prefix("data: ").map(String::from)),
            }
        }
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        // Nothing is left to do when it has ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
