//! The server: the built book on 127.0.0.1, with live reload.

mod live;
mod session;

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};

use crate::project::Project;

pub use live::Live;
pub use session::{Options, serve};

/// The port used unless the reader asks for another.
pub const PORT: u16 = 3000;

/// Listens on the loopback address only.
pub async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("port {port} is in use: choose another with `--port N`, or let `--port 0` find a free one")
        }
        Err(error) => bail!("cannot listen on port {port}: {error}; choose another with `--port N`"),
    }
}

/// The pages of the built book, and nothing outside its folder.
pub fn router(project: &Project, live: &Live) -> Router {
    let pages =
        ServeDir::new(&project.output).not_found_service(ServeFile::new(project.output.join("404.html")));
    live.attach(Router::new().fallback_service(pages)).layer(from_fn(always_fresh))
}

/// A page is built many times a minute, and "modified since" counts in seconds: nothing is kept by the browser.
///
/// While a new book is moved into place there is no book for an instant: what is not found is looked for twice.
async fn always_fresh(mut request: Request, next: Next) -> Response {
    const INSTANT: Duration = Duration::from_millis(20);
    request.headers_mut().remove(header::IF_MODIFIED_SINCE);
    let mut again = Request::new(Body::empty());
    again.method_mut().clone_from(request.method());
    again.uri_mut().clone_from(request.uri());
    let mut response = next.clone().run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        tokio::time::sleep(INSTANT).await;
        response = next.run(again).await;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
