//! The studio: HTTP API, sign-in and the pages people annotate and lead in, served from the binary.
//!
//! A handler does three things: turn the request into a verb's arguments, call the verb on a blocking thread, show what it
//! returns as JSON or as a page. What people may see and do is decided by the verbs; this crate only says who asks.

mod api;
mod archive;
mod assets;
mod error;
mod exports;
mod extract;
mod guard;
mod item;
mod live;
mod markdown;
mod page;
mod pages;
mod problem;
mod routes;
mod serve;
mod sheet;
mod studio;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use serve::{Options, serve};
