//! The review page: an HTTP server on the data folder.

mod annotate;
mod annotate_page;
mod annotate_texts;
mod app;
mod assets;
mod edit;
mod entry;
mod guard;
mod health;
mod indexer;
mod language;
mod live;
mod opening;
mod page;
mod picture;
mod proxy;
mod refusal;
mod report;
mod self_signed;
mod server;
mod settings;
mod sign;
mod stow;
mod study_data;
mod study_page;
mod study_request;
mod tls;
mod upload;
mod worklist;

pub use server::{ServeError, WebServer, first_link, rater_links};
pub use settings::{ProxySettings, Transport, WebSettings};
