//! What every handler shares: the workspace, the clock, and a way to call a verb from async code.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engraft_app::{Context, Standing, Workspace};
use engraft_core::{Cancel, Progress, Silent};
use tokio::sync::{Semaphore, watch};

use crate::exports::Exports;
use crate::pages::decisions::Kept;
use crate::pages::drawn::LastDrawn;
use crate::problem::Problem;
use crate::{Error, Options};

/// Without the letters and digits that are taken for one another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Passwords hashed at once: each takes 19 MiB and much of a core, on purpose.
const HASHERS: usize = 2;
/// Pages that are told what happens, at once; others are refused and try again.
const LISTENERS: usize = 64;
/// How long somebody who signs in waits for their turn.
const TURN: Duration = Duration::from_secs(15);

/// The running studio.
pub(crate) struct Studio {
    workspace: Standing,
    now_ns: fn() -> i64,
    now: fn() -> String,
    say: fn(&str),
    /// Files made for download.
    pub(crate) exports: Exports,
    /// The decision that was last weighed otherwise.
    pub(crate) scales: Kept,
    /// The decisions that were last drawn.
    pub(crate) last_drawn: LastDrawn,
    // While there is nobody to sign in: what the terminal shows and the first person must know.
    first_code: Mutex<Option<String>>,
    hashers: Arc<Semaphore>,
    /// Places for pages that are told what happens.
    pub(crate) listeners: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

impl Studio {
    /// A studio of `workspace`; with a code for the first visit when nobody can sign in yet.
    pub(crate) fn open(workspace: Workspace, options: &Options) -> Result<Studio, Error> {
        let Options { now_ns, now, say, .. } = *options;
        let mut studio = Studio {
            workspace: Standing::new(workspace),
            now_ns,
            now,
            say,
            exports: Exports::default(),
            scales: Kept::default(),
            last_drawn: LastDrawn::default(),
            first_code: Mutex::new(None),
            hashers: Arc::new(Semaphore::new(HASHERS)),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            stopping: watch::Sender::new(false),
        };
        if !studio.blocking(engraft_app::people::anybody)? {
            let bytes = secret()
                .map_err(|message| Error::System { doing: "make a code for the first visit", message })?;
            let letters = bytes[..12].iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
            studio.first_code = Mutex::new(Some(letters.collect()));
        }
        Ok(studio)
    }

    /// Tells the person at the terminal where to go.
    pub(crate) fn announce(&self, addr: SocketAddr, say: fn(&str)) {
        say(&format!("The studio is at http://{addr}"));
        if let Some(code) = self.first_code() {
            say(&format!("Nobody can sign in yet. Make the owner at http://{addr}/first?code={code}"));
        }
        if !addr.ip().is_loopback() {
            say("It listens beyond this machine: put a proxy that speaks https in front of it.");
        }
    }

    /// Ends what would go on for ever.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the server is about to stop.
    pub(crate) async fn stopped(&self) {
        // An error says that nobody is left who could stop it: it has stopped.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// The current time in nanoseconds since 1970.
    pub(crate) fn now_ns(&self) -> i64 {
        (self.now_ns)()
    }

    /// The code that lets the first person in, until they are.
    pub(crate) fn first_code(&self) -> Option<String> {
        self.first_code.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nobody can sign in yet; the code ends as soon as somebody can, by whatever door.
    pub(crate) async fn is_first_visit(self: &Arc<Studio>) -> Result<bool, Problem> {
        if self.first_code().is_none() {
            return Ok(false);
        }
        let anybody = self.call(engraft_app::people::anybody).await?;
        if anybody {
            self.forget_first_code();
        }
        Ok(!anybody)
    }

    /// The code was used.
    pub(crate) fn forget_first_code(&self) {
        *self.first_code.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Calls a verb on a blocking thread. It runs to its end even when the client has gone: what was begun is kept.
    pub(crate) async fn call<T: Send + 'static>(
        self: &Arc<Studio>,
        verb: impl FnOnce(Context, &Workspace) -> Result<T, engraft_app::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let studio = Arc::clone(self);
        match tokio::task::spawn_blocking(move || studio.blocking(verb)).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(Problem::bug("the request ran into a fault of the program")),
        }
    }

    /// Calls a verb that hashes a password: few at once, so that a flood of tries takes neither memory nor threads.
    pub(crate) async fn call_hashing<T: Send + 'static>(
        self: &Arc<Studio>,
        verb: impl FnOnce(Context, &Workspace) -> Result<T, engraft_app::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.hashers).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Problem::unavailable("too many people sign in at once", "try again in a minute"));
        };
        self.call(move |context, app| {
            // Held to the end of the verb, which goes on when the client has gone.
            let _turn = turn;
            verb(context, app)
        })
        .await
    }

    fn blocking<T>(
        &self,
        verb: impl FnOnce(Context, &Workspace) -> Result<T, engraft_app::Error>,
    ) -> Result<T, engraft_app::Error> {
        let cancel = Cancel::default();
        let context = Context { progress: &Silent, cancel: &cancel, now_ns: &self.now_ns, now: &self.now };
        // One set of models from the request's beginning to its end.
        let workspace = self.workspace.now(Context { progress: &Terminal(self.say), ..context });
        verb(context, &workspace)
    }
}

/// Tells the person at the terminal what is remarked, and nothing of how far things are.
struct Terminal(fn(&str));

impl Progress for Terminal {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn say(&self, remark: &str) {
        (self.0)(remark);
    }
}

/// Fresh random bytes from the operating system.
pub(crate) fn secret() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
