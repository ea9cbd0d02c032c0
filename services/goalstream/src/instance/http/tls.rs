//! TLS: the certificate that is shown, and the protocols that are offered.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::Context;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, rustls, server::TlsStream};
use tokio_util::sync::CancellationToken;

use crate::config;

/// What HTTP/2 is called when protocols are agreed on.
pub(super) const HTTP2: &[u8] = b"h2";

/// How often the certificate's files are looked at: those who renew one do so weeks before it ends.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(60);

/// What is shown and offered to those who speak TLS.
pub(crate) struct Tls {
    pub(super) certificate: Arc<Certificate>,
    /// For those with a place of their own.
    regular: Arc<ServerConfig>,
    /// For the reserve, which does not speak HTTP/2.
    reserve: Arc<ServerConfig>,
}

/// The certificate with its key as they were read last.
#[derive(Debug)]
pub(super) struct Certificate {
    files: config::Tls,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Shown>,
}

#[derive(Debug)]
struct Shown {
    read: Pem,
    key: Arc<CertifiedKey>,
}

/// What is in the two files.
#[derive(PartialEq, Eq)]
struct Pem {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads certificate and key.
    pub(crate) fn read(files: &config::Tls) -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let read = Pem::read(files)?;
        let key = read.certified(files, &provider)?;
        let shown = RwLock::new(Shown { read, key: Arc::new(key) });
        let certificate = Arc::new(Certificate { files: files.clone(), provider, shown });
        let config = |protocols: &[&[u8]]| -> anyhow::Result<Arc<ServerConfig>> {
            let mut config = ServerConfig::builder_with_provider(Arc::clone(&certificate.provider))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Ok(Arc::new(config))
        };
        Ok(Self { regular: config(&[HTTP2, b"http/1.1"])?, reserve: config(&[b"http/1.1"])?, certificate })
    }

    /// Agrees with a client on everything within this bound; `None` for whoever does not get that far.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        in_reserve: bool,
        bound: Duration,
    ) -> Option<TlsStream<TcpStream>> {
        let config = if in_reserve { &self.reserve } else { &self.regular };
        match timeout(bound, TlsAcceptor::from(Arc::clone(config)).accept(stream)).await.ok()? {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "a client did not agree on TLS");
                None
            }
        }
    }

    /// Takes the files anew whenever they change, until it is to stop. What cannot be used is told, and the certificate that is shown stays.
    pub(super) async fn renew(&self, stopping: &CancellationToken) {
        while stopping.run_until_cancelled(tokio::time::sleep(RENEWAL_INTERVAL)).await.is_some() {
            match self.certificate.look() {
                Ok(true) => {
                    tracing::info!(cert = %self.certificate.files.cert.display(), "the certificate was renewed");
                }
                Ok(false) => {}
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = error.as_ref();
                    tracing::warn!(error, "the certificate is not renewed; the one before it is still shown");
                }
            }
        }
    }
}

impl Certificate {
    /// Whether the files held something new, which is shown from now on.
    pub(super) fn look(&self) -> anyhow::Result<bool> {
        let read = Pem::read(&self.files)?;
        if self.shown.read().unwrap_or_else(PoisonError::into_inner).read == read {
            return Ok(false);
        }
        let key = Arc::new(read.certified(&self.files, &self.provider)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Shown { read, key };
        Ok(true)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

impl Pem {
    fn read(files: &config::Tls) -> anyhow::Result<Self> {
        let read =
            |name: &str, path: &Path| std::fs::read(path).with_context(|| format!("read {name} {}", path.display()));
        Ok(Self { cert: read("tls-cert", &files.cert)?, key: read("tls-key", &files.key)? })
    }

    fn certified(&self, files: &config::Tls, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
        let (cert, key) = (files.cert.display(), files.key.display());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .with_context(|| format!("understand tls-cert {cert}"))?;
        anyhow::ensure!(!chain.is_empty(), "tls-cert {cert} holds no certificate; give one in PEM");
        let private = PrivateKeyDer::from_pem_slice(&self.key)
            .with_context(|| format!("understand tls-key {key}; give one private key in PEM, without a password"))?;
        CertifiedKey::from_der(chain, private, provider)
            .with_context(|| format!("use tls-cert {cert} with tls-key {key}; do they belong together?"))
    }
}

/// Keys are for nobody's log.
impl std::fmt::Debug for Pem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pem")
    }
}
