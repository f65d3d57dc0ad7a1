//! Times agreement and aggregation on a table of labels: `crowd FILE.csv [ROUNDS]`, columns task, worker, label.
//!
//! Prints one JSON document: for each measure its CPU seconds in every round, and its value. A round repeats what is
//! short, because some systems count CPU time in steps of milliseconds.

use std::error::Error;
use std::fs::read_to_string;
use std::time::Duration;

use engraft_eval::{Coefficient, Labels, Method, Resampling, Scale, agreement, coefficient, resolve};
use serde_json::{Map, Value, json};

const NONE: Resampling = Resampling { seed: 0, resamples: 0 };
const LONG_ENOUGH: Duration = Duration::from_millis(200);
const THOUSAND: Resampling = Resampling { seed: 0, resamples: 1000 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let file = read_to_string(words.next().ok_or("name a file")?)?;
    let rounds = words.next().map_or(Ok(5), |word| word.parse())?;
    let rows = || {
        file.lines().skip(1).filter_map(|line| {
            let mut cells = line.split(',');
            Some((cells.next()?, cells.next()?, cells.next()?))
        })
    };
    let labels = Labels::from_rows(rows());
    let alpha = |resampling: &Resampling| json!(coefficient(&labels, Coefficient::AlphaNominal, resampling));
    let mut found = Map::new();
    let mut time = |name: &str, work: &dyn Fn() -> Value| -> std::io::Result<()> {
        let (mut seconds, mut value) = (Vec::new(), Value::Null);
        for _ in 0..rounds {
            let (before, mut times, mut spent) = (cpu_time()?, 0.0, Duration::ZERO);
            while spent < LONG_ENOUGH {
                value = work();
                times += 1.0;
                spent = cpu_time()? - before;
            }
            seconds.push(spent.as_secs_f64() / times);
        }
        found.insert(name.to_string(), json!({ "cpu_s": seconds, "value": value }));
        Ok(())
    };
    time("table", &|| json!(Labels::from_rows(rows()).len()))?;
    time("alpha", &|| alpha(&NONE))?;
    time("alpha with interval", &|| alpha(&THOUSAND))?;
    time("all nominal coefficients with intervals, by label and worker", &|| {
        json!(agreement(&labels, Scale::Nominal, &THOUSAND).coefficients)
    })?;
    for method in Method::ALL {
        time(method.name(), &|| json!(resolve(&labels, method, None, &NONE).items.len()))?;
    }
    let skene = resolve(&labels, Method::DawidSkene, None, &NONE);
    let resolved: Map<String, Value> =
        skene.items.into_iter().map(|item| (item.task, Value::String(item.label))).collect();
    println!("{}", json!({ "measures": found, "dawid-skene": resolved }));
    Ok(())
}

/// What this process, which has one thread, has spent on the processor.
fn cpu_time() -> std::io::Result<Duration> {
    let spent = read_to_string("/proc/self/schedstat")?;
    let nanoseconds = spent.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| std::io::Error::other("no times in /proc/self/schedstat"))
}
