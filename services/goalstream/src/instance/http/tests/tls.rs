//! TLS: what is offered and shown, and the same bounds for those who speak HTTP/2.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

use super::*;
use crate::config;

/// A certificate and its key in a folder of their own, removed with this.
struct Files {
    folder: PathBuf,
    settings: config::Tls,
}

impl Files {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("goalstream-test-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&folder).unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let settings = config::Tls { listen, cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        let files = Self { folder, settings };
        files.renew();
        files
    }

    fn renew(&self) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&self.settings.cert, cert.pem()).unwrap();
        fs::write(&self.settings.key, signing_key.serialize_pem()).unwrap();
    }

    fn tls(&self) -> Tls {
        Tls::read(&self.settings).unwrap()
    }

    /// Why they cannot be used.
    fn refused(&self) -> String {
        Tls::read(&self.settings).err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    /// A client that trusts this certificate alone, and offers these protocols.
    async fn client(&self, address: SocketAddr, offered: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.settings.cert).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for such things.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const BOTH: [&str; 2] = ["h2", "http/1.1"];

/// A client that speaks HTTP/2, and the end of its connection.
async fn http2(files: &Files, server: &Server) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = files.client(server.address, &BOTH).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    (client.ready().await.unwrap(), tokio::spawn(connection))
}

fn ask(client: &mut SendRequest<Bytes>, path: &str) -> ResponseFuture {
    let request = axum::http::Request::get(format!("https://board.example:4748{path}")).body(()).unwrap();
    client.send_request(request, true).unwrap().0
}

async fn told(answer: ResponseFuture) -> String {
    let mut body = answer.await.unwrap().into_body();
    let mut told = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.unwrap();
        body.flow_control().release_capacity(part.len()).unwrap();
        told.extend(part);
    }
    String::from_utf8(told).unwrap()
}

#[tokio::test]
async fn http2_is_spoken_with_who_can_and_names_the_host_as_ever() {
    let files = Files::new();
    let server = Server::behind(BOUNDS, Some(files.tls())).await;
    let (mut client, _connection) = http2(&files, &server).await;
    // At the same time, over one connection.
    let (slow, host) = (ask(&mut client, "/slow"), ask(&mut client, "/host"));
    assert_eq!(told(host).await, "board.example:4748");
    assert_eq!(told(slow).await, "");
}

#[tokio::test]
async fn who_offers_no_http2_is_served_as_ever() {
    let files = Files::new();
    let server = Server::behind(BOUNDS, Some(files.tls())).await;
    for offered in [&["http/1.1"][..], &[]] {
        let mut client = files.client(server.address, offered).await.unwrap();
        client.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut told = String::new();
        timeout(PATIENCE, client.read_to_string(&mut told)).await.unwrap().unwrap();
        assert!(told.starts_with("HTTP/1.1 200 OK\r\n") && told.ends_with("alive"), "{told}");
    }
}

#[tokio::test]
async fn who_never_agrees_on_anything_is_let_go() {
    let files = Files::new();
    let server = Server::behind(Bounds { first_request: SHORT, ..BOUNDS }, Some(files.tls())).await;
    for said in ["", "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let told = server.told(said).await;
        assert!(!told.contains("HTTP"), "{told}");
    }
    // Agreed, but asks nothing.
    let (_client, connection) = http2(&files, &server).await;
    timeout(PATIENCE, connection).await.expect("the server closes the connection").unwrap().ok();
}

#[tokio::test]
async fn an_http2_connection_may_rest_only_when_nothing_is_being_answered() {
    let files = Files::new();
    let server = Server::behind(Bounds { rest: SHORT, ..BOUNDS }, Some(files.tls())).await;
    let (mut waiting, connection) = http2(&files, &server).await;
    let _never = ask(&mut waiting, "/never");
    let (mut resting, closed) = http2(&files, &server).await;
    assert_eq!(told(ask(&mut resting, "/livez")).await, "alive");
    timeout(PATIENCE, closed).await.expect("the server closes the connection").unwrap().ok();
    sleep(SHORT).await;
    assert!(!connection.is_finished(), "it waits for an answer");
    assert_eq!(told(ask(&mut waiting, "/livez")).await, "alive");
}

#[tokio::test]
async fn one_too_many_has_one_question_over_tls_too() {
    let files = Files::new();
    let server = Server::behind(Bounds { connections_max: 1, ..BOUNDS }, Some(files.tls())).await;
    let (mut seated, _connection) = http2(&files, &server).await;
    assert_eq!(told(ask(&mut seated, "/livez")).await, "alive");
    let mut refused = files.client(server.address, &BOTH).await.unwrap();
    assert_eq!(refused.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    refused.write_all(b"GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut told = String::new();
    timeout(PATIENCE, refused.read_to_string(&mut told)).await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
}

#[tokio::test]
async fn at_the_end_what_was_asked_over_http2_is_answered() {
    let files = Files::new();
    let server = Server::behind(BOUNDS, Some(files.tls())).await;
    let (mut client, connection) = http2(&files, &server).await;
    let slow = ask(&mut client, "/slow");
    server.asked.notified().await;
    server.stopping.cancel();
    assert_eq!(slow.await.unwrap().status(), 200);
    drop(client);
    timeout(PATIENCE, connection).await.unwrap().unwrap().unwrap();
    timeout(PATIENCE, server.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_a_broken_one_is_not() {
    let files = Files::new();
    let tls = files.tls();
    let certificate = Arc::clone(&tls.certificate);
    let server = Server::behind(BOUNDS, Some(tls)).await;
    assert!(!certificate.look().unwrap(), "nothing new");
    files.client(server.address, &BOTH).await.expect("the first one is shown");
    files.renew();
    files.client(server.address, &BOTH).await.expect_err("the second one is not shown yet");
    assert!(certificate.look().unwrap());
    files.client(server.address, &BOTH).await.expect("the second one is shown");
    let kept = fs::read(&files.settings.cert).unwrap();
    fs::write(&files.settings.cert, "half").unwrap();
    certificate.look().unwrap_err();
    fs::write(&files.settings.cert, kept).unwrap();
    files.client(server.address, &BOTH).await.expect("it is still shown");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let files = Files::new();
    let key = fs::read(&files.settings.key).unwrap();
    assert_eq!(files.refused(), "");
    files.renew();
    fs::write(&files.settings.key, key).unwrap();
    assert!(files.refused().contains("do they belong together?"), "{}", files.refused());
    fs::write(&files.settings.key, "").unwrap();
    let told = files.refused();
    assert!(told.contains("tls-key") && told.contains("key.pem") && told.contains("without a password"), "{told}");
    fs::write(&files.settings.cert, "").unwrap();
    assert!(files.refused().contains("holds no certificate"), "{}", files.refused());
    fs::remove_file(&files.settings.cert).unwrap();
    assert!(files.refused().starts_with("read tls-cert "), "{}", files.refused());
}
