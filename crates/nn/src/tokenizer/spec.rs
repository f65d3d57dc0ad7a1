//! Reads what a model's folder says about its tokenizer, and refuses what this build would get wrong.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::chars::Rules;
use super::{MAX_WORD, TokenizerError};

/// Set before pieces that continue a word, in place of the `##` of the file; no word contains it.
pub(super) const INNER: u8 = 0;

/// Everything a tokenizer needs to know.
pub(super) struct Spec {
    /// Every piece and its id, ascending; those that continue a word begin with [`INNER`].
    pub(super) pieces: Vec<(Vec<u8>, u32)>,
    pub(super) unknown: u32,
    /// In characters.
    pub(super) max_word: usize,
    pub(super) rules: Rules,
    /// Longest first.
    pub(super) specials: Vec<Special>,
    /// Set before and after every text.
    pub(super) before: Vec<u32>,
    pub(super) after: Vec<u32>,
}

/// A token found in the raw text before anything else happens to it.
#[derive(Debug)]
pub(super) struct Special {
    pub(super) text: String,
    pub(super) id: u32,
}

/// The tokenizer of the model in `dir`.
pub(super) fn read(dir: &Path) -> Result<Spec, TokenizerError> {
    match parse::<TokenizerFile>(&dir.join("tokenizer.json"))? {
        Some(file) => file.spec(dir.join("tokenizer.json")),
        None => from_vocabulary(dir),
    }
}

/// The JSON in a file, or `None` where there is no such file.
fn parse<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, TokenizerError> {
    match fs::read(path) {
        Ok(bytes) => {
            let parsed = serde_json::from_slice(&bytes);
            parsed.map(Some).map_err(|source| TokenizerError::Parse { path: path.to_path_buf(), source })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TokenizerError::Read { path: path.to_path_buf(), source }),
    }
}

#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<Typed>,
    post_processor: Option<PostProcessor>,
    model: Model,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "yes")]
    clean_text: bool,
    #[serde(default = "yes")]
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    #[serde(default = "yes")]
    lowercase: bool,
}

#[derive(Deserialize)]
struct PostProcessor {
    #[serde(rename = "type")]
    kind: String,
    // TemplateProcessing.
    #[serde(default)]
    single: Vec<TemplatePart>,
    // BertProcessing.
    cls: Option<(String, u32)>,
    sep: Option<(String, u32)>,
}

#[derive(Deserialize)]
enum TemplatePart {
    SpecialToken { id: String },
    Sequence {},
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default = "unk")]
    unk_token: String,
    #[serde(default = "hashes")]
    continuing_subword_prefix: String,
    #[serde(default = "hundred")]
    max_input_chars_per_word: usize,
    vocab: HashMap<String, u32>,
}

fn yes() -> bool {
    true
}

fn unk() -> String {
    "[UNK]".to_string()
}

fn hashes() -> String {
    "##".to_string()
}

fn hundred() -> usize {
    100
}

impl TokenizerFile {
    fn spec(self, path: PathBuf) -> Result<Spec, TokenizerError> {
        let refuse = |what: String| TokenizerError::Unsupported { path: path.clone(), what };
        let kind = self.model.kind.as_deref().unwrap_or("WordPiece");
        if kind != "WordPiece" {
            return Err(refuse(format!("a {kind} vocabulary")));
        }
        let Some(normalizer) = self.normalizer.filter(|it| it.kind == "BertNormalizer") else {
            return Err(refuse("a normalizer other than BertNormalizer".to_string()));
        };
        if !normalizer.clean_text {
            return Err(refuse("text with its control characters".to_string()));
        }
        if self.pre_tokenizer.is_none_or(|it| it.kind != "BertPreTokenizer") {
            return Err(refuse("a pre-tokenizer other than BertPreTokenizer".to_string()));
        }
        let mut specials = Vec::new();
        for added in self.added_tokens {
            // Only such tokens can be met at an ASCII punctuation mark of the raw text, where the tokenizer looks.
            let simple = !(added.single_word || added.lstrip || added.rstrip || added.normalized);
            if !simple || !added.content.starts_with(|c: char| c.is_ascii_punctuation()) {
                return Err(refuse(format!("the added token {:?}", added.content)));
            }
            specials.push(Special { text: added.content, id: added.id });
        }
        let vocab = self.model.vocab;
        let id_of = |token: &str| {
            let special = specials.iter().find(|special| special.text == token);
            let found = special.map(|special| special.id).or_else(|| vocab.get(token).copied());
            found.ok_or_else(|| refuse(format!("the token {token:?}, absent from its vocabulary")))
        };
        let (before, after) = match self.post_processor {
            Some(post) => post.around(&id_of, &refuse)?,
            None => (Vec::new(), Vec::new()),
        };
        let unknown = id_of(&self.model.unk_token)?;
        if self.model.max_input_chars_per_word > MAX_WORD {
            return Err(refuse(format!("words of {} characters", self.model.max_input_chars_per_word)));
        }
        specials.sort_by_key(|special| std::cmp::Reverse(special.text.len()));
        Ok(Spec {
            pieces: pieces(vocab, &self.model.continuing_subword_prefix),
            unknown,
            max_word: self.model.max_input_chars_per_word,
            rules: normalizer.rules(),
            specials,
            before,
            after,
        })
    }
}

impl Normalizer {
    fn rules(&self) -> Rules {
        Rules {
            split_cjk: self.handle_chinese_chars,
            strip_accents: self.strip_accents.unwrap_or(self.lowercase),
            lowercase: self.lowercase,
        }
    }
}

impl PostProcessor {
    /// The ids before and after a single text.
    fn around(
        self,
        id_of: &dyn Fn(&str) -> Result<u32, TokenizerError>,
        refuse: &dyn Fn(String) -> TokenizerError,
    ) -> Result<(Vec<u32>, Vec<u32>), TokenizerError> {
        match (self.kind.as_str(), self.cls, self.sep) {
            ("BertProcessing", Some((_, cls)), Some((_, sep))) => Ok((vec![cls], vec![sep])),
            ("TemplateProcessing", ..) => {
                let mut sides = [Vec::new(), Vec::new()];
                let mut side = 0;
                for part in self.single {
                    match part {
                        TemplatePart::SpecialToken { id } => sides[side].push(id_of(&id)?),
                        TemplatePart::Sequence {} if side == 0 => side = 1,
                        TemplatePart::Sequence {} => return Err(refuse("the text twice".to_string())),
                    }
                }
                Ok(sides.into())
            }
            (kind, ..) => Err(refuse(format!("the post-processor {kind}"))),
        }
    }
}

/// The pieces by the bytes that the trie is asked for, ascending.
fn pieces(vocab: HashMap<String, u32>, prefix: &str) -> Vec<(Vec<u8>, u32)> {
    let key = |token: String| {
        let mut key = token.into_bytes();
        if key.len() > prefix.len() && key.starts_with(prefix.as_bytes()) {
            key.splice(..prefix.len(), [INNER]);
        }
        key
    };
    let mut pieces: Vec<(Vec<u8>, u32)> = vocab.into_iter().map(|(token, id)| (key(token), id)).collect();
    pieces.sort_unstable();
    pieces.dedup_by(|next, kept| next.0 == kept.0);
    pieces.retain(|(key, _)| !key.is_empty());
    pieces
}

/// A folder as Google released BERT: one token per line, ids by line, BERT's five special tokens.
fn from_vocabulary(dir: &Path) -> Result<Spec, TokenizerError> {
    #[derive(Default, Deserialize)]
    struct Config {
        do_lower_case: Option<bool>,
        tokenize_chinese_chars: Option<bool>,
        strip_accents: Option<bool>,
    }
    let config: Config = parse(&dir.join("tokenizer_config.json"))?.unwrap_or_default();
    let path = dir.join("vocab.txt");
    let text =
        fs::read_to_string(&path).map_err(|source| TokenizerError::Read { path: path.clone(), source })?;
    let vocab: HashMap<String, u32> = text.lines().map(str::to_string).zip(0..).collect();
    let special = |token: &str| AddedToken {
        id: vocab.get(token).copied().unwrap_or_default(),
        content: token.to_string(),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
    };
    let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let template = |token: &str| TemplatePart::SpecialToken { id: token.to_string() };
    let file = TokenizerFile {
        added_tokens: names.into_iter().filter(|name| vocab.contains_key(*name)).map(special).collect(),
        normalizer: Some(Normalizer {
            kind: "BertNormalizer".to_string(),
            clean_text: true,
            handle_chinese_chars: config.tokenize_chinese_chars.unwrap_or(true),
            strip_accents: config.strip_accents,
            lowercase: config.do_lower_case.unwrap_or(true),
        }),
        pre_tokenizer: Some(Typed { kind: "BertPreTokenizer".to_string() }),
        post_processor: Some(PostProcessor {
            kind: "TemplateProcessing".to_string(),
            single: vec![template("[CLS]"), TemplatePart::Sequence {}, template("[SEP]")],
            cls: None,
            sep: None,
        }),
        model: Model {
            kind: None,
            unk_token: unk(),
            continuing_subword_prefix: hashes(),
            max_input_chars_per_word: hundred(),
            vocab,
        },
    };
    file.spec(path)
}
