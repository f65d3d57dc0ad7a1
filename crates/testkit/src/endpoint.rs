//! A language model's endpoint that says what a test tells it to, over real HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Such as `/v1/chat/completions`.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// The text of the last message of the user.
    pub fn last(&self) -> &str {
        let messages = self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages.last().and_then(|message| message["content"].as_str()).unwrap_or_default()
    }

    /// The text of all messages together.
    pub fn all(&self) -> String {
        let messages = self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages.iter().filter_map(|message| message["content"].as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// What the endpoint does with a request.
#[derive(Clone, Debug)]
pub enum Said {
    /// A completion of that text by the model that was asked.
    Text(String),
    /// A whole response: status, further header lines, body.
    Raw(u16, Vec<String>, String),
    /// A response whose body ends early.
    Torn(String),
    /// No response at all, with the connection left open.
    Silence,
}

/// The body of a completion.
pub fn completion(model: &str, text: &str, finish: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": finish }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 },
    })
}

/// The endpoint; it serves until the test ends.
pub struct Scripted {
    /// The base address, with `/v1`.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Starts one; `say` gets each request with how many came before it.
    pub fn start(say: impl Fn(&Asked, usize) -> Said + Send + Sync + 'static) -> std::io::Result<Scripted> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, say) = (Arc::clone(&asked), Arc::new(say));
        std::thread::spawn(move || {
            // Connections that are to stay open.
            let held: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
            for stream in listener.incoming().flatten() {
                let (seen, say, held) = (Arc::clone(&seen), Arc::clone(&say), Arc::clone(&held));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let Ok(mut all) = seen.lock() else { return };
                    let before = all.len();
                    all.push(request.clone());
                    drop(all);
                    let model = request.body["model"].as_str().unwrap_or_default();
                    let (status, headers, body, short) = match say(&request, before) {
                        Said::Text(text) => {
                            (200, Vec::new(), completion(model, &text, "stop").to_string(), 0)
                        }
                        Said::Raw(status, headers, body) => (status, headers, body, 0),
                        Said::Torn(body) => (200, Vec::new(), body, 100),
                        Said::Silence => {
                            if let Ok(mut held) = held.lock() {
                                held.push(stream);
                            }
                            return;
                        }
                    };
                    let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
                    let head = format!(
                        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n",
                        body.len() + short
                    );
                    let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
                });
            }
        });
        Ok(Scripted { url, asked })
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_string();
    let (mut authorization, mut length) = (None, 0);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value.trim().to_string()),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, authorization, body: serde_json::from_slice(&body).unwrap_or_default() })
}
