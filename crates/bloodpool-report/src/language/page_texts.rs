//! Texts of the page in both languages: patient, validity, result, images, curve, numbers, quality, provenance.

use super::texts;

texts! {
    // Head and foot.
    gated_blood_pool_study: "Gated blood pool study", "게이트심장혈액풀검사";
    left_ventricular_function: "Left ventricular function", "좌심실 기능";
    research_use_only: "Research use only - not for clinical decisions", "연구용 - 임상 결정에 사용할 수 없음";
    simulated_study: "Simulated study", "모의 검사";
    simulated_meaning: "This is not a patient: the counts were computed.", "실제 환자가 아니며 계수는 계산으로 만든 것입니다.";
    title_kind: "gated blood pool", "게이트심장혈액풀검사";
    model_in_foot: "model", "모델";
    protocol_in_foot: "protocol", "프로토콜";
    page_of: "Page", "쪽";
    // Patient and study.
    patient_and_study: "Patient and study", "환자와 검사";
    name_not_recorded: "Patient name not recorded", "환자 이름 기록 없음";
    patient_id: "Patient ID", "환자 번호";
    born: "Born", "생년월일";
    sex: "Sex", "성별";
    study: "Study", "검사 일시";
    view: "View", "촬영 방향";
    institution: "Institution", "의료기관";
    camera: "Camera", "감마카메라";
    description: "Description", "검사 설명";
    not_recorded: "not recorded", "기록 없음";
    // Validity.
    nothing_found: "No finding in what was checked", "점검한 항목에서 이상 소견 없음";
    usable_with_notes: "Usable, with notes", "사용 가능, 참고 사항 있음";
    look_first: "Look at the images before you use the number", "수치를 사용하기 전에 영상을 확인하십시오";
    withheld_headline: "Do not use: the number is withheld", "사용 금지: 수치를 제시하지 않음";
    acquisition: "Acquisition:", "영상 획득:";
    what_was_checked: "What was checked", "점검 항목";
    no_finding: "no finding", "이상 없음";
    not_checked: "not checked", "점검하지 못함";
    checked: "Checked:", "점검 내용:";
    original_message: "Original message:", "원문:";
    // Result.
    lv_ejection_fraction: "LV ejection fraction", "좌심실 심박출계수(LVEF)";
    no_interval_known: "No interval is known for this protocol with this model", "이 모델과 프로토콜의 신뢰구간은 알려져 있지 않음";
    withheld: "withheld", "제시하지 않음";
    found_automatically: "found automatically", "자동 결정";
    set_by_hand: "set by hand", "수동 지정";
    bias_not_measured: "Its bias with this model has not been measured, neither on simulated studies nor on patients.",
        "이 모델에서의 편향은 모의 검사로도 환자에서도 측정되지 않았습니다.";
    by_every_protocol: "The same study by every protocol", "같은 검사를 모든 프로토콜로 측정한 값";
    protocol: "Protocol", "프로토콜";
    lvef: "LVEF", "LVEF";
    bias: "Bias", "편향";
    sd_in_brackets: "(SD)", "(표준편차)";
    within_5: "Within 5", "5점 이내";
    not_computed: "not computed", "계산하지 못함";
    // Images.
    images: "Images", "영상";
    end_diastole: "End-diastole", "확장기말(ED)";
    end_systole: "End-systole", "수축기말(ES)";
    cine_with_contour: "Cine of all frames with the LV contour", "좌심실 윤곽을 표시한 전체 프레임 영화 영상";
    cine_whole: "The same cine of the whole field; a frame marks the part that is enlarged",
        "전체 시야의 영화 영상. 네모는 확대한 부분";
    play: "Play", "재생";
    pause: "Pause", "정지";
    frame: "Frame", "프레임";
    lv_contour: "LV contour", "좌심실 윤곽";
    raw_counts: "Raw counts", "원래 계수";
    speed: "Speed", "속도";
    cine_smoothed: "Cine, smoothed in space and time for display only", "영화 영상(표시용으로만 공간·시간 평활화)";
    needs_scripts: "(needs scripts; all frames are shown below)", "(스크립트가 필요합니다. 전체 프레임은 아래에 있습니다)";
    background_images: "Background image that was subtracted, in the same grey scale as the frames",
        "뺀 배후방사능 영상(프레임과 같은 회색조)";
    lv_contour_and_background: "LV contour and background ROI", "좌심실 윤곽과 배후방사능 관심영역";
    contour_unmixed: "LV contour; this protocol counts the LV share of every pixel instead",
        "좌심실 윤곽. 이 프로토콜은 윤곽 대신 각 화소의 좌심실 몫을 계수함";
    contour_inside: "LV contour: the pixels inside are counted", "좌심실 윤곽: 안쪽 화소를 계수함";
    background_roi: "background ROI", "배후방사능 관심영역";
    every_frame_alt: "Every frame of the cycle with the LV contour, numbered from 1",
        "좌심실 윤곽을 표시한 심장주기의 모든 프레임(1번부터)";
    // Curve.
    time_activity_curve: "Time-activity curve", "시간-방사능 곡선";
    net_counts_per_frame: "net LV counts per frame", "프레임별 좌심실 순계수";
    start_of_frame_axis: "Start of frame after the R wave, ms", "R파 이후 프레임 시작 시각, ms";
    frame_axis: "Frame (frame time not recorded)", "프레임(프레임 시간 기록 없음)";
    as_counted: "as counted", "측정값";
    fitted_harmonics: "fitted harmonics, from which ED and ES are read", "ED와 ES를 읽은 조화함수 적합 곡선";
    repeated_counts: "95 % of repeated counts", "반복 계수의 95%";
    peak_rates: "peak ejection and filling rate (PER, PFR)", "최대 박출률과 최대 충만률(PER, PFR)";
    unmixed_experimental: "unmixed (experimental)", "unmixed(실험적)";
    // Numbers.
    numbers: "Numbers", "수치";
    grown_roi: "Grown ROI at end-systole", "수축기말의 확장된 관심영역";
    background_roi_row: "Background ROI", "배후방사능 관심영역";
    start_of_the_frame: "Start of the frame", "프레임 시작";
    lv_area: "LV area", "좌심실 면적";
    counts_in_roi: "Counts in the ROI", "관심영역 계수";
    net_counts: "Net counts", "순계수";
    counting_noise_lvef: "Counting noise, LVEF", "계수 잡음, LVEF";
    background: "Background", "배후방사능";
    background_none: "none used by this protocol", "이 프로토콜은 사용하지 않음";
    // Quality.
    quality: "Quality of the acquisition", "영상 획득 품질";
    grade: "Grade", "등급";
    grade_notes: "usable, with notes", "사용 가능, 참고 사항 있음";
    grade_look: "look at the images first", "영상을 먼저 확인";
    do_not_use: "do not use", "사용 금지";
    lv_net_counts: "LV net counts at ED, ES", "좌심실 순계수(ED, ES)";
    total_counts: "Total counts", "총 계수";
    counts_per_frame: "Counts per frame", "프레임당 계수";
    beats: "Beats accepted, rejected", "채택 박동, 제외 박동";
    rr_interval: "R-R interval", "R-R 간격";
    rr_window: "R-R window", "R-R 허용 범위";
    drop_off: "Count drop-off", "주기 끝 계수 감소";
    frames_and_time: "Frames, frame time", "프레임 수, 프레임 시간";
    matrix_and_spacing: "Matrix, pixel spacing", "매트릭스, 화소 간격";
    view_and_angle: "View, camera angle", "촬영 방향, 카메라 각도";
    collimator: "Collimator", "콜리메이터";
    radiopharmaceutical: "Radiopharmaceutical", "방사성의약품";
    administered_activity: "Administered activity", "투여 방사능";
    injection_to_acquisition: "Injection to acquisition", "투여 후 획득까지";
    indication: "Indication", "검사 사유";
    none: "none", "없음";
    // Provenance.
    provenance: "Model, protocol and file: everything the numbers depend on", "모델, 프로토콜, 파일: 수치의 근거가 되는 모든 것";
    model: "Model", "모델";
    members: "LVEF by each network", "개별 모델의 심박출계수";
    sha_of_weights: "SHA-256 of its weights", "모델 가중치의 SHA-256";
    software: "Software", "소프트웨어";
    file: "File", "파일";
    sha_of_file: "SHA-256 of the file", "파일의 SHA-256";
    sha_of_frame: "SHA-256 of a frame", "프레임 파일의 SHA-256";
    set_aside: "Files of the study that are not analysed here", "이 분석에 쓰지 않은 같은 검사의 파일";
    // Review.
    review_and_signature: "Review and signature", "검토와 서명";
    not_reviewed: "Not reviewed and not signed.", "검토 및 서명되지 않음.";
    signed: "Signed", "서명됨";
    reviewed: "Reviewed", "검토됨";
    changed_since: "the study was changed since", "이후 검사가 변경됨";
    version_of_statement: "Version", "판";
    automatic_lvef: "Automatic LVEF", "자동 심박출계수(LVEF)";
    final_lvef: "LVEF of this report", "이 보고서의 심박출계수(LVEF)";
    frames_changed_by_hand: "Frames whose outline was changed by hand", "윤곽을 수동으로 수정한 프레임";
    audit_head: "Head of the audit trail", "감사 기록의 마지막 해시";
    sha_of_signed_document: "SHA-256 of the document", "문서의 SHA-256";
    edits: "Edits, in order", "수정 내역(순서대로)";
    // The PDF alone.
    signed_by: "Read by", "판독의";
    signed_on: "Date", "날짜";
    signature: "Signature", "서명";
    json_attached: "The complete analysis is attached to this PDF as analysis.json.",
        "전체 분석 결과는 이 PDF에 analysis.json으로 첨부되어 있습니다.";
    json_description: "The analysis of this report as a JSON document", "이 보고서의 분석 결과(JSON 문서)";
}
