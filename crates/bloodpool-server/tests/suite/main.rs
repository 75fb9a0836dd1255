//! Received studies, the queue of analyses, results that are sent, and the pages that people visit.
#![allow(clippy::unwrap_used)]

#[cfg(unix)]
mod accounts;
mod annotation;
mod audit;
mod checklist;
mod commitment;
mod data_folder;
mod history;
mod key_frames;
mod network;
mod orthanc;
mod page;
mod previews;
mod schemas;
mod served;
mod support;
mod watched_folder;
mod web_access;
#[cfg(unix)]
mod web_tls;
