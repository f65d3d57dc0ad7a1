//! The life of documents: what each write shows, keeps, and forgets.

use std::ops::ControlFlow;

use engraft_store::{Changes, Counts, FileStamp, Store, Write};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::support::{MODEL, NOW, document, file_in, fresh, put, remove, source, vector, vectors};

/// Applies writes with their vectors.
#[track_caller]
fn apply(store: &Store, writes: &[Write]) -> engraft_store::Receipt {
    store.apply(writes, &vectors(writes), MODEL, NOW).expect("a receipt")
}

/// Everything a query may see, one chunk a line: number, document, version, words, and `+` when it has a vector.
fn seen(store: &Store) -> String {
    let mut lines = String::new();
    let show = &mut |chunk: engraft_store::LiveChunk<'_>| {
        let sign = if chunk.vector.is_some() { "+" } else { "-" };
        let (no, uri, version) = (chunk.row.no, &chunk.doc.uri, chunk.doc.version);
        lines += &format!("{sign}{no} {uri} v{version} {}\n", chunk.text);
        ControlFlow::Continue(())
    };
    store.for_each_live_chunk(MODEL, show).expect("the chunks");
    assert_eq!(store.check().expect("a check"), Vec::<String>::new());
    lines
}

/// Applies one batch after another; compares what is seen at the end.
#[track_caller]
fn check(batches: &[&[Write]], expected: Expect) {
    let (_folder, store) = fresh();
    for writes in batches {
        apply(&store, writes);
    }
    expected.assert_eq(&seen(&store));
}

#[test]
fn a_put_document_is_seen_with_its_vectors() {
    check(
        &[&[put("a", "one\ntwo"), put("b", "three")]],
        expect![[r#"
        +1 a v1 one
        +2 a v1 two
        +3 b v1 three
    "#]],
    );
}

#[test]
fn an_edit_renumbers_only_the_chunks_it_touches() {
    check(
        &[&[put("a", "one\ntwo\nthree")], &[put("a", "one\nTWO\nthree")]],
        expect![[r#"
        +1 a v2 one
        +4 a v2 TWO
        +3 a v2 three
    "#]],
    );
}

#[test]
fn a_chunk_that_moved_counts_in_the_new_text() {
    check(
        &[&[put("a", "one\ntwo")], &[put("a", "zero\none\ntwo")]],
        expect![[r#"
        +3 a v2 zero
        +4 a v2 one
        +5 a v2 two
    "#]],
    );
}

#[test]
fn a_removed_document_is_seen_nowhere_and_comes_back_under_a_new_version() {
    check(
        &[&[put("a", "one"), put("b", "two")], &[remove("a")]],
        expect![[r#"
        +2 b v1 two
    "#]],
    );
    check(
        &[&[put("a", "one"), put("b", "two")], &[remove("a")], &[put("a", "one")]],
        expect![[r#"
        +3 a v2 one
        +2 b v1 two
    "#]],
    );
}

#[test]
fn the_last_of_several_puts_in_one_batch_counts() {
    check(
        &[&[put("a", "one"), put("a", "two"), remove("b"), put("b", "x"), remove("b")]],
        expect![[r#"
        +2 a v2 two
    "#]],
    );
}

#[test]
fn putting_the_same_again_changes_nothing() {
    let (_folder, store) = fresh();
    let first = apply(&store, &[put("a", "one\ntwo")]);
    assert_eq!((first.index_version, first.documents), (1, Counts { added: 1, ..Counts::default() }));
    let again = store.apply(&[put("a", "one\ntwo")], &[], MODEL, "2027-01-01T00:00:00Z").unwrap();
    assert_eq!((again.index_version, again.documents), (1, Counts { unchanged: 1, ..Counts::default() }));
    assert!(again.changes.is_empty() && again.unembedded.is_empty());
    assert_eq!(store.document_by_uri(None, "a").unwrap().unwrap().updated_at, NOW);
}

#[test]
fn a_receipt_says_what_an_index_has_to_do() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "one\ntwo"), put("b", "x")]);
    let receipt = apply(&store, &[put("a", "one\n2"), remove("b"), put("c", "y"), remove("nowhere")]);
    assert_eq!(receipt.documents, Counts { added: 1, updated: 1, unchanged: 0, removed: 1 });
    assert_eq!(receipt.absent, ["nowhere"]);
    let expected = Changes {
        upto: 2,
        changed: [1, 3].into(),
        added: [4, 5].into(),
        embedded: [].into(),
        removed: [2, 3].into(),
        forgotten: [2].into(),
    };
    assert_eq!(receipt.changes, expected);
    assert_eq!(store.changes_since(1).unwrap(), Some(expected));
}

#[test]
fn changes_add_up_to_their_net_effect_and_are_forgotten_when_pruned() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "one")]);
    apply(&store, &[put("a", "two"), put("b", "x")]);
    apply(&store, &[remove("b")]);
    let expected = Changes {
        upto: 3,
        changed: [1].into(),
        added: [2].into(),
        forgotten: [2].into(),
        ..Changes::default()
    };
    assert_eq!(store.changes_since(0).unwrap(), Some(expected));
    assert_eq!(store.changes_since(3).unwrap(), Some(Changes { upto: 3, ..Changes::default() }));
    assert_eq!(store.changes_since(4).unwrap(), None, "an index from another life");
    assert_eq!(store.prune_changes(2).unwrap(), 2);
    assert_eq!(store.changes_since(1).unwrap(), None);
    assert!(store.changes_since(2).unwrap().is_some());
}

#[test]
fn acl_and_metadata_change_without_a_new_version() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "one")]);
    let acl = Write::Acl { source: 1, uri: "a".into(), acl: vec!["hr".into()] };
    let metadata = [("year".to_string(), json!(2026))].into();
    let metadata = Write::Metadata { source: 1, uri: "a".into(), metadata };
    let receipt = apply(&store, &[acl.clone(), metadata]);
    assert_eq!((receipt.index_version, receipt.documents.updated), (2, 2));
    assert_eq!(receipt.changes.changed, [1].into());
    let row = store.document_by_uri(Some(1), "a").unwrap().unwrap();
    assert_eq!(
        (row.version, row.acl, row.metadata["year"].clone()),
        (1, vec!["hr".to_string()], json!(2026))
    );
    assert_eq!(store.chunks_by_no(&[1]).unwrap()[0].acl, ["hr"]);
    assert_eq!(apply(&store, &[acl]).index_version, 2, "the same again is nothing new");
}

#[test]
fn a_stamp_is_noted_without_anything_visible() {
    let (_folder, store) = fresh();
    let file = FileStamp { size: 3, mtime_ns: 7, hash: "h".into(), container: "a.zip".into() };
    let mut inside = document("a.zip/one", "one");
    inside.file = Some(file.clone());
    apply(&store, &[Write::Put(Box::new(inside)), put("b", "x")]);
    assert_eq!(store.stamps(1).unwrap(), [("a.zip".to_string(), file.clone())].into());
    let later = FileStamp { mtime_ns: 8, ..file };
    let receipt = apply(&store, &[Write::Stamp { source: 1, uri: "a.zip/one".into(), file: later }]);
    assert_eq!(receipt.index_version, 1);
    assert_eq!(store.stamps(1).unwrap()["a.zip"].mtime_ns, 8);
    let uris = store.uris_by_container(1).unwrap();
    assert_eq!(uris, [("".into(), vec!["b".into()]), ("a.zip".into(), vec!["a.zip/one".into()])].into());
}

#[test]
fn every_version_stays_readable_until_it_is_purged() {
    let (_folder, store) = fresh();
    let long = "The quick brown fox jumps over the lazy dog. ".repeat(50);
    apply(&store, &[put("a", &long)]);
    apply(&store, &[put("a", "añb 👩‍👩‍👧")]);
    apply(&store, &[remove("a")]);
    let states: Vec<_> = store.history(None, "a").unwrap();
    let states: Vec<_> =
        states.iter().map(|v| (v.version, v.chars, v.removed, v.superseded_at.is_some())).collect();
    assert_eq!(states, [(1, long.len(), false, true), (2, 9, true, true)]);
    assert_eq!(store.text(1, 1).unwrap().unwrap(), long);
    assert_eq!(store.text(1, 2).unwrap().unwrap(), "añb 👩‍👩‍👧");
    assert_eq!((store.current_text(1).unwrap(), store.document(1).unwrap()), (None, None));
    apply(&store, &[Write::Remove { source: 1, uri: "a".into(), purge: true }]);
    assert_eq!((store.text(1, 1).unwrap(), store.text(1, 2).unwrap()), (None, None));
    assert!(store.history(None, "a").unwrap().iter().all(|version| version.erased));
}

#[test]
fn a_purged_text_is_in_no_byte_of_the_files() {
    let (folder, store) = fresh();
    // Short texts lie plain in their rows, so they can be looked for.
    apply(&store, &[put("a", "the secret is xyzzy"), put("b", "public words")]);
    let holds = |needle: &[u8]| {
        ["engraft.db", "engraft.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    };
    assert!(holds(b"xyzzy"));
    let receipt = apply(&store, &[Write::Remove { source: 1, uri: "a".into(), purge: true }]);
    assert!(!receipt.residue && !holds(b"xyzzy") && holds(b"public words"));
    assert_eq!(store.stats().unwrap().vectors, 1);
}

#[test]
fn a_purged_document_is_quoted_by_no_trace() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "the secret is xyzzy"), put("b", "public words")]);
    let [a, b] = ["a", "b"].map(|uri| store.document_by_uri(None, uri).unwrap().unwrap().doc_id);
    let trace = |cited: &[&String]| {
        let citations: Vec<_> = cited
            .iter()
            .map(|id| serde_json::json!({"doc_id": id, "quote": if **id == a { "xyzzy" } else { "public" }}))
            .collect();
        serde_json::json!({
            "question": "why", "hits": [{"doc_id": a, "score": 1.5}],
            "answer": {"answer": "xyzzy public", "notes": ["xyzzy, once"], "citations": citations},
        })
    };
    store.put_trace("both", &trace(&[&a, &b]), NOW).unwrap();
    store.put_trace("found", &trace(&[&b]), NOW).unwrap();
    apply(&store, &[Write::Remove { source: 1, uri: "a".into(), purge: true }]);
    let both = store.trace("both").unwrap().unwrap();
    assert!(!both.to_string().contains("xyzzy"), "{both}");
    assert_eq!(both["answer"]["citations"][1]["quote"], "public");
    assert_eq!((&both["question"], &both["hits"][0]["score"]), (&"why".into(), &1.5.into()));
    let found = store.trace("found").unwrap().unwrap();
    assert_eq!(
        (&found["answer"]["notes"], &found["answer"]["answer"]),
        (&serde_json::json!([]), &"xyzzy public".into())
    );
}

#[test]
fn one_vector_serves_equal_texts_and_goes_with_the_last_of_them() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "same"), put("b", "same")]);
    let hash = [store.chunks(1).unwrap()[0].embed_hash.clone()];
    assert_eq!(store.stats().unwrap().vectors, 1);
    apply(&store, &[remove("a")]);
    assert_eq!(store.vectors(MODEL, &hash).unwrap()[&hash[0]], vector(&hash[0]));
    apply(&store, &[put("b", "other")]);
    assert_eq!(store.missing_vectors(MODEL, &hash).unwrap(), hash);
}

#[test]
fn chunks_can_be_embedded_later() {
    let (_folder, store) = fresh();
    let writes = [put("a", "one\ntwo")];
    let receipt = store.apply(&writes, &[], MODEL, NOW).unwrap();
    assert_eq!(receipt.unembedded, [1, 2]);
    let receipt = store.apply(&[], &vectors(&writes), MODEL, NOW).unwrap();
    assert_eq!((receipt.index_version, receipt.changes.embedded), (2, [1, 2].into()));
    assert_eq!(seen(&store), "+1 a v1 one\n+2 a v1 two\n");
    let unused = [("0".repeat(64), vec![0.0; 4])];
    assert_eq!(store.apply(&[], &unused, MODEL, NOW).unwrap().index_version, 2);
    assert_eq!(store.stats().unwrap().vectors, 2, "a vector nobody uses is not kept");
}

#[test]
fn changing_the_model_leaves_garbage_that_can_be_collected() {
    let (_folder, store) = fresh();
    let writes = [put("a", "one\ntwo")];
    apply(&store, &writes);
    store.apply(&[], &vectors(&writes), "other", NOW).unwrap();
    assert_eq!(store.stats().unwrap().vectors, 4);
    assert_eq!(store.collect_garbage("other").unwrap(), 2);
    assert_eq!(store.vector_models().unwrap(), [("other".to_string(), 4)].into());
}

#[test]
fn hits_come_in_the_order_asked_without_what_is_gone() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "one\ntwo"), put("b", "three")]);
    apply(&store, &[remove("b")]);
    let hits = store.chunks_by_no(&[3, 2, 99, 1]).unwrap();
    let shown: Vec<_> =
        hits.iter().map(|hit| (hit.row.no, hit.uri.as_str(), hit.version, hit.text.as_str())).collect();
    assert_eq!(shown, [(2, "a", 1, "two"), (1, "a", 1, "one")]);
    let mut some = Vec::new();
    let upto = store.for_each_chunk_of(&[2, 3], MODEL, &mut |chunk| {
        some.push((chunk.row.no, chunk.vector.is_some()));
        ControlFlow::Continue(())
    });
    assert_eq!((upto.unwrap(), some), (2, vec![(2, true)]));
}

#[test]
fn the_same_words_elsewhere_in_a_new_text_are_a_new_chunk_even_under_an_old_id() {
    let (_folder, store) = fresh();
    let mut first = document("a", "abc");
    let mut second = document("a", "xbc");
    for put in [&mut first, &mut second] {
        put.chunks[0].chunk_id = "same id".into();
        put.chunks[0].embed_hash = "same hash".into();
    }
    apply(&store, &[Write::Put(Box::new(first))]);
    let receipt = apply(&store, &[Write::Put(Box::new(second))]);
    assert_eq!((receipt.changes.added, receipt.changes.removed), ([2].into(), [1].into()));
}

#[test]
fn sources_keep_their_number_and_their_uris_apart() {
    let (_folder, store) = fresh();
    assert_eq!(store.upsert_source(&source("mail")).unwrap(), 2);
    let mut moved = source("docs");
    moved.root = "elsewhere".into();
    assert_eq!(store.upsert_source(&moved).unwrap(), 1);
    assert_eq!(store.source("docs").unwrap().unwrap().root, "elsewhere");
    let mut other = document("a", "from mail");
    other.source = 2;
    apply(&store, &[put("a", "from docs"), Write::Put(Box::new(other))]);
    assert_eq!(store.documents(None).unwrap().len(), 2);
    let rows = store.documents(Some(2)).unwrap();
    assert_eq!(rows[0].doc_id, engraft_core::short_id(&["mail", "a"]));
    assert_eq!(store.document_by_id(&rows[0].doc_id).unwrap().as_ref(), Some(&rows[0]));
    let stats = store.stats().unwrap();
    assert_eq!((stats.documents, stats.by_source["mail"].text_bytes, stats.text_bytes), (2, 9, 18));
}

#[test]
fn a_source_goes_only_while_no_document_ever_came_from_it() {
    let (_folder, store) = fresh();
    apply(&store, &[put("a", "from docs")]);
    let unused = store.upsert_source(&source("web")).unwrap();
    store.remove_source(unused).unwrap();
    store.remove_source(1).unwrap();
    let names: Vec<String> = store.sources().unwrap().into_iter().map(|source| source.name).collect();
    assert_eq!(names, ["docs"]);
    assert!(store.upsert_source(&source("web")).unwrap() > unused, "numbers are never reused");
}

#[test]
fn traces_and_facts_survive_reopening() {
    let (folder, store) = fresh();
    store.put_trace("t1", &json!({"answer": 42}), NOW).unwrap();
    store.set_meta("name", "handbook").unwrap();
    let mut signed = document("a", "one");
    signed.signature = vec![1, 2, 3];
    apply(&store, &[Write::Put(Box::new(signed)), put("b", "unsigned")]);
    drop(store);
    let store = Store::open(&file_in(&folder)).unwrap();
    assert_eq!(store.trace("t1").unwrap(), Some(json!({"answer": 42})));
    assert_eq!((store.meta("name").unwrap(), store.meta("other").unwrap()), (Some("handbook".into()), None));
    let signatures = store.signatures().unwrap();
    assert_eq!(
        (signatures.len(), signatures[0].uri.as_str(), signatures[0].bytes.as_slice()),
        (1, "a", &[1, 2, 3][..])
    );
    assert_eq!(store.index_version().unwrap(), 1);
}
