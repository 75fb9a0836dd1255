//! `AeAddress`: where an application entity is reached, written `AET@HOST:PORT`.

use std::fmt;
use std::str::FromStr;

use super::ae_title::{AeTitle, InvalidAeTitle};

/// An AE title with the host and port at which it is reached.
///
/// ```
/// use bloodpool_dicom::net::AeAddress;
///
/// let pacs: AeAddress = "PACS@pacs.example.org:104".parse()?;
/// assert_eq!((pacs.ae_title.as_str(), pacs.host.as_str(), pacs.port), ("PACS", "pacs.example.org", 104));
/// let local: AeAddress = "PACS@[::1]:11112".parse()?;
/// assert_eq!(local.host, "::1");
/// assert_eq!(local.to_string(), "PACS@[::1]:11112");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AeAddress {
    /// The AE title that is called.
    pub ae_title: AeTitle,
    /// Name or address of the host; an IPv6 address is without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A text is not an address of an application entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAeAddress {
    /// There is no `@`.
    #[error("{0:?} is not AET@HOST:PORT: it has no @")]
    NoAt(String),
    /// There is no host, or one with a character that no host has.
    #[error("{0:?} is not AET@HOST:PORT: the host is missing, or is not a name or an address")]
    Host(String),
    /// There is no port from 1 to 65535.
    #[error("{0:?} is not AET@HOST:PORT: the port must be a number from 1 to 65535")]
    Port(String),
    /// What stands before the `@` is no AE title.
    #[error(transparent)]
    AeTitle(#[from] InvalidAeTitle),
}

impl FromStr for AeAddress {
    type Err = InvalidAeAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A title may contain an @, a host may not.
        let (title, place) = text.rsplit_once('@').ok_or_else(|| InvalidAeAddress::NoAt(text.to_string()))?;
        let (host, port) = place.rsplit_once(':').ok_or_else(|| InvalidAeAddress::Port(text.to_string()))?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match bracketed {
            Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
        };
        if !is_host {
            return Err(InvalidAeAddress::Host(text.to_string()));
        }
        let port =
            port.parse().ok().filter(|&port| port > 0).ok_or_else(|| InvalidAeAddress::Port(text.to_string()))?;
        Ok(Self { ae_title: AeTitle::new(title)?, host: bracketed.unwrap_or(host).to_string(), port })
    }
}

impl fmt::Display for AeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ae_title, host, port } = self;
        if host.contains(':') { write!(f, "{ae_title}@[{host}]:{port}") } else { write!(f, "{ae_title}@{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_says_why() {
        let message = |text: &str| text.parse::<AeAddress>().unwrap_err().to_string();
        assert_eq!(message("pacs:104"), "\"pacs:104\" is not AET@HOST:PORT: it has no @");
        assert!(message("PACS@host").contains("the port must be a number from 1 to 65535"));
        assert!(message("PACS@host:0").contains("the port must be"));
        assert!(message("PACS@host:70000").contains("the port must be"));
        assert!(message("PACS@:104").contains("the host is missing"));
        assert!(message("PACS@::1:104").contains("the host is missing, or is not a name"));
        assert!(message("PACS@[pacs]:104").contains("the host is missing, or is not a name"));
        assert!(message("@host:104").contains("is not an AE title"));
        assert!(message("A-TITLE-THAT-IS-TOO-LONG@host:104").contains("is not an AE title"));
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["PACS@host:104", "A@B@10.0.0.1:1", "PACS@[fe80::1]:65535"] {
            assert_eq!(text.parse::<AeAddress>().unwrap().to_string(), text);
        }
    }
}
