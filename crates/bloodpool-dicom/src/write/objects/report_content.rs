//! The content tree of a measurement report: TID 1500 with TID 1501 and TID 1410 (PS3.16).

use super::attestation::PersonObserver;
use super::concepts;
use super::content_item::{ContentItem, Relationship, Value};
use super::context::ResultContext;
use super::image_reference;
use super::kind::Kind;
use super::lv_measurements::{Interval, LvMeasurements, RoiMeasurement};
use super::modules::RESEARCH_USE_ONLY;
use crate::read::identity::SIMULATED;
use crate::write::acquisition::Code;

/// What the tree is made from.
pub(super) struct Content<'a> {
    pub(super) context: &'a ResultContext,
    pub(super) kind: Kind,
    pub(super) measurements: &'a LvMeasurements,
    pub(super) observer: Option<&'a PersonObserver>,
    pub(super) remarks: Vec<String>,
}

impl Content<'_> {
    /// The root: TID 1500, Measurement Report.
    pub(super) fn root(&self) -> ContentItem {
        use Relationship::{Contains, HasConceptMod};
        let mut children =
            vec![ContentItem::new(HasConceptMod, concepts::language(), Value::Code(concepts::english()))];
        children.extend(self.observers());
        let procedure = Value::Code(concepts::radionuclide_ventriculography());
        children.push(ContentItem::new(HasConceptMod, concepts::procedure_reported(), procedure));
        let measurements = ContentItem::new(Contains, concepts::imaging_measurements(), Value::Container(None)).with([
            self.function(),
            self.roi("LV ROI at end-diastole", concepts::end_diastole(), &self.measurements.end_diastole),
            self.roi("LV ROI at end-systole", concepts::end_systole(), &self.measurements.end_systole),
        ]);
        children.push(measurements);
        let evaluations = ContentItem::new(Contains, concepts::qualitative_evaluations(), Value::Container(None));
        let comment = |text| ContentItem::new(Contains, concepts::comment(), Value::Text(text));
        children.push(evaluations.with(self.comments().into_iter().map(comment)));
        ContentItem::root(concepts::measurement_report(), "1500", children)
    }

    /// TID 1001 and 1002: the device, and the person who reviewed the result.
    fn observers(&self) -> Vec<ContentItem> {
        let context = |concept: Code, value: Value| ContentItem::new(Relationship::HasObsContext, concept, value);
        let observer_type = || Code::dicom("121005", "Observer Type");
        let text =
            |value: &str, meaning: &str, text: &str| context(Code::dicom(value, meaning), Value::Text(text.into()));
        let equipment = &self.context.equipment;
        let mut items = vec![
            context(observer_type(), Value::Code(Code::dicom("121007", "Device"))),
            context(Code::dicom("121012", "Device Observer UID"), Value::Uid(equipment.device_uid())),
            text("121013", "Device Observer Name", self.context.algorithm.name()),
            text("121014", "Device Observer Manufacturer", equipment.manufacturer()),
            text("121015", "Device Observer Model Name", equipment.model_name()),
            text("121016", "Device Observer Serial Number", equipment.serial_number()),
        ];
        if let Some(person) = self.observer {
            let name = Value::PersonName(person.name().into());
            items.push(context(observer_type(), Value::Code(Code::dicom("121006", "Person"))));
            items.push(context(Code::dicom("121008", "Person Observer Name"), name));
            items.push(text("121009", "Person Observer's Organization Name", person.organization()));
        }
        items
    }

    /// TID 1501, Measurement Group: what is measured over the whole cycle.
    fn function(&self) -> ContentItem {
        let found = self.measurements;
        let number = |concept: Code, value: f64, unit: Code| {
            ContentItem::new(Relationship::Contains, concept, Value::Number { value, unit })
        };
        let method = Value::Code(concepts::radionuclide_ventriculography());
        let method = ContentItem::new(Relationship::HasConceptMod, concepts::measurement_method(), method);
        let lvef = number(concepts::lvef(), found.lvef_percent, concepts::percent()).with([method]);
        let frame = |roi: &RoiMeasurement| roi.frame.number() as f64;
        let mut items = vec![
            lvef.with(found.lvef_interval.into_iter().flat_map(|interval| uncertainty(found.lvef_percent, interval))),
            number(concepts::end_diastolic_frame(), frame(&found.end_diastole), concepts::no_units()),
            number(concepts::end_systolic_frame(), frame(&found.end_systole), concepts::no_units()),
        ];
        for (concept, value, unit) in [
            (concepts::heart_rate(), found.heart_rate_per_minute, concepts::beats_per_minute()),
            (concepts::peak_ejection_rate(), found.peak_ejection_rate_per_s, concepts::volumes_per_second()),
            (concepts::peak_ejection_time(), found.time_to_peak_ejection_ms, concepts::milliseconds()),
            (concepts::peak_filling_rate(), found.peak_filling_rate_per_s, concepts::volumes_per_second()),
            (concepts::peak_filling_time(), found.time_to_peak_filling_ms, concepts::milliseconds()),
        ] {
            items.extend(value.map(|value| number(concept, value, unit)));
        }
        let sources = self.context.source.images.iter().map(|image| {
            let image = Value::Image(image_reference::of_image(image));
            ContentItem::new(Relationship::Contains, concepts::source(), image)
        });
        self.group("1501", "LV function").with(sources).with(items)
    }

    /// TID 1410, Planar ROI Measurements: the contour of one frame and what is counted in it.
    fn roi(&self, name: &str, phase: Code, roi: &RoiMeasurement) -> ContentItem {
        let source = &self.context.source;
        let stored = source.frames.get(roi.frame.index()).copied();
        let image = stored.map(|frame| ContentItem::selected_from(image_reference::of_frame(source, frame)));
        let region = Value::Polyline(roi.polyline());
        let region = ContentItem::new(Relationship::Contains, concepts::image_region(), region).with(image);
        let counts = Value::Number { value: roi.net_counts, unit: concepts::counts() };
        self.group("1410", name).with([
            region,
            ContentItem::new(Relationship::Contains, concepts::net_counts(), counts),
            ContentItem::new(Relationship::Contains, concepts::cardiac_cycle_phase(), Value::Code(phase)),
        ])
    }

    /// A measurement group with what all have: tracking (TID 4108), site, algorithm (TID 4019).
    fn group(&self, template: &'static str, name: &str) -> ContentItem {
        use Relationship::{HasConceptMod, HasObsContext};
        let uid = Value::Uid(self.context.key.part_uid(self.kind, name));
        let algorithm = &self.context.algorithm;
        let modifier = |value: &str, meaning: &str, text: &str| {
            ContentItem::new(HasConceptMod, Code::dicom(value, meaning), Value::Text(text.into()))
        };
        let group = Value::Container(Some(template));
        ContentItem::new(Relationship::Contains, concepts::measurement_group(), group)
            .with([
                ContentItem::new(HasObsContext, concepts::tracking_identifier(), Value::Text(name.into())),
                ContentItem::new(HasObsContext, concepts::tracking_unique_identifier(), uid),
                ContentItem::new(HasConceptMod, concepts::finding_site(), Value::Code(concepts::left_ventricle())),
                modifier("111001", "Algorithm Name", algorithm.name()),
                modifier("111003", "Algorithm Version", algorithm.version()),
            ])
            .with(algorithm.parameters().iter().map(|line| modifier("111002", "Algorithm Parameters", line)))
    }

    /// What a reader must see: the intended use, whether the study is simulated, the interval in words, remarks.
    fn comments(&self) -> Vec<String> {
        let mut comments = vec![RESEARCH_USE_ONLY.to_string()];
        if self.context.source.simulated {
            comments.push(format!("{SIMULATED}: computed counts, not a patient."));
        }
        if let Some(interval) = self.measurements.lvef_interval {
            let Interval { lower_percent, upper_percent, level_percent } = interval;
            let level = format!("{level_percent} % interval of the LVEF");
            comments.push(format!("{level}: {lower_percent:.1} to {upper_percent:.1} %."));
        }
        // The codes do not say from where the times are counted.
        if self.measurements.time_to_peak_ejection_ms.is_some() {
            comments.push("Peak Ejection Time is counted from the R wave.".into());
        }
        if self.measurements.time_to_peak_filling_ms.is_some() {
            comments.push("Peak Filling Time is counted from end-systole.".into());
        }
        comments.extend(self.remarks.iter().cloned());
        comments
    }
}

/// TID 310: how far the interval reaches above and below the value.
fn uncertainty(value: f64, interval: Interval) -> [ContentItem; 2] {
    [
        (concepts::upper_uncertainty(), interval.upper_percent - value),
        (concepts::lower_uncertainty(), value - interval.lower_percent),
    ]
    .map(|(concept, value)| {
        let value = Value::Number { value, unit: concepts::percent() };
        ContentItem::new(Relationship::HasProperties, concept, value)
    })
}
