//! The public contract, through the real binary: commands, JSON shapes, exit status.

mod answers;
mod bench;
mod crash;
mod faults;
mod knowledge;
mod words;
