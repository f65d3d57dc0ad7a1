//! The public contract, through the real binary: commands, JSON shapes, exit status.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod annotation;
mod answers;
mod astray;
mod bench;
mod broken;
mod classifiers;
mod crash;
mod decide;
mod decide_answer;
mod decide_distractors;
mod decide_extract;
mod decide_failing;
mod decide_judge;
mod decide_live;
mod decide_model;
mod decide_neighbours;
mod decide_planted;
#[cfg(target_os = "linux")]
mod disk;
mod documented;
mod evaluation;
mod everywhere;
mod extraction;
mod faults;
mod feedback;
mod graded;
#[cfg(unix)]
mod isolation;
mod judges;
mod judging;
mod knowledge;
mod leases;
mod leaving;
mod legs;
mod lies;
mod metrics;
mod places;
mod pulling;
mod ranking;
mod reading;
mod reproduced;
mod sample;
mod settings;
mod shapes;
#[cfg(unix)]
mod stopping;
mod studio;
mod swapping;
mod tuning;
mod watching;
mod web;
mod weighing;
mod words;
