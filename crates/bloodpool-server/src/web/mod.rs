//! The review page: an HTTP server on the data folder.

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
mod refusal;
mod report;
mod server;
mod settings;
mod sign;
mod stow;
mod study_data;
mod study_page;
mod study_request;
mod upload;
mod worklist;

pub use server::{ServeError, WebServer, first_link};
pub use settings::WebSettings;
