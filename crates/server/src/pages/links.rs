//! Where a dashboard's figures lead: to the items behind them.

use maud::{Markup, Render, html};

use crate::page::{Part, address, encoded};

/// The way to a dataset's items; none for those who may not see the items behind a figure.
pub(crate) struct Links<'a> {
    pub(crate) dataset: &'a str,
    pub(crate) to_items: bool,
}

impl Links<'_> {
    /// A figure that leads to the items of a filter.
    pub(crate) fn items(&self, filter: &[(&str, &str)], figure: impl Render) -> Markup {
        let pairs = filter.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        html! {
            @if self.to_items { a href={ (address(self.dataset, Part::Items)) "?" (query) } { (figure) } } @else { (figure) }
        }
    }

    /// The same for a count, which leads nowhere when there is nothing.
    pub(crate) fn counted(&self, filter: &[(&str, &str)], n: u64, figure: impl Render) -> Markup {
        html! { @if n == 0 { (figure) } @else { (self.items(filter, figure)) } }
    }
}
