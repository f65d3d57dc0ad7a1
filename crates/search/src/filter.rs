//! Filters over document metadata, in the style of MongoDB's query documents.

use serde_json::Value;

use crate::facts::key_of;

/// Every operator, for error messages.
const FIELD_OPERATORS: [&str; 10] =
    ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$not"];
const TOP_OPERATORS: [&str; 3] = ["$and", "$or", "$not"];

/// A condition on a document's metadata.
///
/// `{"source": "handbook", "year": {"$gte": 2023}}` means both; `$and`, `$or` take lists, `$not` a condition. A list
/// in the metadata matches when any of its values does; `$ne`, `$nin` and `$not` are the exact opposites of their
/// partners, so they hold where the field is missing. Ranges compare numbers with numbers and strings with strings,
/// which orders ISO dates by time.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(pub(crate) Node);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// Some value of the field lies within one of the bounds.
    Within {
        field: String,
        bounds: Vec<Bound>,
    },
    /// The field is there; null counts.
    Exists {
        field: String,
    },
}

/// An interval of encoded values; both ends within one type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(crate) from: Vec<u8>,
    /// The first value past the interval.
    pub(crate) to: Vec<u8>,
}

/// Why a filter makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not an object where one is needed.
    #[error("a filter is an object such as {{\"source\": \"handbook\"}}, not {found}")]
    NotAnObject {
        /// What stands there.
        found: String,
    },
    /// A name that starts with `$` and is none of ours.
    #[error("unknown operator {name}; known are {known}")]
    UnknownOperator {
        /// The name.
        name: String,
        /// Those that may stand there.
        known: String,
    },
    /// An operator got something it cannot use.
    #[error("{operator} needs {needs}, not {found}")]
    Operand {
        /// The operator.
        operator: String,
        /// What it needs.
        needs: &'static str,
        /// What it got.
        found: String,
    },
}

impl engraft_core::Fault for FilterError {
    fn kind(&self) -> engraft_core::Kind {
        engraft_core::Kind::User
    }
    fn hint(&self) -> Option<String> {
        Some(r#"write filters like {"source": "handbook", "year": {"$gte": 2023}}"#.to_string())
    }
}

impl Filter {
    /// Reads a filter. An empty object matches every document that has facts.
    pub fn parse(value: &Value) -> Result<Filter, FilterError> {
        condition(value).map(Filter)
    }
}

fn condition(value: &Value) -> Result<Node, FilterError> {
    let object = value.as_object().ok_or_else(|| FilterError::NotAnObject { found: value.to_string() })?;
    let nodes = object.iter().map(|(name, operand)| match name.as_str() {
        "$and" => Ok(Node::All(conditions(name, operand)?)),
        "$or" => Ok(Node::Any(conditions(name, operand)?)),
        "$not" => Ok(Node::Not(Box::new(condition(operand)?))),
        _ if name.starts_with('$') => Err(unknown(name, &TOP_OPERATORS)),
        field => tests(field, operand),
    });
    Ok(all(nodes.collect::<Result<_, _>>()?))
}

fn all(mut nodes: Vec<Node>) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) }
}

fn conditions(operator: &str, operand: &Value) -> Result<Vec<Node>, FilterError> {
    let list = operand.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| wrong(operator, "a list of at least one condition", operand))?;
    list.iter().map(condition).collect()
}

fn unknown(name: &str, known: &[&str]) -> FilterError {
    FilterError::UnknownOperator { name: name.to_string(), known: known.join(", ") }
}

fn wrong(operator: &str, needs: &'static str, found: &Value) -> FilterError {
    FilterError::Operand { operator: operator.to_string(), needs, found: found.to_string() }
}

/// What is asked of one field: a value, or an object of operators that must all hold.
fn tests(field: &str, operand: &Value) -> Result<Node, FilterError> {
    let Some(object) = operand.as_object() else {
        return equals(field, "a field", operand);
    };
    if object.is_empty() {
        return Err(wrong(field, "a value or an object of operators", operand));
    }
    let nodes = object.iter().map(|(operator, operand)| test(field, operator, operand));
    Ok(all(nodes.collect::<Result<_, _>>()?))
}

fn test(field: &str, operator: &str, operand: &Value) -> Result<Node, FilterError> {
    let not = |node| Node::Not(Box::new(node));
    match operator {
        "$eq" => equals(field, operator, operand),
        "$ne" => equals(field, operator, operand).map(not),
        "$gt" | "$gte" | "$lt" | "$lte" => range(field, operator, operand),
        "$in" => any_of(field, operator, operand),
        "$nin" => any_of(field, operator, operand).map(not),
        "$exists" => {
            let wanted = operand.as_bool().ok_or_else(|| wrong(operator, "true or false", operand))?;
            let node = Node::Exists { field: field.to_string() };
            Ok(if wanted { node } else { not(node) })
        }
        "$not" if operand.is_object() => tests(field, operand).map(not),
        "$not" => Err(wrong(operator, "an object of operators", operand)),
        _ => Err(unknown(operator, &FIELD_OPERATORS)),
    }
}

/// The interval that holds one encoded value.
fn only(from: Vec<u8>) -> Bound {
    let mut to = from.clone();
    to.push(0);
    Bound { from, to }
}

fn equals(field: &str, operator: &str, operand: &Value) -> Result<Node, FilterError> {
    let key = key_of(operand)
        .ok_or_else(|| wrong(operator, "a string, a number, a boolean or null (lists: use $in)", operand))?;
    let within = Node::Within { field: field.to_string(), bounds: vec![only(key)] };
    if operand.is_null() {
        let missing = Node::Not(Box::new(Node::Exists { field: field.to_string() }));
        return Ok(Node::Any(vec![within, missing]));
    }
    Ok(within)
}

fn any_of(field: &str, operator: &str, operand: &Value) -> Result<Node, FilterError> {
    let needs = "a list of strings, numbers, booleans or nulls";
    let list = operand.as_array().ok_or_else(|| wrong(operator, needs, operand))?;
    let nodes = list.iter().map(|value| {
        key_of(value).ok_or_else(|| wrong(operator, needs, operand))?;
        equals(field, operator, value)
    });
    Ok(Node::Any(nodes.collect::<Result<_, _>>()?))
}

fn range(field: &str, operator: &str, operand: &Value) -> Result<Node, FilterError> {
    let key = key_of(operand).filter(|_| operand.is_number() || operand.is_string());
    let key = key.ok_or_else(|| wrong(operator, "a number or a string", operand))?;
    // The first byte of a key is its type.
    let (lowest, past) = (vec![key[0]], vec![key[0] + 1]);
    let after = only(key.clone()).to;
    let bound = match operator {
        "$gt" => Bound { from: after, to: past },
        "$gte" => Bound { from: key, to: past },
        "$lt" => Bound { from: lowest, to: key },
        _ => Bound { from: lowest, to: after },
    };
    Ok(Node::Within { field: field.to_string(), bounds: vec![bound] })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(filter: Value, expected: Expect) {
        expected.assert_eq(
            &Filter::parse(&filter).map_or_else(|error| error.to_string(), |_| "fine".to_string()),
        );
    }

    #[test]
    fn an_unknown_operator_is_named_with_the_known_ones() {
        check(
            json!({"a": {"$regex": "x"}}),
            expect![
                "unknown operator $regex; known are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $not"
            ],
        );
        check(json!({"$nor": []}), expect!["unknown operator $nor; known are $and, $or, $not"]);
    }

    #[test]
    fn wrong_operands_are_explained() {
        check(json!([1]), expect![[r#"a filter is an object such as {"source": "handbook"}, not [1]"#]]);
        check(
            json!({"a": [1, 2]}),
            expect!["a field needs a string, a number, a boolean or null (lists: use $in), not [1,2]"],
        );
        check(
            json!({"a": {"$in": 3}}),
            expect!["$in needs a list of strings, numbers, booleans or nulls, not 3"],
        );
        check(json!({"a": {"$gt": true}}), expect!["$gt needs a number or a string, not true"]);
        check(json!({"$or": []}), expect!["$or needs a list of at least one condition, not []"]);
        check(json!({"a": {}}), expect!["a needs a value or an object of operators, not {}"]);
        check(json!({"a": {"$exists": 1}}), expect!["$exists needs true or false, not 1"]);
    }

    #[test]
    fn all_operators_are_read() {
        check(
            json!({"a": 1, "b": {"$not": {"$in": ["x", null]}}, "$and": [{"c": {"$gte": "2024-01-01", "$lt": "2025"}}]}),
            expect![["fine"]],
        );
    }
}
