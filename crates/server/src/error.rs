//! Why the server could not start.

use std::net::SocketAddr;

use engraft_core::{Fault, Kind};

/// Why the server could not start or went down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not ours.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// The operating system gave no threads, no signals or no random bytes.
    #[error("cannot {doing}: {message}")]
    System {
        /// What was attempted.
        doing: &'static str,
        /// What came of it.
        message: String,
    },
    /// The workspace could not be read.
    #[error(transparent)]
    App(#[from] engraft_app::Error),
}

impl Fault for Error {
    fn kind(&self) -> Kind {
        match self {
            Error::Listen { .. } | Error::System { .. } => Kind::Unavailable,
            Error::App(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Error::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => Some(
                "another program listens there: stop it, or choose another port with `--addr 127.0.0.1:7701`"
                    .into(),
            ),
            Error::Listen { .. } => Some("choose an address of this machine with `--addr`".into()),
            Error::System { .. } => Some("free some memory or raise the limits of this process".into()),
            Error::App(error) => error.hint(),
        }
    }
}
