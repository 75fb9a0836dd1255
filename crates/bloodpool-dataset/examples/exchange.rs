//! Writes a small computed dataset in all formats for other programs, which `check.py` beside this file reads with them.
//!
//! `cargo run --release -p bloodpool-dataset --example exchange -- OUT && python crates/bloodpool-dataset/examples/check.py OUT`
#![allow(clippy::unwrap_used)]

#[path = "../tests/suite/walk/mod.rs"]
mod walk;

use std::path::Path;

use bloodpool_core::Mask;
use bloodpool_dataset::{
    AnnotatedDataset, BuildOptions, NnunetImages, NnunetOptions, SplitSizes, build_dataset, export_nnunet, prelabel,
};
use bloodpool_files::{IfExists, LabelVolume, write_npy_u8};
use walk::{Wish, draw, extracted, form};

fn main() {
    let out = std::env::args().nth(1).unwrap();
    let out = Path::new(&out);
    let work = extracted(out, 6, false);
    form(&work, &draw(out, 6, &[-1.0, 0.0, 1.0]), &Wish::default()).unwrap();
    let data = out.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let options = BuildOptions {
        images: &work,
        out: &data,
        sizes: SplitSizes::Studies { parts: [3, 2, 1] },
        seed: 1,
        truth: None,
        accept_lvef: &[],
        reference: None,
        software: "exchange",
        if_exists: IfExists::Refuse,
    };
    build_dataset(&options, || {}).unwrap();
    let dataset = AnnotatedDataset::open(&data).unwrap();
    for (number, images) in [(1, NnunetImages::Png), (2, NnunetImages::NiftiGz)] {
        let raw = &out.join("nnUNet_raw");
        let name = "Exchange";
        let if_exists = IfExists::Refuse;
        export_nnunet(&NnunetOptions { dataset: &dataset, raw, number, name, images, if_exists }).unwrap();
    }
    let study = dataset.study(0).unwrap();
    let masks: Vec<Mask> = study.consensus().unwrap().into_iter().map(|(_, mask)| mask).collect();
    let labels = Mask::stack(&masks).unwrap();
    write_npy_u8(&out.join("masks.npy"), &labels, IfExists::Refuse).unwrap();
    let volume = LabelVolume { labels, pixel_spacing_mm: Some([1.25, 1.5]) };
    for name in ["masks.nii", "masks.nii.gz", "masks.nrrd"] {
        volume.write(&out.join(name), IfExists::Refuse).unwrap();
    }
    let image = format!("{}-ed.png", study.name());
    let file = prelabel(&masks[0], &format!("work/images/{image}"), (256, 256), "LV");
    file.write(&out.join("prelabel.json"), IfExists::Refuse).unwrap();
}
