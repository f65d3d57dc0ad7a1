//! The store from outside: one binary, so that it links once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod annotation;
mod annotators;
mod crashes;
mod desk;
mod events;
mod importing;
mod lists;
mod model;
mod overview;
mod people;
mod processes;
mod queue;
mod queue_model;
mod replies;
mod runs;
mod snapshots;
mod spent;
mod story;
mod support;
mod trouble;
