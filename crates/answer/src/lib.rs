//! Extractive answers, support, abstention and the citation verifier.
