//! Times the whole analysis and the report: 4 arms, 1,000 questions, 20 measures, 10,000 resamples.
//!
//! `cargo run --release -p engraft-decide --example analyse -- [REPORT.html]`; prints one JSON object.

use std::time::Instant;

use engraft_decide::{
    Arm, ArmRun, CurvePoint, DataFact, Experiment, GROUNDEDNESS, Measure, Question, Role, Row, Terms,
    UpdateTrial, Upkeep, decide, html, markdown,
};
use engraft_eval::{SplitMix, State};

const QUESTIONS: usize = 1000;
const MEASURES: usize = 20;
const RESAMPLES: usize = 10_000;
const SEEDS: usize = 3;

fn main() {
    let experiment = experiment();
    let mut best = [f64::INFINITY; 2];
    let mut page = String::new();
    for _ in 0..3 {
        let began = Instant::now();
        let decision = decide(&experiment, "0").expect("a made-up experiment is sound");
        let decided = began.elapsed().as_secs_f64();
        page = html(&experiment, &decision);
        let text = markdown(&experiment, &decision);
        let all = began.elapsed().as_secs_f64();
        assert!(!text.is_empty());
        best = [best[0].min(decided), best[1].min(all)];
    }
    println!(
        "{{\"arms\":4,\"questions\":{QUESTIONS},\"measures\":{MEASURES},\"seeds\":{SEEDS},\"resamples\":{RESAMPLES},\
         \"threads\":{},\"decide_s\":{:.3},\"decide_and_report_s\":{:.3},\"html_bytes\":{}}}",
        rayon::current_num_threads(),
        best[0],
        best[1],
        page.len()
    );
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(path, page).expect("the report can be written");
    }
}

fn experiment() -> Experiment {
    let mut random = SplitMix::new(1, 1);
    let mut unit = move || random.below(1 << 30) as f64 / f64::from(1 << 30);
    let measure = |at: usize| {
        let name = match at {
            0 => "accuracy".to_string(),
            1 => GROUNDEDNESS.into(),
            at => format!("measure {at}"),
        };
        Measure::new(&name, "the share of questions that get the right answer.", true)
    };
    let question = |at: usize| Question {
        id: format!("q{at}"),
        text: format!("May I carry over the {at} days of leave that I did not take last year?"),
        gold: "Up to five days, until the end of March.".into(),
        cluster: format!("document {}", at / 2),
        slice: ["stable fact", "volatile fact", "format", "multi-hop"][at % 4].into(),
        route: Some(["asked in the shop", "asked by post"][at % 2].into()),
    };
    let ease: Vec<f64> = (0..QUESTIONS).map(|_| unit()).collect();
    let mut arm = |name: &str, retrieval: bool, tuned: bool, quality: f64, ms: f64| {
        let runs = (0..if tuned { SEEDS } else { 1 }).map(|seed| {
            let rows = (0..QUESTIONS).map(|at| {
                let volatile = if at % 4 == 1 { if retrieval { 0.1 } else { -0.25 } } else { 0.0 };
                let right = 0.6 * ease[at] + 0.4 * unit() < quality + volatile;
                let mut values: Vec<Option<f64>> = (0..MEASURES).map(|_| Some(unit())).collect();
                values[0] = Some(f64::from(u8::from(right)));
                values[1] = retrieval.then(|| f64::from(u8::from(unit() < 0.95)));
                let broke = name == "base" && at % 97 == 0;
                Row {
                    state: if broke { State::Timeout } else { State::Scored },
                    values,
                    confidence: Some(
                        (0.5 * quality + 0.4 * unit() + 0.1 * f64::from(u8::from(right))).min(1.0),
                    ),
                    stage_ms: vec![
                        3.0 + 3.0 * unit(),
                        if retrieval { ms * (0.5 + unit() * unit()) } else { 0.0 },
                        0.2,
                    ],
                    cpu_s: 0.005 + ms * 1e-4 * unit(),
                    tokens_in: 0,
                    tokens_out: 0,
                    said: if right {
                        "Up to five days, until the end of March.".into()
                    } else {
                        "Yes, all of them.".into()
                    },
                    evidence: if retrieval {
                        vec!["leave.md: up to five days may be carried over".into()]
                    } else {
                        Vec::new()
                    },
                    why: broke.then(|| "no answer within 10 s".into()),
                }
            });
            ArmRun { seed: seed as u64, rows: rows.collect() }
        });
        let runs: Vec<ArmRun> = runs.collect();
        let updates = (0..50).map(|at| UpdateTrial {
            what: ["change", "add", "change", "delete", "change"][at % 5].into(),
            probe: format!("probe {at}"),
            seconds: (unit() < 0.97).then(|| if tuned { 300.0 + 900.0 * unit() } else { 0.4 + unit() }),
            limit_s: 3600.0,
            fresh: None,
            renewed: None,
        });
        Arm {
            name: name.into(),
            description: format!("Answers with quality {quality}"),
            retrieval,
            tuned,
            role: Role::Candidate,
            beside: None,
            on_premises: true,
            absent: None,
            runs,
            upkeep: Upkeep {
                labels: if tuned { 800 } else { 0 },
                build_cpu_s: if tuned { 600.0 } else { 20.0 },
                build_s: None,
                update_cpu_s: if tuned { 600.0 } else { 0.5 },
                update_person_min: if tuned { 10.0 } else { 0.0 },
                bytes: 4_000_000,
            },
            updates: updates.collect(),
            updates_how: "An edit was saved and a question asked every second".into(),
        }
    };
    let arms = vec![
        arm("base", false, false, 0.52, 0.0),
        arm("retrieval", true, false, 0.71, 30.0),
        arm("tuned", false, true, 0.70, 0.0),
        arm("both", true, true, 0.79, 32.0),
    ];
    let mut curve = Vec::new();
    for labels in [100usize, 200, 400, 800] {
        for seed in 0..3 {
            let quality = 0.78 - 2.0 / (labels as f64).powf(0.6) + 0.01 * seed as f64;
            curve.push(CurvePoint { arm: "tuned".into(), labels, seed, quality });
        }
    }
    Experiment {
        name: "Leave questions".into(),
        kind: "answer".into(),
        created: "2026-11-29T10:00:00Z".into(),
        build: "engraft 0.1.0".into(),
        machine: "2 cores".into(),
        command: "cargo run --release -p engraft-decide --example analyse".into(),
        seed: 0,
        resamples: RESAMPLES,
        setup: Vec::new(),
        data: vec![DataFact { what: "Evaluation".into(), value: "made up".into() }],
        measures: (0..MEASURES).map(measure).collect(),
        stages: ["encode", "look up", "decide"].map(str::to_string).to_vec(),
        questions: (0..QUESTIONS).map(question).collect(),
        routed_by: "how a question came in".into(),
        arms,
        curve,
        unasked: Vec::new(),
        not_measured: Vec::new(),
        scale: None,
        label_s: None,
        styles: Vec::new(),
        votes: Vec::new(),
        judge: None,
        notes: vec!["Every number here is made up.".into()],
        terms: Terms::default(),
    }
}
