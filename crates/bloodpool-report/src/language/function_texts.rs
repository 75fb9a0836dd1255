//! Texts of ventricular function in both languages: table of quantities, phases, sectors, right ventricle.

use super::texts;

texts! {
    ventricular_function: "Ventricular function", "심실 기능";
    function_withheld: "Not given: the LVEF is withheld, and what makes it unusable makes these numbers unusable, too.",
        "제시하지 않음: LVEF를 제시하지 않으며, 같은 이유로 이 수치들도 사용할 수 없습니다.";
    quantity: "Quantity", "지표";
    value: "Value", "값";
    interval_95: "95 % interval", "95% 신뢰구간";
    value_in_range: "Value in the published range", "발표된 범위 안의 값";
    published_range: "Published range at rest", "발표된 안정 시 범위";
    published_range_other: "Published range at rest, with another program", "발표된 안정 시 범위(다른 프로그램)";
    rates_of_curve: "Rates, times and fractions of the curve", "곡선에서 구하는 속도, 시간, 분율";
    published_heading: "Published with other programs, not validated for this one",
        "다른 프로그램으로 발표된 값이며 이 프로그램에서는 검증되지 않음";
    band_meaning: "The band runs from the stated limit, or from mean \u{2212} 1.96 SD, to mean + 1.96 SD.",
        "띠는 명시된 하한(없으면 평균 \u{2212} 1.96 SD)부터 평균 + 1.96 SD까지입니다.";
    no_agreed_range: "no agreed range", "합의된 범위 없음";
    only_lvef_interval: "Only the LVEF has an interval that was tested. Rates and times repeat less well between acquisitions than the LVEF.",
        "검증된 신뢰구간은 LVEF에만 있습니다. 속도와 시간은 LVEF보다 검사 간 재현성이 낮습니다.";
    // Phases.
    amplitude_and_phase: "Amplitude and phase", "진폭과 위상";
    first_harmonic: "first harmonic of every pixel", "각 화소의 첫째 조화함수";
    amplitude: "Amplitude", "진폭영상";
    phase: "Phase", "위상영상";
    phase_histogram: "Phase histogram", "위상 히스토그램";
    histogram_alt: "Share of the pixels of LV and RV by phase", "위상별 좌심실과 우심실 화소의 비율";
    phase_axis: "Phase, degrees", "위상, 도";
    pixels_axis: "Pixels, %", "화소, %";
    of_the_lv: "LV", "LV";
    rv_experimental: "RV (experimental)", "RV(실험적)";
    lv_septal_half: "LV, septal half", "LV 중격 쪽 절반";
    lv_lateral_half: "LV, lateral half", "LV 외측 절반";
    septal_less_lateral: "Septal less lateral half", "중격 쪽 \u{2212} 외측";
    rv_less_lv: "RV less LV (experimental)", "RV \u{2212} LV(실험적)";
    region: "Region", "영역";
    mean_phase: "Mean phase", "평균 위상";
    sd: "SD", "SD";
    bandwidth: "95 % bandwidth", "95% 대역폭";
    entropy: "Entropy", "엔트로피";
    synchrony: "Synchrony", "동시성";
    pixels: "Pixels", "화소 수";
    percent_of_largest: "% of the largest", "최대값의 %";
    degrees: "degrees", "도";
    percent_sign: "%", "%";
    // Sectors.
    regional_function: "Regional function", "국소 기능";
    sectors_meaning: "LV sectors about the centre of the ED silhouette, valve plane left out",
        "ED 윤곽 중심에서 나눈 좌심실 구역(판막면 제외)";
    ed_contour: "ED contour", "ED 윤곽";
    es_contour: "ES contour", "ES 윤곽";
    ed_on_es: "ED on ES", "ES 위의 ED 윤곽";
    on_es_frame: "on the end-systolic frame", "수축기말 프레임";
    ed_on_es_alt: "End-systolic frame with the contours of end-diastole and end-systole", "확장기말과 수축기말 윤곽을 표시한 수축기말 프레임";
    ef_by_sector: "Regional EF by sector", "구역별 국소 박출률";
    ef_by_sector_alt: "Regional EF by sector, as the camera sees the left ventricle", "카메라에서 본 좌심실의 구역별 국소 박출률";
    ef_by_pixel: "Regional EF of each pixel", "화소별 국소 박출률";
    stroke_and_paradox: "Stroke volume and paradox images", "박출량 영상과 역운동 영상";
    stroke_image: "Stroke volume, ED \u{2212} ES", "박출량 영상, ED \u{2212} ES";
    paradox_image: "Paradox, ES \u{2212} ED", "역운동 영상, ES \u{2212} ED";
    no_paradox: "No pixel holds more counts at ES than at ED.", "ED보다 ES에서 계수가 많은 화소가 없습니다.";
    valve: "valve", "판막";
    plane: "plane", "면";
    lateral: "lateral", "외측";
    apex: "apex", "심첨";
    apical: "apical", "심첨부";
    septal: "septal", "중격";
    sector: "Sector", "구역";
    regional_ef_row: "Regional EF, %", "국소 박출률, %";
    counting_noise_row: "Counting noise, points (SE)", "계수 잡음, 점(표준오차)";
    shortening_row: "Radial shortening, %", "방사 방향 단축, %";
    inward_row: "Inward motion, mm", "안쪽 이동, mm";
    sectors_note: "Sectors are numbered from the lateral end of the valve plane round the apex to its septal end. Regional EF: net counts of the same \
            pixels at ED and ES; the pixels stay where they are while the wall moves. No agreed normal range.",
        "구역 번호는 판막면의 외측 끝에서 심첨을 돌아 중격 쪽 끝까지 매깁니다. 국소 박출률은 ED와 ES에서 같은 화소의 순계수로 계산하며, 벽이 움직여도 화소는 \
            고정되어 있습니다. 합의된 정상 범위는 없습니다.";
    // Right ventricle.
    right_ventricle: "Right ventricle", "우심실";
    experimental: "experimental", "실험적";
    rvef: "RVEF", "RVEF";
    counting_noise_se: "counting noise (SE)", "계수 잡음(표준오차)";
    stroke_ratio: "LV over RV stroke counts", "좌심실/우심실 박출 계수 비";
    stroke_ratio_meaning: "about 1 without regurgitation or shunt", "역류나 단락이 없으면 약 1";
    none_shown: "none shown", "표시하지 않음";
    net_counts_ed_es: "Net counts at ED and ES", "ED와 ES의 순계수";
    rv_note: "In LAO the right atrium lies behind part of the right ventricle and fills while this empties: RVEF and its stroke counts read low, and the \
            ratio high. How far has not been measured on patients.",
        "LAO에서는 우심방이 우심실 일부의 뒤에 있고 우심실이 비워질 때 채워지므로, RVEF와 우심실 박출 계수는 낮게, 비는 높게 나타납니다. 그 정도는 환자에서 \
            측정되지 않았습니다.";
}
