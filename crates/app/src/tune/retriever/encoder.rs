//! `tune retriever --method encoder`: the encoder itself is trained; every passage is embedded anew.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use engraft_core::{Embed, content_hash};
use engraft_nn::Embedder;
use engraft_nn::train::{Body, BodyOptions};
use engraft_search::Snapshot;
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Trained};
use engraft_tune::data::OverLength;
use engraft_tune::export::{Behind, TOKENIZER_FILES, sentence_transformers};
use engraft_tune::retrieve::{Contrast, ContrastOptions, ContrastTask, Windows, fit_contrasts};
use engraft_tune::trainer::{Plan, train};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::memory::give_back_memory;
use crate::serving::RETRIEVER;
use crate::tune::base::{self, BaseEncoder};
use crate::tune::ground::Asked;
use crate::tune::judged::{Lesson, Made, draft, encoder_of, figures, register, seeds, vectors};
use crate::tune::mine::{nearest, wrong};
use crate::tune::retriever::{BATCH, Before, PROBES, RetrieverRequest, once, probes, rank_now, shown};
use crate::{Context, Error, Workspace};

/// Wrong passages a right one.
const WRONG: usize = 1;
/// What says how the encoder reads and pools.
const FILES: [&str; 3] = ["config.json", "sentence_bert_config.json", "1_Pooling/config.json"];

/// Trains the encoder `start`, once a seed, and registers the first; what it learns from is found by the encoder that searches now.
pub(super) fn tune(
    context: Context,
    workspace: &Workspace,
    start: &BaseEncoder,
    lesson: &mut Lesson,
    before: Before,
    (request, policy): (&RetrieverRequest, OverLength),
    began: Instant,
) -> Result<Artefact, Error> {
    let asked = &request.tune;
    let precision = encoder_of(context, workspace)?.encoder().precision();
    let Before { snapshot, train: questions, rankings, .. } = before;
    let rows = contrasts(workspace, &start.encoder, lesson, &snapshot, &questions)?;
    // It is not looked at again, and training takes the memory.
    drop(snapshot);
    let question = start.encoder.window();
    let windows =
        Windows { question, passage: request.window.map_or(question, |window| window.min(question)) };
    let (rows, done) = fit_contrasts(rows, windows, policy)?;
    lesson.data.over_length = done;
    let plan = Plan { epochs: request.epochs, batch: request.batch, rate: request.rate, ..Plan::default() };
    let draft = draft(workspace, lesson, asked, RETRIEVER)?;
    let name = draft.name().to_string();
    let keep = lesson.keep(workspace, request, start)?;
    let (mut tuned, mut steps, mut first) = (Vec::new(), 0, None);
    let into = draft.path().join("encoder");
    let scratch =
        tempfile::tempdir_in(draft.path()).map_err(Error::io("create a folder in", draft.path()))?;
    for (nth, seed) in seeds(asked).into_iter().enumerate() {
        let target = if nth == 0 { into.clone() } else { scratch.path().join(format!("{nth}")) };
        steps += {
            let body = Body::open(&start.dir, BodyOptions::default()).map_err(TuneError::from)?;
            let options = ContrastOptions { dims: request.dims.clone(), ..ContrastOptions::default() };
            let mut task = ContrastTask { body, rows: &rows, options };
            let plan = Plan { seed, ..plan };
            let done = train(&mut task, &plan, base::watch(&context, Some(&keep)), |_| Ok(None))?;
            write_encoder(&task.body, &start.dir, &target)?;
            done.steps as usize
        };
        // Training takes gigabytes, which what follows must not be added to.
        give_back_memory();
        let own = workspace.open_folder(&target, &name, precision)?;
        let embedded = lesson.ground.embed(context, &own)?;
        let snapshot = lesson.ground.index(&workspace.settings(Some(&own)), Some(&embedded))?;
        let questions = vectors(&own, &lesson.eval)?;
        tuned.push(once(rank_now(workspace, &snapshot, &lesson.eval, &questions)?));
        // Passages that came with the judgements are not what the workspace searches.
        if nth == 0 && !lesson.passages {
            first = Some((own.name().to_string(), embedded));
        }
    }
    drop(scratch);
    let texts: Vec<String> = lesson.eval.iter().take(PROBES).map(|one| one.text.clone()).collect();
    let says = |dir: &Path| -> Result<Vec<Value>, TuneError> {
        let own = Embedder::open(dir, &name, engraft_nn::EncoderOptions::default())?;
        let vector = |text: &String| -> Result<Value, TuneError> {
            let all = own.embed(&[text])?;
            Ok(shown(all.first().map_or(&[][..], Vec::as_slice)))
        };
        texts.iter().map(vector).collect()
    };
    let figures = figures(&lesson.eval, &lesson.train, &rankings, &tuned, asked.seed);
    let made = Made {
        kind: RETRIEVER,
        method: "encoder",
        base: Some(start.remembered()),
        seeds: seeds(asked),
        settings: json!({
            "dim": start.encoder.dim(), "plan": plan, "dims": request.dims, "window": windows.passage,
        }),
        train: Trained { rows: rows.len(), steps, seconds: began.elapsed().as_secs_f64() },
        figures,
        against: "hybrid search before".into(),
        probes: probes(&lesson.eval, says(&into)?),
    };
    let artefact = register(context, draft, lesson, made, |read| says(&read.dir.join("encoder")))?;
    keep.clear();
    if let Some((own, embedded)) = first.filter(|_| artefact.manifest.ship) {
        // Where this fails, what is to serve it embeds what is missing, or fails too and says why.
        let _ = keep_vectors(context, workspace, &lesson.ground.hashes, &own, embedded);
    }
    Ok(artefact)
}

/// Questions with a right and wrong passages, as ids of `start`, however many those are. `questions` are their vectors, of the encoder
/// that finds passages in `snapshot`.
fn contrasts(
    workspace: &Workspace,
    start: &Embedder,
    lesson: &Lesson,
    snapshot: &Snapshot,
    questions: &[Vec<f32>],
) -> Result<Vec<Contrast>, Error> {
    let ground = &lesson.ground;
    let plain = workspace.fusion_plain()?;
    let ids = |text: &str| {
        let mut ids = Vec::new();
        start.tokenizer().encode(text, &mut ids);
        ids
    };
    let rows = |(one, question): (&Asked, &Vec<f32>)| -> Vec<Contrast> {
        let row = |doc| {
            let right = nearest(ground, doc, question)?;
            let fusion = workspace.for_script(plain, &one.text);
            let wrong = wrong(ground, snapshot, one, question, fusion, right, WRONG);
            let mut keys: BTreeSet<u64> = [key(&one.text), key(&ground.texts[right])].into_iter().collect();
            keys.extend(one.answers().map(|doc| key(&format!("document {doc}"))));
            Some(Contrast {
                question: ids(&one.text),
                answer: ids(&ground.texts[right]),
                wrong: wrong.iter().map(|&at| ids(&ground.texts[at])).collect(),
                keys,
            })
        };
        one.answers().filter_map(row).collect()
    };
    let found: Vec<Vec<Contrast>> = lesson.train.par_iter().zip(questions).map(rows).collect();
    Ok(found.into_iter().flatten().collect())
}

fn key(text: &str) -> u64 {
    u64::from_str_radix(&content_hash(text.as_bytes())[..16], 16).unwrap_or(0)
}

/// Writes an encoder in the classic layout of sentence-transformers: the base's files with new weights.
fn write_encoder(body: &Body, base: &Path, target: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(target).map_err(Error::io("create", target))?;
    let plain = tempfile::tempdir_in(target).map_err(Error::io("create a folder in", target))?;
    for file in FILES.into_iter().chain(TOKENIZER_FILES) {
        let (from, to) = (base.join(file), plain.path().join(file));
        if from.is_file() {
            let parent = to.parent().unwrap_or(target);
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            std::fs::copy(&from, &to).map_err(Error::io("copy", &from))?;
        }
    }
    body.save(plain.path()).map_err(TuneError::from)?;
    Ok(sentence_transformers(plain.path(), Behind::default(), target)?)
}

/// Keeps the vectors that the encoder `own` made of passages to be measured, so that to serve it none of them is made once more: a
/// vector is the same to the bit whatever it is made together with. Passages that are gone meanwhile have none.
fn keep_vectors(
    context: Context,
    workspace: &Workspace,
    hashes: &[String],
    own: &str,
    embedded: Vec<Vec<f32>>,
) -> Result<(), Error> {
    let vectors: Vec<(String, Vec<f32>)> = hashes.iter().cloned().zip(embedded).collect();
    for batch in vectors.chunks(BATCH) {
        workspace.store.apply(&[], batch, own, &(context.now)())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use engraft_core::{Cancel, Silent};
    use engraft_nn::Precision;

    use super::*;
    use crate::tune::ground::Ground;
    use crate::{IngestRequest, Isolation, Parsers, ingest, init};

    #[test]
    fn what_was_embedded_to_be_measured_need_not_be_embedded_to_be_served() {
        let folder = tempfile::tempdir().unwrap();
        let [tiny, docs, kb] = ["tiny", "docs", "kb"].map(|name| folder.path().join(name));
        engraft_testkit::tiny_encoder(&tiny).unwrap();
        std::fs::create_dir(&docs).unwrap();
        for (name, thing) in [("a.md", "rake"), ("b.md", "sofa"), ("c.md", "rake")] {
            std::fs::write(docs.join(name), format!("# The {thing}\n\nIt is a {thing}.\n")).unwrap();
        }
        init(&kb, None, tiny.to_str()).unwrap();
        let workspace = Workspace::open(&kb, 1).unwrap();
        let cancel = Cancel::default();
        let now = || "2026-11-22T12:00:00.000Z".to_string();
        let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| 0, now: &now };
        let parsers = Parsers::new(Isolation::InProcess, Default::default());
        let request = IngestRequest { paths: vec![docs.display().to_string()], ..IngestRequest::default() };
        ingest(context, &workspace, &parsers, &request).unwrap();

        let ground = Ground::of_workspace(&workspace, encoder_of(context, &workspace).unwrap()).unwrap();
        let own = workspace.open_folder(&tiny, "own", Precision::F32).unwrap();
        let missing = || workspace.store.missing_vectors(own.name(), &ground.hashes).unwrap().len();
        assert!(!ground.hashes.is_empty() && missing() > 0);
        let embedded = ground.embed(context, &own).unwrap();
        keep_vectors(context, &workspace, &ground.hashes, own.name(), embedded.clone()).unwrap();
        assert_eq!(missing(), 0);
        let kept = workspace.store.vectors(own.name(), &ground.hashes).unwrap();
        for (hash, vector) in ground.hashes.iter().zip(&embedded) {
            assert_eq!(&kept[hash], vector);
        }
    }
}
