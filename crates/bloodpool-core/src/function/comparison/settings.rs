//! `Settings`: how a study was acquired and measured, and how two studies differ in that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ModelIdentity, Protocol};

/// Largest difference of pixel spacing that passes for the same, as a fraction: files round it.
const SAME_SPACING: f64 = 0.01;

/// How a study was acquired and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Camera, in words; `None` when not recorded.
    pub camera: Option<String>,
    /// Rows and columns of the matrix.
    pub matrix: [usize; 2],
    /// Distance between [rows, columns], mm; `None` when not recorded.
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// Frames per cycle.
    pub frames: usize,
    /// The protocol that the LVEF was measured by.
    pub protocol: Protocol,
    /// The model that drew the outlines.
    pub model: ModelIdentity,
    /// Version of the program.
    pub version: String,
}

/// One way in which two studies differ, other than by the heart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettingDifference {
    /// Another camera.
    Camera {
        /// That of the baseline.
        baseline: String,
        /// That of the other study.
        other: String,
    },
    /// The camera of at least one study is not recorded.
    CameraNotRecorded,
    /// Another matrix.
    Matrix {
        /// Rows and columns of the baseline.
        baseline: [usize; 2],
        /// Rows and columns of the other study.
        other: [usize; 2],
    },
    /// Another pixel spacing: zoom or collimation differ.
    PixelSpacing {
        /// That of the baseline, mm; `None` when not recorded.
        baseline: Option<[f64; 2]>,
        /// That of the other study, mm.
        other: Option<[f64; 2]>,
    },
    /// Another number of frames per cycle.
    Frames {
        /// That of the baseline.
        baseline: usize,
        /// That of the other study.
        other: usize,
    },
    /// Another protocol, by name or by its choices.
    Protocol {
        /// Name of that of the baseline.
        baseline: String,
        /// Name of that of the other study.
        other: String,
    },
    /// Another model, by name or by its weights.
    Model {
        /// Name of that of the baseline.
        baseline: String,
        /// Name of that of the other study.
        other: String,
    },
    /// Another version of the program.
    Version {
        /// That of the baseline.
        baseline: String,
        /// That of the other study.
        other: String,
    },
}

impl SettingDifference {
    /// Stable code, for example `camera`: the `code` of its serialised form.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Camera { .. } => "camera",
            Self::CameraNotRecorded => "camera_not_recorded",
            Self::Matrix { .. } => "matrix",
            Self::PixelSpacing { .. } => "pixel_spacing",
            Self::Frames { .. } => "frames",
            Self::Protocol { .. } => "protocol",
            Self::Model { .. } => "model",
            Self::Version { .. } => "version",
        }
    }

    /// In one sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let spacing = |spacing: &Option<[f64; 2]>| {
            spacing.map_or_else(|| "not recorded".to_string(), |[row, column]| format!("{row:.2} x {column:.2} mm"))
        };
        match self {
            Self::Camera { baseline, other } => format!("The camera differs: {baseline}, then {other}."),
            Self::CameraNotRecorded => "Whether the camera is the same is not recorded.".into(),
            Self::Matrix { baseline: [a, b], other: [c, d] } => {
                format!("The matrix differs: {a} x {b}, then {c} x {d} pixels.")
            }
            Self::PixelSpacing { baseline, other } => {
                format!("The pixel spacing differs: {}, then {}.", spacing(baseline), spacing(other))
            }
            Self::Frames { baseline, other } => format!("The frames per cycle differ: {baseline}, then {other}."),
            Self::Protocol { baseline, other } if baseline == other => {
                format!("The choices of protocol `{baseline}` differ.")
            }
            Self::Protocol { baseline, other } => format!("The protocol differs: `{baseline}`, then `{other}`."),
            Self::Model { baseline, other } if baseline == other => {
                format!("The weights of model `{baseline}` differ.")
            }
            Self::Model { baseline, other } => format!("The model differs: `{baseline}`, then `{other}`."),
            Self::Version { baseline, other } => {
                format!("The version of the program differs: {baseline}, then {other}.")
            }
        }
    }
}

/// All differences between the settings of a baseline and of another study. ED and ES set by hand are no difference.
#[must_use]
pub fn setting_differences(baseline: &Settings, other: &Settings) -> Vec<SettingDifference> {
    let mut found = Vec::new();
    match (&baseline.camera, &other.camera) {
        (Some(one), Some(two)) if one == two => {}
        (Some(one), Some(two)) => found.push(SettingDifference::Camera { baseline: one.clone(), other: two.clone() }),
        _ => found.push(SettingDifference::CameraNotRecorded),
    }
    if baseline.matrix != other.matrix {
        found.push(SettingDifference::Matrix { baseline: baseline.matrix, other: other.matrix });
    }
    if !same_spacing(baseline.pixel_spacing_mm, other.pixel_spacing_mm) {
        let (baseline, other) = (baseline.pixel_spacing_mm, other.pixel_spacing_mm);
        found.push(SettingDifference::PixelSpacing { baseline, other });
    }
    if baseline.frames != other.frames {
        found.push(SettingDifference::Frames { baseline: baseline.frames, other: other.frames });
    }
    if baseline.protocol.name != other.protocol.name || !baseline.protocol.same_choices(&other.protocol) {
        let (baseline, other) = (baseline.protocol.name.clone(), other.protocol.name.clone());
        found.push(SettingDifference::Protocol { baseline, other });
    }
    if baseline.model != other.model {
        let (baseline, other) = (baseline.model.name.clone(), other.model.name.clone());
        found.push(SettingDifference::Model { baseline, other });
    }
    if baseline.version != other.version {
        let (baseline, other) = (baseline.version.clone(), other.version.clone());
        found.push(SettingDifference::Version { baseline, other });
    }
    found
}

fn same_spacing(one: Option<[f64; 2]>, other: Option<[f64; 2]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().zip(&other).all(|(a, b)| (a - b).abs() <= SAME_SPACING * a.max(*b)),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            camera: Some("Maker Model 3".into()),
            matrix: [64, 64],
            pixel_spacing_mm: Some([4.0, 4.0]),
            frames: 24,
            protocol: Protocol::standard(),
            model: ModelIdentity { name: "m".into(), sha256: "a".into() },
            version: "0.1.0".into(),
        }
    }

    #[test]
    fn equal_settings_differ_in_nothing() {
        let mut other = settings();
        other.protocol.frames.es_override = Some(crate::FrameIndex::new(8));
        other.pixel_spacing_mm = Some([4.01, 3.99]);
        assert!(setting_differences(&settings(), &other).is_empty());
    }

    #[test]
    fn every_difference_is_told() {
        let other = Settings {
            camera: Some("Maker Model 4".into()),
            matrix: [128, 128],
            pixel_spacing_mm: None,
            frames: 16,
            protocol: Protocol::paper(),
            model: ModelIdentity { name: "m".into(), sha256: "b".into() },
            version: "0.2.0".into(),
        };
        let messages: Vec<String> =
            setting_differences(&settings(), &other).iter().map(SettingDifference::message).collect();
        assert_eq!(
            messages,
            [
                "The camera differs: Maker Model 3, then Maker Model 4.",
                "The matrix differs: 64 x 64, then 128 x 128 pixels.",
                "The pixel spacing differs: 4.00 x 4.00 mm, then not recorded.",
                "The frames per cycle differ: 24, then 16.",
                "The protocol differs: `standard`, then `paper`.",
                "The weights of model `m` differ.",
                "The version of the program differs: 0.1.0, then 0.2.0.",
            ]
        );
        for difference in setting_differences(&settings(), &other) {
            assert_eq!(serde_json::to_value(&difference).unwrap()["code"], difference.code());
        }
        let mut own = settings();
        own.camera = None;
        own.protocol.curve_harmonics = None;
        let found = setting_differences(&settings(), &own);
        assert_eq!(found[0], SettingDifference::CameraNotRecorded);
        assert_eq!(found[1].message(), "The choices of protocol `standard` differ.");
        let text = serde_json::to_string(&found).unwrap();
        assert!(
            text.starts_with(r#"[{"code":"camera_not_recorded"},{"code":"protocol","baseline":"standard""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Vec<SettingDifference>>(&text).unwrap(), found);
    }
}
