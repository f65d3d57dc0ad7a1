//! What the methods reach on six public sets of crowd labels with gold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use engraft_eval::{Coefficient, Gold, Labels, Method, Resampling, Resolved, coefficient, resolve};

const FEW: Resampling = Resampling { seed: 0, resamples: 100 };
const SETS: [&str; 6] = ["rte", "dog", "sentiment", "relevance", "product", "sp_amt"];

/// The labels and the gold of a set; `None` after saying that there is no data.
fn crowd(set: &str) -> Option<(Labels, Gold)> {
    let folder = engraft_testkit::data("crowd-labels")?.join(set);
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let (given, truth) = (read("label.csv"), read("truth.csv"));
    let rows = given.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap())
    });
    let gold = truth.lines().skip(1).map(|line| {
        let (task, label) = line.split_once(',').unwrap();
        (task.to_string(), label.to_string())
    });
    Some((Labels::from_rows(rows), gold.collect()))
}

fn accuracy(resolved: &Resolved) -> f64 {
    resolved.accuracy.as_ref().unwrap().value.unwrap()
}

#[track_caller]
fn check(set: &str, method: Method, least: f64) {
    let Some((labels, gold)) = crowd(set) else { return };
    let reached = accuracy(&resolve(&labels, method, Some(&gold), &FEW));
    assert!(reached >= least, "{method} reaches {reached:.4} on {set}");
}

#[test]
fn dawid_skene_reaches_its_known_accuracy() {
    check("rte", Method::DawidSkene, 0.925);
    check("relevance", Method::DawidSkene, 0.61);
    check("product", Method::DawidSkene, 0.935);
}

#[test]
fn choosing_a_method_on_gold_is_never_a_point_worse_than_majority() {
    for set in SETS {
        let Some((labels, gold)) = crowd(set) else { return };
        let majority = accuracy(&resolve(&labels, Method::Majority, Some(&gold), &FEW));
        let auto = resolve(&labels, Method::Auto, Some(&gold), &FEW);
        let choice = auto.choice.as_ref().unwrap();
        eprintln!("{set}: majority {majority:.4}, auto {:.4}: {}", accuracy(&auto), choice.why);
        assert!(accuracy(&auto) >= majority - 0.01, "{set}");
        assert_eq!(choice.compared.len(), Method::ALL.len());
    }
}

#[test]
fn choosing_without_gold_is_no_worse_than_majority_either() {
    for set in SETS {
        let Some((labels, gold)) = crowd(set) else { return };
        let chosen = resolve(&labels, Method::Auto, None, &FEW);
        assert!(chosen.accuracy.is_none());
        let right = |resolved: &Resolved| {
            resolved.items.iter().filter(|item| gold.get(&item.task) == Some(&item.label)).count() as f64
        };
        let majority = right(&resolve(&labels, Method::Majority, None, &FEW));
        eprintln!(
            "{set}: {} right, majority {majority}: {}",
            right(&chosen),
            chosen.choice.as_ref().unwrap().why
        );
        assert!(right(&chosen) >= 0.99 * majority, "{set}");
    }
}

#[test]
fn the_real_tables_have_the_published_size_and_an_agreement() {
    let Some((labels, gold)) = crowd("relevance") else { return };
    // SOURCE.md of the set: 20,232 tasks, 766 workers, 98,453 rows, 4,460 gold labels.
    assert_eq!((labels.tasks().len(), labels.workers().len(), gold.len()), (20_232, 766, 4_460));
    assert_eq!(labels.len() + labels.replaced(), 98_453);
    let alpha = coefficient(&labels, Coefficient::AlphaNominal, &FEW);
    assert!(alpha.metric.low < alpha.metric.value && alpha.metric.value < alpha.metric.high, "{alpha:?}");
    assert_eq!(alpha.of, 20_232);
}
