//! Words that carry meaning, in a form that inflections share.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// The content words of `text` in order: lower case, English ones stemmed, function and question words left out.
///
/// Text without spaces gives its ideographs one by one.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.unicode_words() {
        for part in word.split(['_', '.', ':', '\'', '’']).filter(|part| !part.is_empty()) {
            let lower = part.to_lowercase();
            if STOP.binary_search(&lower.as_str()).is_ok() || (part.is_ascii() && part.len() < 2 && !is_digits(part)) {
                continue;
            }
            found.push(stem(lower));
        }
    }
    found
}

fn is_digits(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

thread_local! {
    /// Stems by word: the same few words come again and again, and stemming each costs a microsecond.
    static STEMS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

fn stem(lower: String) -> String {
    if lower.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return STEMS.with_borrow_mut(|stems| {
            if let Some(stem) = stems.get(&lower) {
                return stem.clone();
            }
            if stems.len() > 20_000 {
                stems.clear();
            }
            let stem = Stemmer::create(Algorithm::English).stem(&lower).into_owned();
            stems.insert(lower, stem.clone());
            stem
        });
    }
    let article = ["وال", "بال", "كال", "فال", "لل", "ال"].into_iter().find_map(|article| lower.strip_prefix(article));
    article.filter(|rest| rest.chars().count() > 2).map_or(lower.clone(), str::to_string)
}

/// Words that say nothing about the subject: English, German, Spanish, French, Russian, Chinese, Arabic, Hindi;
/// sorted, as it is searched by halves.
static STOP: [&str; 553] = [
    "a", "aber", "about", "above", "after", "again", "against", "al", "all", "als", "also", "am", "an",
    "and", "any", "are", "as", "at", "au", "auch", "auf", "aus", "aux", "avec", "be", "because", "been",
    "before", "bei", "being", "below", "between", "bin", "bis", "both", "but", "by", "can", "cannot", "ce",
    "ces", "cette", "combien", "comment", "como", "con", "could", "cuando", "cuál", "cuáles", "cuándo",
    "cuánta", "cuántas", "cuánto", "cuántos", "cómo", "dans", "das", "dass", "de", "del", "dem", "den",
    "der", "des", "did", "die", "dies", "diese", "dieser", "dieses", "do", "does", "doing", "donde", "down",
    "du", "durch", "during", "dónde", "e", "each", "ein", "eine", "einem", "einen", "einer", "eines", "el",
    "ella", "elle", "ellos", "en", "er", "era", "eran", "es", "est", "esta", "este", "esto", "está", "et",
    "few", "for", "from", "fue", "fueron", "further", "für", "gab", "get", "gets", "gibt", "give", "given",
    "ha", "haben", "had", "happen", "happened", "has", "hat", "hatte", "hatten", "have", "having", "hay",
    "he", "her", "here", "hers", "herself", "him", "himself", "his", "how", "i", "ich", "if", "ihr", "ihre",
    "ihrem", "ihren", "il", "ils", "im", "in", "into", "is", "isn", "ist", "it", "its", "itself", "je",
    "just", "kann", "kind", "können", "la", "las", "le", "les", "let", "leur", "like", "ll", "lo", "los",
    "mais", "man", "many", "may", "me", "might", "mit", "more", "most", "much", "muss", "must", "my",
    "myself", "más", "nach", "name", "ne", "nicht", "no", "nor", "not", "nous", "number", "nur", "o", "ob",
    "oder", "of", "off", "often", "old", "on", "once", "one", "only", "or", "other", "ou", "our", "ours",
    "out", "over", "own", "où", "par", "para", "pas", "per", "pero", "please", "plus", "por", "porque",
    "pour", "pourquoi", "quand", "que", "quel", "quelle", "quelles", "quels", "qui", "quien", "quién",
    "quiénes", "quoi", "qué", "re", "sa", "same", "se", "sein", "seine", "seinem", "seinen", "seiner", "ser",
    "ses", "shall", "she", "should", "si", "sich", "sie", "sin", "sind", "so", "sobre", "some", "son",
    "sont", "su", "such", "sur", "sus", "take", "también", "tell", "than", "that", "the", "their", "theirs",
    "them", "themselves", "then", "there", "these", "they", "this", "those", "through", "tiene", "to", "too",
    "type", "um", "un", "una", "und", "under", "une", "uno", "uns", "unter", "until", "up", "us", "use",
    "used", "ve", "very", "viel", "viele", "vom", "von", "vor", "vous", "wann", "war", "waren", "warum",
    "was", "we", "welche", "welchem", "welchen", "welcher", "welches", "wem", "wen", "wenn", "wer", "werden",
    "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "wie", "wieviel",
    "will", "with", "without", "wo", "would", "wurde", "wurden", "y", "you", "your", "yours", "zu", "zum",
    "zur", "à", "été", "über", "а", "без", "бы", "был", "была", "были", "было", "в", "во", "вы", "где",
    "для", "до", "его", "ее", "если", "есть", "же", "за", "и", "из", "или", "их", "к", "как", "какая",
    "какие", "какое", "какой", "каком", "кем", "ко", "когда", "кого", "кто", "ли", "на", "не", "него", "о",
    "об", "он", "она", "они", "от", "по", "под", "почему", "при", "с", "сколько", "со", "так", "также", "то",
    "у", "чего", "чем", "что", "это", "этого", "этой", "этот", "أن", "أو", "أي", "أين", "إلى", "إن", "التي",
    "الذي", "الذين", "بعد", "بين", "تلك", "ثم", "ذلك", "على", "عن", "عند", "في", "قبل", "قد", "كان", "كانت",
    "كل", "كم", "كيف", "لا", "لم", "لن", "ما", "ماذا", "متى", "مع", "من", "هذا", "هذه", "هل", "هو", "هي",
    "و", "इस", "उस", "एक", "और", "कब", "कहाँ", "कहां", "का", "कि", "कितना", "कितनी", "कितने", "किया", "किस",
    "किसके", "किसने", "किसे", "की", "के", "कैसे", "को", "कौन", "क्या", "क्यों", "गई", "गए", "गया", "जो",
    "तक", "तो", "था", "थी", "थे", "द्वारा", "ने", "पर", "भी", "में", "यह", "या", "ये", "लिए", "वह", "वे",
    "साथ", "से", "ही", "हुआ", "हुई", "है", "हैं", "हो", "与", "个", "为", "么", "之", "了", "于", "些", "什", "从",
    "他", "以", "们", "何", "你", "其", "几", "到", "及", "吗", "吧", "呀", "呢", "和", "哪", "啊", "在", "多", "她", "它", "对",
    "少", "怎", "我", "或", "把", "是", "有", "的", "而", "被", "谁", "这", "那", "里",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(STOP.is_sorted());
    }

    #[test]
    fn inflections_share_a_term_and_question_words_have_none() {
        assert_eq!(terms("How many refunds were issued?"), terms("The refund is issued."));
        assert_eq!(terms("Wie viele?"), Vec::<String>::new());
        assert_eq!(terms("年假"), ["年", "假"]);
    }
}
