//! `AllowedPeers`: which application entities may open an association, by title and address.

use std::net::IpAddr;
use std::str::FromStr;

use crate::net::ae_title::AeTitle;

/// Who may open an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedPeers {
    /// Anyone.
    Any,
    /// Those of a list.
    Listed(Vec<Peer>),
}

/// One allowed peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The AE title with which it calls.
    pub ae_title: AeTitle,
    /// The addresses from which it may call; any where there are none.
    pub addresses: Vec<AddressRange>,
}

/// One IP address, or all that share their first bits, written `10.1.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    prefix_bits: u8,
}

/// A text is not an address or a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IP address (10.1.2.3, ::1) or a range of them (10.1.0.0/16)")]
pub struct InvalidAddressRange(String);

impl AllowedPeers {
    /// Whether this title may call from this address; `None` is an address that is not known, and is in no range.
    pub(crate) fn allow(&self, calling: &AeTitle, address: Option<IpAddr>) -> bool {
        let Self::Listed(peers) = self else { return true };
        peers.iter().any(|peer| {
            let from_there = |range: &AddressRange| address.is_some_and(|address| range.contains(address));
            peer.ae_title == *calling && (peer.addresses.is_empty() || peer.addresses.iter().any(from_there))
        })
    }
}

impl AddressRange {
    /// Whether the address is in the range. IPv4 addresses written as IPv6 (`::ffff:10.1.2.3`) are taken for IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, own_length) = bits(self.address);
        let (other, other_length) = bits(address);
        let differing = (own ^ other).checked_shr(u32::from(own_length - self.prefix_bits)).unwrap_or(0);
        own_length == other_length && differing == 0
    }
}

/// The bits of an address, and how many it has.
fn bits(address: IpAddr) -> (u128, u8) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl FromStr for AddressRange {
    type Err = InvalidAddressRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAddressRange(text.chars().take(64).collect());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| invalid())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let (_, length) = bits(address);
        let prefix_bits = prefix.unwrap_or(length);
        if prefix_bits > length {
            return Err(invalid());
        }
        Ok(Self { address: address.to_canonical(), prefix_bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_contains_the_addresses_that_share_its_first_bits() {
        let contains =
            |range: &str, address: &str| range.parse::<AddressRange>().unwrap().contains(address.parse().unwrap());
        assert!(contains("10.1.0.0/16", "10.1.255.3"));
        assert!(!contains("10.1.0.0/16", "10.2.0.1"));
        assert!(contains("10.1.2.3", "::ffff:10.1.2.3"));
        assert!(!contains("10.1.2.3", "10.1.2.4"));
        assert!(contains("0.0.0.0/0", "192.0.2.1"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1"));
        assert!(contains("::/0", "::1"));
        for bad in ["10.1", "10.1.0.0/33", "::/129", "10.0.0.0/-1", "pacs", ""] {
            assert!(bad.parse::<AddressRange>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_listed_peer_must_call_from_one_of_its_addresses() {
        let title = |text| AeTitle::new(text).unwrap();
        let peers = AllowedPeers::Listed(vec![
            Peer { ae_title: title("CAMERA"), addresses: vec!["10.1.0.0/16".parse().unwrap()] },
            Peer { ae_title: title("PACS"), addresses: Vec::new() },
        ]);
        let address = |text: &str| Some(text.parse().unwrap());
        assert!(peers.allow(&title("CAMERA"), address("10.1.2.3")));
        assert!(!peers.allow(&title("CAMERA"), address("10.9.2.3")));
        assert!(!peers.allow(&title("CAMERA"), None));
        assert!(peers.allow(&title("PACS"), address("10.9.2.3")));
        assert!(!peers.allow(&title("OTHER"), address("10.1.2.3")));
        assert!(AllowedPeers::Any.allow(&title("OTHER"), None));
    }
}
