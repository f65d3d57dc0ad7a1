//! The language of a text, as an ISO 639-1 code, or nothing rather than a guess.

use whatlang::Lang;

/// Bytes that are looked at: more of the same text does not change the answer.
const SAMPLE: usize = 6_000;

/// The language `text` is written in, as a two-letter ISO 639-1 code; `None` when it is short, mixed or unclear.
///
/// By character trigrams (Cavnar and Trenkle 1994) within the script, as the `whatlang` crate implements them.
pub fn language(text: &str) -> Option<&'static str> {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let info = whatlang::detect(&text[..end])?;
    info.is_reliable().then(|| code(info.lang())).flatten()
}

fn code(lang: Lang) -> Option<&'static str> {
    Some(match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_has_a_language() {
        let text =
            "Employees may carry over at most five days of annual leave into the following calendar year.";
        assert_eq!(language(text), Some("en"));
        let text = "Beschäftigte dürfen höchstens fünf Urlaubstage in das folgende Kalenderjahr übertragen.";
        assert_eq!(language(text), Some("de"));
        assert_eq!(language("员工最多可以将五天年假结转到下一个日历年。"), Some("zh"));
        assert_eq!(
            language("يمكن للموظفين ترحيل خمسة أيام كحد أقصى من الإجازة السنوية إلى السنة التالية."),
            Some("ar")
        );
    }

    #[test]
    fn numbers_and_scraps_have_none() {
        assert_eq!(language("12.50 3,400 (2019)"), None);
        assert_eq!(language("OK"), None);
        assert_eq!(language(""), None);
    }

    #[test]
    fn a_cut_sample_ends_between_characters() {
        assert_eq!(language(&"员工年假".repeat(2_000)), Some("zh"));
    }

    #[test]
    fn passages_of_seven_languages_are_told_apart() {
        let Some(folder) = engraft_testkit::data("rag-xquad") else { return };
        for wanted in ["en", "de", "es", "zh", "ar", "hi", "ru"] {
            let lines = std::fs::read_to_string(folder.join(format!("{wanted}.passages.jsonl"))).unwrap();
            let texts = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let (mut right, mut wrong) = (0, 0);
            for text in texts {
                match language(text["text"].as_str().unwrap()) {
                    Some(code) if code == wanted => right += 1,
                    Some(_) => wrong += 1,
                    None => {}
                }
            }
            assert!(right >= 100 && wrong == 0, "{wanted}: {right} right, {wrong} wrong of 120");
        }
    }
}
