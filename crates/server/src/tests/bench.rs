//! A studio on a temporary workspace, with a person of every role.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use engraft_app::people::{self, Principal, Role, Scope};
use engraft_app::{Context, Workspace};
use engraft_core::{Cancel, Silent};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::Options;
use crate::routes::router;
use crate::serve::Peer;
use crate::studio::Studio;

/// Seconds since 1970 that pass by one with every look at the clock.
static CLOCK: AtomicI64 = AtomicI64::new(1_750_000_000);

/// The studio and everybody's key to it.
pub(super) struct Bench {
    router: Router,
    runtime: Runtime,
    tokens: BTreeMap<&'static str, String>,
    /// The code of the first visit, while there is one.
    pub(super) code: Option<String>,
    _folder: TempDir,
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    /// The body as JSON; `null` when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The cookie of that name that was set.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let found =
            all.filter_map(|value| value.split(';').next()?.split_once('=')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_string())
    }
}

/// One person of each role, and a second annotator.
pub(super) const PEOPLE: [(&str, Role); 6] = [
    ("olga", Role::Owner),
    ("lea", Role::Lead),
    ("rex", Role::Reviewer),
    ("ana", Role::Annotator),
    ("zeno", Role::Annotator),
    ("vic", Role::Viewer),
];

fn now_ns() -> i64 {
    CLOCK.fetch_add(1, Ordering::Relaxed) * 1_000_000_000
}

fn now() -> String {
    "2026-01-02T03:04:05Z".into()
}

fn silent(_: &str) {}

/// What the dataset of the bench asks: one label, by two people, gold first.
pub(super) fn schema() -> Value {
    json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "topic", "type": "label", "options": ["billing", "bug", "praise"] }],
        "guidelines": "# Topics\n\nRead first. <script>alert(1)</script>",
        "distribution": { "overlap": 2 },
        "gold": { "onboarding": 1 },
    })
}

impl Bench {
    /// A studio where nobody can sign in yet.
    pub(super) fn empty() -> Bench {
        Bench::with(|_, _| BTreeMap::new())
    }

    /// A studio with everybody of [`PEOPLE`], each with a token for everything, and no dataset.
    pub(super) fn peopled() -> Bench {
        Bench::with(everybody)
    }

    /// The same with the dataset `tickets`: six items, the last of them gold.
    pub(super) fn stocked() -> Bench {
        let bench = Bench::peopled();
        let made = bench.post("lea", "/api/v1/datasets", &json!({ "name": "tickets", "schema": schema() }));
        assert_eq!(made.status, 201, "{}", made.text);
        let lines: Vec<String> = (1..=6)
            .map(|n| json!({ "id": format!("t{n}"), "fields": { "text": format!("Ticket {n} about a double charge") } }).to_string())
            .collect();
        let taken = bench.send(
            "lea",
            "POST",
            "/api/v1/datasets/tickets/import?format=jsonl",
            "text/plain",
            &lines.join("\n"),
        );
        assert_eq!(taken.status, 200, "{}", taken.text);
        let gold = json!({ "item": "t6", "gold": { "topic": "praise" } });
        assert_eq!(bench.post("lea", "/api/v1/datasets/tickets/gold", &gold).status, 200);
        bench
    }

    /// A studio of a workspace that `prepare` made something of; it gives everybody's key.
    pub(super) fn with(prepare: impl FnOnce(Context, &Workspace) -> BTreeMap<&'static str, String>) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        engraft_app::init(folder.path(), Some("test"), Some("none")).unwrap();
        let workspace = Workspace::open(folder.path(), 1).unwrap();
        let cancel = Cancel::default();
        let tokens =
            prepare(Context { progress: &Silent, cancel: &cancel, now_ns: &now_ns, now: &now }, &workspace);
        let options = Options { addr: ([127, 0, 0, 1], 0).into(), now_ns, now, say: silent };
        let studio = Arc::new(Studio::open(workspace, &options).unwrap());
        let code = studio.first_code();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Bench { router: router(studio), runtime, tokens, code, _folder: folder }
    }

    /// The whole router, for a test that listens on a socket.
    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Any request at all.
    pub(super) fn ask(&self, request: Request<Body>) -> Reply {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(Peer(([127, 0, 0, 1], 1234).into()));
        let request = Request::from_parts(parts, body);
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Reply { status: parts.status, headers: parts.headers, text }
        })
    }

    /// The first pieces of a body that goes on, with something done after each.
    pub(super) fn hear(&self, cookie: &str, path: &str, mut after: Vec<&dyn Fn()>) -> Vec<String> {
        let request = Request::get(path).header("cookie", format!("engraft={cookie}"));
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(([127, 0, 0, 1], 1234).into()));
        let response = self.runtime.block_on(self.router.clone().oneshot(request)).unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut body = response.into_body();
        let mut heard = Vec::new();
        loop {
            let piece = self.runtime.block_on(async {
                tokio::time::timeout(std::time::Duration::from_secs(20), body.frame()).await
            });
            let bytes = piece.unwrap().unwrap().unwrap().into_data().unwrap();
            heard.push(String::from_utf8_lossy(&bytes).into_owned());
            if after.is_empty() {
                return heard;
            }
            after.remove(0)();
        }
    }

    /// A request with somebody's token; `nobody` has none.
    pub(super) fn send(&self, who: &str, method: &str, path: &str, mime: &str, body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("content-type", mime);
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.ask(request.body(Body::from(body.to_string())).unwrap())
    }

    /// The status alone of what somebody's token gets, for a body that goes on.
    pub(super) fn status(&self, who: &str, path: &str) -> StatusCode {
        let mut request = Request::get(path);
        if let Some(token) = self.tokens.get(who) {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(([127, 0, 0, 1], 1234).into()));
        self.runtime.block_on(self.router.clone().oneshot(request)).unwrap().status()
    }

    /// A program reads.
    pub(super) fn get(&self, who: &str, path: &str) -> Reply {
        self.send(who, "GET", path, "text/plain", "")
    }

    /// A program writes JSON.
    pub(super) fn post(&self, who: &str, path: &str, body: &Value) -> Reply {
        self.send(who, "POST", path, "application/json", &body.to_string())
    }

    /// Signs somebody in as a browser does; the cookie.
    pub(super) fn sign_in(&self, name: &str) -> String {
        let form = format!("name={name}&password=correct+horse&next=%2F");
        let reply = self.send("nobody", "POST", "/login", "application/x-www-form-urlencoded", &form);
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.cookie("engraft").unwrap()
    }

    /// A browser opens a page.
    pub(super) fn open(&self, cookie: &str, path: &str) -> Reply {
        let request =
            Request::get(path).header("accept", "text/html").header("cookie", format!("engraft={cookie}"));
        self.ask(request.body(Body::empty()).unwrap())
    }

    /// A browser sends a form, with the token of the page it stands on.
    pub(super) fn submit(&self, cookie: &str, path: &str, form: &str) -> Reply {
        let page = self.open(cookie, "/account").text;
        let token = page.split("name=\"csrf\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        let request = Request::post(path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", format!("engraft={cookie}"))
            .header("host", "studio.test")
            .header("origin", "http://studio.test");
        self.ask(request.body(Body::from(format!("csrf={token}&{form}"))).unwrap())
    }
}

/// Adds everybody of [`PEOPLE`]; the token of each.
pub(super) fn everybody(context: Context, app: &Workspace) -> BTreeMap<&'static str, String> {
    let root = Principal::at_the_machine();
    let all = Scope::ALL.into_iter().collect();
    let mut tokens = BTreeMap::new();
    for (place, (name, role)) in PEOPLE.into_iter().enumerate() {
        let random = [place as u8 + 1; 32];
        people::add_user(context, app, &root, name, role, Some("correct horse"), &random).unwrap();
        let made = people::create_token(context, app, &root, name, "test", &all, None, &random).unwrap();
        tokens.insert(name, made.token);
    }
    tokens
}
