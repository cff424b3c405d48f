//! The server gives the pages of the book, tells them of a new one, and gives nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use book::project::Project;
use book::serve::{Live, listen, router};

use crate::scratch::Scratch;

/// A server on a free port, in this process.
struct Server {
    address: SocketAddr,
    live: Live,
    _scratch: Scratch,
}

impl Server {
    fn start() -> Self {
        let scratch = Scratch::bare();
        scratch.write("Cargo.toml", "secret");
        scratch.write("target/secret", "secret");
        scratch.write("target/book/index.html", "<!DOCTYPE html><p>Hello</p>");
        scratch.write("target/book/404.html", "<!DOCTYPE html><p>No such page</p>");
        scratch.write("target/book/a.css", "p {}");
        scratch.write("target/book/a.js", "1");
        scratch.write("target/book/a.svg", "<svg/>");
        scratch.write("target/book/a.csv", "t,x");
        scratch.write("target/book/ch1/page.html", "page");
        let live = Live::new();
        let app = router(&Project::at(&scratch.path("")), &live);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(listen(0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, app).await }));
        Self { address, live, _scratch: scratch }
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// The whole answer, as it comes over the wire: no client that tidies the path stands between.
    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
            .read_to_string(&mut answer)
            .unwrap();
        answer
    }
}

#[test]
fn it_listens_on_the_loopback_address_only() {
    assert!(Server::start().address.ip().is_loopback());
}

#[test]
fn nothing_outside_the_book_is_given() {
    let server = Server::start();
    for path in [
        "/../Cargo.toml",
        "/../../Cargo.toml",
        "/../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/..%5csecret",
        "/ch1/../../secret",
        "/ch1/%2e%2e/%2e%2e/secret",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/%00",
        "/nothing",
        "/ch1/",
    ] {
        let answer = server.get(path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("secret") && !answer.contains("root:"), "{path}: {answer}");
    }
    assert!(server.get("/nothing").contains("No such page"));
}

#[test]
fn types_are_right_and_nothing_is_kept_by_the_browser() {
    let server = Server::start();
    for (path, kind) in [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/a.css", "text/css"),
        ("/a.js", "text/javascript"),
        ("/a.svg", "image/svg+xml"),
        ("/a.csv", "text/csv"),
        ("/~live.js", "text/javascript"),
    ] {
        let answer = server.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        assert!(answer.contains(&format!("content-type: {kind}")), "{path}: {answer}");
        assert!(answer.contains("cache-control: no-store"), "{path}: {answer}");
    }
    let later = "GET /a.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n";
    let mut answer = String::new();
    server.send(later).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn pages_follow_the_news_and_other_files_do_not() {
    let server = Server::start();
    let page = server.get("/");
    let version = between(&page, "data-version=\"", "\"").to_owned();
    assert!(!server.get("/a.css").contains("~live.js"));

    let news = server.send("GET /~live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut news = BufReader::new(news).lines().map(Result::unwrap).filter(|line| line.starts_with("data: "));
    assert_eq!(news.next().unwrap(), format!("data: {{\"version\":\"{version}\",\"problems\":null}}"));

    server.live.failed("chapters/a.md:3: unknown figure");
    assert!(news.next().unwrap().contains("\"problems\":\"chapters/a.md:3: unknown figure\""));

    server.live.rebuilt();
    let after = news.next().unwrap();
    assert!(after.contains("\"problems\":null") && !after.contains(&version), "{after}");
    assert_eq!(between(&server.get("/"), "data-version=\"", "\""), between(&after, "version\":\"", "\""));
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("both marks are there").0
}
