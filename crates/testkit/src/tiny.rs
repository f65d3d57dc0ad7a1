//! A made-up encoder of a few thousand weights that reads letters: it knows nothing, but everything an encoder goes through can be
//! done with it in a moment.

use std::path::Path;

const HIDDEN: usize = 16;
const INNER: usize = 24;
const LAYERS: usize = 2;
const POSITIONS: usize = 160;
const MARKS: &str = ".,;:?!-_()[]'\"/$%&+";

/// Writes it into a folder, in the layout of transformers.
///
/// # Errors
/// What the system says where the folder cannot be written to.
pub fn tiny_encoder(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let vocabulary = vocabulary();
    let config = format!(
        r#"{{"architectures":["BertModel"],"model_type":"bert","hidden_act":"gelu","hidden_size":{HIDDEN},"num_hidden_layers":{LAYERS},
"num_attention_heads":2,"intermediate_size":{INNER},"vocab_size":{},"max_position_embeddings":{POSITIONS},"type_vocab_size":2,
"layer_norm_eps":1e-12}}"#,
        vocabulary.len()
    );
    std::fs::write(dir.join("config.json"), config)?;
    std::fs::write(dir.join("vocab.txt"), vocabulary.join("\n") + "\n")?;
    std::fs::write(dir.join("model.safetensors"), weights(vocabulary.len()))
}

/// BERT's special tokens, letters and digits at the beginning of a word and inside one, and marks.
fn vocabulary() -> Vec<String> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(String::from);
    let letters = || ('a'..='z').chain('0'..='9');
    let inside = letters().map(|letter| format!("##{letter}"));
    special
        .into_iter()
        .chain(letters().map(String::from))
        .chain(inside)
        .chain(MARKS.chars().map(String::from))
        .collect()
}

/// The names and shapes of its tensors.
fn shapes(vocabulary: usize) -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_string(), vec![vocabulary, HIDDEN]),
        ("embeddings.position_embeddings.weight".to_string(), vec![POSITIONS, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".to_string(), vec![2, HIDDEN]),
    ];
    let mut linear = |name: String, outputs: usize, inputs: usize| {
        shapes.push((format!("{name}.weight"), vec![outputs, inputs]));
        shapes.push((format!("{name}.bias"), vec![outputs]));
    };
    let mut norms = vec!["embeddings.LayerNorm".to_string()];
    for n in 0..LAYERS {
        let layer = format!("encoder.layer.{n}");
        for part in
            ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
        {
            linear(format!("{layer}.{part}"), HIDDEN, HIDDEN);
        }
        linear(format!("{layer}.intermediate.dense"), INNER, HIDDEN);
        linear(format!("{layer}.output.dense"), HIDDEN, INNER);
        norms
            .extend(["attention.output.LayerNorm", "output.LayerNorm"].map(|norm| format!("{layer}.{norm}")));
    }
    for norm in norms {
        shapes.push((format!("{norm}.weight"), vec![HIDDEN]));
        shapes.push((format!("{norm}.bias"), vec![HIDDEN]));
    }
    shapes
}

/// A safetensors file of numbers within ±.3, and ones where a normalisation has its gains.
fn weights(vocabulary: usize) -> Vec<u8> {
    let mut state = 12_345_u32;
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 24) * 0.6 - 0.3) as f32
    };
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (name, shape) in shapes(vocabulary) {
        let begin = data.len();
        let gain = name.ends_with("LayerNorm.weight");
        for _ in 0..shape.iter().product::<usize>() {
            data.extend((if gain { 1.0 } else { number() }).to_le_bytes());
        }
        header.push(format!(
            r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{begin},{}]}}"#,
            data.len()
        ));
    }
    let mut header = format!("{{{}}}", header.join(",")).into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    file
}
