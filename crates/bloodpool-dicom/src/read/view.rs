//! `View`: the view of a detector, from its view code, from text or from its angle.

use dicom_dictionary_std::tags;

use super::header::Attributes;

/// Views of the chest as nuclear medicine names them (PS3.16 CID 26), with SNOMED CT and older SRT codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    LeftAnteriorOblique,
    Anterior,
    LeftLateral,
    LeftPosteriorOblique,
    RightAnteriorOblique,
    RightLateral,
    RightPosteriorOblique,
    Posterior,
}

impl Projection {
    const ALL: [Self; 8] = [
        Self::LeftAnteriorOblique,
        Self::Anterior,
        Self::LeftLateral,
        Self::LeftPosteriorOblique,
        Self::RightAnteriorOblique,
        Self::RightLateral,
        Self::RightPosteriorOblique,
        Self::Posterior,
    ];

    /// SNOMED CT code, SRT code, meaning, abbreviation.
    fn coded(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::LeftAnteriorOblique => ("399074003", "G-5207", "Left anterior oblique", "LAO"),
            Self::Anterior => ("399321004", "G-5215", "Anterior projection", "ANT"),
            Self::LeftLateral => ("399118008", "G-5223", "Left lateral projection", "LLAT"),
            Self::LeftPosteriorOblique => ("399136008", "G-5209", "Left posterior oblique", "LPO"),
            Self::RightAnteriorOblique => ("399108003", "G-5206", "Right anterior oblique", "RAO"),
            Self::RightLateral => ("399297009", "G-5222", "Right lateral projection", "RLAT"),
            Self::RightPosteriorOblique => ("399075002", "G-5208", "Right posterior oblique", "RPO"),
            Self::Posterior => ("399001007", "G-5216", "Posterior projection", "POST"),
        }
    }

    /// Code Value and Code Meaning with scheme SCT.
    pub(crate) fn code(self) -> (&'static str, &'static str) {
        let (code, _, meaning, _) = self.coded();
        (code, meaning)
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.coded().0 == code || view.coded().1 == code)
    }

    /// A view in several words at the start of these, in any order, and how many they are: `left anterior oblique`, `LT ANT OBL`,
    /// `oblique ant gauche`, `RT LAT`. An oblique view without its side is none, and no anterior or posterior one.
    fn from_words(words: &[&str]) -> Option<(Option<Self>, usize)> {
        let among = |words: &[&str], names: &[&str]| words.iter().any(|word| names.contains(word));
        let left = |words: &[&str]| among(words, &["LEFT", "LT", "L", "GAUCHE"]);
        let right = |words: &[&str]| among(words, &["RIGHT", "RT", "R", "DROITE", "DROIT"]);
        let anterior = |words: &[&str]| among(words, &["ANTERIOR", "ANT", "ANTERIEURE", "ANTÉRIEURE"]);
        let posterior = |words: &[&str]| among(words, &["POSTERIOR", "POST", "POSTERIEURE", "POSTÉRIEURE"]);
        let oblique = |words: &[&str]| among(words, &["OBLIQUE", "OBL"]);
        if let Some(three) = words.get(..3).filter(|three| oblique(three)) {
            match (left(three), right(three), anterior(three), posterior(three)) {
                (true, false, true, false) => return Some((Some(Self::LeftAnteriorOblique), 3)),
                (false, true, true, false) => return Some((Some(Self::RightAnteriorOblique), 3)),
                (true, false, false, true) => return Some((Some(Self::LeftPosteriorOblique), 3)),
                (false, true, false, true) => return Some((Some(Self::RightPosteriorOblique), 3)),
                _ => {}
            }
        }
        let two = words.get(..2)?;
        if oblique(two) && (anterior(two) || posterior(two)) {
            return Some((None, 2));
        }
        let lateral = among(two, &["LATERAL", "LAT"]);
        match (lateral && left(two), lateral && right(two)) {
            (true, false) => Some((Some(Self::LeftLateral), 2)),
            (false, true) => Some((Some(Self::RightLateral), 2)),
            _ => None,
        }
    }

    /// The one view that a text names: `GBP LAO45 rest`, `best septal`, `left anterior oblique`.
    /// A text that names several gives none.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let words = words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        let mut rest = &words[..];
        while let Some((first, after)) = rest.split_first() {
            if let Some((view, used)) = Self::from_words(rest) {
                found.extend(view.filter(|view| !found.contains(view)));
                rest = &rest[used..];
                continue;
            }
            let (view, used) = match first.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "LAO" => (Some(Self::LeftAnteriorOblique), 1),
                "RAO" => (Some(Self::RightAnteriorOblique), 1),
                "LPO" => (Some(Self::LeftPosteriorOblique), 1),
                "RPO" => (Some(Self::RightPosteriorOblique), 1),
                "L" if words_start(rest, &["L", "A", "O"]) => (Some(Self::LeftAnteriorOblique), 3),
                "BEST" if words_start(rest, &["BEST", "SEPTAL"]) => (Some(Self::LeftAnteriorOblique), 2),
                "RLAT" => (Some(Self::RightLateral), 1),
                "LLAT" | "LAT" | "LATERAL" => (Some(Self::LeftLateral), 1),
                "ANT" | "ANTERIOR" => (Some(Self::Anterior), 1),
                "POST" | "POSTERIOR" => (Some(Self::Posterior), 1),
                _ => (None, 1),
            };
            found.extend(view.filter(|view| !found.contains(view)));
            rest = if used == 1 { after } else { &rest[used..] };
        }
        match found[..] {
            [view] => Some(view),
            _ => None,
        }
    }
}

/// Words of letters and digits, in capitals.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_uppercase).collect()
}

/// Whether a word only says which view is meant.
fn is_of_a_view(word: &str) -> bool {
    const PARTS: [&str; 11] = ["LEFT", "LT", "RIGHT", "RT", "OBLIQUE", "OBL", "BEST", "SEPTAL", "L", "A", "O"];
    PARTS.contains(&word) || Projection::from_text(word).is_some()
}

fn words_start(words: &[&str], start: &[&str]) -> bool {
    words.len() >= start.len() && words.iter().zip(start).all(|(word, start)| word == start)
}

/// A view as a file describes it.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct View {
    /// What the view is, when it is one of the known ones.
    pub(crate) projection: Option<Projection>,
    /// Its name for people.
    pub(crate) label: Option<String>,
    /// Everything the file says about it, for a choice by text.
    said: Vec<String>,
}

impl View {
    /// The view of one detector. What is said of the whole file counts only where there is `one` detector.
    pub(crate) fn of(detector: Option<Attributes<'_>>, root: Attributes<'_>, one: bool) -> Self {
        let mut said = Vec::new();
        let mut projection = None;
        let mut label = None;
        let in_item = detector.map(|item| item.items(tags::VIEW_CODE_SEQUENCE)).unwrap_or_default();
        let codes = if in_item.is_empty() && one { root.items(tags::VIEW_CODE_SEQUENCE) } else { in_item };
        for code in codes {
            let meaning = code.text(tags::CODE_MEANING);
            let known = code.text(tags::CODE_VALUE).and_then(|value| Projection::from_code(&value));
            projection = projection.or(known).or_else(|| meaning.as_deref().and_then(Projection::from_text));
            label = label.or_else(|| meaning.clone());
            said.extend(meaning);
        }
        if one {
            for tag in [
                tags::VIEW_POSITION,
                // The name of this image; GE writes the view there.
                tags::IMAGE_ID,
                tags::SERIES_DESCRIPTION,
                tags::ACQUISITION_CONTEXT_DESCRIPTION,
                tags::PROTOCOL_NAME,
            ] {
                if let Some(text) = root.text(tag) {
                    projection = projection.or_else(|| Projection::from_text(&text));
                    said.push(text);
                }
            }
        }
        let start = detector.and_then(|item| item.number(tags::START_ANGLE).ok().flatten());
        let angle = start.or_else(|| root.number(tags::START_ANGLE).ok().flatten().filter(|_| one));
        if projection.is_none() && label.is_none() {
            projection = angle.and_then(from_angle);
        }
        let label = label.or_else(|| projection.map(|view| view.code().1.to_string()));
        Self { projection, label, said }
    }

    pub(crate) fn is_lao(&self) -> bool {
        self.projection == Some(Projection::LeftAnteriorOblique)
    }

    /// Whether a text that a person gave means this view: `anterior` is not `left anterior oblique`, and
    /// `LAO stress` is the LAO of which the file says stress.
    pub(crate) fn matches(&self, wanted: &str) -> bool {
        let says = |what: &str| self.said.iter().chain(&self.label).any(|text| text.to_lowercase().contains(what));
        match (Projection::from_text(wanted), self.projection) {
            (Some(wanted), Some(own)) if wanted != own => false,
            (Some(_), Some(_)) => words(wanted).iter().all(|word| is_of_a_view(word) || says(&word.to_lowercase())),
            _ => says(&wanted.to_lowercase()),
        }
    }

    /// Whether the file says nothing of the view.
    pub(crate) fn is_unknown(&self) -> bool {
        self.label.is_none()
    }

    /// The label, or that there is none.
    pub(crate) fn name(&self) -> &str {
        self.label.as_deref().unwrap_or("view not recorded")
    }
}

/// LAO from the detector's Start Angle (PS3.3 C.8.4.9.1.5): 0 is the patient's back, 90 the left, 180 the front.
///
/// Only LAO is inferred from the angle: 0 is also written where the angle is not known.
fn from_angle(degrees: f64) -> Option<Projection> {
    // 15 to 75 degrees from the front towards the left.
    (105.0..=165.0).contains(&degrees.rem_euclid(360.0)).then_some(Projection::LeftAnteriorOblique)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_one_view_or_none() {
        let lao = Some(Projection::LeftAnteriorOblique);
        for text in ["LAO", "GBP_LAO45 rest", "Left Anterior Oblique", "muga l.a.o.", "Best Septal", "LAO 45"] {
            assert_eq!(Projection::from_text(text), lao, "{text}");
        }
        for text in ["LT ANT OBL", "LEFT ANT OBL 45", "gated oblique ant gauche", "Ant. obl. left"] {
            assert_eq!(Projection::from_text(text), lao, "{text}");
        }
        assert_eq!(Projection::from_text("RT ANT OBL"), Some(Projection::RightAnteriorOblique));
        assert_eq!(Projection::from_text("Left Posterior Oblique"), Some(Projection::LeftPosteriorOblique));
        assert_eq!(Projection::from_text("RT LAT"), Some(Projection::RightLateral));
        assert_eq!(Projection::from_text("right lateral"), Some(Projection::RightLateral));
        assert_eq!(Projection::from_text("MUGA ANT"), Some(Projection::Anterior));
        assert_eq!(Projection::from_text("LT LAT"), Some(Projection::LeftLateral));
        for text in ["ANT LAO LLAT", "gated blood pool", "laos", "ANT OBL", ""] {
            assert_eq!(Projection::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_choice_by_text_means_one_view() {
        let view = |projection, label: &str, said: &str| View {
            projection: Some(projection),
            label: Some(label.into()),
            said: vec![said.into()],
        };
        let lao = view(Projection::LeftAnteriorOblique, "Left anterior oblique", "LAO 45 stress");
        let ant = view(Projection::Anterior, "Anterior projection", "ANT");
        for (wanted, is_lao, is_ant) in [
            ("lao", true, false),
            ("anterior", false, true),
            ("left anterior oblique", true, false),
            ("LAO stress", true, false),
            ("LAO rest", false, false),
            ("stress", true, false),
        ] {
            assert_eq!((lao.matches(wanted), ant.matches(wanted)), (is_lao, is_ant), "{wanted}");
        }
    }

    #[test]
    fn forty_five_degrees_left_of_the_front_is_lao() {
        assert_eq!(from_angle(135.0), Some(Projection::LeftAnteriorOblique));
        assert_eq!(from_angle(-225.0), Some(Projection::LeftAnteriorOblique));
        assert_eq!(from_angle(0.0), None);
        assert_eq!(from_angle(180.0), None);
    }
}
