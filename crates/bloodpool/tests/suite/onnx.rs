//! ONNX files of every architecture, run by another engine: the numbers and outlines of this program's own networks.

use std::path::{Path, PathBuf};

use bloodpool::config::NetworkConfig;
use bloodpool::export_model::{OnnxExport, export_model};
use bloodpool::network::parity::logits;
use bloodpool::onnx::{OPSET, OnnxNetwork, export};
use bloodpool::{Analyzer, IfExists, Model};

use crate::onnx_networks;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"))
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[test]
fn every_architecture_gives_its_own_numbers_for_one_frame_and_for_three() {
    for case in onnx_networks::all() {
        let exported = export(&case.model, &case.weights, "bloodpool").unwrap();
        let network = OnnxNetwork::new(Path::new("net.onnx"), exported.onnx, exported.description).unwrap();
        let layout = case.model.network.layout();
        assert_eq!(network.description().input.layout(), layout, "{}", case.name);
        let (frames, _) = onnx_networks::frames_of("normal", layout);
        let of_frame = layout.channels() * layout.pixels();
        for count in [1, 3] {
            let input = &frames[..count * of_frame];
            let found = network.run(input, count).unwrap();
            let ours = logits(&case.model.network, &case.weights, input).unwrap().0;
            let plane = |name: &str, channel: usize| -> Vec<f32> {
                let (shape, numbers) = &ours[name];
                let of_frame = shape[1] * layout.pixels();
                let planes = numbers.chunks_exact(of_frame);
                planes.flat_map(|frame| frame[channel * layout.pixels()..][..layout.pixels()].to_vec()).collect()
            };
            let near = |found: &[f32], ours: &[f32], what: &str| {
                assert_eq!(found.len(), ours.len(), "{} {what}", case.name);
                let worst = found.iter().zip(ours).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
                assert!(worst < 1e-4, "{} {what}, {count} frames: {worst}", case.name);
            };
            let of_logits = |logits: Vec<f32>| -> Vec<f32> { logits.into_iter().map(sigmoid).collect() };
            if let NetworkConfig::Compact(config) = &case.model.network {
                near(&found.lv, &of_logits(plane("lv", 0)), "lv");
                near(&found.lv_fraction, &of_logits(plane("lv", 1)), "lv fraction");
                assert_eq!(found.recognition.is_empty(), !config.scene);
                if config.scene {
                    near(&found.rv, &of_logits(plane("scene", 0)), "rv");
                    near(&found.rv_fraction, &of_logits(plane("scene", 1)), "rv fraction");
                    let landmarks: Vec<f32> = ours["scene"]
                        .1
                        .chunks_exact(5 * layout.pixels())
                        .flat_map(|frame| &frame[2 * layout.pixels()..])
                        .copied()
                        .collect();
                    near(&found.landmarks, &landmarks, "landmarks");
                    near(&found.recognition, &ours["recognition"].1, "recognition");
                }
            } else {
                let difference: Vec<f32> =
                    plane("logits", 1).iter().zip(plane("logits", 0)).map(|(lv, other)| lv - other).collect();
                assert!(difference.iter().any(|logit| *logit > 0.05) || difference.iter().any(|logit| *logit < -0.05));
                near(&found.lv, &of_logits(difference), "lv");
            }
        }
    }
}

#[test]
fn an_exported_model_gives_the_same_masks_and_lvef_and_no_interval() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compact.onnx");
    let wanted = OnnxExport { model: "compact".into(), out: Some(file.clone()), if_exists: IfExists::Refuse };
    let exported = export_model(&wanted).unwrap();
    assert_eq!((exported.description.opset, exported.unfinished_at), (Some(OPSET), None));
    // A second export is refused, and gives the same bytes.
    let bytes = std::fs::read(&file).unwrap();
    assert!(export_model(&wanted).unwrap_err().to_string().contains("exists"));
    export_model(&OnnxExport { if_exists: IfExists::Replace, ..wanted }).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), bytes);

    let own = Analyzer::embedded().unwrap();
    let imported = Analyzer::new(Model::load(file.to_str().unwrap(), "cpu").unwrap());
    for name in ["normal", "cardiotoxic", "akinesis"] {
        let [own, imported] = [&own, &imported].map(|analyzer| analyzer.analyze_file(example(name)).unwrap());
        assert_eq!(own.analysis().masks, imported.analysis().masks, "{name}");
        let [lvef, again] = [&own, &imported].map(|study| study.lvef_percent().unwrap());
        assert!((lvef - again).abs() < 0.01, "{name}: {lvef} {again}");
        assert!(own.analysis().interval.is_some() && imported.analysis().interval.is_none());
        let document: serde_json::Value = serde_json::from_str(&imported.to_json().unwrap()).unwrap();
        assert_eq!(document["model"]["name"], "bloodpool-compact-4");
        assert_eq!(document["model"]["sha256"], bloodpool::files::sha256(&bytes));
    }
}

#[test]
fn an_image_network_gives_the_same_masks_through_its_file() {
    let folder = tempfile::tempdir().unwrap();
    for case in onnx_networks::all().into_iter().filter(|case| ["unet", "deeplab"].contains(&case.name)) {
        let run = folder.path().join(case.name);
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join("model.json"), case.model.to_json().unwrap()).unwrap();
        std::fs::write(run.join("model.safetensors"), &case.weights).unwrap();
        let file = folder.path().join(format!("{}.onnx", case.name));
        let wanted =
            OnnxExport { model: run.to_str().unwrap().into(), out: Some(file.clone()), if_exists: IfExists::Refuse };
        export_model(&wanted).unwrap();
        let study = bloodpool::dicom::read_study(&example("normal"), &bloodpool::Selection::default()).unwrap();
        let [own, imported] = [run.as_path(), file.as_path()].map(|model| {
            let segmenter = Model::load(model.to_str().unwrap(), "cpu").unwrap().segmenter;
            segmenter.segment(&study).unwrap()
        });
        let [own, imported] = [own, imported].map(|found| found.lv_probability.unwrap());
        let worst = (&own - &imported).mapv(f32::abs).fold(0.0_f32, |worst, value| worst.max(*value));
        assert!(worst < 1e-4, "{}: {worst}", case.name);
    }
}
