//! What is known of a question before it is answered, which alone a router may go by: the length of the text, or a slice that every row
//! brings where the task says that it is known. Slices that follow from the right answer are there to report on.

use super::task::{RouteBy, Slices, Task};

/// A short text has at most so many words.
const SHORT: usize = 8;

/// What is known of each question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Routes {
    /// One a question; `None`: nothing is.
    pub(super) of: Vec<Option<String>>,
    /// What that is, in words; where it is nothing, why.
    pub(super) by: String,
}

impl Routes {
    /// Of questions, each with the `slice` that its row brings.
    pub(super) fn of<'q>(task: &Task, asked: impl Iterator<Item = (&'q str, Option<&'q str>)>) -> Routes {
        let asked: Vec<(&str, Option<&str>)> = asked.collect();
        // A slice that some rows lack may tell by its absence what is right.
        let given = asked.iter().all(|(_, slice)| slice.is_some());
        let none = |why: &str| Routes { of: vec![None; asked.len()], by: why.into() };
        match (task.route_by, task.slices) {
            (RouteBy::None, _) => {
                none("the task names nothing that is known of a question before it is answered")
            }
            (RouteBy::Slice, _) if given => Routes {
                of: asked.iter().map(|(_, slice)| slice.map(str::to_string)).collect(),
                by: "the slice that every row brings".into(),
            },
            (RouteBy::Slice, _) => none("`route_by` is \"slice\", and not every row brings a `slice`"),
            (RouteBy::Auto, Slices::None) => none("the task tells no questions apart (`slices` is \"none\")"),
            (RouteBy::Auto | RouteBy::Length, _) => Routes {
                of: asked.iter().map(|(text, _)| Some(length(text).to_string())).collect(),
                by: format!("the length of the text (short: at most {SHORT} words)"),
            },
        }
    }
}

/// `short` or `long`.
pub(super) fn length(text: &str) -> &'static str {
    if text.split_whitespace().count() <= SHORT { "short" } else { "long" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "May I carry over the days of leave that I did not take?";

    #[track_caller]
    fn check(task: &str, slices: [Option<&str>; 2], expected: [Option<&str>; 2], by: &str) {
        let task = Task::parse(&format!("kind = 'answer'\n{task}"), "".into(), "t").unwrap();
        let routes = Routes::of(&task, ["Why?", LONG].into_iter().zip(slices));
        let of: Vec<Option<&str>> = routes.of.iter().map(Option::as_deref).collect();
        assert_eq!(of, expected);
        assert!(routes.by.contains(by), "{}", routes.by);
    }

    const LENGTHS: [Option<&str>; 2] = [Some("short"), Some("long")];
    const GIVEN: [Option<&str>; 2] = [Some("by post"), Some("in the shop")];

    #[test]
    fn unless_the_task_says_more_the_length_of_the_text_is_all_that_is_known() {
        check("", GIVEN, LENGTHS, "the length of the text (short: at most 8 words)");
        check("slices = 'hops'", GIVEN, LENGTHS, "the length of the text");
        check("slices = 'length'", GIVEN, LENGTHS, "the length of the text");
        check("route_by = 'length'", GIVEN, LENGTHS, "the length of the text");
        check("", [None, None], LENGTHS, "the length of the text");
    }

    #[test]
    fn a_task_can_say_that_the_slice_that_every_row_brings_is_known_beforehand() {
        check("route_by = 'slice'", GIVEN, GIVEN, "the slice that every row brings");
        check("route_by = 'slice'\nslices = 'none'", GIVEN, GIVEN, "the slice that every row brings");
        check("route_by = 'slice'", [GIVEN[0], None], [None, None], "not every row brings a `slice`");
    }

    #[test]
    fn where_nothing_is_known_it_says_why() {
        check("route_by = 'none'", GIVEN, [None, None], "the task names nothing that is known");
        check("slices = 'none'", GIVEN, [None, None], "the task tells no questions apart");
        check("slices = 'none'\nroute_by = 'length'", GIVEN, LENGTHS, "the length of the text");
    }
}
