//! Word to stem, by script.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};

use crate::analyze::scan::Script;

/// The stemmers in use. English and Russian are Snowball's (Porter, 2001, <https://snowballstem.org>).
pub(crate) struct Stemmers {
    english: Stemmer,
    russian: Stemmer,
}

impl Default for Stemmers {
    fn default() -> Stemmers {
        Stemmers {
            english: Stemmer::create(Algorithm::English),
            russian: Stemmer::create(Algorithm::Russian),
        }
    }
}

impl Stemmers {
    /// The stem of a folded word.
    pub(crate) fn stem(&self, word: &str, script: Script) -> String {
        match script {
            Script::Latin => self.english.stem(word).into_owned(),
            Script::Cyrillic => self.russian.stem(word).into_owned(),
            Script::Arabic => arabic(word),
            Script::Devanagari => hindi(word),
            Script::Other => word.to_string(),
        }
    }
}

/// Light stemming after Larkey, Ballesteros and Connell (2007), "Light stemming for Arabic information retrieval":
/// letters unified, the article and conjunction off the front, plural and gender endings off the back.
fn arabic(word: &str) -> String {
    let letters = word.chars().filter_map(|c| match c {
        '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}' => None,
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' => Some('ي'),
        'ة' => Some('ه'),
        'ؤ' => Some('و'),
        'ئ' => Some('ي'),
        _ => Some(c),
    });
    let mut stem: Vec<char> = letters.collect();
    if stem.len() > 3 && stem[0] == 'و' {
        stem.remove(0);
    }
    for prefix in ["ال", "بال", "كال", "فال", "لل"] {
        let prefix: Vec<char> = prefix.chars().collect();
        if stem.len() >= prefix.len() + 2 && stem.starts_with(&prefix) {
            stem.drain(..prefix.len());
            break;
        }
    }
    for suffix in ["ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"] {
        let suffix: Vec<char> = suffix.chars().collect();
        if stem.len() >= suffix.len() + 2 && stem.ends_with(&suffix) {
            stem.truncate(stem.len() - suffix.len());
        }
    }
    stem.into_iter().collect()
}

/// Endings that carry number, gender, case or tense in Hindi, longest first, after Ramanathan and Rao (2003), "A
/// lightweight stemmer for Hindi". At least two characters stay.
const HINDI: [&str; 44] = [
    "ाएंगी",
    "ाएंगे",
    "ाऊंगी",
    "ाऊंगा",
    "ियाँ",
    "ियों",
    "ियां",
    "ाएगी",
    "ाएगा",
    "ाओगी",
    "ाओगे",
    "एंगी",
    "एंगे",
    "ूंगी",
    "ूंगा",
    "ातीं",
    "नाओं",
    "नाएं",
    "ताओं",
    "ताएं",
    "ाओं",
    "ाएं",
    "ुओं",
    "ुएं",
    "ाने",
    "ाना",
    "ते",
    "ती",
    "ता",
    "ने",
    "नी",
    "ना",
    "ों",
    "ें",
    "ीं",
    "िये",
    "ाई",
    "ाए",
    "ो",
    "े",
    "ू",
    "ु",
    "ी",
    "ा",
];

fn hindi(word: &str) -> String {
    // Nukta and candrabindu are written or left out at will.
    let plain: String = word
        .chars()
        .filter(|&c| c != '\u{93c}')
        .map(|c| if c == '\u{901}' { '\u{902}' } else { c })
        .collect();
    let chars = plain.chars().count();
    for suffix in HINDI {
        let suffix: Cow<'_, str> = suffix.replace('\u{901}', "\u{902}").into();
        if chars >= suffix.chars().count() + 2 && plain.ends_with(&*suffix) {
            return plain[..plain.len() - suffix.len()].to_string();
        }
    }
    plain
}
