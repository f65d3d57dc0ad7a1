//! Tokenizer, encoder and the CPU kernels that run them.
