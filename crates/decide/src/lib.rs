//! Retrieval, fine-tuning or both: effects, cost, utility, and the report that says why.
