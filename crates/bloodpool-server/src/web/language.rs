//! Every text of the page, in English and Korean side by side.

use bloodpool_report::Language;

use super::annotate_texts;
use super::refusal::Refusal;

type Texts = &'static [(&'static str, &'static str, &'static str)];

/// Texts that the modules in the browser show, too.
pub(super) const MODULE_TEXTS: Texts = &[
    ("vertex", "Vertex", "꼭짓점"),
    ("nudge", "Nudge", "밀기"),
    ("brush", "Brush", "브러시"),
    ("transform", "Move", "이동"),
    ("redraw", "Redraw", "다시 그리기"),
    ("grow", "Grow region", "영역 확장"),
    ("background", "Background", "배후방사능"),
    ("reset_background", "Reset background", "배후방사능 되돌리기"),
    (
        "small_background",
        "A background region has at least 10 pixels; this one is smaller.",
        "배후방사능 영역은 10화소 이상이어야 합니다.",
    ),
    ("smooth", "Smooth", "매끄럽게"),
    ("copy", "Copy previous frame", "이전 프레임 복사"),
    ("reset_frame", "Reset frame", "프레임 되돌리기"),
    ("reset_all", "Reset all", "모두 되돌리기"),
    ("replace", "Replace", "바꾸기"),
    ("undo", "Undo", "실행 취소"),
    ("redo", "Redo", "다시 실행"),
    ("set_ed", "Set ED", "ED 지정"),
    ("set_es", "Set ES", "ES 지정"),
    ("frame", "Frame", "프레임"),
    ("edited", "edited", "수정됨"),
    ("automatic", "Automatic", "자동"),
    ("now", "Now", "현재"),
    (
        "no_objects",
        "The objects for the archive cannot be made; nothing was recorded.",
        "보관소로 보낼 객체를 만들 수 없어 기록하지 않았습니다.",
    ),
    ("withheld", "The number is withheld: see the findings.", "수치를 사용할 수 없습니다. 소견을 보십시오."),
    (
        "one_pixel",
        "One pixel smaller / larger at ED and ES: {0} / {1} %",
        "ED와 ES에서 한 픽셀 작게 / 크게: {0} / {1} %",
    ),
    ("interval", "95 % interval", "95 % 구간"),
    ("saved", "Saved", "저장됨"),
    ("saving", "Saving …", "저장 중 …"),
    (
        "offline",
        "Not saved: the server does not answer. Trying again.",
        "저장되지 않았습니다. 서버가 응답하지 않습니다. 다시 시도합니다.",
    ),
    ("also_here", "{0} has this study open, too.", "{0} 님도 이 검사를 열고 있습니다."),
    (
        "changed_since",
        "Somebody else changed this study meanwhile. It was loaded again; your last act was not taken.",
        "다른 사람이 그동안 이 검사를 변경했습니다. 다시 불러왔으며 마지막 작업은 적용되지 않았습니다.",
    ),
    ("changed_by", "{0} changed this study; it was loaded again.", "{0} 님이 이 검사를 변경하여 다시 불러왔습니다."),
    (
        "session_ended",
        "The session has ended. Log in in another tab; this page goes on where you were.",
        "세션이 끝났습니다. 다른 탭에서 로그인하면 이 화면에서 계속할 수 있습니다.",
    ),
    ("log_in", "Log in", "로그인"),
    ("wrong_password", "Name or password is wrong.", "이름 또는 비밀번호가 틀립니다."),
    (
        "too_many_logins",
        "Too many attempts. Try again in 15 minutes.",
        "시도가 너무 많습니다. 15분 후 다시 시도하십시오.",
    ),
    (
        "link_used",
        "This link was used or is too old. Start the program again for another one.",
        "이미 사용했거나 만료된 링크입니다. 프로그램을 다시 시작하십시오.",
    ),
    (
        "disk_full",
        "The disk is full. What was saved before is kept; this was not saved.",
        "디스크가 가득 찼습니다. 이전 저장 내용은 보존되었으나 이번 내용은 저장되지 않았습니다.",
    ),
    ("not_dicom", "This is not a DICOM file.", "DICOM 파일이 아닙니다."),
    ("too_large", "This is too large.", "너무 큽니다."),
    (
        "nothing_left",
        "Nothing would be left of the outline; it was left as it was.",
        "윤곽이 남지 않으므로 그대로 두었습니다.",
    ),
    ("no_region", "No region can grow from here.", "여기에서는 영역을 확장할 수 없습니다."),
    (
        "no_outline",
        "This frame has no outline yet; draw one with Redraw.",
        "이 프레임에는 윤곽이 없습니다. 다시 그리기로 그리십시오.",
    ),
    ("nothing_to_undo", "There is nothing to undo.", "취소할 작업이 없습니다."),
    ("nothing_to_redo", "There is nothing to redo.", "다시 실행할 작업이 없습니다."),
    ("nothing_changes", "This changes nothing.", "변경되는 것이 없습니다."),
    ("not_allowed", "Your role does not allow this.", "권한이 없습니다."),
    (
        "file_changed",
        "A file of the study was removed or changed on disk.",
        "검사 파일이 디스크에서 삭제되었거나 변경되었습니다.",
    ),
    ("unreadable", "The study cannot be read.", "검사를 읽을 수 없습니다."),
    ("failed", "This failed: {0}", "실패: {0}"),
    ("uploaded", "{0} file(s) added; they are analysed now.", "파일 {0}개를 추가했습니다. 분석 중입니다."),
    ("being_analysed", "studies are being analysed", "건 분석 중"),
    (
        "sign_text",
        "You sign LVEF {0} % for this study, with your name and the time.",
        "이 검사의 LVEF {0} %에 이름과 시각과 함께 서명합니다.",
    ),
    ("signed", "Signed", "서명됨"),
    ("reviewed", "Reviewed", "검토됨"),
    ("changed_after", "changed since", "이후 변경됨"),
    ("no_next", "No other new study.", "다른 새 검사가 없습니다."),
    ("no_findings", "Nothing was found against the number.", "문제가 발견되지 않았습니다."),
    ("provenance", "Model {0}, protocol {1}", "모델 {0}, 프로토콜 {1}"),
    (
        "no_spacing",
        "The file records no pixel spacing; mm are assumed.",
        "픽셀 간격이 기록되어 있지 않아 mm는 가정값입니다.",
    ),
    ("key_frames", "Previous / next frame", "이전 / 다음 프레임"),
    ("key_cine", "Cine", "시네"),
    ("key_ed_es", "Go to ED / ES", "ED / ES로 이동"),
    ("key_set", "Set ED / ES", "ED / ES 지정"),
    ("key_undo", "Undo / redo", "실행 취소 / 다시 실행"),
    ("key_radius", "Radius smaller / larger", "반경 작게 / 크게"),
    ("key_reach", "Fewer / more neighbouring frames (also the wheel)", "이웃 프레임 적게 / 많게 (휠)"),
    ("key_zoom", "Zoom out / in / fit (also Ctrl and the wheel)", "축소 / 확대 / 맞춤 (Ctrl+휠)"),
    ("key_pointer", "Move the crosshair; Enter presses and releases", "십자선 이동, Enter로 누르고 놓기"),
    ("key_move", "Move tool: drag moves, Shift scales, Alt turns", "이동 도구: 끌기 이동, Shift 크기, Alt 회전"),
    ("key_accept", "Accept (reviewed)", "검토 완료"),
    ("key_next", "Next study", "다음 검사"),
    ("key_help", "This list", "이 목록"),
];

/// Texts of pages alone.
const PAGE_TEXTS: Texts = &[
    ("research_only", "Research use only - not for clinical decisions", "연구용 - 임상 결정에 사용할 수 없음"),
    ("account", "Account", "계정"),
    ("password", "Password", "비밀번호"),
    ("entering", "Opening …", "여는 중 …"),
    ("script_needed", "This page needs JavaScript.", "이 페이지는 JavaScript가 필요합니다."),
    ("theme", "Light / dark", "밝게 / 어둡게"),
    ("log_out", "Log out", "로그아웃"),
    ("technologist", "technologist", "방사선사"),
    ("physician", "physician", "의사"),
    ("administrator", "administrator", "관리자"),
    ("rater", "rater", "평가자"),
    ("local_user", "local user", "로컬 사용자"),
    ("refused", "Refused", "거부됨"),
    ("to_study", "To the study", "검사로"),
    ("worklist", "Worklist", "작업 목록"),
    ("status", "Status", "상태"),
    ("all", "All", "전체"),
    ("new", "New", "신규"),
    ("in_review", "In review", "검토 중"),
    ("search", "Search patient, date, description  ( / )", "환자, 날짜, 설명 검색  ( / )"),
    ("add_file", "Add DICOM files", "DICOM 파일 추가"),
    ("picture", "Picture", "영상"),
    ("patient", "Patient", "환자"),
    ("date", "Date", "날짜"),
    ("description", "Description", "설명"),
    ("findings", "Findings", "소견"),
    (
        "no_studies",
        "No studies. Drop DICOM files here to add them.",
        "검사가 없습니다. DICOM 파일을 여기에 놓으십시오.",
    ),
    ("pages", "Pages", "쪽"),
    ("previous", "Previous", "이전"),
    ("next", "Next", "다음"),
    (
        "list_keys",
        "Keys: J / K next and previous study, Enter opens, / searches. Drop DICOM files anywhere on the page.",
        "단축키: J / K 다음, 이전 검사, Enter 열기, / 검색. DICOM 파일을 화면에 끌어다 놓으십시오.",
    ),
    ("drop_here", "Drop DICOM files to add them", "DICOM 파일을 놓아 추가"),
    ("not_analysed", "Not analysed", "분석 안 됨"),
    ("do_not_use", "Do not use", "사용 금지"),
    ("look", "Look", "확인 필요"),
    ("note", "Note", "참고"),
    ("sound", "Sound", "이상 없음"),
    ("no_name", "(no name)", "(이름 없음)"),
    ("accept", "Accept", "검토 완료"),
    ("sign", "Sign", "서명"),
    ("next_study", "Next study", "다음 검사"),
    ("tools", "Tools", "도구"),
    ("radius", "Radius", "반경"),
    ("reach", "Neighbouring frames", "이웃 프레임"),
    (
        "picture_help",
        "Frame of the study with the outline of the left ventricle. Shift and arrows move a crosshair, Enter presses and releases.",
        "좌심실 윤곽이 있는 프레임. Shift+화살표로 십자선을 움직이고 Enter로 누르고 놓습니다.",
    ),
    ("curve_help", "Time-activity curve; click to go to a frame.", "시간-방사능 곡선. 클릭하면 프레임으로 이동합니다."),
    ("preview", "Preview", "미리보기"),
    ("take", "Take", "적용"),
    ("discard", "Discard", "취소"),
    ("colours", "Colour map", "색상표"),
    ("grey", "Grey", "회색"),
    ("hot", "Hot", "Hot"),
    ("window", "Window", "창 너비"),
    ("level", "Level", "창 높이"),
    ("fit", "Fit", "맞춤"),
    ("end_diastole", "End-diastole", "확장기말"),
    ("end_systole", "End-systole", "수축기말"),
    ("protocols", "LVEF by protocol", "프로토콜별 LVEF"),
    ("history", "History", "작업 기록"),
    ("function", "Amplitude, phase and rates", "진폭, 위상, 변화율"),
    ("studies_of_patient", "Studies of this patient", "이 환자의 검사"),
    ("since_first", "Change since the first", "첫 검사 이후 변화"),
    ("report", "Report", "보고서"),
    ("keys", "Keys", "단축키"),
    ("close", "Close", "닫기"),
    ("person", "Person", "사람"),
    ("model", "Model", "모델"),
    ("protocol", "Protocol", "프로토콜"),
    ("document", "The signed document (JSON)", "서명된 문서 (JSON)"),
    ("not_found", "There is nothing here.", "찾을 수 없습니다."),
    ("host_not_allowed", "The server is not known by this name.", "이 이름으로는 서버에 접속할 수 없습니다."),
    ("not_by_proxy", "The server is reached by its proxy alone.", "이 서버는 프록시를 통해서만 접속할 수 있습니다."),
    ("not_https", "The server is reached by https alone.", "이 서버는 https로만 접속할 수 있습니다."),
    ("no_account", "You have no account here. Ask the administrator.", "계정이 없습니다. 관리자에게 문의하십시오."),
    ("database", "The database cannot be read or written.", "데이터베이스를 읽거나 쓸 수 없습니다."),
];

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    MODULE_TEXTS.iter().chain(PAGE_TEXTS).chain(annotate_texts::MODULE_TEXTS).chain(annotate_texts::PAGE_TEXTS)
}

/// A text; of a key that there is not, the key.
pub(super) fn text(language: Language, key: &str) -> &'static str {
    let found = all().find(|(known, ..)| *known == key);
    found.map_or("?", |(_, english, korean)| match language {
        Language::English => english,
        Language::Korean => korean,
    })
}

/// A refusal in words: those of its code, otherwise the English message.
pub(super) fn refusal_in_words(language: Language, refusal: &Refusal) -> String {
    match text(language, refusal.code) {
        "?" => refusal.message.clone(),
        known => known.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_text_has_both_languages_and_one_key() {
        let all: Vec<_> = super::all().collect();
        let keys: BTreeSet<&str> = all.iter().map(|(key, ..)| *key).collect();
        assert_eq!(keys.len(), all.len());
        for (key, english, korean) in all {
            assert!(!english.is_empty() && !korean.is_empty(), "{key}");
            assert_eq!(english.matches('{').count(), korean.matches('{').count(), "{key}");
        }
    }

    #[test]
    fn every_text_that_a_page_names_exists() {
        let sources = [
            include_str!("study_page.rs"),
            include_str!("worklist.rs"),
            include_str!("entry.rs"),
            include_str!("page.rs"),
            include_str!("sign.rs"),
            include_str!("report.rs"),
            include_str!("annotate_page.rs"),
        ];
        for source in sources {
            for rest in source.split("(t(\"").skip(1) {
                let key = rest.split('"').next().unwrap();
                assert_ne!(text(Language::English, key), "?", "{key}");
            }
        }
    }
}
