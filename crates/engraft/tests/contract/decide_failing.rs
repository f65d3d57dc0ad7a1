//! `decide` where one request in five comes to nothing: every answer is accounted for, and the bounds hold what is true.

use engraft_testkit::endpoint::{Said, Scripted};
use engraft_testkit::nulls::{IN_A_DECISION, unexplained};
use serde_json::Value;

use crate::bench::Bench;
use crate::decide_model::{arm, decide, reader, rooms};

const CELLS: [&str; 4] = ["base", "retrieval", "tuned", "both"];

/// What a report says of the four ways in which requests fail here.
const WAYS: [&str; 4] = [
    "no reply within",
    "what came is no chat completion",
    "it holds no JSON object",
    "status 500: out of order",
];

/// What is said to every fifth request instead of a reply: nothing, half a response, an empty reply and an error, in turn.
pub(crate) fn failing(before: usize) -> Option<Said> {
    let nth = (before % 5 == 4).then_some(before / 5)?;
    Some(match nth % 4 {
        0 => Said::Silence,
        1 => Said::Raw(200, Vec::new(), "{\"choices\":[".into()),
        2 => Said::Text(String::new()),
        _ => Said::Raw(500, Vec::new(), "{\"error\":{\"message\":\"out of order\"}}".into()),
    })
}

/// The decision on questions about rooms, by a model that is asked once for each answer.
fn decided(server: &Scripted, timeout_s: f64) -> Value {
    let bench = Bench::lexical();
    let path = bench.path("kb").join("engraft.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let endpoint = format!(
        "\n[endpoint]\nurl = '{}'\nmodel = 'small'\ntuned_model = 'small-tuned'\ntries = 1\nconcurrency = 64\n\
         timeout_s = {timeout_s:?}\n",
        server.url
    );
    std::fs::write(&path, text + &endpoint).unwrap();
    decide(&bench, &format!("diagnostics = false\n{}", rooms(&bench))).1
}

#[test]
fn with_a_fifth_of_requests_failing_every_answer_is_accounted_for_and_the_bounds_hold_what_is_true() {
    let sound = Scripted::start(|asked, _| reader(asked)).unwrap();
    let truth = decided(&sound, 60.0);
    let server = Scripted::start(|asked, before| failing(before).unwrap_or_else(|| reader(asked))).unwrap();
    let decision = decided(&server, 1.0);

    let (questions, missing) =
        (decision["questions"].as_u64().unwrap(), decision["missing"].as_array().unwrap());
    assert_eq!(
        (questions, server.asked().len() as u64),
        (truth["questions"].as_u64().unwrap(), 4 * questions)
    );
    for name in CELLS {
        let arm = arm(&decision, name);
        let states = arm["states"].as_object().unwrap();
        let count = |state: &str| states.get(state).and_then(Value::as_u64).unwrap_or(0);
        let (answered, lost) = (count("scored") + count("abstained"), count("failed") + count("timeout"));
        assert_eq!(answered + lost, questions, "{arm}");
        let listed = missing.iter().filter(|row| row["arm"] == name).count();
        assert_eq!(listed as u64, lost, "{name}: {missing:?}");
        assert!((1..questions / 2).contains(&lost), "{arm}");

        let [worst, best] = [0usize, 1].map(|end| arm["quality_bounds"][end].as_f64().unwrap());
        let right = self::arm(&truth, name)["quality"]["value"].as_f64().unwrap();
        assert!(worst - 1e-9 <= right && right <= best + 1e-9, "{name}: {right} in {worst} to {best}");
        for standing in ["utility", "p_best", "expected_regret"] {
            assert!(arm[standing].is_number(), "{standing}: {arm}");
        }
    }
    // Each is told with its reason; a slow machine may lose a few more in the first way.
    let whys: Vec<&str> = missing.iter().map(|row| row["why"].as_str().unwrap()).collect();
    let told = |way: &str| whys.iter().filter(|why| why.contains(way)).count();
    assert!(WAYS.iter().all(|way| told(way) > 0), "{whys:?}");
    assert_eq!(WAYS.iter().map(|way| told(way)).sum::<usize>(), whys.len(), "{whys:?}");
    let failed = (0..server.asked().len()).filter(|before| failing(*before).is_some()).count();
    assert!(whys.len() >= failed && failed == server.asked().len() / 5, "{failed}: {whys:?}");

    let unexplained = unexplained(&decision, &IN_A_DECISION);
    assert!(unexplained.is_empty(), "{unexplained:?}");
}
