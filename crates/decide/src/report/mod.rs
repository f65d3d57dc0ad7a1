//! The report: one HTML page that needs nothing else, and the same in Markdown for a pull request.

mod effects;
mod engineer;
mod escape;
mod evidence;
mod failures;
mod first;
mod growth;
mod judge;
mod lacking;
mod lag;
mod learning;
mod limits;
mod markdown;
mod pictures;
mod plot;
mod slices;

pub use first::tile;
pub use markdown::markdown;
pub use pictures::pictures;

use crate::{Decision, Experiment};

const STYLE: &str = include_str!("style.css");

/// The report as one HTML page without scripts, fonts, images or links to elsewhere.
///
/// `experiment` is the one `decision` was made from. The same two give the same bytes.
pub fn html(experiment: &Experiment, decision: &Decision) -> String {
    let experiment = experiment.with_router();
    let mut out = String::with_capacity(200_000);
    out.push_str("<!doctype html>\n<html lang=en><head><meta charset=utf-8>");
    out.push_str("<meta name=viewport content=\"width=device-width,initial-scale=1\">");
    // Whatever a document said, nothing here may load or run.
    out.push_str(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src 'unsafe-inline'\">",
    );
    out.push_str("<meta name=generator content=Engraft>");
    out.push_str(&format!(
        "<title>{}: decision</title>\n<style>{STYLE}</style></head>\n",
        escape::esc(&decision.name)
    ));
    out.push_str("<body><main>\n");
    out.push_str(&first::first_page(&experiment, decision));
    out.push_str("<div class=engineer>\n");
    out.push_str(&engineer::sections(&experiment, decision));
    out.push_str("</div>\n</main></body></html>\n");
    out
}

#[cfg(test)]
mod measures;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
