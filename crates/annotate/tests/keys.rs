//! The keys of options leave the studio's commands alone.

use std::path::Path;

use engraft_annotate::{COMMAND_LETTERS, LabelOption, free_letters, option_keys};

fn option(place: usize) -> LabelOption {
    LabelOption {
        value: format!("o{place}"),
        text: None,
        description: None,
        example: None,
        key: None,
        color: None,
    }
}

#[test]
fn no_option_is_handed_the_letter_of_a_command() {
    let mut options: Vec<LabelOption> = (0..27).map(option).collect();
    options[1].key = Some('c');
    let keys: String = option_keys(&options).into_iter().map(|key| key.unwrap_or('-')).collect();
    assert_eq!(keys, "1c234567890abhlmoqsuvwxyz--");
}

fn keys_js() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/assets/keys.js");
    std::fs::read_to_string(file).unwrap_or_default()
}

#[test]
fn no_command_is_moved_to_the_letter_of_an_option() {
    let of_options = format!("OF_OPTIONS = /^[0-9{}=-]$/;", free_letters().collect::<String>());
    assert!(keys_js().contains(&of_options), "{of_options}");
}

#[test]
fn the_letters_are_those_of_the_sheet_of_keys() {
    let text = keys_js();
    let commands = text.split("export const COMMANDS").nth(1).and_then(|rest| rest.split("};").next());
    let quoted = commands.unwrap_or_default().split('\'');
    let mut letters: Vec<&str> = quoted.filter(|word| matches!(word.as_bytes(), [b'a'..=b'z'])).collect();
    letters.sort_unstable();
    assert_eq!(letters.concat(), COMMAND_LETTERS);
}
