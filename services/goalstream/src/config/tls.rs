//! Whether TLS is spoken as well, and with which certificate.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// A second address, where TLS is spoken; with it --tls-cert and --tls-key.
    #[arg(long, global = true, env = "GOALSTREAM_TLS_LISTEN", value_name = "ADDRESS")]
    tls_listen: Option<String>,
    /// The certificate, and those between it and its authority after it (PEM); taken anew when the file changes.
    #[arg(long, global = true, env = "GOALSTREAM_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, global = true, env = "GOALSTREAM_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

/// Where TLS is spoken, and whose certificate is shown.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// `GOALSTREAM_TLS_LISTEN`.
    pub(crate) listen: SocketAddr,
    /// `GOALSTREAM_TLS_CERT`.
    pub(crate) cert: PathBuf,
    /// `GOALSTREAM_TLS_KEY`.
    pub(crate) key: PathBuf,
}

impl Said {
    /// All three settings, or `None` of them.
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Option<Tls>> {
        let said =
            (self.tls_listen.or(file.tls_listen), self.tls_cert.or(file.tls_cert), self.tls_key.or(file.tls_key));
        let (listen, cert, key) = match said {
            (Some(listen), Some(cert), Some(key)) => (listen, cert, key),
            (None, None, None) => return Ok(None),
            (listen, cert, key) => {
                let given =
                    [("tls-listen", listen.is_some()), ("tls-cert", cert.is_some()), ("tls-key", key.is_some())];
                let missing: Vec<_> = given.iter().filter(|(_, is_given)| !is_given).map(|(name, _)| *name).collect();
                bail!("TLS needs tls-listen, tls-cert and tls-key; missing: {}", missing.join(", "));
            }
        };
        let listen = listen
            .parse()
            .with_context(|| format!("tls-listen is `{listen}`; give an address and a port, such as 0.0.0.0:4748"))?;
        Ok(Some(Tls { listen, cert, key }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(listen: Option<&str>, cert: Option<&str>, key: Option<&str>) -> Said {
        Said { tls_listen: listen.map(Into::into), tls_cert: cert.map(Into::into), tls_key: key.map(Into::into) }
    }

    #[test]
    fn all_three_or_none_and_each_may_come_from_the_file() {
        assert!(said(None, None, None).resolve(Said::default()).unwrap().is_none());
        let tls = said(Some("[::]:443"), None, None).resolve(said(Some("no"), Some("c"), Some("k"))).unwrap().unwrap();
        assert_eq!(
            (tls.listen.to_string().as_str(), tls.cert.to_str(), tls.key.to_str()),
            ("[::]:443", Some("c"), Some("k"))
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let told = |said: Said| format!("{:#}", said.resolve(Said::default()).unwrap_err());
        assert_eq!(
            told(said(None, Some("c"), None)),
            "TLS needs tls-listen, tls-cert and tls-key; missing: tls-listen, tls-key"
        );
        assert!(told(said(Some("443"), Some("c"), Some("k"))).starts_with("tls-listen is `443`; give an address"));
    }
}
