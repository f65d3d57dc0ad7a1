//! Which parts of a page are its main content, and which are navigation, cookie banners and the like.
//!
//! The rule is to keep when in doubt: a part is dropped for its name only while most of the running text stays.

use super::dom::{Dom, Id, ROOT, Step};
use super::measure::{Measure, measure};

/// Characters of running text from which on a page counts as an article; shorter ones are kept whole.
const ARTICLE: usize = 400;

/// What is written, and what is left out.
#[derive(Debug)]
pub(super) struct Selection {
    /// Everything outside is left out.
    pub(super) root: Id,
    /// Per node, whether it is left out with all that is inside.
    pub(super) dropped: Vec<bool>,
    /// Whether the mail that a mail answers is among what is left out.
    pub(super) quote: bool,
}

/// How much of a page to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// The main content.
    Main,
    /// All that can be seen.
    All,
    /// All that can be seen but the mail that a mail answers.
    Own,
}

/// Chooses what to keep of a page.
pub(super) fn select(dom: &Dom, keep: Keep) -> Selection {
    let mut dropped = vec![false; dom.len()];
    for id in dom.below(ROOT) {
        dropped[id] = is_invisible(dom, id);
    }
    let body = dom.find("body").unwrap_or(ROOT);
    if keep == Keep::Own {
        let mut own = dropped.clone();
        for id in dom.below(body) {
            own[id] |= is_quoted_mail(dom, id);
        }
        let says = measure(dom, body, &own)[body].text > 1;
        let quote = says && own != dropped;
        return Selection { root: body, dropped: if says { own } else { dropped }, quote };
    }
    if keep == Keep::All {
        return Selection { root: body, dropped, quote: false };
    }
    let total = measure(dom, body, &dropped)[body];
    if total.running < ARTICLE {
        // Little text: only what is plainly navigation goes, and only if something stays.
        let mut fewer = dropped.clone();
        for id in dom.below(body) {
            fewer[id] |=
                matches!(dom.tag(id), "nav" | "footer") || has_role(dom, id, &["navigation", "contentinfo"]);
        }
        let left = measure(dom, body, &fewer)[body];
        let dropped = if left.text * 2 >= total.text { fewer } else { dropped };
        return Selection { root: body, dropped, quote: false };
    }
    drop_by_name(dom, body, total, &mut dropped);
    let root = main(dom, body, &dropped);
    drop_link_lists(dom, root, &mut dropped);
    let root = with_title(dom, body, root, &mut dropped);
    Selection { root, dropped, quote: false }
}

fn is_invisible(dom: &Dom, id: Id) -> bool {
    let tag = dom.tag(id);
    if matches!(
        tag,
        "head"
            | "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "iframe"
            | "object"
            | "embed"
            | "canvas"
            | "audio"
            | "video"
            | "select"
            | "datalist"
            | "button"
            | "input"
            | "map"
            | "area"
            | "dialog"
    ) {
        return true;
    }
    let style = dom.attribute(id, "style").unwrap_or_default();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let is_anchor =
        tag == "a" && dom.attribute(id, "class").is_some_and(|class| class.contains("headerlink"));
    is_anchor
        || dom.attribute(id, "hidden").is_some()
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

/// How mail programs mark the mail that is answered.
fn is_quoted_mail(dom: &Dom, id: Id) -> bool {
    let class = dom.attribute(id, "class").unwrap_or_default();
    let marks =
        ["gmail_quote", "gmail_attr", "gmail_extra", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"];
    marks.iter().any(|mark| class.split_whitespace().any(|name| name == *mark))
        || dom.tag(id) == "blockquote" && dom.attribute(id, "type") == Some("cite")
}

fn has_role(dom: &Dom, id: Id, roles: &[&str]) -> bool {
    dom.attribute(id, "role").is_some_and(|role| roles.contains(&role))
}

/// Words in class names and ids of parts that are no content.
const UNLIKELY: [&str; 62] = [
    "adbox",
    "ads",
    "advert",
    "advertisement",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "comment",
    "commentlist",
    "comments",
    "consent",
    "cookie",
    "cookies",
    "copyright",
    "credits",
    "crumbs",
    "dialog",
    "disqus",
    "donate",
    "flyout",
    "follow",
    "footer",
    "gdpr",
    "legal",
    "links",
    "login",
    "masthead",
    "menu",
    "meta",
    "modal",
    "nav",
    "navbar",
    "navigation",
    "newsletter",
    "noprint",
    "outbrain",
    "pager",
    "pagination",
    "popup",
    "print",
    "promo",
    "recommended",
    "register",
    "related",
    "respond",
    "search",
    "share",
    "sharing",
    "sidebar",
    "signup",
    "skip",
    "skyscraper",
    "social",
    "sponsor",
    "subscribe",
    "taboola",
    "tags",
    "teaser",
    "teasers",
    "toolbar",
    "widget",
];

/// Drops what calls itself navigation, advertisement and so on, unless it holds much of the running text.
fn drop_by_name(dom: &Dom, body: Id, total: Measure, dropped: &mut [bool]) {
    let measures = measure(dom, body, dropped);
    dom.walk(body, |step| {
        let Step::Enter(id) = step else { return true };
        if dropped[id] {
            return false;
        }
        let size = measures[id];
        let is_page = matches!(dom.tag(id), "body" | "main" | "article" | "html");
        if !is_page && is_unlikely(dom, id) && size.running * 4 < total.running {
            dropped[id] = true;
            return false;
        }
        true
    });
}

fn is_unlikely(dom: &Dom, id: Id) -> bool {
    let tag = dom.tag(id);
    if matches!(tag, "nav" | "aside" | "footer" | "menu") {
        return true;
    }
    let in_article = || dom.ancestors(id).any(|above| matches!(dom.tag(above), "article" | "main"));
    if tag == "header" && !in_article() && !dom.below(id).iter().any(|&inside| dom.tag(inside) == "h1") {
        return true;
    }
    let roles = [
        "navigation",
        "banner",
        "contentinfo",
        "complementary",
        "search",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
    ];
    if has_role(dom, id, &roles) {
        return true;
    }
    if !matches!(
        tag,
        "div"
            | "section"
            | "ul"
            | "ol"
            | "p"
            | "span"
            | "table"
            | "td"
            | "form"
            | "header"
            | "dl"
            | "h2"
            | "h3"
            | "h4"
            | "li"
            | "figure"
    ) {
        return false;
    }
    let names = [dom.attribute(id, "class"), dom.attribute(id, "id")];
    names.into_iter().flatten().any(has_unlikely_word)
}

/// Whether one of the words of a class name or id, divided at signs and capitals, is an unlikely one.
fn has_unlikely_word(name: &str) -> bool {
    let mut word = String::new();
    let mut previous = ' ';
    for c in name.chars().chain([' ']) {
        let starts = !c.is_alphanumeric() || (c.is_uppercase() && previous.is_lowercase());
        if starts && !word.is_empty() {
            if UNLIKELY.binary_search(&word.as_str()).is_ok() {
                return true;
            }
            word.clear();
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    false
}

/// The smallest part that holds nearly all of the running text, or what declares itself the main part.
fn main(dom: &Dom, body: Id, dropped: &[bool]) -> Id {
    let measures = measure(dom, body, dropped);
    let total = measures[body].running;
    let mut declared: Vec<Id> = dom
        .below(body)
        .into_iter()
        .filter(|&id| !dropped[id])
        .filter(|&id| {
            matches!(dom.tag(id), "main" | "article")
                || has_role(dom, id, &["main"])
                || dom.attribute(id, "itemprop") == Some("articleBody")
        })
        .filter(|&id| measures[id].running * 2 > total)
        .collect();
    let mut root = body;
    if let Some(innermost) = declared.pop() {
        root = innermost;
    }
    let total = measures[root].running.max(1);
    while let Some(child) = dom.children(root).find(|&child| measures[child].running * 100 >= total * 85) {
        if matches!(dom.tag(child), "p" | "ul" | "ol" | "pre" | "blockquote") {
            break;
        }
        root = child;
    }
    // Rows are part of their table.
    while matches!(dom.tag(root), "tr" | "tbody") {
        root = dom.parent(root).unwrap_or(body);
    }
    root
}

/// Widens the main part so that the page's title and the lead below it, which often stand outside, are in.
fn with_title(dom: &Dom, body: Id, root: Id, dropped: &mut [bool]) -> Id {
    let order = dom.below(body);
    let title = order.iter().copied().take_while(|&id| id != root).filter(|&id| dom.tag(id) == "h1").last();
    let Some(title) = title.filter(|&id| !dom.ancestors(id).chain([id]).any(|above| dropped[above])) else {
        return root;
    };
    if dom.below(root).iter().any(|&id| dom.tag(id) == "h1" && !dropped[id]) {
        return root;
    }
    let above: Vec<Id> = dom.ancestors(title).collect();
    let Some(top) = dom.ancestors(root).find(|id| above.contains(id)) else { return root };
    let measures = measure(dom, top, dropped);
    let is_text = |id: Id| measures[id].running > 0 && measures[id].linked * 5 < measures[id].text * 2;
    for (inner, is_root) in [(root, true), (title, false)] {
        let mut inner = inner;
        while let Some(parent) = dom.parent(inner).filter(|_| inner != top) {
            let mut after = false;
            for child in dom.children(parent) {
                after |= child == inner;
                let on_path =
                    child == inner || above.contains(&child) || dom.ancestors(root).any(|id| id == child);
                // What follows the main part is not its lead.
                dropped[child] |=
                    !on_path && child != title && child != root && (!is_text(child) || is_root && after);
            }
            inner = parent;
        }
    }
    top
}

/// Drops the lists and boxes of links before and after the running text of the main part.
fn drop_link_lists(dom: &Dom, root: Id, dropped: &mut [bool]) {
    let measures = measure(dom, root, dropped);
    if measures[root].running < ARTICLE {
        return;
    }
    let order = dom.below(root);
    let mut links = vec![0usize; dom.len()];
    for &id in order.iter().rev() {
        links[id] += usize::from(dom.tag(id) == "a");
        if let Some(parent) = dom.parent(id) {
            links[parent] += links[id];
        }
    }
    let runs =
        |id: &Id| matches!(dom.tag(*id), "p" | "blockquote" | "pre" | "li") && measures[*id].running > 0;
    let first = order.iter().position(runs).unwrap_or(0);
    let last = order.iter().rposition(runs).unwrap_or(order.len());
    for (at, &id) in order.iter().enumerate() {
        let between = first < at && at < last;
        if id == root || between || !matches!(dom.tag(id), "div" | "ul" | "ol" | "section" | "table" | "dl") {
            continue;
        }
        let Measure { text, linked, running } = measures[id];
        dropped[id] |= running == 0 && links[id] >= 3 && linked * 10 > text * 7;
    }
}
