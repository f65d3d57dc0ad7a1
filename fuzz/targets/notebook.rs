//! Notebooks: once as they are, once with the input as cells, split at its zero bytes, Markdown and code in turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    engraft_fuzz::check("a.ipynb", bytes);
    let cells = bytes.split(|&byte| byte == 0).enumerate().map(|(at, part)| {
        let kind = if at % 2 == 0 { "markdown" } else { "code" };
        let source = String::from_utf8_lossy(part);
        json!({ "cell_type": kind, "source": source.split_inclusive('\n').collect::<Vec<_>>() })
    });
    let notebook = json!({ "nbformat": 4, "cells": cells.collect::<Vec<_>>() });
    engraft_fuzz::check("a.ipynb", notebook.to_string().as_bytes());
});
