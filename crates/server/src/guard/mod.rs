//! Who asks, and whether a browser was tricked into asking.

mod browser;
mod forgery;
mod gate;
mod headers;
mod who;

pub(crate) use browser::speak_html;
pub(crate) use gate::gate;
pub(crate) use headers::add as add_headers;
pub(crate) use who::{SESSION, Who, cookie};
