//! The form a written text must have: a pattern, JSON of a schema, or both.

use regex_lite::Regex;

use super::schema::JsonSchema;
use crate::Error;
use crate::decide::task::{Task, request};

/// What every text must look like.
#[derive(Default)]
pub(super) struct Format {
    pattern: Option<Regex>,
    schema: Option<JsonSchema>,
}

impl Format {
    /// The form the task names; `None`: any will do.
    pub(super) fn of(task: &Task) -> Result<Option<Format>, Error> {
        let writing = &task.writing;
        let pattern = writing.pattern.as_deref().map(Regex::new).transpose().map_err(|error| {
            request(format!("writing.pattern: {error}"), "write it in the syntax of the `regex-lite` crate")
        })?;
        let schema = match &writing.json_schema {
            None => None,
            Some(named) => {
                let path = task.path(named);
                let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
                let read = serde_json::from_str(&text).map_err(|error| error.to_string());
                let schema = read.and_then(|value| JsonSchema::read(&value, "schema")).map_err(|why| {
                    request(
                        format!("{}: {why}", path.display()),
                        "docs/reference/decide.md lists the keywords",
                    )
                })?;
                Some(schema)
            }
        };
        let format = Format { pattern, schema };
        Ok((format.pattern.is_some() || format.schema.is_some()).then_some(format))
    }

    /// Whether a text has it.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text = text.trim();
        let matches = self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
        let json = self.schema.as_ref().is_none_or(|schema| {
            serde_json::from_str(text).is_ok_and(|value: serde_json::Value| schema.fits(&value))
        });
        matches && json
    }
}
