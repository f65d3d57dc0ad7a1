//! model pull: where a model comes from, and which names it cannot have.

use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, run};
use crate::web::serve;

const NAME: &str = "all-MiniLM-L6-v2";

/// Asks for a model, from a hub at that address.
fn pull(bench: &Bench, hub: &str, words: &[&str]) -> (i32, Value) {
    let mut command = bench.bare(&[&["--json", "model", "pull"], words].concat());
    command.env("HF_ENDPOINT", hub);
    let run = run(command);
    (run.status, serde_json::from_str(&run.stdout).unwrap())
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_and_nothing_is_deleted() {
    let bench = Bench::lexical();
    let kept = bench.path("home/models/mine/config.json");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "{}").unwrap();
    bench.write("precious.md", "Do not lose this.\n");
    let source = engraft_testkit::model();
    let source = source.as_deref().unwrap_or(Path::new("."));
    let absolute = bench.docs();
    for name in [".", "..", "mine/..", "../docs", "mine/x", "mine/", "", absolute.to_str().unwrap()] {
        let (status, report) = pull(&bench, "", &[name, "--from", source.to_str().unwrap()]);
        assert_eq!((status, &report["error"]["kind"]), (2, &"user".into()), "{name}: {report}");
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains("cannot be a model's name"), "{name}: {report}");
    }
    assert!(kept.is_file() && bench.docs().join("precious.md").is_file());
}

#[test]
fn a_model_comes_from_a_hub_file_by_file_and_half_of_one_does_not() {
    let Some(model) = engraft_testkit::model() else { return };
    let bench = Bench::lexical();
    let folder = model.clone();
    let hub = serve(move |path| {
        let file = path.strip_prefix("/sentence-transformers/all-MiniLM-L6-v2/resolve/main/");
        match file.and_then(|file| std::fs::read(folder.join(file)).ok()) {
            Some(bytes) => ("200 OK", bytes),
            None => ("404 Not Found", Vec::new()),
        }
    });
    let lacking = format!("{hub}/elsewhere");
    let (status, report) = pull(&bench, &lacking, &[NAME, "--from", "hub"]);
    assert_eq!((status, &report["error"]["kind"]), (2, &"missing".into()), "{report}");
    assert_eq!(std::fs::read_dir(bench.path("home/models")).unwrap().count(), 0);
    // By the name that the hub has for it, it becomes the same model.
    let (status, report) = pull(&bench, &hub, &["sentence-transformers/all-MiniLM-L6-v2", "--from", "hub"]);
    let made = &report["models"][0];
    assert_eq!((status, &made["name"], &made["dim"]), (0, &NAME.into(), &384.into()), "{report}");
    let brought = bench.path("home/models").join(NAME).join("model.safetensors");
    assert_eq!(std::fs::read(brought).unwrap(), std::fs::read(model.join("model.safetensors")).unwrap());
    let listed = bench.json(&["model", "list"]);
    assert_eq!(listed["models"][0]["source"], "cache", "{listed}");
}
