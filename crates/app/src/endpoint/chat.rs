//! One prompt to the endpoint: sent again where that may help, within the limits of the configuration.

use std::time::{Duration, Instant};

use engraft_answer::Prompt;
use engraft_core::content_hash;
use jiff::fmt::rfc2822;

use super::failure::Failure;
use super::purse::tokens_of;
use super::settings::Endpoint;
use super::wire;
use crate::{Context, Error};

/// The most bytes of a response that are read.
const LARGEST: u64 = 16 << 20;
/// The first wait before a request is sent again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// An endpoint that asks to wait longer is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// How often a wait looks whether it should stop.
const GLANCE: Duration = Duration::from_millis(50);

/// What the model replied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// Its words.
    pub(crate) text: String,
    /// They end because they may not be longer.
    pub(crate) cut: bool,
    /// Tokens of the prompt, as the endpoint counts them, else roughly.
    pub(crate) tokens_in: u32,
    /// Tokens of the reply.
    pub(crate) tokens_out: u32,
    /// Milliseconds of the request that succeeded.
    pub(crate) ms: f64,
}

/// Waits so long, and says whether to go on.
pub(super) type Wait = Box<dyn Fn(Duration, &Context) -> bool + Send + Sync>;

/// A configured endpoint, ready to be asked.
pub(crate) struct Chat {
    agent: ureq::Agent,
    pub(crate) endpoint: Endpoint,
    // Sent as a header and nowhere else.
    key: Option<String>,
    pub(super) wait: Wait,
}

impl Chat {
    /// Reads the key from the environment; nothing is asked yet.
    pub(crate) fn open(endpoint: &Endpoint) -> Result<Chat, Error> {
        let key = match &endpoint.key_env {
            None => None,
            Some(name) => {
                Some(std::env::var(name).ok().filter(|key| !key.trim().is_empty()).ok_or_else(|| {
                    Error::Unavailable {
                        message: format!("the environment variable {name} holds no key for {}", endpoint.url),
                        hint: format!("export {name}=…, or leave out endpoint.key_env in engraft.toml"),
                    }
                })?)
            }
        };
        Ok(Chat::with_key(endpoint, key))
    }

    /// With a key at hand; without one nothing can be asked of an endpoint that wants it.
    pub(crate) fn with_key(endpoint: &Endpoint, key: Option<String>) -> Chat {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(endpoint.timeout_s)))
            .user_agent(concat!("engraft/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // A prompt goes where it was sent and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(endpoint.concurrency)
            .build()
            .into();
        Chat {
            agent,
            endpoint: endpoint.clone(),
            key: key.map(|key| key.trim().to_string()),
            wait: Box::new(wait),
        }
    }

    /// The hash of all that decides a reply of `model`: the address, the prompt and the limits.
    pub(crate) fn key_of(&self, model: &str, prompt: &Prompt) -> String {
        let body = wire::body(&self.endpoint, model, prompt);
        content_hash(format!("{}\n{body}", self.endpoint.url).as_bytes())
    }

    /// The reply of `model`.
    pub(crate) fn say(&self, context: Context, model: &str, prompt: &Prompt) -> Result<Reply, Failure> {
        let body = wire::body(&self.endpoint, model, prompt).to_string();
        let mut tried = 0;
        loop {
            if context.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            tried += 1;
            let (failure, asked_wait) = match self.once(&context, model, &body) {
                Ok(reply) => return Ok(reply),
                Err(Missed { failure, again: true, wait }) if tried < self.endpoint.tries => (failure, wait),
                Err(Missed { failure, .. }) => return Err(failure),
            };
            let own = FIRST_WAIT * 2u32.saturating_pow(tried - 1).min(64);
            let pause = asked_wait.unwrap_or(own);
            if pause > LONGEST_WAIT {
                let why = format!("{}; it asks to wait {} seconds", failure.words(), pause.as_secs());
                return Err(Failure::Busy { status: 429, why });
            }
            if !(self.wait)(pause, &context) {
                return Err(Failure::Cancelled);
            }
        }
    }

    fn once(&self, context: &Context, model: &str, body: &str) -> Result<Reply, Missed> {
        let url = format!("{}/chat/completions", self.endpoint.url.trim_end_matches('/'));
        let began = Instant::now();
        let mut request = self.agent.post(&url).content_type("application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.send(body).map_err(|error| self.missed(&error))?;
        let status = response.status().as_u16();
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| retry_after(value, (context.now_ns)()));
        let bytes = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let bytes = bytes.map_err(|error| self.missed(&error))?;
        let why = || self.without_key(&wire::complaint(&bytes));
        match status {
            200..=299 => {}
            429 | 503 | 529 => {
                return Err(Missed { failure: Failure::Busy { status, why: why() }, again: true, wait });
            }
            408 | 500..=599 => {
                let failure = Failure::Broken(format!("it failed with status {status}: {}", why()));
                return Err(Missed { failure, again: true, wait });
            }
            300..=399 | 401 | 403 | 404 | 405 => {
                return Err(Missed::finally(Failure::TurnedAway { status, why: why() }));
            }
            _ => return Err(Missed::finally(Failure::Rejected { status, why: why() })),
        }
        let said = wire::read(&self.endpoint, model, &bytes).map_err(|failure| Missed {
            again: matches!(failure, Failure::Broken(_)),
            wait: None,
            failure: match failure {
                Failure::Declined(words) => Failure::Declined(self.without_key(&words)),
                other => other,
            },
        })?;
        let [tokens_in, tokens_out] =
            said.usage.unwrap_or_else(|| [body, &said.text].map(|text| tokens_of(text) as u32));
        let ms = began.elapsed().as_secs_f64() * 1e3;
        Ok(Reply { text: said.text, cut: said.cut, tokens_in, tokens_out, ms })
    }

    /// What a request came to that brought no response.
    fn missed(&self, error: &ureq::Error) -> Missed {
        let words = || self.without_key(&error.to_string());
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Missed::finally(Failure::Unreachable(words()))
            }
            ureq::Error::Timeout(_) => Missed::finally(Failure::Timeout { seconds: self.endpoint.timeout_s }),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Missed::finally(Failure::Unreachable(words()))
            }
            ureq::Error::HostNotFound
            | ureq::Error::BadUri(_)
            | ureq::Error::InvalidProxyUrl
            | ureq::Error::ConnectionFailed
            | ureq::Error::Tls(_) => Missed::finally(Failure::Unreachable(words())),
            ureq::Error::BodyExceedsLimit(_) => {
                Missed::finally(Failure::Broken(format!("the response is larger than {} MiB", LARGEST >> 20)))
            }
            _ => Missed {
                failure: Failure::Broken(format!("the connection broke off: {}", words())),
                again: true,
                wait: None,
            },
        }
    }

    /// Words of others without the key, should they repeat it.
    fn without_key(&self, words: &str) -> String {
        match &self.key {
            Some(key) => words.replace(key.as_str(), "[key]"),
            None => words.to_string(),
        }
    }
}

/// A try that brought no reply.
struct Missed {
    failure: Failure,
    /// Whether another try may bring one.
    again: bool,
    /// How long the endpoint asks to wait before it.
    wait: Option<Duration>,
}

impl Missed {
    fn finally(failure: Failure) -> Missed {
        Missed { failure, again: false, wait: None }
    }
}

/// How long a `Retry-After` asks to wait at `now_ns`: seconds, or until a date.
fn retry_after(value: &str, now_ns: i64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = rfc2822::parse(value).ok()?.timestamp().as_nanosecond();
    Some(Duration::from_nanos(u64::try_from(until - i128::from(now_ns)).unwrap_or(0)))
}

fn wait(pause: Duration, context: &Context) -> bool {
    let began = Instant::now();
    while began.elapsed() < pause {
        if context.cancel.is_cancelled() {
            return false;
        }
        std::thread::sleep(GLANCE.min(pause.saturating_sub(began.elapsed())));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let noon = 784_111_777_000_000_000; // Sun, 06 Nov 1994 08:49:37 GMT
        assert_eq!(retry_after("3", noon), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", noon), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", noon), Some(Duration::ZERO));
        assert_eq!((retry_after("soon", noon), retry_after("-1", noon)), (None, None));
    }
}
