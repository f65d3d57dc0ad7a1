//! Listens, speaks HTTP/1.1 within limits of time and size, and stops without cutting anybody off.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use engraft_app::Workspace;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use crate::Error;
use crate::studio::Studio;

/// A client must send the head of a request within this.
const HEAD: Duration = Duration::from_secs(15);
/// How long requests that are under way may still take after a stop.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How the server runs: where it listens, what time it is, where it talks.
#[derive(Clone, Copy)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The current time in nanoseconds since 1970.
    pub now_ns: fn() -> i64,
    /// The current time as RFC 3339 in UTC.
    pub now: fn() -> String,
    /// Says a line to the person at the terminal: the address, the code for the first visit.
    pub say: fn(&str),
}

/// Serves the workspace until Ctrl-C or a termination signal; returns when the last request under way is answered.
pub fn serve(workspace: Workspace, options: &Options) -> Result<(), Error> {
    let system = |doing| move |error: std::io::Error| Error::System { doing, message: error.to_string() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(system("start the threads of the server"))?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(system("listen for signals"))?;
        let addr = options.addr;
        let listener = TcpListener::bind(addr).await.map_err(|source| Error::Listen { addr, source })?;
        let addr = listener.local_addr().map_err(|source| Error::Listen { addr, source })?;
        let studio = Arc::new(Studio::open(workspace, options)?);
        studio.announce(addr, options.say);
        let ending = Arc::clone(&studio);
        let stop = async move {
            stop.await;
            ending.stop();
        };
        run(listener, crate::routes::router(studio), stop).await;
        Ok(())
    })
}

/// Answers until `stop`, then lets the requests under way finish.
pub(crate) async fn run(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => answer(stream, peer, router.clone(), &graceful),
                // Out of file handles, or the client is gone already: others must not suffer.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            () = &mut stop => break,
        }
    }
    let _ = tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await;
}

fn answer(stream: TcpStream, peer: SocketAddr, router: Router, graceful: &GracefulShutdown) {
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.layer(axum::Extension(Peer(peer))));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(connection);
    // What breaks a connection is the client's own doing; its request has been answered or was never complete.
    tokio::spawn(async move { drop(watched.await) });
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Peer {
    /// The address tries are counted for: what a proxy on this machine says it is, else the peer's own.
    pub(crate) fn address(self, headers: &HeaderMap) -> IpAddr {
        // A socket for both families shows an IPv4 address as IPv6.
        let peer = self.0.ip().to_canonical();
        let forwarded = headers.get("x-forwarded-for").and_then(|list| list.to_str().ok());
        let last = forwarded.and_then(|list| list.rsplit(',').next()).map(str::trim);
        let client = last.and_then(|last| {
            last.parse::<IpAddr>().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
        });
        match client {
            Some(client) if peer.is_loopback() => client.to_canonical(),
            _ => peer,
        }
    }
}

/// Resolves at the first Ctrl-C or request to terminate.
fn stop_signal() -> Result<impl Future<Output = ()>, std::io::Error> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        let asked = terminate.recv();
        #[cfg(not(unix))]
        let asked = std::future::pending::<Option<()>>();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => (),
            _ = asked => (),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(peer: &str, forwarded: Option<&str>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(list) = forwarded {
            headers.insert("x-forwarded-for", list.parse().unwrap());
        }
        assert_eq!(
            Peer(peer.parse().unwrap()).address(&headers).to_string(),
            expected,
            "{peer} {forwarded:?}"
        );
    }

    #[test]
    fn only_a_proxy_on_this_machine_may_say_who_is_behind_it() {
        check("192.0.2.7:5000", Some("198.51.100.1"), "192.0.2.7");
        check("127.0.0.1:5000", Some("203.0.113.9, 198.51.100.1"), "198.51.100.1");
        check("[::1]:5000", Some("[2001:db8::1]:443"), "2001:db8::1");
        check("[::ffff:127.0.0.1]:5000", Some("198.51.100.1:443"), "198.51.100.1");
        check("[::ffff:192.0.2.7]:5000", None, "192.0.2.7");
        check("127.0.0.1:5000", Some("somebody"), "127.0.0.1");
    }
}
