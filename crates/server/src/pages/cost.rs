//! What the work on a dataset costs: active hours, and money where a lead said what an hour costs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Redirect;
use engraft_app::people::Act;
use engraft_app::review::{self, Dashboard};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{hours, thousands};
use crate::extract::Fields;
use crate::guard::Who;
use crate::page::{Frame, Part, address};
use crate::problem::Problem;
use crate::studio::Studio;

/// A rate as the form sends it; empty: not known any more.
#[derive(Deserialize)]
pub(crate) struct Rate {
    hourly_rate: String,
    currency: String,
}

/// Sets what an hour costs.
pub(crate) async fn set(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Fields(rate): Fields<Rate>,
) -> Result<Redirect, Problem> {
    let hourly = match rate.hourly_rate.trim() {
        "" => None,
        typed => Some(amount(typed).ok_or_else(|| {
            Problem::user(
                format!("`{typed}` is no hourly rate"),
                "write a number, such as 18.50, with nothing between its thousands",
            )
        })?),
    };
    let to = address(&dataset, Part::Dashboard);
    studio
        .call(move |context, app| {
            let rate = hourly.map(|hourly| (hourly, rate.currency.as_str()));
            review::set_rate(context, app, &principal, &dataset, rate)
        })
        .await?;
    Ok(Redirect::to(&to))
}

/// A number as people write it, with a point or a comma; `None` for what is none.
///
/// `1,234` is none either: it is a thousand to some and hardly more than one to others.
fn amount(typed: &str) -> Option<f64> {
    let is_grouped = typed.split_once(',').is_some_and(|(_, rest)| rest.len() == 3);
    if is_grouped { None } else { typed.replace(',', ".").parse().ok() }
}

/// `EUR 1,234.50`.
pub(crate) fn money(amount: f64, currency: &str) -> String {
    let cents = (amount * 100.0).round() as u64;
    format!("{currency} {}.{:02}", thousands(cents / 100), cents % 100)
}

/// Hours and money so far, for each resolved item and still to come; with the rate, for those who may set it.
pub(crate) fn panel(view: &Dashboard, frame: &Frame) -> Markup {
    let currency = view.cost.as_ref().map_or("", |cost| cost.currency.as_str());
    let in_money = |amount: f64| money(amount, currency);
    html! {
        section.panel.cost {
            h2 { "Cost" }
            dl.figures {
                div { dt { "Worked" } dd { (hours(view.hours_spent)) } }
                @if let Some(cost) = &view.cost {
                    div { dt { "Spent" } dd { (in_money(cost.spent)) } }
                    @if let Some(each) = cost.per_resolved { div { dt { "For each resolved item" } dd { (in_money(each)) } } }
                    @if let Some(left) = cost.left.filter(|_| view.responses_needed > 0) { div { dt { "Still to come, about" } dd { (in_money(left)) } } }
                }
            }
            @if frame.may(Act::Manage) {
                details {
                    summary { @match &view.cost { Some(cost) => { "At " (in_money(cost.hourly_rate)) " an hour: change it" }, None => "Set a rate" } }
                    form.row.end method="post" action={ (address(&view.dataset, Part::Dashboard)) "/rate" } {
                        (frame.csrf_field())
                        label.field { span { "An hour costs" } input name="hourly_rate" inputmode="decimal" autocomplete="off" value=[view.cost.as_ref().map(|cost| cost.hourly_rate)]; }
                        label.field { span { "Currency" } input name="currency" maxlength="3" autocomplete="off" autocapitalize="characters" placeholder="EUR" value=(currency); }
                        button.button { "Set" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{amount, money};

    #[test]
    fn a_rate_has_a_point_or_a_comma_and_no_thousands() {
        assert_eq!(
            [amount("18"), amount("18.5"), amount("18,50"), amount("0,5")].map(Option::unwrap),
            [18.0, 18.5, 18.5, 0.5]
        );
        assert_eq!([amount("1,234"), amount("1,234.50"), amount("1.234,50"), amount("a lot")], [None; 4]);
    }

    #[test]
    fn money_has_its_currency_and_two_digits() {
        assert_eq!(
            [money(0.0, "EUR"), money(1234.5, "CHF"), money(0.999, "USD")],
            ["EUR 0.00", "CHF 1,234.50", "USD 1.00"]
        );
    }
}
