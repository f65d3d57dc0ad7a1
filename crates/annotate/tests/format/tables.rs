//! Tables and flat rows that other people made: columns become fields, answers and metadata, with and without a schema.

use engraft_annotate::Schema;
use engraft_annotate::format::{Format, Input, infer_schema};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::{import_text, told};

/// The schema that a file suggests and what it then gives.
#[track_caller]
fn check(format: Format, file: &str, expected: Expect) {
    let inferred = infer_schema(format, Input::Bytes(file.as_bytes())).unwrap();
    let kinds = |schema: &Schema| {
        let json = serde_json::to_value(schema).unwrap();
        format!("{}\n{}", json["fields"], json["questions"])
    };
    let again = Schema::read_value(&serde_json::to_value(&inferred.schema).unwrap());
    assert!(again.is_ok(), "{}", again.unwrap_err());
    let (records, report) = import_text(format, &inferred.schema, file);
    let rows: Vec<String> = records.iter().map(engraft_annotate::Record::canonical).collect();
    let rejected: Vec<String> =
        report.rejected.iter().map(|r| format!("line {}: {}", r.line, r.message)).collect();
    let all = [kinds(&inferred.schema), rows.join("\n"), told(&report.losses), rejected.join("\n")];
    expected.assert_eq(&all.join("\n"));
}

#[test]
fn a_table_of_texts_and_labels_is_a_classification() {
    check(
        Format::Csv,
        "id,text,label,lang\r\n7,\"Where, then?\",ask,en\r\n8,\"line\r\nbreak\",\"tell\",de\r\n",
        expect![[r#"
        [{"name":"lang","required":true,"type":"text"},{"name":"text","required":true,"type":"text"}]
        [{"name":"label","options":[{"value":"ask"},{"value":"tell"}],"required":false,"type":"label"}]
        {"fields":{"lang":"en","text":"Where, then?"},"id":"7","responses":[{"answers":{"label":"ask"},"status":"submitted","user":"imported"}]}
        {"fields":{"lang":"de","text":"line\r\nbreak"},"id":"8","responses":[{"answers":{"label":"tell"},"status":"submitted","user":"imported"}]}

    "#]],
    );
}

#[test]
fn rows_with_spans_are_an_extraction() {
    let rows = concat!(
        "{\"id\":\"a\",\"text\":\"Ann met Bob\",\"spans\":[{\"char_start\":0,\"char_end\":3,\"label\":\"PER\"}]}\n",
        "{\"text\":\"none\",\"spans\":[]}\n",
        "{\"text\":\"Ann\",\"spans\":[{\"start\":0,\"end\":3,\"label\":\"PER\"},[0,1,\"PER\"]]}\n",
    );
    check(
        Format::Jsonl,
        rows,
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"discontinuous":false,"field":"text","name":"spans","options":[{"value":"PER"}],"overlapping":true,"required":false,"type":"spans"}]
        {"fields":{"text":"Ann met Bob"},"id":"a","responses":[{"answers":{"spans":[{"char_end":3,"char_start":0,"id":"s1","label":"PER","quote":"Ann"}]},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"none"},"id":"9ede13f8b5a5ec52e61fe45f1f2108c9c30ea7330dbd08282537ecccb1ddb3c1","responses":[{"answers":{"spans":[]},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"Ann"},"id":"dda8fcf8a6729000c44aa1a3144bff28e7d798fa0bb04749e738f0899abdccdc","responses":[{"answers":{"spans":[{"char_end":1,"char_start":0,"id":"s1","label":"PER","quote":"A"},{"char_end":3,"char_start":0,"id":"s2","label":"PER","quote":"Ann"}]},"status":"submitted","user":"imported"}]}

    "#]],
    );
}

#[test]
fn labels_between_hashes_are_several() {
    let schema = crate::schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "tags", "type": "labels", "options": ["a", "b", "c#d"] }],
    }));
    let (records, report) = import_text(Format::Csv, &schema, "text,tags\nx,a#b\ny,c#d\nz,\"[\"\"a\"\"]\"\n");
    assert_eq!(report.rejected, []);
    let tags: Vec<String> = records.iter().map(|r| format!("{:?}", r.responses[0].answers["tags"])).collect();
    assert_eq!(tags, [r#"Labels({"a", "b"})"#, r#"Labels({"c#d"})"#, r#"Labels({"a"})"#]);
}

#[test]
fn a_table_without_a_schema_has_several_labels_where_each_stands_by_itself_too() {
    check(
        Format::Csv,
        "id,text,label\n1,x,a#b\n2,y,b\n3,z,a\n",
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"name":"label","options":[{"value":"a"},{"value":"b"}],"required":false,"type":"labels"}]
        {"fields":{"text":"x"},"id":"1","responses":[{"answers":{"label":["a","b"]},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"y"},"id":"2","responses":[{"answers":{"label":["b"]},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"z"},"id":"3","responses":[{"answers":{"label":["a"]},"status":"submitted","user":"imported"}]}

    "#]],
    );
    check(
        Format::Csv,
        "id,text,label\n1,x,c#\n2,y,d\n",
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"name":"label","options":[{"value":"c#"},{"value":"d"}],"required":false,"type":"label"}]
        {"fields":{"text":"x"},"id":"1","responses":[{"answers":{"label":"c#"},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"y"},"id":"2","responses":[{"answers":{"label":"d"},"status":"submitted","user":"imported"}]}

    "#]],
    );
}

#[test]
fn each_format_suggests_a_schema_of_its_own_data() {
    check(
        Format::Doccano,
        "{\"text\":\"a\",\"label\":[\"x\"],\"lang\":\"en\"}\n{\"text\":\"b\",\"label\":[\"y\",\"x\"]}\n",
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"name":"label","options":[{"value":"x"},{"value":"y"}],"required":true,"type":"labels"}]
        {"fields":{"text":"a"},"id":"2bda810ebdc3fc869cd7e3ffcaf1638a148e00df0865ff747f08f0014f55ab82","metadata":{"lang":"en"},"responses":[{"answers":{"label":["x"]},"status":"submitted","user":"imported"}]}
        {"fields":{"text":"b"},"id":"539287b42b12ac8537005b4be5d16184518b5f0d4dade324ef8170cabd687026","responses":[{"answers":{"label":["x","y"]},"status":"submitted","user":"imported"}]}

    "#]],
    );
    let reject = "{\"text\":\"Ann\",\"label\":\"PER\",\"answer\":\"reject\",\"_annotator_id\":\"u\"}\n";
    check(
        Format::Prodigy,
        reject,
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"name":"answer","options":[{"value":"reject"}],"required":true,"type":"label"},{"name":"label","options":[{"value":"PER"}],"required":true,"type":"label"}]
        {"fields":{"text":"Ann"},"id":"dda8fcf8a6729000c44aa1a3144bff28e7d798fa0bb04749e738f0899abdccdc","responses":[{"answers":{"answer":"reject"},"status":"submitted","user":"u"}],"suggestions":[{"answers":{"label":"PER"},"model":"prodigy"}]}

    "#]],
    );
    check(
        Format::Conll,
        "-DOCSTART- -X- O O\n\nU.N. NNP I-NP I-ORG\nofficial NN I-NP O\n\nEkeus NNP I-NP I-PER\n",
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"discontinuous":false,"field":"text","name":"spans","options":[{"value":"ORG"},{"value":"PER"}],"overlapping":false,"required":true,"type":"spans"}]
        {"fields":{"text":"U.N. official\nEkeus"},"id":"408b334804930a3fa2edd8d2d19b4161c173dc0f5541af059b6ceec79b97eb31","responses":[{"answers":{"spans":[{"char_end":4,"char_start":0,"id":"s1","label":"ORG","quote":"U.N."},{"char_end":19,"char_start":14,"id":"s2","label":"PER","quote":"Ekeus"}]},"status":"submitted","user":"imported"}]}

    "#]],
    );
    check(
        Format::TrecQrels,
        "q1 0 d1 2\nq1 0 d2 -1\nq2 0 d1 4\n",
        expect![[r#"
        [{"name":"passages","required":true,"type":"passages"},{"name":"query","required":true,"type":"text"}]
        [{"field":"passages","name":"relevance","query":"query","required":true,"type":"relevance"}]
        {"fields":{"passages":[{"id":"d1","text":"d1"},{"id":"d2","text":"d2"}],"query":"q1"},"id":"q1","responses":[{"answers":{"relevance":[{"grade":2,"id":"d1"},{"grade":0,"id":"d2"}]},"status":"submitted","user":"imported"}]}
        {"fields":{"passages":[{"id":"d1","text":"d1"}],"query":"q2"},"id":"q2","responses":[{"answers":{"relevance":[{"grade":3,"id":"d1"}]},"status":"submitted","user":"imported"}]}
        2 × a grade: grades go from 0 to 3: the nearest is kept
    "#]],
    );
    let pair = "{\"prompt\":\"Q\",\"chosen\":\"good\",\"rejected\":\"bad\",\"margin\":2.0}\n";
    let hh = "{\"chosen\":\"\\n\\nHuman: hi\\n\\nAssistant: yes\",\"rejected\":\"\\n\\nHuman: hi\\n\\nAssistant: no\"}\n";
    check(
        Format::TrlDpo,
        hh,
        expect![[r#"
        [{"name":"answers","required":true,"type":"answers"},{"name":"prompt","required":true,"type":"text"}]
        [{"both_bad":true,"field":"answers","name":"preference","required":true,"strength":0,"tie":true,"type":"preference"}]
        {"fields":{"answers":[{"id":"a","text":"no"},{"id":"b","text":"yes"}],"prompt":"\n\nHuman: hi\n\nAssistant:"},"id":"a5bdaf43ad766457e7bcf8dfc5a381f0ce7f690b78827d0cbc4d5b3f19080642","responses":[{"answers":{"preference":{"choice":{"id":"b"}}},"status":"submitted","user":"imported"}]}

    "#]],
    );
    check(
        Format::TrlDpo,
        pair,
        expect![[r#"
        [{"name":"answers","required":true,"type":"answers"},{"name":"prompt","required":true,"type":"text"}]
        [{"both_bad":true,"field":"answers","name":"preference","required":true,"strength":2,"tie":true,"type":"preference"}]
        {"fields":{"answers":[{"id":"a","text":"bad"},{"id":"b","text":"good"}],"prompt":"Q"},"id":"eb63f7353f3d4eb188eae717a419a336eb1d85b0c2397c5253ff1e7a2cc980fe","responses":[{"answers":{"preference":{"choice":{"id":"b"},"strength":2}},"status":"submitted","user":"imported"}]}

    "#]],
    );
    let argilla = r#"[{"id":"1","fields":{"text":"a"},"responses":{"stars":[{"value":4,"user_id":"u"}],"order":[{"value":[{"value":"r1","rank":1},{"value":"r2","rank":1}],"user_id":"u"}]}}]"#;
    check(
        Format::Argilla,
        argilla,
        expect![[r#"
        [{"name":"text","required":true,"type":"text"}]
        [{"name":"order","options":[{"value":"r1"},{"value":"r2"}],"required":true,"type":"ranking"},{"max":5,"min":1,"name":"stars","required":true,"type":"rating"}]
        {"fields":{"text":"a"},"id":"1","responses":[{"answers":{"order":[{"rank":1,"value":"r1"},{"rank":1,"value":"r2"}],"stars":4},"status":"submitted","user":"u"}]}

    "#]],
    );
}

#[test]
fn every_tagging_scheme_marks_the_same_spans() {
    // `New York` and `Oslo` side by side, then `Ann`.
    let schemes = [
        ("IOB1", ["I-LOC", "I-LOC", "B-LOC", "O", "I-PER"]),
        ("IOB2", ["B-LOC", "I-LOC", "B-LOC", "O", "B-PER"]),
        ("IOE1", ["I-LOC", "E-LOC", "I-LOC", "O", "I-PER"]),
        ("IOE2", ["I-LOC", "E-LOC", "E-LOC", "O", "E-PER"]),
        ("IOBES", ["B-LOC", "E-LOC", "S-LOC", "O", "S-PER"]),
        ("BILOU", ["B-LOC", "L-LOC", "U-LOC", "O", "U-PER"]),
    ];
    let schema = crate::schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "e", "type": "spans", "field": "text", "options": ["LOC", "PER"] }],
    }));
    for (name, tags) in schemes {
        for separator in [" ", "\t", " -X- _ "] {
            let words = ["New", "York", "Oslo", "and", "Ann"];
            let lines: Vec<String> =
                words.iter().zip(tags).map(|(word, tag)| format!("{word}{separator}{tag}")).collect();
            let (records, report) = import_text(Format::Conll, &schema, &lines.join("\r\n"));
            assert_eq!(report.rejected, [], "{name}");
            let answer = serde_json::to_value(&records[0].responses[0].answers["e"]).unwrap();
            let quotes: Vec<&str> =
                answer.as_array().unwrap().iter().map(|span| span["quote"].as_str().unwrap()).collect();
            assert_eq!(quotes, ["New York", "Oslo", "Ann"], "{name}");
        }
    }
}
