//! Lexical and dense search with filters, fusion and explanations, visible at once.
