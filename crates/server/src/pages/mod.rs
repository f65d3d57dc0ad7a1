//! The pages people see, one file each.

pub(crate) mod account;
pub(crate) mod adjudicate;
pub(crate) mod builder;
pub(crate) mod bulk;
pub(crate) mod cost;
pub(crate) mod dashboard;
pub(crate) mod decisions;
pub(crate) mod delete;
pub(crate) mod drawn;
pub(crate) mod figures;
pub(crate) mod first;
pub(crate) mod guidelines;
pub(crate) mod home;
pub(crate) mod items;
pub(crate) mod known;
mod links;
pub(crate) mod log;
pub(crate) mod people;
pub(crate) mod quality;
mod schema_form;
mod schema_text;
pub(crate) mod sign_in;
mod team;
mod templates;
pub(crate) mod transfer;
pub(crate) mod work;
