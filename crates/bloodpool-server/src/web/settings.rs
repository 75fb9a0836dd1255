//! `WebSettings`: on which address the page is served, and under which names browsers reach it.

use std::net::SocketAddr;
use std::time::Duration;

/// How long the link of a rater is valid: it is sent by mail, and opened when there is time.
pub(super) const RATER_LINK_VALID: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How the page is served.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Other names under which browsers reach the server, as `HOST` or `HOST:PORT`; anything else is refused.
    pub hosts: Vec<String>,
    /// Whether browsers reach it over TLS (by a proxy before it): cookies are then sent over TLS alone.
    pub secure: bool,
}

impl WebSettings {
    pub(super) fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-bloodpool" } else { "bloodpool-session" }
    }
}
