//! The encoder on a made-up model of a few thousand weights: what it refuses, and what must not change its vectors.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::{Fault, Kind};
use engraft_nn::{Config, Encoder, EncoderOptions, ModelError, Pooling, Precision};
use expect_test::{Expect, expect};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use tempfile::TempDir;

const CONFIG: &str = r#"{"model_type":"bert","hidden_act":"gelu","hidden_size":20,"num_hidden_layers":2,
    "num_attention_heads":4,"intermediate_size":33,"vocab_size":50,"max_position_embeddings":40,"type_vocab_size":2,
    "layer_norm_eps":1e-12}"#;

/// The names and shapes of a BERT's tensors.
fn shapes() -> BTreeMap<String, Vec<usize>> {
    let (hidden, inner) = (20, 33);
    let mut shapes = BTreeMap::new();
    let mut add = |name: String, shape: &[usize]| {
        shapes.insert(name, shape.to_vec());
    };
    add("embeddings.word_embeddings.weight".into(), &[50, hidden]);
    add("embeddings.position_embeddings.weight".into(), &[40, hidden]);
    add("embeddings.token_type_embeddings.weight".into(), &[2, hidden]);
    let mut norms = vec!["embeddings.LayerNorm".to_string()];
    for n in 0..2 {
        let layer = format!("encoder.layer.{n}");
        let linear = [
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", inner, hidden),
            ("output.dense", hidden, inner),
        ];
        for (name, outputs, inputs) in linear {
            add(format!("{layer}.{name}.weight"), &[outputs, inputs]);
            add(format!("{layer}.{name}.bias"), &[outputs]);
        }
        norms.push(format!("{layer}.attention.output.LayerNorm"));
        norms.push(format!("{layer}.output.LayerNorm"));
    }
    for norm in norms {
        add(format!("{norm}.weight"), &[hidden]);
        add(format!("{norm}.bias"), &[hidden]);
    }
    shapes
}

/// Writes a model whose numbers are whole eighths, which every float format can hold.
fn write(dir: &Path, shapes: &BTreeMap<String, Vec<usize>>, dtype: Dtype) {
    std::fs::write(dir.join("config.json"), CONFIG).unwrap();
    let mut state = 12345u32;
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as f32 / 8.0 - 0.9375 + 0.0625
    };
    let bytes: BTreeMap<&String, Vec<u8>> = shapes
        .iter()
        .map(|(name, shape)| {
            let numbers = (0..shape.iter().product::<usize>()).map(|_| number());
            (name, numbers.flat_map(|x| encode(x, dtype)).collect())
        })
        .collect();
    let views = shapes
        .iter()
        .map(|(name, shape)| (name.clone(), TensorView::new(dtype, shape.clone(), &bytes[name]).unwrap()));
    safetensors::serialize_to_file(views, None, &dir.join("model.safetensors")).unwrap();
}

fn encode(x: f32, dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F16 if x == 0.0 => vec![0, 0],
        // The exponent moves from bias 127 to bias 15; whole eighths lose nothing of the fraction.
        Dtype::F16 => {
            let bits = x.to_bits();
            let half = (bits >> 16 & 0x8000) | (((bits >> 23 & 0xff) - 112) << 10) | (bits >> 13 & 0x3ff);
            (half as u16).to_le_bytes().to_vec()
        }
        Dtype::BF16 => x.to_le_bytes()[2..].to_vec(),
        Dtype::F64 => f64::from(x).to_le_bytes().to_vec(),
        _ => x.to_le_bytes().to_vec(),
    }
}

fn model() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &shapes(), Dtype::F32);
    dir
}

fn open(dir: &Path, precision: Precision, threads: usize) -> Encoder {
    Encoder::open(dir, EncoderOptions { precision, threads, ..EncoderOptions::default() }).unwrap()
}

/// Sequences of many lengths, the longest as long as the position table.
fn sequences() -> Vec<Vec<u32>> {
    (0..60u32).map(|n| (0..1 + n * 7 % 40).map(|i| (n * 31 + i * 17) % 50).collect()).collect()
}

#[test]
fn a_vector_is_the_same_to_the_bit_in_any_batch_and_on_any_number_of_threads() {
    let dir = model();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let one = open(dir.path(), precision, 1);
        let three = open(dir.path(), precision, 3);
        let all = one.encode_ids(&sequences()).unwrap();
        assert_eq!(all, three.encode_ids(&sequences()).unwrap());
        for (ids, vector) in sequences().into_iter().zip(&all) {
            assert_eq!(&one.encode_ids(&[ids]).unwrap()[0], vector);
        }
        let backwards: Vec<Vec<u32>> = sequences().into_iter().rev().collect();
        let reversed: Vec<Vec<f32>> = all.into_iter().rev().collect();
        assert_eq!(three.encode_ids(&backwards).unwrap(), reversed);
    }
}

#[test]
fn every_vector_has_norm_one() {
    let dir = model();
    for vector in open(dir.path(), Precision::Int8, 2).encode_ids(&sequences()).unwrap() {
        let norm: f64 = vector.iter().map(|&x| f64::from(x).powi(2)).sum();
        assert!((norm - 1.0).abs() < 1e-6, "{norm}");
    }
}

#[test]
fn the_mean_of_the_token_states_points_where_the_vector_does() {
    let dir = model();
    let encoder = open(dir.path(), Precision::F32, 3);
    let vectors = encoder.encode_ids(&sequences()).unwrap();
    let states = encoder.encode_states(&sequences()).unwrap();
    let width = encoder.config().hidden;
    let mut rows = states.chunks_exact(width);
    for (ids, vector) in sequences().iter().zip(&vectors) {
        let mut sum = vec![0.0_f32; width];
        for row in rows.by_ref().take(ids.len()) {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!(sum.iter().zip(vector).all(|(x, y)| (x / norm - y).abs() < 1e-6));
    }
    assert!(rows.next().is_none());
    assert_eq!(states, open(dir.path(), Precision::F32, 1).encode_states(&sequences()).unwrap());
}

#[test]
fn the_first_layers_alone_are_the_model_that_has_no_others() {
    let (whole, cut) = (model(), tempfile::tempdir().unwrap());
    // Numbers are drawn in the order of names, and those of the second layer come last.
    let shapes = shapes().into_iter().filter(|(name, _)| !name.contains("layer.1")).collect();
    write(cut.path(), &shapes, Dtype::F32);
    let config = CONFIG.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":1");
    std::fs::write(cut.path().join("config.json"), config).unwrap();
    let first = |layers| {
        Encoder::open(whole.path(), EncoderOptions { layers: Some(layers), ..EncoderOptions::default() })
    };
    let states = first(1).unwrap().encode_states(&sequences()).unwrap();
    assert_eq!(states, open(cut.path(), Precision::F32, 1).encode_states(&sequences()).unwrap());
    let all = open(whole.path(), Precision::F32, 1);
    assert_eq!((first(1).unwrap().config().layers, all.config().layers), (1, 2));
    assert_eq!(first(1).unwrap().fingerprint(), all.fingerprint());
    let states = first(2).unwrap().encode_states(&sequences()).unwrap();
    assert_eq!(states, all.encode_states(&sequences()).unwrap());
    assert!(first(3).unwrap_err().to_string().contains("3 layers where there are 2"));
}

#[test]
fn all_instruction_sets_agree() {
    let dir = model();
    let portable = EncoderOptions { instructions: Some("portable"), ..EncoderOptions::default() };
    let wanted = Encoder::open(dir.path(), portable).unwrap().encode_flat(&sequences()).unwrap();
    for set in Encoder::instruction_sets() {
        let options = EncoderOptions { instructions: Some(set), ..EncoderOptions::default() };
        let found = Encoder::open(dir.path(), options).unwrap().encode_flat(&sequences()).unwrap();
        let off = found.iter().zip(&wanted).map(|(x, y)| (x - y).abs()).fold(0f32, f32::max);
        assert!(off < 1e-5, "{set}: {off}");
    }
}

#[test]
fn half_precision_files_give_the_same_vectors() {
    let wanted = open(model().path(), Precision::F32, 1).encode_ids(&sequences()).unwrap();
    for dtype in [Dtype::F16, Dtype::BF16] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &shapes(), dtype);
        assert_eq!(
            open(dir.path(), Precision::F32, 1).encode_ids(&sequences()).unwrap(),
            wanted,
            "{dtype:?}"
        );
    }
}

#[test]
fn tensors_under_the_name_of_the_class_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let shapes = shapes().into_iter().map(|(name, shape)| (format!("bert.{name}"), shape)).collect();
    write(dir.path(), &shapes, Dtype::F32);
    assert_eq!(open(dir.path(), Precision::F32, 1).encode_ids(&[vec![1, 2]]).unwrap().len(), 1);
}

#[test]
fn first_token_pooling_differs_from_the_mean_but_not_for_one_token() {
    let dir = model();
    let texts = [vec![7, 8, 9], vec![7]];
    let mean = open(dir.path(), Precision::F32, 1).encode_ids(&texts).unwrap();
    std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
    std::fs::write(dir.path().join("1_Pooling/config.json"), r#"{"pooling_mode_cls_token":true}"#).unwrap();
    let first = open(dir.path(), Precision::F32, 1).encode_ids(&texts).unwrap();
    assert_ne!(mean[0], first[0]);
    assert_eq!(mean[1], first[1]);
}

#[test]
fn pooling_and_window_are_read_as_sentence_transformers_wrote_them_before_and_since_version_6() {
    let dir = model();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
    for (said, pooling) in [
        (
            r#"{"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true,"include_prompt":true}"#,
            Some(Pooling::Mean),
        ),
        (r#"{"embedding_dimension":24,"pooling_mode":"mean","include_prompt":true}"#, Some(Pooling::Mean)),
        (r#"{"pooling_mode":"cls"}"#, Some(Pooling::First)),
        (r#"{"pooling_mode":"lasttoken"}"#, None),
        (r#"{"pooling_mode":["cls","mean"]}"#, None),
        (r#"{"pooling_mode_cls_token":true,"pooling_mode_lasttoken":true}"#, None),
    ] {
        write("1_Pooling/config.json", said);
        assert_eq!(Config::open(dir.path()).ok().map(|config| config.pooling), pooling, "{said}");
    }
    write("1_Pooling/config.json", r#"{"pooling_mode":"mean"}"#);
    let positions = Config::open(dir.path()).unwrap().positions;
    assert_eq!(Config::open(dir.path()).unwrap().window, positions);
    for (sentences, tokenizer, window) in [
        (r#"{"max_seq_length":16}"#, r#"{"model_max_length":24}"#, 16),
        (r#"{"transformer_task":"feature-extraction"}"#, r#"{"model_max_length":24}"#, 24),
        (r#"{"max_seq_length":null}"#, r#"{"model_max_length":1000000000000000019884624838656}"#, positions),
        (r#"{"max_seq_length":100000}"#, r#"{"model_max_length":24}"#, positions),
        ("{}", "{}", positions),
    ] {
        write("sentence_bert_config.json", sentences);
        write("tokenizer_config.json", tokenizer);
        assert_eq!(Config::open(dir.path()).unwrap().window, window, "{sentences} {tokenizer}");
    }
}

#[test]
fn models_of_other_weights_have_other_fingerprints() {
    let dir = model();
    let before = open(dir.path(), Precision::F32, 1).fingerprint();
    let path = dir.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_ne!(open(dir.path(), Precision::F32, 1).fingerprint(), before);
}

/// What opening a model says after `harm` was done to it, its path cut out.
#[track_caller]
fn check_refused(harm: impl FnOnce(&Path), kind: Kind, expected: Expect) {
    let dir = model();
    harm(dir.path());
    let error = Encoder::open(dir.path(), EncoderOptions::default()).unwrap_err();
    assert_eq!(error.kind(), kind);
    assert!(error.hint().is_some());
    expected.assert_eq(&error.to_string().replace(&dir.path().display().to_string(), "DIR"));
}

fn without_or_with(dir: &Path, name: &str, shape: Option<&[usize]>) {
    let mut shapes = shapes();
    shapes.remove(name);
    if let Some(shape) = shape {
        shapes.insert(name.to_string(), shape.to_vec());
    }
    write(dir, &shapes, Dtype::F32);
}

fn configure(dir: &Path, from: &str, to: &str) {
    assert!(CONFIG.contains(from));
    std::fs::write(dir.join("config.json"), CONFIG.replace(from, to)).unwrap();
}

fn cut(dir: &Path, len: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(dir.join("model.safetensors")).unwrap();
    file.set_len(len).unwrap();
}

#[test]
fn a_missing_tensor_is_named() {
    check_refused(
        |dir| without_or_with(dir, "encoder.layer.1.output.dense.bias", None),
        Kind::Unavailable,
        expect!["DIR/model.safetensors has no tensor encoder.layer.1.output.dense.bias"],
    );
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    check_refused(
        |dir| without_or_with(dir, "encoder.layer.0.intermediate.dense.weight", Some(&[20, 33])),
        Kind::Unavailable,
        expect![
            "tensor encoder.layer.0.intermediate.dense.weight of DIR/model.safetensors has shape [20, 33], the configuration wants [33, 20]"
        ],
    );
}

#[test]
fn numbers_of_an_odd_type_are_refused() {
    check_refused(
        |dir| write(dir, &shapes(), Dtype::F64),
        Kind::User,
        expect![
            "DIR/model.safetensors asks for numbers of type F64 in tensor embeddings.word_embeddings.weight, which is not supported"
        ],
    );
}

#[test]
fn a_truncated_file_is_damaged() {
    check_refused(
        |dir| cut(dir, 9000),
        Kind::Unavailable,
        expect!["DIR/model.safetensors is damaged: incomplete metadata, file not fully covered"],
    );
}

#[test]
fn an_empty_file_is_damaged() {
    check_refused(
        |dir| cut(dir, 0),
        Kind::Unavailable,
        expect!["DIR/model.safetensors is damaged: header too small"],
    );
}

#[test]
fn an_absent_file_is_missing() {
    check_refused(
        |dir| std::fs::remove_file(dir.join("model.safetensors")).unwrap(),
        Kind::Missing,
        expect!["cannot read DIR/model.safetensors of the model"],
    );
}

#[test]
fn a_config_that_is_no_json_is_damaged() {
    check_refused(
        |dir| configure(dir, "{", ""),
        Kind::Unavailable,
        expect![[
            r#"DIR/config.json is damaged: invalid type: string "model_type", expected struct BertJson at line 1 column 12"#
        ]],
    );
}

#[test]
fn another_activation_is_refused() {
    check_refused(
        |dir| configure(dir, "gelu", "relu"),
        Kind::User,
        expect!["DIR/config.json asks for hidden_act `relu`, which is not supported"],
    );
}

#[test]
fn another_architecture_is_refused() {
    check_refused(
        |dir| configure(dir, "bert", "mpnet"),
        Kind::User,
        expect!["DIR/config.json asks for model_type `mpnet`, which is not supported"],
    );
}

#[test]
fn a_layer_behind_the_pooling_is_refused() {
    let modules = |last: &str| {
        let module = |kind: &str| format!("{{\"type\":\"sentence_transformers.models.{kind}\"}}");
        format!("[{},{},{}]", module("Transformer"), module("Pooling"), module(last))
    };
    check_refused(
        |dir| std::fs::write(dir.join("modules.json"), modules("Dense")).unwrap(),
        Kind::User,
        expect!["DIR/modules.json asks for the module Dense, which is not supported"],
    );
    let dir = model();
    std::fs::write(dir.path().join("modules.json"), modules("Normalize")).unwrap();
    assert!(Encoder::open(dir.path(), EncoderOptions::default()).is_ok());
}

#[test]
fn heads_that_do_not_divide_the_hidden_size_are_refused() {
    let heads = "\"num_attention_heads\":4";
    check_refused(
        |dir| configure(dir, heads, &heads.replace('4', "3")),
        Kind::User,
        expect!["DIR/config.json asks for 3 heads over a hidden size of 20, which is not supported"],
    );
}

#[test]
fn an_absurd_size_is_refused_before_memory_is_asked_for() {
    let size = "\"max_position_embeddings\":40";
    check_refused(
        |dir| configure(dir, size, &format!("{size}0000000000")),
        Kind::User,
        expect!["DIR/config.json asks for max_position_embeddings 400000000000, which is not supported"],
    );
}

#[test]
fn ids_the_model_cannot_read_are_refused() {
    let dir = model();
    let encoder = open(dir.path(), Precision::F32, 1);
    let refuse = |ids: Vec<u32>, expected: Expect| {
        let error = encoder.encode_ids(&[vec![1], ids]).unwrap_err();
        assert!(matches!(error, ModelError::Input { .. }));
        expected.assert_eq(&error.to_string());
    };
    refuse(vec![], expect!["text 1 cannot be encoded: it has no ids"]);
    refuse(vec![1, 50], expect!["text 1 cannot be encoded: id 50 is outside the vocabulary of 50"]);
    refuse(vec![1; 41], expect!["text 1 cannot be encoded: it has 41 ids, the model reads 40"]);
    assert!(encoder.encode_ids(&[]).unwrap().is_empty());
}

#[test]
fn an_instruction_set_this_cpu_lacks_is_refused() {
    let dir = model();
    let options = EncoderOptions { instructions: Some("abacus"), ..EncoderOptions::default() };
    assert_eq!(Encoder::open(dir.path(), options).unwrap_err().kind(), Kind::User);
}
