//! The Storage SCP and SCU: peers written byte by byte, this crate's own SCU, and random streams.

#![allow(clippy::unwrap_used)]

#[path = "../suite/support/mod.rs"]
mod support;

mod any_stream;
mod associations;
mod commitment;
mod conformance;
mod limits;
mod peer;
mod receiving;
mod scp;
mod sending;
mod tls;
