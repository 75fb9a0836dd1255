//! `WebSettings`: on which address the page is served, how bytes get there, and under which names browsers reach it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::http::HeaderName;
use bloodpool_dicom::net::TlsIdentity;

/// How long the link of a rater is valid: it is sent by mail, and opened when there is time.
pub(super) const RATER_LINK_VALID: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How the page is served.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Names under which browsers reach the server, as `HOST` or `HOST:PORT`; where it is not behind a proxy, also its own address
    /// and those of this machine to itself. Anything else is refused.
    pub hosts: Vec<String>,
    /// How bytes get there.
    pub transport: Transport,
}

/// How bytes get to the page.
#[derive(Debug, Clone)]
pub enum Transport {
    /// As they are: for loopback addresses alone.
    Plain,
    /// TLS with this certificate.
    Tls(TlsIdentity),
    /// TLS with a certificate of its own, made once and kept in the data folder.
    SelfSignedTls,
    /// By a proxy, which has TLS.
    BehindProxy(ProxySettings),
}

/// The proxy before the page.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// From where it connects. Nobody else is answered, and forwarded headers are believed from there alone.
    pub(super) addresses: Vec<IpAddr>,
    /// The header in which it names the account of whoever has logged in there; `None`: people log in here.
    pub(super) auth_header: Option<HeaderName>,
}

impl ProxySettings {
    /// A proxy, and the header in which it names accounts; `None` where that is no name of a header.
    #[must_use]
    pub fn new(addresses: Vec<IpAddr>, auth_header: Option<&str>) -> Option<Self> {
        let auth_header = match auth_header {
            None => None,
            Some(name) => Some(HeaderName::from_bytes(name.as_bytes()).ok()?),
        };
        Some(Self { addresses, auth_header })
    }
}

impl WebSettings {
    /// Whether browsers reach the page over TLS: cookies are then sent over TLS alone.
    pub(super) fn secure(&self) -> bool {
        !matches!(self.transport, Transport::Plain)
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.secure() { "https" } else { "http" }
    }

    pub(super) fn cookie_name(&self) -> &'static str {
        if self.secure() { "__Host-bloodpool" } else { "bloodpool-session" }
    }

    /// The values of the `Host` header that are answered, for a server that listens on `address`; the first is what it calls itself.
    pub(super) fn allowed_hosts(&self, address: SocketAddr) -> Vec<String> {
        let port = address.port();
        let of_scheme = if self.secure() { 443 } else { 80 };
        let mut allowed = Vec::new();
        for name in self.hosts.iter().map(|name| name.to_ascii_lowercase()) {
            match (has_port(&name), &self.transport) {
                // Browsers leave out the port of the scheme, which a proxy has.
                (false, Transport::BehindProxy(_)) => allowed.push(name),
                (false, _) => allowed.extend(with_port(&name, port, of_scheme)),
                (true, _) => allowed.push(name),
            }
        }
        if !matches!(self.transport, Transport::BehindProxy(_)) {
            let own = match address.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            };
            for name in [&*own, "localhost", "127.0.0.1", "[::1]"] {
                allowed.extend(with_port(name, port, of_scheme));
            }
        }
        allowed
    }

    /// The names of a certificate of its own, without ports.
    pub(super) fn certificate_names(&self, address: SocketAddr) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for host in self.allowed_hosts(address) {
            let name = if has_port(&host) { host.rsplit_once(':').map_or(&*host, |(name, _)| name) } else { &host };
            let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

fn with_port(name: &str, port: u16, of_scheme: u16) -> Vec<String> {
    let full = format!("{name}:{port}");
    if port == of_scheme { vec![name.to_owned(), full] } else { vec![full] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &str, hosts: &[&str], transport: Transport) -> Vec<String> {
        let address = address.parse().unwrap();
        let hosts = hosts.iter().map(|&name| name.to_owned()).collect();
        WebSettings { address, hosts, transport }.allowed_hosts(address)
    }

    #[test]
    fn a_name_is_answered_with_the_port_that_browsers_ask_for() {
        let plain = hosts("127.0.0.1:8080", &[], Transport::Plain);
        assert_eq!(plain, ["127.0.0.1:8080", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"]);
        let tls = hosts("[::]:443", &["Review.Example", "other.example:8443"], Transport::SelfSignedTls);
        assert_eq!(tls[..3], ["review.example", "review.example:443", "other.example:8443"]);
        assert!(tls.contains(&"[::1]".to_owned()) && tls.contains(&"localhost:443".to_owned()));
        let other_port = hosts("0.0.0.0:8443", &["review.example"], Transport::SelfSignedTls);
        assert_eq!(other_port[0], "review.example:8443");
        assert!(!other_port.contains(&"review.example".to_owned()));
    }

    #[test]
    fn behind_a_proxy_only_the_names_of_the_proxy_are_answered() {
        let proxy = ProxySettings { addresses: vec!["10.0.0.1".parse().unwrap()], auth_header: None };
        let behind = hosts("127.0.0.1:8080", &["review.example"], Transport::BehindProxy(proxy));
        assert_eq!(behind, ["review.example"]);
    }

    #[test]
    fn a_certificate_has_every_name_once_and_no_port() {
        let address = "[2001:db8::1]:443".parse().unwrap();
        let hosts = vec!["a.example:8443".to_owned(), "b.example".to_owned()];
        let settings = WebSettings { address, hosts, transport: Transport::SelfSignedTls };
        let names = settings.certificate_names(address);
        assert_eq!(names, ["a.example", "b.example", "2001:db8::1", "localhost", "127.0.0.1", "::1"]);
    }
}
