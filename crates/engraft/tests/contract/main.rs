//! The public contract, through the real binary: commands, JSON shapes, exit status.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod annotation;
mod answers;
mod bench;
mod crash;
mod evaluation;
mod extraction;
mod faults;
mod knowledge;
mod metrics;
mod sample;
mod tuning;
mod web;
mod words;
