//! The command line: turn words into a verb of the app, print what it returns.

fn main() {}
