//! Sentences with figures of the terminal summary in both languages.

use bloodpool_core::FrameIndex;
use bloodpool_core::analysis::Background;
use bloodpool_core::uncertainty::Interval;

use super::Language;
use crate::known_bias::Bias;

impl Language {
    /// The level of the interval, its source and the protocol.
    pub(crate) fn summary_interval(self, interval: &Interval, protocol: &str) -> String {
        let source = self.interval_source(interval.level_percent, &interval.source);
        self.of(format!("{source}; by protocol {protocol}"), format!("{source}. 프로토콜 {protocol}"))
    }

    /// That there is no interval, and the protocol.
    pub(crate) fn summary_no_interval(self, protocol: &str) -> String {
        self.of(
            format!("by protocol {protocol}; no interval is known for it with this model"),
            format!("프로토콜 {protocol}. 이 모델에서의 신뢰구간은 알려져 있지 않음"),
        )
    }

    /// What was measured and is withheld.
    pub(crate) fn summary_measured(self, lvef_percent: f64, protocol: &str) -> String {
        let lvef = self.percent(lvef_percent);
        self.of(format!("measured {lvef}, by protocol {protocol}"), format!("측정값 {lvef}, 프로토콜 {protocol}"))
    }

    /// What is known of the bias.
    pub(crate) fn summary_bias(self, data: &str, bias: Bias) -> String {
        let (data, words) = (self.data(data), self.bias_in_words(bias));
        self.of(format!("on {data} it read {words}"), format!("{data}: {words}"))
    }

    /// What is subtracted.
    pub(crate) fn background_level(self, background: &Background) -> String {
        let (level, grid, frame) = (background.mean_counts_per_pixel, background.grid, background.frame);
        self.of(
            format!("{level:.2} counts per pixel of the {grid} grid on frame {frame}"),
            format!("프레임 {frame}, {grid} 격자 화소당 {level:.2}"),
        )
    }

    /// An area where no pixel spacing is known.
    pub(crate) fn area_on_grid(self, area_px: f64, grid: usize) -> String {
        self.of(format!("{area_px:.0} px on the {grid} grid"), format!("{area_px:.0} px({grid} 격자)"))
    }

    /// ED or ES.
    pub(crate) fn summary_phase(self, frame: FrameIndex, area: &str, counts: &str, net: &str) -> String {
        self.of(
            format!("frame {frame:>2}   area {area}   counts {counts}   net {net}"),
            format!("프레임 {frame:>2}   면적 {area}   계수 {counts}   순계수 {net}"),
        )
    }
}
