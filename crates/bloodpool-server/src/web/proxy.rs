//! `Asker`: who is at the other end of a request: the address of the connection or, from the proxy alone, what the proxy says.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use super::refusal::Refusal;
use super::settings::{ProxySettings, Transport};
use super::tls::TlsListener;

/// The address of the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(IpAddr);

impl Peer {
    fn of(address: &SocketAddr) -> Self {
        // An IPv4 address that comes by an IPv6 socket is that address.
        Self(address.ip().to_canonical())
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::of(stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self::of(stream.remote_addr())
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asker {
    /// For limits and the audit trail.
    pub(super) address: IpAddr,
    /// The account of whoever has logged in at the proxy.
    pub(super) account: Option<String>,
}

/// Who asks by this connection and these headers.
///
/// # Errors
/// A [`Refusal`] of what does not come by the proxy, where there is one, or did not reach the proxy over TLS.
pub(super) fn asker(transport: &Transport, Peer(peer): Peer, headers: &HeaderMap) -> Result<Asker, Refusal> {
    let Transport::BehindProxy(proxy) = transport else { return Ok(Asker { address: peer, account: None }) };
    let ProxySettings { addresses, auth_header } = proxy;
    if !addresses.iter().any(|known| known.to_canonical() == peer) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_by_proxy"));
    }
    // What a browser sends itself is before what the proxy adds.
    if last(headers, "x-forwarded-proto") != Some("https") {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_https"));
    }
    let address = last(headers, "x-forwarded-for").and_then(|text| text.parse::<IpAddr>().ok());
    let account = auth_header.as_ref().map(|name| account(headers, name)).transpose()?.flatten();
    Ok(Asker { address: address.map_or(peer, |address| address.to_canonical()), account })
}

/// The last value of a list that each proxy on the way adds to.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    text.rsplit(',').next().map(str::trim)
}

/// The account that the proxy names. A second header may be one that the browser sent: then neither is believed.
fn account(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Refusal> {
    let malformed = || Refusal::new(StatusCode::BAD_REQUEST, "malformed");
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(HeaderValue::as_bytes);
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = first.map(|bytes| std::str::from_utf8(bytes).map_err(|_| malformed())).transpose()?;
    Ok(text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, headers: &[(&str, &str)]) -> Result<(String, Option<String>), &'static str> {
        let proxy = ProxySettings {
            addresses: vec!["10.0.0.1".parse().unwrap()],
            auth_header: Some(HeaderName::from_static("remote-user")),
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let found = asker(&Transport::BehindProxy(proxy), Peer(peer.parse().unwrap()), &map);
        found.map(|asker| (asker.address.to_string(), asker.account)).map_err(|refusal| refusal.code)
    }

    #[test]
    fn forwarded_headers_are_believed_from_the_proxy_alone() {
        let https = ("x-forwarded-proto", "https");
        let said = [https, ("x-forwarded-for", "6.6.6.6, 192.0.2.7"), ("remote-user", "anna")];
        assert_eq!(asked("10.0.0.1", &said), Ok(("192.0.2.7".into(), Some("anna".into()))));
        assert_eq!(asked("10.0.0.2", &said), Err("not_by_proxy"));
        assert_eq!(asked("127.0.0.1", &said), Err("not_by_proxy"));
        // Several lines are one list.
        let lines = [https, ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.8")];
        assert_eq!(asked("10.0.0.1", &lines), Ok(("192.0.2.8".into(), None)));
        assert_eq!(asked("10.0.0.1", &[https]), Ok(("10.0.0.1".into(), None)));
        assert_eq!(asked("10.0.0.1", &[https, ("remote-user", " ")]), Ok(("10.0.0.1".into(), None)));
        let two = [https, ("remote-user", "anna"), ("remote-user", "root")];
        assert_eq!(asked("10.0.0.1", &two), Err("malformed"));
    }

    #[test]
    fn what_reached_the_proxy_without_tls_is_refused() {
        assert_eq!(asked("10.0.0.1", &[]), Err("not_https"));
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-proto", "http")]), Err("not_https"));
        assert_eq!(asked("10.0.0.1", &[("x-forwarded-proto", "https, http")]), Err("not_https"));
    }

    #[test]
    fn without_a_proxy_no_header_is_believed() {
        let mut map = HeaderMap::new();
        map.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6"));
        map.insert("remote-user", HeaderValue::from_static("anna"));
        for transport in [Transport::Plain, Transport::SelfSignedTls] {
            let found = asker(&transport, Peer("192.0.2.1".parse().unwrap()), &map).unwrap();
            assert_eq!((found.address.to_string(), found.account), ("192.0.2.1".to_owned(), None));
        }
    }
}
