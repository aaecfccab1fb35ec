//! A small extender on 127.0.0.1: HTTP/1.1, one request a connection, answers by path.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Status 200 with this body.
    Text(String),
    /// Another status, with these headers and no body.
    Status(u16, &'static str),
    /// Status 200 with a `Content-Length` that is never kept.
    Promise(u64),
    /// Nothing, until the client goes away.
    Silence,
    /// Status 200 and the beginning of a body, and then nothing.
    Stall,
}

impl From<Value> for Reply {
    fn from(json: Value) -> Self {
        Self::Text(json.to_string())
    }
}

/// A running server; it ends with the test's process.
pub(super) struct Server {
    /// `http://127.0.0.1:PORT`, or with `https`.
    pub(super) url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

/// More connections than any test makes.
const CONNECTIONS: usize = 64;

impl Server {
    /// Serves `answers` by path; any other path is 404.
    pub(super) fn start(answers: Vec<(&'static str, Reply)>) -> Self {
        Self::with("http", answers, |stream, answer| answer(Box::new(stream)))
    }

    /// The same behind TLS, for clients with a certificate of the test authority only.
    pub(super) fn start_tls(answers: Vec<(&'static str, Reply)>) -> Self {
        let file = |name: &str| format!("{}/tests/extenders/tls/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(file("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()],
                PrivateKeyDer::from_pem_file(file("server.key")).unwrap(),
            )
            .unwrap();
        let config = Arc::new(config);
        Self::with("https", answers, move |stream, answer| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(Box::new(StreamOwned::new(connection, stream)));
        })
    }

    fn with(
        scheme: &str,
        answers: Vec<(&'static str, Reply)>,
        wrap: impl Fn(TcpStream, &dyn Fn(Box<dyn ReadWrite>)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let (log, wrap) = (Arc::clone(&requests), Arc::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming().take(CONNECTIONS) {
                let (stream, log, wrap, answers) =
                    (stream.unwrap(), Arc::clone(&log), Arc::clone(&wrap), answers.clone());
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    wrap(stream, &|stream| answer(stream, &answers, &log));
                });
            }
        });
        Self { url, requests }
    }

    /// Paths and bodies so far.
    pub(super) fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().unwrap().clone()
    }

    /// Paths so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|(path, _)| path).collect()
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn answer(stream: Box<dyn ReadWrite>, answers: &[(&str, Reply)], log: &Mutex<Vec<(String, Value)>>) {
    let mut stream = BufReader::new(stream);
    // A client that goes away, or whose handshake fails, is no matter of the server's.
    let Some((path, body)) = request(&mut stream) else { return };
    log.lock().unwrap().push((path.clone(), body));
    let reply = answers.iter().find(|(at, _)| *at == path).map_or(Reply::Status(404, ""), |(_, reply)| reply.clone());
    let head = match &reply {
        Reply::Text(body) => format!("200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        Reply::Status(code, headers) => format!("{code} -\r\n{headers}Content-Length: 0\r\n\r\n"),
        Reply::Promise(length) => format!("200 OK\r\nContent-Length: {length}\r\n\r\n"),
        Reply::Stall => "200 OK\r\nContent-Length: 9\r\n\r\n{".to_owned(),
        Reply::Silence => String::new(),
    };
    if !head.is_empty() {
        let _ = write!(stream.get_mut(), "HTTP/1.1 {head}");
        let _ = stream.get_mut().flush();
    }
    if matches!(reply, Reply::Silence | Reply::Stall) {
        let _ = stream.read(&mut [0]);
    }
}

fn request(stream: &mut impl BufRead) -> Option<(String, Value)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let (mut length, mut json) = (0, false);
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let header = line.trim().to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("content-type", value)) => json = value == "application/json",
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    json.then(|| Some((path, serde_json::from_slice(&body).ok()?)))?
}
