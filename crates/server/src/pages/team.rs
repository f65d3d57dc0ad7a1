//! The people of a dataset on its dashboard: what each did, how fast and how well, and the pause.

use engraft_app::Metric;
use engraft_app::review::{Dashboard, PersonRow};
use maud::{Markup, html};

use super::cost::money;
use super::figures::{hours, metric_of, of_items, seconds, thousands};
use super::links::Links;
use crate::page::{Frame, Part, address};

/// A row for each person; each figure leads to the items it was worked out from.
pub(crate) fn people(view: &Dashboard, frame: &Frame, links: &Links) -> Markup {
    html! {
        section.panel {
            h2 { "People" }
            div.scroll tabindex="0" role="region" aria-label="People" {
                table.table.team {
                    thead { tr {
                        th { "Person" } th.number { "Submitted" } th.number { "Today" } th.number { "Skipped" } th.number { "Median time" }
                        th.number { "Active time" } @if view.cost.is_some() { th.number { "Cost" } }
                        th { "Gold right" } th { "Agrees with others" } th { "Suggestions taken" } th { span.visually-hidden { "Pause" } }
                    } }
                    tbody { @for row in &view.people { (person(row, view, frame, links)) } }
                }
            }
        }
    }
}

fn person(row: &PersonRow, view: &Dashboard, frame: &Frame, links: &Links) -> Markup {
    let user = ("user", row.user.as_str());
    let submitted = [user, ("status", "submitted")];
    let counted =
        |filter: [(&str, &str); 2], n: u64| html! { td.number { (links.counted(&filter, n, thousands(n))) } };
    // Each stands on so many answers, which lie on so many items.
    let share = |filter: &[(&str, &str)], value: &Option<Metric>, items: u64| {
        let told = |value: &Metric| {
            metric_of(value, true, &of_items(value.n as u64, Some(("answer", "answers")), items))
        };
        html! { td { @match value { Some(value) => (links.items(filter, told(value))), None => span.muted { "–" } } } }
    };
    let gold = row.gold.as_ref().map_or(0, |gold| gold.n as u64);
    html! {
        tr {
            th scope="row" { (links.items(&[user], &row.user)) @if let Some(why) = &row.paused { " " span.badge.warn title=(why) { "paused" } } }
            (counted(submitted, row.submitted))
            (counted([user, ("today", "true")], row.today))
            (counted([user, ("status", "skipped")], row.skipped))
            td.number { @match row.median_seconds { Some(value) => (links.items(&[user, ("behind", "speed")], seconds(value))), None => "–" } }
            td.number { @if row.hours > 0.0 { (links.items(&submitted, hours(row.hours))) } @else { "–" } }
            @if let Some(cost) = &view.cost { td.number { (links.counted(&submitted, row.submitted, money(row.cost.unwrap_or(0.0), &cost.currency))) } }
            (share(&[user, ("state", "gold"), ("status", "submitted")], &row.gold, gold))
            (share(&[user, ("behind", "agrees")], &row.agrees, row.agrees_items))
            (share(&[user, ("behind", "accepted")], &row.accepted, row.accepted_items))
            td {
                form.row method="post" action={ (address(&view.dataset, Part::Dashboard)) "/pause" } {
                    (frame.csrf_field())
                    input type="hidden" name="user" value=(row.user);
                    input type="hidden" name="why" value=(if row.paused.is_some() { "" } else { "paused by a lead" });
                    button.button { @if row.paused.is_some() { "Let go on" } @else { "Pause" } span.visually-hidden { " " (row.user) } }
                }
            }
        }
    }
}
