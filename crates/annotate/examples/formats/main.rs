//! Measures the formats: `unicode N` sends N random texts through each, `make N FILE` writes a Label Studio file of N tasks,
//! `import FILE` and `export FILE OUT` time reading and writing it and print JSON with the peak memory, and
//! `convert SCHEMA RECORDS FORMAT OUT` writes our own records in another format, for that format's own tools to read.

mod random;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use engraft_annotate::Record;
use engraft_annotate::format::{ExportOptions, Exporter, Format, ImportOptions, Input, import, infer_schema};
use random::Random;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["unicode", count] => unicode(count.parse()?),
        ["make", count, file] => make(count.parse()?, Path::new(file)),
        ["import", file] => read(Path::new(file)),
        ["export", file, out] => write(Path::new(file), Path::new(out)),
        ["convert", schema, records, format, out] => convert(schema, records, format, Path::new(out)),
        _ => {
            Err("unicode N | make N FILE | import FILE | export FILE OUT | convert SCHEMA RECORDS FORMAT OUT"
                .into())
        }
    }
}

/// Writes our own records in another format, for other tools to read.
fn convert(schema: &str, records: &str, format: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    let schema = engraft_annotate::Schema::read(&fs::read_to_string(schema)?)?;
    let mut exporter = Exporter::create(format.parse()?, &schema, out, &ExportOptions::default())?;
    let input = Input::Path(Path::new(records));
    let read = import(Format::Jsonl, &schema, input, &ImportOptions::default(), &mut |record| {
        Ok(exporter.write(&record)?)
    })?;
    if let Some(rejected) = read.rejected.first() {
        return Err(format!("line {}: {}", rejected.line, rejected.message).into());
    }
    println!("{}", serde_json::to_string(&exporter.finish()?)?);
    Ok(())
}

fn unicode(count: usize) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("engraft-formats-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let start = Instant::now();
    let through = random::through_every_format(count, 20_260_101, &folder);
    fs::remove_dir_all(&folder)?;
    let formats: Vec<_> = through
        .iter()
        .map(|(format, texts, spans)| json!({ "format": format.name(), "texts": texts, "spans": spans }))
        .collect();
    println!("{}", json!({ "formats": formats, "wrong": 0, "seconds": start.elapsed().as_secs_f64() }));
    Ok(())
}

/// Tasks of about 1.2 kB with one class and three spans each.
fn make(count: usize, file: &Path) -> Result<(), Box<dyn Error>> {
    const WORDS: [&str; 12] =
        ["the", "contract", "between", "Sony", "and", "Bandai", "ends", "in", "Tokyo", "on", "Monday", "é"];
    let mut random = Random(1);
    let mut out = std::io::BufWriter::new(fs::File::create(file)?);
    for number in 0..count {
        let words: Vec<&str> = (0..60).map(|_| WORDS[random.below(WORDS.len())]).collect();
        let text = words.join(" ");
        let topic = ["law", "games"][random.below(2)];
        let mut result = vec![json!({
            "id": "c", "from_name": "topic", "to_name": "text", "type": "choices", "origin": "manual",
            "value": { "choices": [topic] },
        })];
        for span in 0..3 {
            let first = random.below(words.len());
            let start = words[..first].iter().map(|word| word.chars().count() + 1).sum::<usize>();
            let end = start + words[first].chars().count();
            let label = ["ORG", "LOC"][span % 2];
            result.push(json!({
                "id": format!("s{span}"), "from_name": "entities", "to_name": "text", "type": "labels", "origin": "manual",
                "value": { "start": start, "end": end, "text": words[first], "labels": [label] },
            }));
        }
        let task = json!({
            "id": number + 1, "data": { "text": text }, "meta": {}, "created_at": "2026-01-01T00:00:00Z",
            "annotations": [{ "id": number + 1, "completed_by": { "id": 1, "email": "ann@example.org" }, "result": result,
                "was_cancelled": false, "ground_truth": false, "lead_time": 4.288, "created_at": "2026-01-01T00:00:00Z" }],
            "predictions": [],
        });
        let before = if number == 0 { "[" } else { ",\n" };
        write!(out, "{before}{task}")?;
    }
    writeln!(out, "]")?;
    out.flush()?;
    Ok(())
}

fn read(file: &Path) -> Result<(), Box<dyn Error>> {
    let input = Input::Path(file);
    let start = Instant::now();
    let inferred = infer_schema(Format::LabelStudio, input)?;
    let infer_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut bytes = 0;
    let report = import(
        Format::LabelStudio,
        &inferred.schema,
        input,
        &ImportOptions::default(),
        &mut |record: Record| {
            bytes += record.id.len();
            Ok(())
        },
    )?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({
            "items": report.items, "responses": report.responses, "rejected": report.rejected_total, "losses": report.losses,
            "file_mb": fs::metadata(file)?.len() as f64 / 1e6, "infer_seconds": infer_seconds, "import_seconds": seconds,
            "peak_rss_mb": peak_rss_mb(),
        })
    );
    Ok(())
}

/// Only the time inside the exporter counts; records come from an import that goes on meanwhile.
fn write(file: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let input = Input::Path(file);
    let inferred = infer_schema(Format::LabelStudio, input)?;
    let mut all = serde_json::Map::new();
    for format in [Format::LabelStudio, Format::Jsonl, Format::Conll] {
        let mut exporter = Exporter::create(format, &inferred.schema, out, &ExportOptions::default())?;
        let mut seconds = 0.0;
        import(Format::LabelStudio, &inferred.schema, input, &ImportOptions::default(), &mut |record| {
            let start = Instant::now();
            exporter.write(&record)?;
            seconds += start.elapsed().as_secs_f64();
            Ok(())
        })?;
        let start = Instant::now();
        let report = exporter.finish()?;
        seconds += start.elapsed().as_secs_f64();
        let mb = fs::metadata(out)?.len() as f64 / 1e6;
        all.insert(
            format.name().to_string(),
            json!({
                "rows": report.rows, "seconds": seconds, "file_mb": mb, "sha256": report.sha256,
            }),
        );
    }
    all.insert("peak_rss_mb".to_string(), json!(peak_rss_mb()));
    println!("{}", serde_json::Value::Object(all));
    Ok(())
}

/// The most memory this process ever held, in MB; `None` where the system does not tell.
fn peak_rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
