//! Annotations of every program, datasets and their exports, consensus and corrections.
#![allow(clippy::unwrap_used)]

mod any_annotation;
mod consensus;
mod corrections;
mod dataset;
mod files_of_other_systems;
mod foreign_annotations;
mod foreign_labels;
mod labelme_files;
mod nnunet;
mod partial_designs;
mod rasterise_like_labelme;
mod walk;
