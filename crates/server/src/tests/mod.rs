//! The studio as people and programs meet it, without a network.

mod bench;
mod decisions;
mod doors;
mod pages;
mod roles;
mod story;
mod wire;
