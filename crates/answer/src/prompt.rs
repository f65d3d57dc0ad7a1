//! What a language model is told: a system message, turns, and the shape its reply must have.

/// A prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// What it is to do; empty: nothing is said.
    pub system: String,
    /// What was said so far; the last turn is the user's.
    pub turns: Vec<Turn>,
    /// The JSON it must reply with; `None`: plain text.
    pub shape: Option<Shape>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Of the one who asks.
    User(String),
    /// Of the model.
    Model(String),
}

/// The JSON of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Letters and underscores.
    pub name: String,
    /// A JSON Schema.
    pub schema: String,
}

impl Turn {
    /// Its words.
    pub fn text(&self) -> &str {
        match self {
            Turn::User(text) | Turn::Model(text) => text,
        }
    }
}

impl Prompt {
    /// The prompt that goes on after a `reply` that cannot be used, and says why.
    pub fn again(&self, reply: &str, why: &str) -> Prompt {
        let mut turns = self.turns.clone();
        turns.push(Turn::Model(reply.to_string()));
        turns.push(Turn::User(format!(
            "That reply cannot be used: {why}. Reply again, with the JSON alone and nothing before or after it."
        )));
        Prompt { turns, ..self.clone() }
    }
}

/// The JSON object in a reply, without the fence or the words that some models put around it.
pub(crate) fn object(reply: &str) -> Option<&str> {
    let (start, end) = (reply.find('{')?, reply.rfind('}')?);
    reply.get(start..=end)
}

/// The words of a text without markers such as `[1]` or `[2, 3]`, and without the space before them.
pub fn without_markers(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let Some(length) = rest[start..].find(']') else { break };
        let inside = &rest[start + 1..start + length];
        let number = inside.bytes().any(|byte| byte.is_ascii_digit())
            && inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b',' || byte == b' ');
        match number {
            true => words.push_str(rest[..start].trim_end_matches(' ')),
            false => words.push_str(&rest[..start + length + 1]),
        }
        rest = &rest[start + length + 1..];
    }
    words.push_str(rest);
    words.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_go_and_other_brackets_stay() {
        assert_eq!(without_markers("It is so [1]. Not [sic] that [2, 3]."), "It is so. Not [sic] that.");
        assert_eq!(without_markers("a [1"), "a [1");
        assert_eq!(without_markers("[12]"), "");
    }

    #[test]
    fn the_object_is_found_within_a_fence_and_words() {
        assert_eq!(object("Sure:\n```json\n{\"a\":{}}\n```"), Some("{\"a\":{}}"));
        assert_eq!((object("none"), object("} {")), (None, None));
    }

    #[test]
    fn a_prompt_that_goes_on_holds_the_reply_and_what_is_wrong_with_it() {
        let prompt = Prompt { turns: vec![Turn::User("a".into())], ..Prompt::default() };
        let again = prompt.again("b", "it is no JSON");
        assert_eq!(again.turns[..2], [prompt.turns[0].clone(), Turn::Model("b".into())]);
        assert!(again.turns[2].text().contains("it is no JSON"));
    }
}
