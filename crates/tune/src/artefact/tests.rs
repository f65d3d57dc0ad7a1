//! Artefacts: whole or absent, and never silently another model.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        name: String::new(),
        kind: "classifier".into(),
        method: "linear".into(),
        base: Some(Base { name: "mini".into(), fingerprint: "abc".into() }),
        data_snapshot: "00".into(),
        seeds: vec![0],
        created: "2026-01-01T00:00:00.000Z".into(),
        build: "0".into(),
        labels: vec!["a".into(), "b".into()],
        settings: Value::Null,
        train: Trained { rows: 2, steps: 1, seconds: 0.1 },
        eval: BTreeMap::new(),
        against: "the majority class".into(),
        against_base: BTreeMap::new(),
        ship: true,
        why: "better".into(),
        lineage: vec!["data:00".into()],
        probes: vec![Probe { input: json!("x"), output: json!({ "a": 0.25 }) }],
        files: BTreeMap::new(),
    }
}

/// A scratch folder, and the folder of models in it.
fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    (folder, models)
}

fn make(models: &Path, name: &str) -> Result<Artefact, TuneError> {
    let draft = Draft::begin(models, name)?;
    std::fs::create_dir(draft.path().join("encoder")).unwrap();
    std::fs::write(draft.path().join("encoder/weights"), b"numbers").unwrap();
    draft.register(manifest(), |read| {
        assert!(read.file("encoder/weights").unwrap().is_file());
        Ok(vec![json!({ "a": 0.250_000_01 })])
    })
}

#[test]
fn what_is_registered_is_listed_read_and_removed() {
    let (_folder, models) = scratch();
    let made = make(&models, "topics").unwrap();
    let read = Artefact::open(&models, "topics").unwrap();
    assert_eq!(read, made);
    assert!(read.manifest.files.contains_key("README.md") && read.bytes() > 7);
    assert_eq!(list(&models).len(), 1);
    assert!(matches!(make(&models, "topics"), Err(TuneError::Taken { .. })));
    assert_eq!(free_name(&models, "topics"), "topics-2");
    remove(&models, "topics").unwrap();
    assert!(list(&models).is_empty());
    assert!(matches!(Artefact::open(&models, "topics"), Err(TuneError::Missing { .. })));
}

#[test]
fn a_model_that_answers_otherwise_when_read_back_is_not_registered() {
    let (_folder, models) = scratch();
    let draft = Draft::begin(&models, "topics").unwrap();
    let failed = draft.register(manifest(), |_| Ok(vec![json!({ "a": 0.26 })]));
    assert!(matches!(failed, Err(TuneError::Bug(_))));
    assert_eq!(std::fs::read_dir(&models).unwrap().count(), 0);
}

#[test]
fn a_draft_that_is_given_up_leaves_nothing() {
    let (_folder, models) = scratch();
    let draft = Draft::begin(&models, "topics").unwrap();
    std::fs::write(draft.path().join("half"), b"half").unwrap();
    assert!(list(&models).is_empty());
    drop(draft);
    assert_eq!(std::fs::read_dir(&models).unwrap().count(), 0);
}

#[test]
fn what_killed_processes_left_is_swept_once_nobody_is_making_a_model() {
    let (_folder, models) = scratch();
    assert_eq!(sweep(&models), 0, "there is no folder of models yet");
    make(&models, "topics").unwrap();
    for left in [".draft-a", ".draft-b"] {
        std::fs::create_dir_all(models.join(left).join("encoder")).unwrap();
        std::fs::write(models.join(left).join("encoder/weights"), b"half").unwrap();
    }
    let (one, other) = (Draft::begin(&models, "one").unwrap(), Draft::begin(&models, "other").unwrap());
    assert_eq!(sweep(&models), 0, "two models are in the making");
    drop(one);
    assert_eq!(sweep(&models), 0, "one model is in the making");
    assert!(other.path().is_dir() && models.join(".draft-a").is_dir());
    drop(other);
    assert_eq!((sweep(&models), sweep(&models)), (2, 0));
    assert_eq!(std::fs::read_dir(&models).unwrap().count(), 1);
    assert!(Artefact::open(&models, "topics").is_ok());
}

#[track_caller]
fn check_damage(spoil: impl Fn(&Path), reason: &str) {
    let (_folder, models) = scratch();
    let made = make(&models, "topics").unwrap();
    spoil(&made.dir);
    let error = Artefact::open(&models, "topics").unwrap_err();
    assert!(error.to_string().contains(reason), "{error}");
}

#[test]
fn a_damaged_model_is_refused_with_the_reason() {
    let weights = |dir: &Path| dir.join("encoder/weights");
    check_damage(|dir| std::fs::write(weights(dir), b"numbars").unwrap(), "encoder/weights was changed");
    check_damage(|dir| std::fs::remove_file(weights(dir)).unwrap(), "encoder/weights is gone");
    check_damage(|dir| std::fs::write(dir.join(MANIFEST), b"{").unwrap(), "engraft-model.json");
    let format = |dir: &Path| {
        let text = std::fs::read_to_string(dir.join(MANIFEST)).unwrap();
        std::fs::write(dir.join(MANIFEST), text.replace("\"format\": 1", "\"format\": 9")).unwrap();
    };
    check_damage(format, "format 9, this build reads 1");
    let outside = |dir: &Path| {
        let text = std::fs::read_to_string(dir.join(MANIFEST)).unwrap();
        std::fs::write(dir.join(MANIFEST), text.replace("encoder/weights", "../weights")).unwrap();
    };
    check_damage(outside, "outside the folder");
}

#[test]
fn another_base_is_refused_by_its_fingerprint() {
    let (_folder, models) = scratch();
    let made = make(&models, "topics").unwrap();
    assert!(made.must_fit("mini", "abc").is_ok());
    let error = made.must_fit("mini", "abd").unwrap_err();
    assert_eq!(error.to_string(), "`topics` was tuned from mini@abc, and the base model here is mini@abd");
}

#[test]
fn a_name_is_a_plain_folder_name() {
    for name in ["", ".x", "../x", "a b", "a/b"] {
        assert!(check_name(name).is_err(), "{name}");
        assert!(Artefact::open(Path::new("/nowhere"), name).is_err());
    }
    assert!(check_name("topics-linear_2.1").is_ok());
}
