//! The store from outside: one binary, so that it links once.

mod model;
mod processes;
mod story;
mod support;
mod trouble;
