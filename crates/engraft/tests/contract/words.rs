//! What people read: errors with the next command, empty states, help.

use expect_test::expect;

use crate::bench::Bench;

#[track_caller]
fn check(bench: &Bench, words: &[&str], status: i32, expected: expect_test::Expect) {
    let run = bench.run(words);
    assert_eq!(run.status, status, "{}{}", run.stdout, run.stderr);
    let text = format!("{}{}", run.stdout, run.stderr).replace(bench.path("").to_str().unwrap(), "");
    expected.assert_eq(&text);
}

#[test]
fn an_empty_workspace_says_what_to_do_first() {
    let bench = Bench::lexical();
    check(
        &bench,
        &["docs", "list"],
        0,
        expect![[r#"
        No document yet.
        Next: engraft ingest FOLDER
    "#]],
    );
    check(
        &bench,
        &["search", "anything"],
        1,
        expect![[r#"
        No document yet.
        Next: engraft ingest FOLDER
    "#]],
    );
    check(
        &bench,
        &["ask", "anything?"],
        1,
        expect![[r#"
        The documents do not answer this question.
          note: there is no document yet: bring some in with `engraft ingest FOLDER`
    "#]],
    );
    check(
        &bench,
        &["sync"],
        0,
        expect![[r#"
        Nothing was found to bring in; hidden and git-ignored files are left out.
        No document yet.
        Next: engraft ingest FOLDER
    "#]],
    );
    check(&bench, &["audit", "log"], 0, expect![["Nothing was done yet.\n"]]);
}

#[test]
fn where_there_are_documents_other_words_may_find_them() {
    let bench = Bench::lexical();
    bench.write("page.md", "Apples ripen in October.\n");
    bench.ingest();
    check(
        &bench,
        &["search", "submarine"],
        1,
        expect![[r#"
        Nothing found.
        Next: try other words, or `engraft docs list` to see what there is
    "#]],
    );
    check(
        &bench,
        &["ask", "submarine?"],
        1,
        expect![[r#"
        The documents do not answer this question.
    "#]],
    );
}

#[test]
fn an_error_names_the_next_command() {
    let bench = Bench::lexical();
    check(
        &bench,
        &["docs", "show", "nowhere.md"],
        2,
        expect![[r#"
        error: there is no document `nowhere.md`
        hint: run `engraft docs list` to see every document
    "#]],
    );
    check(
        &bench,
        &["sync", "wiki"],
        2,
        expect![[r#"
        error: there is no source `wiki`
        hint: bring something in first: `engraft ingest PATH`
    "#]],
    );
    check(
        &bench,
        &["search", "x", "--mode", "dense"],
        2,
        expect![[r#"
        error: dense search needs an encoder, and this workspace has none
        hint: set encoder.model in engraft.toml and run `engraft sync`, or use `--mode lexical`
    "#]],
    );
    check(
        &bench,
        &["ingest", "no/such/folder"],
        2,
        expect![[r#"
        error: cannot find no/such/folder: No such file or directory (os error 2)
        hint: check the path
    "#]],
    );
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let bench = Bench::lexical();
    check(
        &bench,
        &["search", "x", "-k", "0"],
        2,
        expect![[r#"
            error: -k is 0
            hint: ask for at least one hit
        "#]],
    );
}

#[test]
fn with_json_an_error_is_an_object_on_stdout() {
    let bench = Bench::lexical();
    let (status, value) = bench.json_status(&["docs", "show", "nowhere.md"]);
    assert_eq!(status, 2);
    expect![[r#"{"error":{"hint":"run `engraft docs list` to see every document","kind":"missing","message":"there is no document `nowhere.md`"}}"#]]
        .assert_eq(&value.to_string());
    let (status, value) = bench.json_status(&["serch"]);
    assert_eq!((status, &value["error"]["kind"]), (2, &"user".into()));
}

#[test]
fn with_json_an_error_names_the_arguments_that_are_missing_and_the_values_there_are() {
    let bench = Bench::lexical();
    let said = |words: &[&str]| {
        let (status, value) = bench.json_status(words);
        assert_eq!((status, &value["error"]["kind"]), (2, &"user".into()), "{value}");
        value["error"]["message"].as_str().unwrap().to_string()
    };
    let missing = "the following required arguments were not provided:";
    assert_eq!(said(&["ingest"]), format!("{missing} <PATH|URL>..."));
    assert_eq!(said(&["search"]), format!("{missing} <QUERY>"));
    assert_eq!(said(&["model", "pull"]), format!("{missing} <NAME>"));
    expect!["invalid value 'x' for '--mode <MODE>' [possible values: hybrid, lexical, dense]"]
        .assert_eq(&said(&["search", "leave", "--mode", "x"]));
}

#[test]
fn outside_a_workspace_init_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_engraft"));
    command.args(["search", "x"]).current_dir(folder.path()).env_remove("ENGRAFT_WORKSPACE");
    let run = crate::bench::run(command);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("engraft init"), "{}", run.stderr);
}

#[test]
fn a_broken_configuration_is_named_with_its_key() {
    let bench = Bench::lexical();
    std::fs::write(bench.path("kb/engraft.toml"), "[search]\nkay = 1\n").unwrap();
    let run = bench.run(&["docs", "list"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("kay") && run.stderr.contains("engraft.toml"), "{}", run.stderr);
}
