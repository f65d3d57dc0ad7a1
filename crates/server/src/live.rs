//! Pages that are told what happens: server-sent events, from a task that looks whether anything did.
//!
//! A stream ends by itself after a minute and the browser opens the next one, so that whoever was signed out meanwhile
//! hears nothing more.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::problem::Problem;
use crate::studio::Studio;

/// How often to look whether anything happened.
const LOOK: Duration = Duration::from_millis(300);
/// Figures are worked out no more often than this.
const APART: Duration = Duration::from_secs(1);
/// A stream that says nothing for this long says that it is there.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a stream goes on.
const LIFE: Duration = Duration::from_secs(60);

/// What a stream begins with.
pub(crate) struct First {
    /// What `happened` gave before the drawing was made: what happens in between is drawn once more, and not missed.
    pub(crate) seen: [u64; 2],
    /// What `draw` gave.
    pub(crate) drawn: String,
}

/// A place for one more page that listens; taken before anything is worked out for it.
pub(crate) fn place(studio: &Studio) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&studio.listeners).try_acquire_owned().map_err(|_| {
        Problem::unavailable(
            "too many pages listen",
            "close a dashboard you do not need, or reload this page later",
        )
    })
}

/// A stream of `event`s: `first` at once, then what `draw` gives whenever it differs after something happened.
///
/// `happened` gives a number that differs when it is worth drawing again.
pub(crate) fn stream<P, D>(
    studio: &Arc<Studio>,
    place: OwnedSemaphorePermit,
    event: &'static str,
    first: First,
    happened: impl Fn() -> P + Send + 'static,
    draw: impl Fn() -> D + Send + 'static,
) -> Response
where
    P: Future<Output = Result<[u64; 2], Problem>> + Send,
    D: Future<Output = Result<String, Problem>> + Send,
{
    let (send, receive) = channel(1);
    let studio = Arc::clone(studio);
    tokio::spawn(async move {
        let _place = place;
        tokio::select! {
            () = tell(event, first, happened, draw, &send) => (),
            () = studio.stopped() => (),
            () = send.closed() => (),
        }
    });
    let head = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    (head, Body::new(Events(receive))).into_response()
}

async fn tell<P, D>(
    event: &str,
    first: First,
    happened: impl Fn() -> P,
    draw: impl Fn() -> D,
    send: &Sender<Bytes>,
) where
    P: Future<Output = Result<[u64; 2], Problem>>,
    D: Future<Output = Result<String, Problem>>,
{
    let (began, mut spoke) = (Instant::now(), Instant::now());
    let First { mut seen, drawn: mut last } = first;
    if send.send(Bytes::from(written(event, &last))).await.is_err() {
        return;
    }
    tokio::time::sleep(APART).await;
    while began.elapsed() < LIFE {
        // What fails ends the stream; the next one, opened by the browser, says why.
        let Ok(now) = happened().await else { return };
        let mut words = String::new();
        if seen != now {
            seen = now;
            let Ok(drawn) = draw().await else { return };
            if drawn != last {
                words = written(event, &drawn);
                last = drawn;
            }
        } else if spoke.elapsed() > SILENCE {
            words.push_str(":\n\n");
        }
        let pause = if words.is_empty() { LOOK } else { APART };
        if !words.is_empty() {
            spoke = Instant::now();
            if send.send(Bytes::from(words)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// An event as it goes over the wire. A carriage return would end a line too.
fn written(event: &str, text: &str) -> String {
    let mut words = format!("event: {event}\n");
    for line in text.split('\n') {
        words.push_str("data: ");
        words.push_str(&line.replace('\r', "&#13;"));
        words.push('\n');
    }
    words.push('\n');
    words
}

/// The events that are still to come.
struct Events(Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_several_lines_is_one_event() {
        assert_eq!(written("figures", "a\nb\r"), "event: figures\ndata: a\ndata: b&#13;\n\n");
    }
}
