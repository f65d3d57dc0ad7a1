//! Jupyter notebooks: Markdown and code cells in order; outputs are left out.

use engraft_core::{BlockKind, CharMap, Content};
use serde_json::Value;

use super::build::Builder;
use super::decode::decode;
use super::job::Job;
use super::{ParseError, markdown};

/// Reads a notebook.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let value: Value =
        serde_json::from_str(&decoded.text).map_err(|error| ParseError::Malformed(error.to_string()))?;
    let Some(cells) = value.get("cells").and_then(Value::as_array) else {
        return Err(ParseError::Malformed("it holds no list of cells".to_string()));
    };
    let mut builder = Builder::new("application/x-ipynb+json", job.limits);
    for cell in cells {
        let source = source(cell);
        match cell.get("cell_type").and_then(Value::as_str) {
            Some("code") => drop(builder.push(BlockKind::Code, &source)),
            Some("markdown") => {
                // An empty cell is nothing to complain of.
                let Ok(content) = markdown::of_text(source, job) else { continue };
                let map = CharMap::new(&content.text);
                for block in &content.blocks {
                    let quote = map.quote(block.span).unwrap_or_default();
                    if let Some(pushed) = builder.push(block.kind, quote) {
                        pushed.plain = block.plain.clone();
                    }
                }
                builder.title = builder.title.take().or(content.title);
            }
            _ => {}
        }
    }
    builder.finish()
}

fn source(cell: &Value) -> String {
    match cell.get("source") {
        Some(Value::String(source)) => source.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::{Limits, parse};

    #[test]
    fn markdown_and_code_cells_are_read() {
        let text = r##"{"cells":[{"cell_type":"markdown","source":["# Plan\n","Some *words*."]},
            {"cell_type":"code","source":"x = 1","outputs":[{"text":"no"}]}],"nbformat":4}"##;
        let outcome = parse("a.ipynb", text.as_bytes(), &Limits::default()).unwrap();
        let content = &outcome.documents[0].content;
        assert_eq!(content.title.as_deref(), Some("Plan"));
        expect!["Plan\n\nSome *words*.\n\nx = 1"].assert_eq(&content.text);
    }
}
