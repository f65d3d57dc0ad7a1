//! Training against PyTorch and PEFT (made by `xtask/golden/training.py`), against finite differences, and against itself
//! at other numbers of threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engraft_nn::train::loss::{binary, in_batch};
use engraft_nn::train::{
    AdamW, Adapt, Body, BodyOptions, Draw, Head, Lora, Parameter, Sequence, clip_gradients, pool, pool_grad,
    unit, unit_grad, without_gradient, zero_gradients,
};
use engraft_nn::{Encoder, EncoderOptions, Pooling, Weights, write_tensors};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    contrast: Contrast,
    pairs: Pairs,
    lora: Adapted,
}

/// Queries and documents.
type Texts = (Vec<Vec<u32>>, Vec<Vec<u32>>);

/// Pairs of texts, where the second of each begins, and their labels.
type Labelled = (Vec<Vec<u32>>, Vec<usize>, Vec<f32>);

#[derive(Deserialize)]
struct Contrast {
    batches: Vec<Texts>,
    losses: Vec<f64>,
    norms: BTreeMap<String, f64>,
    rate: f64,
}

#[derive(Deserialize)]
struct Pairs {
    batches: Vec<Labelled>,
    losses: Vec<f64>,
    norms: BTreeMap<String, f64>,
    head: Start,
}

#[derive(Deserialize)]
struct Start {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Deserialize)]
struct Adapted {
    losses: Vec<f64>,
    norms: BTreeMap<String, f64>,
    start: BTreeMap<String, Vec<f32>>,
    rate: f64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/training")
}

fn golden() -> Golden {
    serde_json::from_slice(&std::fs::read(folder().join("golden.json")).unwrap()).unwrap()
}

fn open(adapt: Adapt) -> Body {
    Body::open(&folder(), BodyOptions { adapt, embeddings: true }).unwrap()
}

fn singles(texts: &[Vec<u32>]) -> Vec<Sequence> {
    texts.iter().cloned().map(Sequence::single).collect()
}

/// The loss of multiple negatives ranking, its gradients added up.
fn contrast_step(body: &mut Body, queries: &[Vec<u32>], documents: &[Vec<u32>]) -> f64 {
    let dim = body.config().hidden;
    let all: Vec<Sequence> = singles(queries).into_iter().chain(singles(documents)).collect();
    let forward = body.forward(&all).unwrap();
    let mut vectors = pool(&forward, Pooling::Mean);
    let norms = unit(&mut vectors, dim);
    let (q, d) = vectors.split_at(queries.len() * dim);
    let (loss, q_grad, d_grad) = in_batch(q, d, dim, 20.0);
    let mut grads = [q_grad, d_grad].concat();
    unit_grad(&vectors, &norms, &mut grads);
    let states = pool_grad(&forward, Pooling::Mean, &grads);
    body.backward(forward, states);
    loss
}

/// Fifty steps; the losses, and the norms of the gradients of the first step.
fn contrast_curve(body: &mut Body, batches: &[Texts], rate: f64) -> (Vec<f64>, BTreeMap<String, f64>) {
    let mut optimiser = AdamW { weight_decay: 0.01, ..AdamW::default() };
    let mut first = BTreeMap::new();
    let losses = (0..50).map(|step| {
        let (queries, documents) = &batches[step % batches.len()];
        zero_gradients(body.parameters_mut());
        let loss = contrast_step(body, queries, documents);
        if step == 0 {
            first = norms(body.parameters());
        }
        let mut parameters: Vec<&mut Parameter> = body.parameters_mut().iter_mut().collect();
        clip_gradients(&mut parameters, 1.0);
        optimiser.next_step();
        optimiser.update(body.parameters_mut(), rate);
        loss
    });
    (losses.collect(), first)
}

fn norms(parameters: &[Parameter]) -> BTreeMap<String, f64> {
    let norm = |values: &[f32]| values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let trained = parameters.iter().filter(|parameter| parameter.trained);
    trained.map(|parameter| (parameter.name.clone(), norm(&parameter.gradient))).collect()
}

#[track_caller]
fn check_curve(losses: &[f64], expected: &[f64]) {
    assert_eq!(losses.len(), expected.len());
    // The first is the loss itself, before anything was moved.
    assert!((losses[0] - expected[0]).abs() < 1e-5, "{}, PyTorch {}", losses[0], expected[0]);
    for (step, (loss, expected)) in losses.iter().zip(expected).enumerate() {
        assert!((loss - expected).abs() < 1e-4, "step {step}: {loss}, PyTorch {expected}");
    }
}

#[track_caller]
fn check_norms(norms: &BTreeMap<String, f64>, expected: &BTreeMap<String, f64>) {
    let names: Vec<&String> = norms.keys().collect();
    assert_eq!(names, expected.keys().collect::<Vec<_>>());
    for (name, expected) in expected {
        // The gradient of a key's bias is nothing but rounding: adding it moves all scores of a query alike.
        let rounding = if name.contains("key.bias") { 1e-5 } else { 0.0 };
        let norm = norms[name];
        assert!(
            (norm - expected).abs() <= 1e-4 * expected + rounding + 1e-6,
            "{name}: {norm}, PyTorch {expected}"
        );
    }
}

#[test]
fn fifty_steps_of_ranking_cost_what_they_cost_pytorch() {
    let golden = golden().contrast;
    let (losses, norms) = contrast_curve(&mut open(Adapt::Full), &golden.batches, golden.rate);
    check_norms(&norms, &golden.norms);
    check_curve(&losses, &golden.losses);
}

#[test]
fn fifty_steps_of_adapters_cost_what_they_cost_peft() {
    let golden = golden();
    let mut body = open(Adapt::Lora(Lora { rank: 4, alpha: 8.0, all_linear: true, seed: 0 }));
    for parameter in body.parameters_mut().iter_mut().filter(|parameter| parameter.trained) {
        parameter.values.copy_from_slice(&golden.lora.start[&parameter.name]);
    }
    let (losses, norms) = contrast_curve(&mut body, &golden.contrast.batches, golden.lora.rate);
    check_norms(&norms, &golden.lora.norms);
    check_curve(&losses, &golden.lora.losses);
}

#[test]
fn fifty_steps_on_pairs_of_texts_cost_what_they_cost_pytorch() {
    let golden = golden().pairs;
    let mut body = open(Adapt::Full);
    let mut head = Head::of("head", 24, golden.head.weight, golden.head.bias);
    let mut optimiser = AdamW { weight_decay: 0.01, ..AdamW::default() };
    let mut losses = Vec::new();
    for step in 0..50 {
        let (texts, seconds, labels) = &golden.batches[step % golden.batches.len()];
        let pairs = texts.iter().zip(seconds).map(|(ids, &second)| Sequence { ids: ids.clone(), second });
        zero_gradients(body.parameters_mut());
        zero_gradients(head.parameters_mut());
        let forward = body.forward(&pairs.collect::<Vec<_>>()).unwrap();
        let rows = pool(&forward, Pooling::First);
        let (loss, grads) = binary(&head.forward(&rows), labels, 3.0, labels.len() as f64);
        let grads = head.backward(&rows, &grads);
        let states = pool_grad(&forward, Pooling::First, &grads);
        body.backward(forward, states);
        if step == 0 {
            let mut all = norms(body.parameters());
            all.extend(norms(head.parameters()));
            check_norms(&all, &golden.norms);
        }
        optimiser.next_step();
        optimiser.update(body.parameters_mut(), 2e-3);
        optimiser.update(head.parameters_mut(), 2e-3);
        losses.push(loss);
    }
    check_curve(&losses, &golden.losses);
}

/// Every tensor's gradient along a random direction, against the difference of the losses at both ends.
#[test]
fn gradients_agree_with_finite_differences() {
    let golden = golden().contrast;
    let (queries, documents) = &golden.batches[0];
    for adapt in [Adapt::Full, Adapt::Lora(Lora { rank: 3, ..Lora::default() })] {
        let mut body = open(adapt);
        if let Adapt::Lora(_) = adapt {
            // B starts at 0, where A has no gradient.
            let mut draw = Draw::new(5, 0);
            let thin = body.parameters_mut().iter_mut().filter(|parameter| parameter.name.contains("lora_B"));
            thin.for_each(|b| b.values.iter_mut().for_each(|x| *x = 0.1 * (draw.unit() as f32 - 0.5)));
        }
        contrast_step(&mut body, queries, documents);
        let trained: Vec<Parameter> =
            body.parameters().iter().filter(|parameter| parameter.trained).cloned().collect();
        assert_eq!(trained.len(), if adapt == Adapt::Full { 37 } else { 24 }, "every tensor takes part");
        for (n, parameter) in trained.iter().enumerate() {
            // Along the gradient itself the loss changes most, and rounding least disturbs the difference.
            let norm = parameter.gradient.iter().map(|x| x * x).sum::<f32>().sqrt();
            // Adding the bias of a key moves all scores of a query alike: its gradient is nothing but rounding.
            if parameter.name.ends_with("key.bias") {
                assert!(norm < 1e-4, "{}: {norm}", parameter.name);
                continue;
            }
            assert!(norm > 0.0, "{} has no gradient", parameter.name);
            let step = 3e-3;
            let mut ends = [1.0f32, -1.0].map(|side| {
                let mut moved = open(adapt);
                for (to, from) in moved.parameters_mut().iter_mut().filter(|p| p.trained).zip(&trained) {
                    to.values.copy_from_slice(&from.values);
                }
                let to = moved.parameters_mut().iter_mut().filter(|p| p.trained).nth(n).unwrap();
                for (x, g) in to.values.iter_mut().zip(&parameter.gradient) {
                    *x += side * step * g / norm;
                }
                contrast_step(&mut moved, queries, documents)
            });
            ends.sort_by(f64::total_cmp);
            let slope = (ends[1] - ends[0]) / f64::from(2.0 * step);
            let off = (slope - f64::from(norm)).abs() / f64::from(norm);
            assert!(off < 5e-3, "{}: slope {slope}, gradient {norm}", parameter.name);
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let golden = golden().contrast;
    for adapt in [Adapt::Full, Adapt::Lora(Lora::default())] {
        let trained = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut body = open(adapt);
                contrast_curve(&mut body, &golden.batches, golden.rate);
                let bits =
                    |parameter: &Parameter| parameter.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                body.parameters().iter().map(bits).collect::<Vec<_>>()
            })
        };
        let one = trained(1);
        assert!(one == trained(2) && one == trained(4), "{adapt:?}");
    }
}

#[test]
fn what_is_saved_runs_in_the_fast_encoder() {
    let golden = golden().contrast;
    let (queries, _) = &golden.batches[0];
    for adapt in [Adapt::Full, Adapt::Lora(Lora::default())] {
        let mut body = open(adapt);
        contrast_curve(&mut body, &golden.batches[..1], golden.rate);
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(folder().join("config.json"), dir.path().join("config.json")).unwrap();
        body.save(dir.path()).unwrap();
        let encoder = Encoder::open(dir.path(), EncoderOptions::default()).unwrap();
        let seconds: Vec<usize> = queries.iter().map(|query| query.len() / 2).collect();
        let pairs = queries.iter().zip(&seconds).map(|(ids, &second)| Sequence { ids: ids.clone(), second });
        let fast = encoder.encode_pairs(queries, &seconds).unwrap();
        let slow = pool(&body.forward(&pairs.collect::<Vec<_>>()).unwrap(), Pooling::First);
        let off = fast.iter().zip(&slow).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "{off}");
        let fast = encoder.encode_flat(queries).unwrap();
        let mut slow = pool(&body.forward(&singles(queries)).unwrap(), Pooling::Mean);
        unit(&mut slow, body.config().hidden);
        let off = fast.iter().zip(&slow).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        assert!(off < 1e-5, "{off}");
    }
}

#[test]
fn a_saved_encoder_has_the_pooler_that_other_tools_ask_for() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(folder().join("config.json"), dir.path().join("config.json")).unwrap();
    // The base has none: what is written passes the first token on.
    open(Adapt::Full).save(dir.path()).unwrap();
    let written = Weights::open(&dir.path().join("model.safetensors")).unwrap();
    let mut row = vec![0.0; 24];
    written.row(written.tensor("pooler.dense.weight", &[24, 24]).unwrap(), 5, &mut row);
    assert!(row.iter().enumerate().all(|(at, x)| *x == f32::from(u8::from(at == 5))), "{row:?}");
    assert_eq!(written.vector("pooler.dense.bias", 24).unwrap(), [0.0; 24]);
    // The base has one: it is kept to the bit, and does not move.
    let mut tensors = open(Adapt::Full).merged();
    let pooler: Vec<f32> = (0..24 * 24).map(|at| at as f32).collect();
    tensors.push(("pooler.dense.weight".into(), vec![24, 24], pooler.clone()));
    tensors.push(("pooler.dense.bias".into(), vec![24], vec![3.0; 24]));
    write_tensors(&dir.path().join("model.safetensors"), &tensors).unwrap();
    let body = Body::open(dir.path(), BodyOptions::default()).unwrap();
    let kept = body.merged();
    let kept = kept.iter().find(|(name, _, _)| name == "pooler.dense.weight").unwrap();
    assert_eq!(kept.2, pooler);
    assert!(body.parameters().iter().filter(|one| one.name.starts_with("pooler")).all(|one| !one.trained));
}

#[test]
fn a_tensor_that_cannot_move_is_named() {
    let golden = golden().contrast;
    let (queries, documents) = &golden.batches[0];
    let mut body = open(Adapt::Lora(Lora::default()));
    contrast_step(&mut body, queries, documents);
    // With B at 0, A has no gradient at first.
    let still = without_gradient(body.parameters());
    assert!(!still.is_empty() && still.iter().all(|name| name.contains("lora_A")), "{still:?}");
}

#[test]
fn adapters_come_back_as_they_left_and_strays_are_refused() {
    let lora = Adapt::Lora(Lora { rank: 4, alpha: 8.0, all_linear: true, seed: 0 });
    let golden = golden().contrast;
    let mut body = open(lora);
    contrast_curve(&mut body, &golden.batches, golden.rate);
    let dir = tempfile::tempdir().unwrap();
    assert!(body.save_adapters(dir.path(), "base").unwrap());
    let file = dir.path().join("adapter_model.safetensors");
    let mut read = open(lora);
    read.load_adapters(&file).unwrap();
    assert_eq!(read.merged(), body.merged());
    let mut half = body.adapters();
    half.remove(0);
    write_tensors(&file, &half).unwrap();
    let error = open(lora).load_adapters(&file).unwrap_err().to_string();
    assert!(error.contains("without"), "{error}");
    half[0].0 = "base_model.model.encoder.layer.9.output.dense.lora_A.weight".into();
    write_tensors(&file, &half).unwrap();
    let error = open(lora).load_adapters(&file).unwrap_err().to_string();
    assert!(error.contains("no layer of the encoder takes"), "{error}");
}
