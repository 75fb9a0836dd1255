//! What is read and written: studies of every habit and form, damaged files, folders, and objects of a result.
#![allow(clippy::unwrap_used)]

mod acquisition;
mod bad_input;
mod file_meta;
mod folders;
mod odd_elements;
mod other_formats;
mod planned;
mod properties;
mod result_objects;
mod same_study;
mod split_files;
mod support;
mod transfer_syntaxes;
mod values;
mod vendor_habits;
mod written;
