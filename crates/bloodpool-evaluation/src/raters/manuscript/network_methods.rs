//! The network and its input, as a methods section describes them.

use bloodpool_nn::Passes;
use bloodpool_nn::input::InputChannels;
use bloodpool_nn::network::NetworkConfig;

use super::Manuscript;
use super::wording::{gap, list};
use crate::raters::record::ModelKind;

impl Manuscript<'_> {
    /// The network, its input, and how it reads a study.
    pub(super) fn network(&self) -> String {
        match self.subject.run.grown_within_mm {
            Some(distance) => format!(
                "{} On each frame, seeded region growing on the smoothed counts then moved the outline by at most {distance} mm.",
                self.outlines()
            ),
            None => self.outlines(),
        }
    }

    /// What outlined the LV, but for region growing after it.
    fn outlines(&self) -> String {
        if self.subject.run.kind == ModelKind::Classical {
            return format!("The outlines were those of a method without a network: {}.", self.subject.run.model.name);
        }
        if self.subject.run.kind == ModelKind::Masks {
            return format!(
                "The masks were those of another program. {}",
                gap("its name, version, network and training")
            );
        }
        let Some((network, passes)) = self.architecture() else {
            return format!(
                "The model was {}, which was trained by {} on {}. {}",
                self.subject.run.model.name,
                self.subject.run.trained_by,
                self.subject.run.training_data,
                gap(
                    "architecture and input of the network; models/README.md of the program describes an embedded model"
                )
            );
        };
        format!(
            "The network was {}. {} {} A pixel belonged to the LV where its probability was above 0.5.",
            architecture(network),
            self.input(),
            match passes {
                Passes::Once =>
                    "Each frame of a study went through the network once, the whole field of view at a time.",
                Passes::Refined =>
                    "A study went through the network twice: the whole field of view, then a window around the LV \
                        that was found there.",
            }
        )
    }

    /// What the network gets of a study.
    pub(super) fn input(&self) -> String {
        let Some((network, _)) = self.architecture() else { return gap("what the network gets as its input") };
        let layout = network.layout();
        format!(
            "The input of the network was an image of {side} x {side} pixels with {}. The counts of a study were \
                scaled once for all frames, by {}, and \
             their square root was taken.",
            channels(layout.input),
            match layout.input {
                InputChannels::BloodPool => "the brightness of the blood pool",
                InputChannels::Cycle | InputChannels::Frame | InputChannels::FrameInCycle =>
                    "the 99th percentile of the mean over the cycle",
            },
            side = layout.side
        )
    }

    /// The network and the number of passes, from the run or from the description of the model.
    pub(super) fn architecture(&self) -> Option<(&NetworkConfig, Passes)> {
        self.records
            .runs
            .first()
            .map(|run| (&run.config.network, run.config.passes))
            .or_else(|| self.records.description.as_ref().map(|model| (&model.network, model.passes)))
    }
}

/// The network in words.
pub(super) fn architecture(network: &NetworkConfig) -> String {
    let auxiliary = |has: bool| if has { "with an auxiliary head in training" } else { "without an auxiliary head" };
    match network {
        NetworkConfig::Unet(unet) => format!(
            "a U-Net (Ronneberger et al. 2015) with padded convolutions, batch normalisation and four halvings of the \
                resolution, with \
             {} channels at the first level and twice as many at each further level",
            unet.width
        ),
        NetworkConfig::DeepLabV3Resnet50(resnet) => format!(
            "DeepLabV3 (Chen et al. 2017) on a ResNet-50 (He et al. 2016), as torchvision's deeplabv3_resnet50 with \
                two classes, {}",
            auxiliary(resnet.auxiliary)
        ),
        NetworkConfig::FcnResnet50(resnet) => format!(
            "a fully convolutional network (Long et al. 2015) on a ResNet-50 (He et al. 2016), as torchvision's \
                fcn_resnet50 with two \
             classes, {}",
            auxiliary(resnet.auxiliary)
        ),
        NetworkConfig::Compact(compact) => {
            let widths: Vec<String> = compact.widths.iter().map(ToString::to_string).collect();
            format!(
                "a compact U-Net on blocks of {block} x {block} pixels, with group normalisation ({} groups) and {} \
                    channels at its \
                 levels, which predicts the LV and the fraction of the counts that come from it{}",
                compact.groups,
                list(&widths),
                if compact.scene { ", the right ventricle, landmarks, and what the image shows" } else { "" },
                block = compact.block
            )
        }
    }
}

fn channels(input: InputChannels) -> &'static str {
    match input {
        InputChannels::Frame => "three equal channels, the frame itself",
        InputChannels::FrameInCycle => {
            "three channels: the frame, its reconstruction from the first two harmonics of the cycle, and the mean \
                over the cycle"
        }
        InputChannels::Cycle => {
            "five channels: the frame, its reconstruction from the first two harmonics of the cycle, the mean over \
                the cycle, and the \
             cosine and sine amplitudes of the first harmonic"
        }
        InputChannels::BloodPool => {
            "five channels: the frame, its reconstruction from the first two harmonics of the cycle, the mean over \
                the cycle, and the \
             cosine and sine amplitudes of the first harmonic, with values far above the blood pool compressed"
        }
    }
}
