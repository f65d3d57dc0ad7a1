//! Parsing in a process of its own: a hostile file can exhaust its worker's memory, stack or time, never ours.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use engraft_core::{Diagnostic, Fault};
use engraft_ingest::parse::{self, Limits, Outcome, Parsed};
use serde::{Deserialize, Serialize};

/// The most seconds one file may take.
pub(crate) const SECONDS: u64 = 10;
/// The most address space a worker may use, in bytes.
pub(crate) const MEMORY: u64 = 512 << 20;

/// How risky formats are parsed.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// In this process: for tests and trusted files.
    InProcess,
    /// By `program args…`, which must call [`serve`].
    Process {
        /// The program, as a rule this very binary.
        program: PathBuf,
        /// What makes it a worker.
        args: Vec<String>,
    },
}

/// Parses files, risky ones in worker processes that are kept for the next file.
pub struct Parsers {
    isolation: Isolation,
    limits: Limits,
    idle: Mutex<Vec<Worker>>,
}

/// What came of one file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reply {
    /// The documents in it.
    pub documents: Vec<Parsed>,
    /// What in it could not be read.
    pub failures: Vec<Diagnostic>,
}

impl Parsers {
    /// Starts no process yet.
    pub fn new(isolation: Isolation, limits: Limits) -> Parsers {
        Parsers { isolation, limits, idle: Mutex::new(Vec::new()) }
    }

    /// The documents in a file called `name`, and a diagnostic for each part that could not be read.
    pub fn parse(&self, name: &str, bytes: &[u8]) -> Reply {
        let Isolation::Process { program, args } = &self.isolation else {
            return parse_here(name, bytes, &self.limits);
        };
        if !parse::is_risky(name, bytes) {
            return parse_here(name, bytes, &self.limits);
        }
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        // A worker that has read other files may have died of them: this file is judged by a fresh one.
        let asked =
            idle.map(|worker| worker.ask(name, bytes)).filter(|asked| !matches!(asked, Err(End::Died)));
        let asked = match asked {
            Some(asked) => asked,
            None => match Worker::start(program, args) {
                Ok(worker) => worker.ask(name, bytes),
                Err(error) => {
                    return failed(
                        "unavailable",
                        &format!("no parser could be started: {error}"),
                        "try it again",
                    );
                }
            },
        };
        match asked {
            Ok((worker, reply)) => {
                if let Ok(mut idle) = self.idle.lock() {
                    idle.push(worker);
                }
                reply
            }
            Err(End::TimedOut) => {
                let message = format!("reading it took more than {SECONDS} seconds");
                failed("timeout", &message, "split it, or convert it to a simpler format")
            }
            Err(End::Died) => {
                let message =
                    format!("reading it crashed the parser or needed more than {} MiB", MEMORY >> 20);
                failed("crashed", &message, "open and save it again with its own program, or convert it")
            }
        }
    }
}

fn parse_here(name: &str, bytes: &[u8], limits: &Limits) -> Reply {
    match parse::parse(name, bytes, limits) {
        Ok(Outcome { documents, failures }) => Reply { documents, failures },
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            failed(error.code(), &error.to_string(), &hint)
        }
    }
}

fn failed(kind: &str, message: &str, hint: &str) -> Reply {
    let [kind, message, hint] = [kind, message, hint].map(str::to_string);
    Reply { documents: Vec::new(), failures: vec![Diagnostic { uri: String::new(), kind, message, hint }] }
}

enum End {
    TimedOut,
    Died,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    // Filled by a thread that reads the child's replies, so that waiting can time out.
    replies: Receiver<Reply>,
}

impl Worker {
    fn start(program: &PathBuf, args: &[String]) -> std::io::Result<Worker> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || std::io::Error::other("a pipe is missing");
        let input = child.stdin.take().ok_or_else(missing)?;
        let mut output = child.stdout.take().ok_or_else(missing)?;
        let (send, replies) = channel();
        std::thread::spawn(move || {
            while let Ok(bytes) = read_frame(&mut output) {
                let Ok(reply) = serde_json::from_slice(&bytes) else { return };
                if send.send(reply).is_err() {
                    return;
                }
            }
        });
        Ok(Worker { child, input, replies })
    }

    fn ask(mut self, name: &str, bytes: &[u8]) -> Result<(Worker, Reply), End> {
        // A worker that died while reading its input is seen as a missing reply below.
        let _ =
            write_frame(&mut self.input, name.as_bytes()).and_then(|()| write_frame(&mut self.input, bytes));
        match self.replies.recv_timeout(Duration::from_secs(SECONDS)) {
            Ok(reply) => Ok((self, reply)),
            Err(RecvTimeoutError::Timeout) => Err(End::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(End::Died),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The worker's side: limits itself, then answers requests on stdin until it closes.
pub fn serve() -> std::io::Result<()> {
    limit_self();
    // Nested documents recurse; the main thread's stack is the system's choice, this one is ours.
    let answering = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        while let Ok(name) = read_frame(&mut input) {
            let bytes = read_frame(&mut input)?;
            let reply = parse_here(&String::from_utf8_lossy(&name), &bytes, &Limits::default());
            write_frame(&mut output, &serde_json::to_vec(&reply)?)?;
        }
        Ok(())
    })?;
    answering.join().unwrap_or_else(|_| Err(std::io::Error::other("the parser panicked")))
}

#[cfg(unix)]
fn limit_self() {
    let set = |resource, most: u64| {
        let limit = libc::rlimit { rlim_cur: most as libc::rlim_t, rlim_max: most as libc::rlim_t };
        // SAFETY: `limit` outlives the call, which only reads it.
        unsafe { libc::setrlimit(resource, &limit) };
    };
    set(libc::RLIMIT_AS, MEMORY);
    set(libc::RLIMIT_CORE, 0);
}

#[cfg(not(unix))]
fn limit_self() {}

fn write_frame(to: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

fn read_frame(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > 1 << 30 {
        return Err(std::io::Error::other("a frame is larger than 1 GiB"));
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}
