//! How a study was acquired, in both languages: view and angle of the camera, collimator, what was injected.

use bloodpool_core::study::acquisition::{CameraSide, Radiopharmaceutical, Recorded};

use super::Language;

impl Language {
    /// The view and the angle of the camera. An angle that does not fit the view is said to; `is_lao`: whether the view is left anterior
    /// oblique, where that is known.
    pub(crate) fn view_and_angle_of(
        self,
        view: Option<&str>,
        is_lao: Option<bool>,
        angle: Option<&Recorded>,
    ) -> String {
        let missing = self.not_recorded();
        let view = view.map(|view| self.view_of(view));
        let angle = match angle {
            None if view.is_none() => return missing.to_owned(),
            None => self.of(format!("angle {missing}"), format!("각도 {missing}")),
            Some(Recorded::Unclear(text)) => {
                let unclear = self.unclear(text);
                self.of(format!("angle {unclear}"), format!("각도 {unclear}"))
            }
            Some(Recorded::Clear(degrees)) => {
                let side = CameraSide::of(*degrees);
                if is_lao.is_some_and(|is_lao| is_lao != side.is_lao()) {
                    self.of(
                        format!("recorded angle {degrees:.0}\u{b0} does not fit this view"),
                        format!("기록된 각도 {degrees:.0}\u{b0}가 이 방향과 맞지 않음"),
                    )
                } else {
                    let oblique = side.degrees.map(|degrees| format!(" {degrees:.0}\u{b0}")).unwrap_or_default();
                    self.of(
                        format!("{}{oblique} (recorded angle {degrees:.0}\u{b0})", side.view),
                        format!("{}{oblique}(기록된 각도 {degrees:.0}\u{b0})", side.view),
                    )
                }
            }
        };
        view.map_or_else(|| angle.clone(), |view| format!("{view}, {angle}"))
    }

    /// A recorded text whose meaning is unclear.
    fn unclear(self, text: &str) -> String {
        self.of(format!("unclear, recorded as \"{text}\""), format!("불분명, \"{text}\"로 기록됨"))
    }

    /// Name and radionuclide.
    pub(crate) fn radiopharmaceutical_of(self, drug: &Radiopharmaceutical) -> String {
        match (&drug.name, &drug.radionuclide) {
            (Some(name), Some(radionuclide)) => {
                self.of(format!("{name} ({radionuclide})"), format!("{name}({radionuclide})"))
            }
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => self.not_recorded().to_owned(),
        }
    }

    /// The administered activity. A number whose unit cannot be told is given as it is recorded.
    pub(crate) fn activity_of(self, mbq: Option<&Recorded>) -> String {
        match mbq {
            None => self.not_recorded().to_owned(),
            Some(Recorded::Clear(mbq)) => format!("{mbq:.0} MBq"),
            Some(Recorded::Unclear(text)) => self
                .of(format!("unit unclear, recorded as \"{text}\""), format!("단위 불분명, \"{text}\"(으)로 기록됨")),
        }
    }

    /// The time from injection to acquisition.
    pub(crate) fn time_since_injection(self, minutes: Option<&Recorded>) -> String {
        match minutes {
            None => self.not_recorded().to_owned(),
            Some(Recorded::Clear(minutes)) => self.of(format!("{minutes:.0} min"), format!("{minutes:.0}분")),
            Some(Recorded::Unclear(text)) => self.of(
                format!("unclear, injection recorded at \"{text}\""),
                format!("불분명, 투여 시각이 \"{text}\"(으)로 기록됨"),
            ),
        }
    }

    /// Name of a collimator, or its type in words where it is a defined term of DICOM (PS3.3 C.8.4.11.1.2).
    pub(crate) fn collimator_of(self, recorded: &str) -> String {
        let words = match recorded {
            "PARA" => self.of("parallel-hole", "평행다공형"),
            "PINH" => self.of("pinhole", "바늘구멍형"),
            "FANB" => self.of("fan-beam", "부채살형"),
            "CONE" => self.of("cone-beam", "원추형"),
            "SLNT" => self.of("slant-hole", "경사형"),
            "ASTG" => self.of("astigmatic", "비점수차형"),
            "DIVG" => self.of("diverging", "확산형"),
            "NONE" => self.none(),
            other => other,
        };
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_stands_beside_its_view_and_is_doubted_where_it_does_not_fit() {
        let said = |language: Language, angle: Option<Recorded>| {
            language.view_and_angle_of(Some("Left anterior oblique"), Some(true), angle.as_ref())
        };
        let english = Language::English;
        assert_eq!(
            said(english, Some(Recorded::Clear(135.0))),
            "Left anterior oblique, LAO 45\u{b0} (recorded angle 135\u{b0})"
        );
        assert_eq!(
            said(english, Some(Recorded::Clear(225.0))),
            "Left anterior oblique, recorded angle 225\u{b0} does not fit this view"
        );
        assert_eq!(
            said(english, Some(Recorded::Unclear("0".into()))),
            "Left anterior oblique, angle unclear, recorded as \"0\""
        );
        assert_eq!(said(english, None), "Left anterior oblique, angle not recorded");
        assert!(said(Language::Korean, Some(Recorded::Clear(135.0))).ends_with("LAO 45\u{b0}(기록된 각도 135\u{b0})"));
        assert_eq!(english.view_and_angle_of(None, None, None), "not recorded");
        let anterior = english.view_and_angle_of(None, None, Some(&Recorded::Clear(180.0)));
        assert_eq!(anterior, "ANT (recorded angle 180\u{b0})");
    }

    #[test]
    fn a_unit_is_written_only_where_it_is_clear() {
        let [english, korean] = Language::ALL;
        let activity = |language: Language, recorded| language.activity_of(Some(&recorded));
        assert_eq!(activity(english, Recorded::Clear(740.4)), "740 MBq");
        assert_eq!(activity(english, Recorded::Unclear("25".into())), "unit unclear, recorded as \"25\"");
        assert_eq!(activity(korean, Recorded::Unclear("25".into())), "단위 불분명, \"25\"(으)로 기록됨");
        assert_eq!((english.activity_of(None), korean.activity_of(None)), ("not recorded".into(), "기록 없음".into()));
        assert_eq!(english.time_since_injection(Some(&Recorded::Clear(44.6))), "45 min");
        assert_eq!(korean.time_since_injection(Some(&Recorded::Clear(44.6))), "45분");
        assert!(english.time_since_injection(Some(&Recorded::Unclear("1030".into()))).contains("\"1030\""));
        assert_eq!(
            (english.collimator_of("PARA"), english.collimator_of("LEHR")),
            ("parallel-hole".into(), "LEHR".into())
        );
    }
}
