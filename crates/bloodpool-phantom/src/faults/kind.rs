//! `Kind`: every fault that makes a study unusable for LVEF, its group, and the reference of its errors.

use bloodpool_core::View;
use rand::{Rng, RngExt};
use serde::Serialize;

use crate::no_heart::Picture;

/// One fault that makes a study unusable for LVEF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A picture that does not show the blood pool of a heart.
    NoHeart(Picture),
    /// A heart from another side, often recorded as LAO.
    Seen(View),
    /// Left and right exchanged.
    Mirrored,
    /// Turned clockwise by 90 degrees.
    Turned90,
    /// Turned by 180 degrees.
    Turned180,
    /// Turned clockwise by 270 degrees.
    Turned270,
    /// Up and down exchanged.
    Flipped,
    /// Mirrored, then turned by 90 or 270 degrees.
    MirroredTurned,
    /// R wave 10 to 50 % of the cycle too early or late.
    RWaveShifted,
    /// Two beats in one R-R interval.
    TwoBeats,
    /// Beats mixed about half a cycle, or thirds of one, out of phase.
    OutOfPhase,
    /// Frames that hold a neighbour's counts again.
    FrameRepeated,
    /// Frames in the wrong order.
    FramesDisordered,
    /// A ventricle that does not beat.
    StaticHeart,
    /// LVEF 0 to 10 %.
    LvefBelowTen,
    /// The field's edge leaves out 8 to 35 % of the ventricle.
    CutByEdge,
    /// The field's edge leaves out 35 to 75 % of the ventricle.
    HalfOutside,
    /// Two hearts, one over the other or side by side.
    TwoHearts,
    /// A ventricle of 6 to 30 pixels.
    TinyHeart,
    /// The patient moves by 10 to 25 mm.
    PatientMoved,
    /// A recorded pixel spacing that is impossible.
    WrongSpacing,
    /// One frame with about twice its counts.
    FrameDoubled,
    /// One frame in mid-cycle with 30 to 90 % of its counts.
    FrameLow,
    /// Last frames nearly or quite empty.
    LastFramesEmpty,
    /// Several frames in mid-cycle with 50 to 90 % of their counts.
    CountLoss,
    /// Single pixels that count by themselves.
    HotPixels,
    /// Single values with a wrong bit.
    FlippedBits,
    /// Values that stop below what the format can hold.
    Clipped,
    /// Counts above 255 stored in a byte.
    Wrapped,
    /// Grey scale inverted.
    Inverted,
    /// Beats of many lengths mixed; images cannot show it.
    BeatsSmeared,
    /// A part of the beats triggered at random; images cannot show it.
    PartlyUntriggered,
}

/// What is wrong, in groups that are reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// No heart's blood pool.
    NotHeart,
    /// Another view than LAO.
    OtherView,
    /// Mirrored or turned.
    Orientation,
    /// Frames do not follow one beat from the R wave on, or there is almost no beat.
    Gating,
    /// Heart cut, doubled, tiny or moved, or wrong spacing.
    Geometry,
    /// Implausible counts of frames or pixels.
    Counts,
    /// Faults of gating that images cannot show; the R-R data of the file do.
    HiddenGating,
}

/// The LVEF that an error is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// [`crate::TrueLvef::images`]: what the frames show.
    Images,
    /// [`crate::TrueLvef::curve`]: the patient's own.
    Curve,
    /// None: any LVEF is wrong.
    NoLvef,
}

impl Kind {
    /// All kinds; a study's index modulo their number picks one, so that all have equal shares.
    pub(crate) const ALL: [Self; 52] = [
        Self::NoHeart(Picture::Flood),
        Self::NoHeart(Picture::Bars),
        Self::NoHeart(Picture::Lines),
        Self::NoHeart(Picture::Tank),
        Self::NoHeart(Picture::Bone),
        Self::NoHeart(Picture::Liver),
        Self::NoHeart(Picture::Lung),
        Self::NoHeart(Picture::Kidney),
        Self::NoHeart(Picture::Thyroid),
        Self::NoHeart(Picture::Brain),
        Self::NoHeart(Picture::Salivary),
        Self::NoHeart(Picture::Stomach),
        Self::NoHeart(Picture::Belly),
        Self::NoHeart(Picture::HeartMuscle),
        Self::NoHeart(Picture::Noise),
        Self::NoHeart(Picture::StillDisc),
        Self::NoHeart(Picture::PulsatingDisc),
        Self::NoHeart(Picture::PulsatingDiscs),
        Self::Seen(View::Anterior),
        Self::Seen(View::LeftLateral),
        Self::Seen(View::RightAnteriorOblique),
        Self::Seen(View::LeftPosteriorOblique),
        Self::Mirrored,
        Self::Turned90,
        Self::Turned180,
        Self::Turned270,
        Self::Flipped,
        Self::MirroredTurned,
        Self::RWaveShifted,
        Self::TwoBeats,
        Self::OutOfPhase,
        Self::FrameRepeated,
        Self::FramesDisordered,
        Self::StaticHeart,
        Self::LvefBelowTen,
        Self::CutByEdge,
        Self::HalfOutside,
        Self::TwoHearts,
        Self::TinyHeart,
        Self::PatientMoved,
        Self::WrongSpacing,
        Self::FrameDoubled,
        Self::FrameLow,
        Self::LastFramesEmpty,
        Self::CountLoss,
        Self::HotPixels,
        Self::FlippedBits,
        Self::Clipped,
        Self::Wrapped,
        Self::Inverted,
        Self::BeatsSmeared,
        Self::PartlyUntriggered,
    ];

    /// A kind for training: other views, which are hardest to distinguish from LAO, pictures of no heart, and hearts
    /// that are cut or doubled, more often than faults that rules find.
    pub(crate) fn for_training(rng: &mut impl Rng) -> Self {
        let class = match rng.random_range(0..100) {
            0..30 => Class::NotHeart,
            30..62 => Class::OtherView,
            62..76 => Class::Gating,
            76..94 => Class::Geometry,
            _ => Class::Counts,
        };
        let kinds: Vec<Self> = Self::ALL.into_iter().filter(|kind| kind.class() == class).collect();
        kinds[rng.random_range(0..kinds.len())]
    }

    /// Whether no heart made for another request will do.
    pub(crate) fn needs_its_own_heart(self) -> bool {
        matches!(self, Self::Seen(_) | Self::StaticHeart | Self::LvefBelowTen)
    }

    /// In kebab case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoHeart(picture) => picture.name(),
            Self::Seen(View::LeftAnteriorOblique) => "left-anterior-oblique",
            Self::Seen(View::Anterior) => "anterior",
            Self::Seen(View::LeftLateral) => "left-lateral",
            Self::Seen(View::RightAnteriorOblique) => "right-anterior-oblique",
            Self::Seen(View::LeftPosteriorOblique) => "left-posterior-oblique",
            Self::Mirrored => "mirrored",
            Self::Turned90 => "turned-90",
            Self::Turned180 => "turned-180",
            Self::Turned270 => "turned-270",
            Self::Flipped => "flipped",
            Self::MirroredTurned => "mirrored-turned",
            Self::RWaveShifted => "r-wave-shifted",
            Self::TwoBeats => "two-beats",
            Self::OutOfPhase => "out-of-phase",
            Self::FrameRepeated => "frame-repeated",
            Self::FramesDisordered => "frames-disordered",
            Self::StaticHeart => "static-heart",
            Self::LvefBelowTen => "lvef-below-ten",
            Self::CutByEdge => "cut-by-edge",
            Self::HalfOutside => "half-outside",
            Self::TwoHearts => "two-hearts",
            Self::TinyHeart => "tiny-heart",
            Self::PatientMoved => "patient-moved",
            Self::WrongSpacing => "wrong-spacing",
            Self::FrameDoubled => "frame-doubled",
            Self::FrameLow => "frame-low",
            Self::LastFramesEmpty => "last-frames-empty",
            Self::CountLoss => "count-loss",
            Self::HotPixels => "hot-pixels",
            Self::FlippedBits => "flipped-bits",
            Self::Clipped => "clipped",
            Self::Wrapped => "wrapped",
            Self::Inverted => "inverted",
            Self::BeatsSmeared => "beats-smeared",
            Self::PartlyUntriggered => "partly-untriggered",
        }
    }

    /// The group that it is reported in.
    pub(crate) fn class(self) -> Class {
        match self {
            Self::NoHeart(_) => Class::NotHeart,
            Self::Seen(_) => Class::OtherView,
            Self::Mirrored
            | Self::Turned90
            | Self::Turned180
            | Self::Turned270
            | Self::Flipped
            | Self::MirroredTurned => Class::Orientation,
            Self::RWaveShifted
            | Self::TwoBeats
            | Self::OutOfPhase
            | Self::FrameRepeated
            | Self::FramesDisordered
            | Self::StaticHeart
            | Self::LvefBelowTen => Class::Gating,
            Self::CutByEdge
            | Self::HalfOutside
            | Self::TwoHearts
            | Self::TinyHeart
            | Self::PatientMoved
            | Self::WrongSpacing => Class::Geometry,
            Self::FrameDoubled
            | Self::FrameLow
            | Self::LastFramesEmpty
            | Self::CountLoss
            | Self::HotPixels
            | Self::FlippedBits
            | Self::Clipped
            | Self::Wrapped
            | Self::Inverted => Class::Counts,
            Self::BeatsSmeared | Self::PartlyUntriggered => Class::HiddenGating,
        }
    }

    /// What an error of LVEF is measured against.
    pub(crate) fn reference(self) -> Reference {
        match self.class() {
            Class::NotHeart => Reference::NoLvef,
            // It is not defined whose LVEF it would be.
            _ if self == Self::TwoHearts => Reference::NoLvef,
            Class::Gating | Class::HiddenGating => Reference::Images,
            Class::OtherView | Class::Orientation | Class::Geometry | Class::Counts => Reference::Curve,
        }
    }
}
