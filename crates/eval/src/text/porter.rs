//! Porter's stemmer (1980) with the changes of NLTK, which rouge-score uses.

/// Words with a stem of their own.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

const STEP_2: [(&str, &str); 21] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const STEP_3: [(&str, &str); 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
];

/// The stem of a lower-case word of a-z and digits.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return stem.to_string();
    }
    if word.len() <= 2 {
        return word.to_string();
    }
    let mut word = word.to_string();
    let steps: [fn(&str) -> Option<String>; 8] =
        [plural, past, final_y, step_2, step_3, step_4, final_e, double_l];
    for step in steps {
        if let Some(shorter) = step(&word) {
            word = shorter;
        }
    }
    word
}

fn plural(word: &str) -> Option<String> {
    if word.len() == 4 && word.ends_with("ies") {
        return Some(format!("{}ie", &word[..1]));
    }
    for (suffix, instead) in [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")] {
        if let Some(stem) = word.strip_suffix(suffix) {
            return Some(format!("{stem}{instead}"));
        }
    }
    None
}

fn past(word: &str) -> Option<String> {
    if let Some(stem) = word.strip_suffix("ied") {
        return Some(format!("{stem}{}", if word.len() == 4 { "ie" } else { "i" }));
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return (measure(stem) > 0).then(|| format!("{stem}ee"));
    }
    let stem = ["ed", "ing"].iter().find_map(|suffix| {
        let stem = word.strip_suffix(suffix)?;
        consonants(stem).contains(&false).then_some(stem)
    })?;
    if ["at", "bl", "iz"].iter().any(|end| stem.ends_with(end)) {
        return Some(format!("{stem}e"));
    }
    let letters = stem.as_bytes();
    let flags = consonants(stem);
    if letters.len() >= 2
        && letters[letters.len() - 1] == letters[letters.len() - 2]
        && flags[letters.len() - 1]
    {
        let keeps = matches!(letters[letters.len() - 1], b'l' | b's' | b'z');
        return Some(stem[..stem.len() - usize::from(!keeps)].to_string());
    }
    let short = measure(stem) == 1 && ends_short(stem);
    Some(format!("{stem}{}", if short { "e" } else { "" }))
}

fn final_y(word: &str) -> Option<String> {
    let stem = word.strip_suffix('y')?;
    (stem.len() > 1 && consonants(stem)[stem.len() - 1]).then(|| format!("{stem}i"))
}

fn step_2(word: &str) -> Option<String> {
    if let Some(stem) = word.strip_suffix("alli").filter(|stem| measure(stem) > 0) {
        let shorter = format!("{stem}al");
        return Some(step_2(&shorter).unwrap_or(shorter));
    }
    if STEP_2.iter().all(|(suffix, _)| !word.ends_with(suffix)) && word.ends_with("logi") {
        // The l of the suffix belongs to the stem, so that short ones such as geo- count.
        let stem = &word[..word.len() - 3];
        return (measure(stem) > 0).then(|| format!("{}log", &word[..word.len() - 4]));
    }
    replaced(word, &STEP_2)
}

fn step_3(word: &str) -> Option<String> {
    replaced(word, &STEP_3)
}

/// The first suffix that fits decides, whether or not it may be replaced.
fn replaced(word: &str, rules: &[(&str, &str)]) -> Option<String> {
    let (stem, instead) =
        rules.iter().find_map(|(suffix, instead)| Some((word.strip_suffix(suffix)?, instead)))?;
    (measure(stem) > 0).then(|| format!("{stem}{instead}"))
}

fn step_4(word: &str) -> Option<String> {
    let (suffix, stem) = STEP_4.iter().find_map(|suffix| Some((suffix, word.strip_suffix(suffix)?)))?;
    let fits = *suffix != "ion" || stem.ends_with(['s', 't']);
    (measure(stem) > 1 && fits).then(|| stem.to_string())
}

fn final_e(word: &str) -> Option<String> {
    let stem = word.strip_suffix('e')?;
    let parts = measure(stem);
    (parts > 1 || (parts == 1 && !ends_short(stem))).then(|| stem.to_string())
}

fn double_l(word: &str) -> Option<String> {
    let shorter = &word[..word.len() - usize::from(word.ends_with("ll"))];
    (shorter.len() < word.len() && measure(shorter) > 1).then(|| shorter.to_string())
}

/// Whether each letter is a consonant; y is one at the start and after a vowel.
fn consonants(word: &str) -> Vec<bool> {
    let mut flags: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word.bytes() {
        let flag = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => flags.last().is_none_or(|before| !before),
            _ => true,
        };
        flags.push(flag);
    }
    flags
}

/// How often a consonant follows a vowel.
fn measure(stem: &str) -> usize {
    consonants(stem).windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

/// Whether it ends in consonant, vowel, consonant other than w, x and y; or is a vowel and a consonant.
fn ends_short(stem: &str) -> bool {
    match (consonants(stem).as_slice(), stem.as_bytes()) {
        ([false, true], _) => true,
        ([.., true, false, true], [.., last]) => !matches!(last, b'w' | b'x' | b'y'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    /// Beginnings and endings of words, and what NLTK's stemmer, as rouge-score calls it, makes of each of the one with each of the
    /// other; `xtask/golden/metrics.py` asks it.
    #[derive(serde::Deserialize)]
    struct Golden {
        roots: Vec<String>,
        suffixes: Vec<String>,
        /// With a space between.
        stems: String,
    }

    #[test]
    fn stems_are_nltk_s() {
        let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/metrics.json")).unwrap();
        let with_each = |root: &String| -> Vec<String> {
            golden.suffixes.iter().map(|suffix| format!("{root}{suffix}")).collect()
        };
        let words: Vec<String> = golden.roots.iter().flat_map(with_each).collect();
        let stems: Vec<&str> = golden.stems.split(' ').collect();
        assert_eq!((words.len(), stems.len()), (940, 940));
        let pairs = words.iter().zip(stems).map(|(word, stem)| (word, super::stem(word), stem));
        let differing: Vec<_> = pairs.filter(|(_, ours, theirs)| ours != theirs).collect();
        assert!(differing.is_empty(), "{differing:?}");
    }

    #[test]
    fn words_of_the_paper_have_its_stems() {
        let pairs = "caresses:caress ponies:poni cats:cat agreed:agre plastered:plaster motoring:motor hopping:hop \
            falling:fall hissing:hiss failing:fail filing:file happy:happi relational:relat conditional:condit \
            digitizer:digit operator:oper feudalism:feudal hopefulness:hope triplicate:triplic formative:form \
            electrical:electr revival:reviv adoption:adopt probate:probat rate:rate controll:control roll:roll";
        for pair in pairs.split_whitespace() {
            let (word, stem) = pair.split_once(':').unwrap();
            assert_eq!(super::stem(word), stem, "{word}");
        }
    }

    #[test]
    fn nltk_s_changes_are_kept() {
        for (word, stem) in [
            ("dies", "die"),
            ("flies", "fli"),
            ("skies", "sky"),
            ("geologi", "geolog"),
            ("succeed", "succeed"),
        ] {
            assert_eq!(super::stem(word), stem, "{word}");
        }
    }
}
