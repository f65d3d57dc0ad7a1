//! Real data sets, as others published them.

use engraft_annotate::format::{Format, ImportReport, Input, infer_schema};
use engraft_annotate::{Answer, Record, Schema};

use crate::{export, import_with, told};

fn read(format: Format, set: &str, file: &str) -> Option<(Schema, Vec<Record>, ImportReport)> {
    let path = engraft_testkit::data(set)?.join(file);
    let inferred = infer_schema(format, Input::Path(&path)).unwrap();
    let (records, report) = import_with(format, &inferred.schema, Input::Path(&path), &Default::default());
    assert_eq!(report.rejected, []);
    Some((inferred.schema, records, report))
}

#[test]
fn wikigold_keeps_its_entities_on_the_way_through_conll() {
    let Some((schema, records, _)) = read(Format::Jsonl, "ner-wikigold", "test.jsonl") else { return };
    let count = |records: &[Record]| -> usize {
        let spans = |record: &Record| match record.responses[0].answers.values().next() {
            Some(Answer::Spans(spans)) => spans.len(),
            _ => 0,
        };
        records.iter().map(spans).sum()
    };
    assert_eq!(records.len(), 340);
    let exported = export(Format::Conll, &schema, &records);
    let (back, _) = import_with(Format::Conll, &schema, Input::Path(&exported.path), &Default::default());
    let spans = exported.report.losses.iter().filter(|loss| loss.what.starts_with("a span"));
    let lost: u64 = spans.map(|loss| loss.count).sum();
    assert_eq!(count(&back) + lost as usize, count(&records), "{}", told(&exported.report.losses));
    assert!(lost < 5, "{lost} of {}", count(&records));
}

#[test]
fn scifact_comes_back_from_its_folder_as_it_was_judged() {
    let Some((schema, records, report)) = read(Format::Beir, "rag-scifact", "") else { return };
    assert_eq!(records.len(), 300 + 809);
    assert_eq!(told(&report.losses), "");
    let qrels = export(Format::TrecQrels, &schema, &records).text();
    assert_eq!(qrels.lines().count(), 339 + 919);
    let folder = engraft_testkit::data("rag-scifact").unwrap();
    let table = std::fs::read_to_string(folder.join("qrels/test.tsv")).unwrap();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let wanted = format!("{} 0 {} {}", columns[0], columns[1], columns[2]);
        assert!(qrels.lines().any(|line| line == wanted), "{wanted}");
    }
}

#[test]
fn helpful_pairs_go_out_as_they_came_in() {
    let Some((schema, records, _)) = read(Format::TrlDpo, "pref-hh-helpful", "pairs.jsonl") else { return };
    let exported = export(Format::TrlDpo, &schema, &records);
    let same =
        exported.report.losses.iter().find(|loss| loss.what.contains("equal")).map_or(0, |loss| loss.count);
    assert_eq!(exported.report.rows + same, records.len() as u64);
    assert_eq!(records.len(), 2348);
}
