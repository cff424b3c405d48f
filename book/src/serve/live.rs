//! Live reload: every open page learns when the book was built anew, or what keeps it from being built.

use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::watch;

const SCRIPT: &str = include_str!("../live.js");

/// What the pages are told. A page carries the version it was served with, so that no reload is ever missed.
#[derive(Debug, Clone, Serialize)]
struct Status {
    version: String,
    problems: Option<String>,
}

/// The sender of news to the open pages.
#[derive(Debug, Clone)]
pub struct Live {
    status: watch::Sender<Status>,
}

impl Live {
    /// Nothing has happened yet. Versions differ from those of an earlier server, so that its pages reload.
    pub fn new() -> Self {
        let (status, _) = watch::channel(Status { version: now(), problems: None });
        Self { status }
    }

    /// The book was built anew.
    pub fn rebuilt(&self) {
        self.status.send_replace(Status { version: now(), problems: None });
    }

    /// The book could not be built; the last good one stands.
    pub fn failed(&self, problems: &str) {
        self.status.send_modify(|status| status.problems = Some(problems.into()));
    }

    /// Adds the news and the script that follows them to every page of `router`.
    pub(super) fn attach(&self, router: Router) -> Router {
        let news = self.clone();
        router
            .layer(from_fn_with_state(self.clone(), with_script))
            .route("/~live", get(async move || news.stream()))
            .route("/~live.js", get(([(header::CONTENT_TYPE, "text/javascript")], SCRIPT)))
    }

    /// The status now and after each change.
    fn stream(&self) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        let mut receiver = self.status.subscribe();
        receiver.mark_changed();
        let events = stream::unfold(receiver, async |mut receiver| {
            receiver.changed().await.ok()?;
            let status = serde_json::to_string(&*receiver.borrow_and_update()).expect("a status is JSON");
            Some((Ok(Event::default().data(status)), receiver))
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

fn now() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos()).to_string()
}

/// Appends the script to pages. The version is read before the page: a build in between makes the page reload once more.
async fn with_script(State(live): State<Live>, request: Request, next: Next) -> Response {
    let version = live.status.borrow().version.clone();
    let wants_page = request.method() == Method::GET;
    let response = next.run(request).await;
    let is_page = |kind: &HeaderValue| kind.to_str().is_ok_and(|kind: &str| kind.starts_with("text/html"));
    if !wants_page || !response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut page = Vec::from(page);
    page.extend(format!("<script src=\"/~live.js\" data-version=\"{version}\"></script>\n").bytes());
    parts.headers.insert(header::CONTENT_LENGTH, page.len().into());
    Response::from_parts(parts, Body::from(page))
}
