//! Annotation through the verbs: who may what, what people see, what becomes of their answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod bench;
mod blind;
mod figures;
mod gold;
mod people;
mod queue;
mod review;
mod roles;
mod schemas;
mod talked;
mod travel;
mod weighing;
