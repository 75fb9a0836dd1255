//! Texts of the terminal summary in both languages.

use super::texts;

texts! {
    simulated_mark: "[SIMULATED STUDY]", "[모의 검사]";
    summary_validity: "Validity:", "유효성:";
    summary_lvef_withheld: "withheld: do not use", "제시하지 않음: 사용 금지";
    summary_others_withheld: "the other protocols' numbers are withheld, too", "다른 프로토콜의 수치도 제시하지 않음";
    summary_beside: "beside it:", "다른 프로토콜:";
    summary_end_diastole: "End-diastole", "확장기말(ED)";
    summary_end_systole: "End-systole ", "수축기말(ES)";
    summary_by_hand: "ED or ES set by hand", "ED 또는 ES 수동 지정";
    summary_background: "Background   ", "배후방사능   ";
    summary_noise: "Counting noise", "계수 잡음    ";
    summary_model: "Model        ", "모델         ";
    summary_members: "Networks     ", "개별 모델    ";
    summary_report: "Report       ", "보고서       ";
    summary_no_report: "none written; --report DIR shows images, curve and every choice", "작성하지 않음; --report DIR로 영상, 곡선과 모든 설정을 볼 수 있음";
}
