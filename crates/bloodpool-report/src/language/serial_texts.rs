//! Texts of the serial comparison and of conclusions in both languages.

use super::texts;

texts! {
    serial_comparison: "Serial comparison", "연속 검사 비교";
    serial_subject: "LVEF of one patient over time", "한 환자의 LVEF 변화";
    serial_title_kind: "serial comparison of LVEF", "LVEF 연속 검사 비교";
    serial_studies: "Studies", "검사";
    serial_count: "Number of studies", "검사 수";
    serial_period: "From, to", "기간";
    serial_warnings: "Before the studies are compared", "비교 전 확인 사항";
    serial_settings_differ: "Differences other than the heart", "심장 외의 차이";
    serial_no_difference: "Camera, matrix, frames, protocol, model and version are the same in all studies.",
        "모든 검사의 감마카메라, 매트릭스, 프레임 수, 프로토콜, 모델, 버전이 같습니다.";
    issuer: "Issuer of the ID", "환자 번호 발급기관";
    number_sign: "No.", "번호";
    study_date: "Date", "검사일";
    baseline: "baseline", "기저 검사";
    baseline_earliest: "The baseline is the earliest study.", "기저 검사는 가장 이른 검사입니다.";
    baseline_chosen: "The baseline was chosen by the user.", "기저 검사는 사용자가 선택했습니다.";
    // Plot.
    serial_plot: "LVEF over time", "시간에 따른 LVEF";
    serial_axis: "LVEF, %", "LVEF, %";
    serial_limit: "limit of normal", "정상 하한";
    key_lvef: "LVEF with its 95 % interval", "LVEF와 95% 신뢰구간";
    key_beyond: "beyond repeat variation", "반복 검사 변동을 넘음";
    key_within: "within repeat variation of the baseline", "기저 검사의 반복 검사 변동 범위";
    key_limit: "limit of normal, published with other programs", "다른 프로그램으로 발표된 정상 하한";
    key_signed: "open circle: signed earlier", "빈 원: 이전에 서명된 값";
    key_withheld: "withheld", "제시하지 않음";
    serial_plot_note: "The band about the baseline is as wide as the larger of the published and the technical limit of each pair.",
        "기저 검사 둘레의 띠의 폭은 각 검사 쌍의 발표된 한계와 기술적 한계 중 큰 값입니다.";
    // Tables.
    studies_of_patient: "Every study, analysed today with the same program", "모든 검사를 현재 같은 프로그램으로 분석한 값";
    acquired_with: "Camera, matrix, frames", "감마카메라, 매트릭스, 프레임";
    lv_counts: "LV counts at ED", "ED 좌심실 순계수";
    findings: "Findings", "소견";
    signed_then: "Signed earlier", "이전에 서명된 값";
    nothing_signed: "none given", "제공되지 않음";
    changes_from_baseline: "Change from the baseline", "기저 검사 대비 변화";
    since_baseline: "Since baseline", "경과";
    change: "Change, points", "변화, 점";
    technical_limit: "Technical limit, points", "기술적 한계, 점";
    published_limit: "Published limit, points", "발표된 한계, 점";
    repeat_variation: "Repeat variation", "반복 검사 변동";
    beyond: "beyond", "넘음";
    within: "within", "범위 안";
    beyond_repeat_variation: "beyond repeat variation", "반복 검사 변동을 넘음";
    within_repeat_variation: "within repeat variation", "반복 검사 변동 범위 안";
    before_the_baseline: "before the baseline", "기저 검사 이전";
    no_change_interval: "The change has no interval: none was calibrated on pairs of studies for this model and protocol.",
        "변화의 신뢰구간 없음: 이 모델과 프로토콜에 대해 검사 쌍으로 보정된 신뢰구간이 없습니다.";
    limits_meaning: "A change is beyond repeat variation where it is at least the published limit (Wackers et al., Am J Cardiol 1979;43:1159: \
            10 points from a normal baseline, 55 % or more; 5 points from an abnormal one) and larger than the technical limit, within which \
            95 % of repeated acquisitions of the same heart with the counts of both studies lie.",
        "변화가 발표된 한계(Wackers 등, Am J Cardiol 1979;43:1159: 기저 LVEF가 55% 이상인 정상이면 10점, 비정상이면 5점) 이상이고 기술적 한계보다 클 때 \
            반복 검사 변동을 넘은 것으로 봅니다. 기술적 한계는 두 검사와 같은 계수로 같은 심장을 반복 촬영할 때 차이의 95%가 들어가는 범위입니다.";
    // Rules.
    cardiotoxicity_rules: "Rules of cardiotoxicity by LVEF", "LVEF에 의한 심독성 기준";
    rules_remark: "each by its source, applied to today's numbers", "각 출처에 따라 현재 수치에 적용";
    rule_met: "met", "충족";
    rule_not_met: "not met", "충족하지 않음";
    rule_not_decided: "cannot be decided", "판단할 수 없음";
    rules_before: "not applied before the baseline", "기저 검사 이전에는 적용하지 않음";
    rules_withheld: "not applied: an LVEF is withheld", "적용하지 않음: LVEF를 제시하지 않은 검사가 있음";
    rules_sources: "What each rule says, and its source", "각 기준의 내용과 출처";
    rules_note: "A rule restates what its source says of two LVEFs. It knows neither symptoms nor therapy, and was made for other methods of \
            measurement where its source says so.",
        "기준은 출처가 두 LVEF에 대해 말하는 내용을 옮긴 것입니다. 증상과 치료를 고려하지 않으며, 출처에 따라 다른 측정법을 위해 만들어진 것도 있습니다.";
    // Conclusion.
    conclusion_draft: "Conclusion, draft", "결론 초안";
    conclusion_note: "It restates numbers and rules of this report and adds no judgement; the reader decides.",
        "이 보고서의 수치와 기준만 옮긴 것이며 판단을 더하지 않았습니다. 결론은 판독의가 정합니다.";
    technical_limit_too_small: "The technical limit is that of counting noise alone, so that it is too small.",
        "기술적 한계는 계수 잡음만의 값이어서 실제보다 작습니다.";
    limit_within_interval: "The interval includes the limit.", "신뢰구간이 정상 하한을 포함합니다.";
    conclusion_withheld: "LVEF is withheld and must not be used.", "LVEF를 제시하지 않으며 사용하지 마십시오.";
    no_rule_met: "No rule is met.", "충족한 기준이 없습니다.";
    serial_provenance: "Model, protocol and files: everything the numbers depend on", "모델, 프로토콜, 파일: 수치의 근거가 되는 모든 것";
    technical_source: "Technical limit from", "기술적 한계의 근거";
    local_limit: "Limit of normal of this department", "이 기관의 정상 하한";
    not_given_by_user: "not given", "입력되지 않음";
    comparison_attached: "The complete comparison is attached to this PDF as comparison.json.",
        "전체 비교 결과는 이 PDF에 comparison.json으로 첨부되어 있습니다.";
    comparison_description: "The comparison of this report as a JSON document", "이 보고서의 비교 결과(JSON 문서)";
    // Summary.
    summary_change: "Change", "변화";

    summary_comparison_not_written: "none written; --report DIR or --pdf FILE shows plot, rules and sources",
        "작성하지 않음; --report DIR 또는 --pdf FILE로 그림, 기준, 출처를 볼 수 있음";
}
