//! Texts of the pages on which raters draw, in English and Korean side by side.

/// Key, English, Korean.
type Texts = &'static [(&'static str, &'static str, &'static str)];

/// Texts that the modules in the browser show, too.
pub(super) const MODULE_TEXTS: Texts = &[
    ("clear", "Clear", "지우기"),
    ("drawn", "drawn", "완료"),
    ("not_drawn", "not drawn", "미완료"),
    ("stopped_images", "Stopped", "중단"),
    ("image_of", "Image {0} of {1}", "영상 {0} / {1}"),
    ("drawn_of", "{0} of {1} drawn", "{1}개 중 {0}개 완료"),
    ("all_drawn", "All images are drawn. Thank you.", "모든 영상을 그렸습니다. 감사합니다."),
    (
        "in_the_way",
        "This image is stopped: a file that this program did not write is in its place, and was left as it is. Tell the owner of the study.",
        "이 영상은 중단되었습니다. 이 프로그램이 쓰지 않은 파일이 있어 그대로 두었습니다. 연구 책임자에게 알리십시오.",
    ),
    (
        "changed_in_window",
        "The drawing was changed in another window. It was loaded again; your last act was not taken.",
        "다른 창에서 그림이 변경되었습니다. 다시 불러왔으며 마지막 작업은 적용되지 않았습니다.",
    ),
    (
        "rater_session_ended",
        "The session has ended. Log in, or open a new link, in another tab; this page then goes on where you were.",
        "세션이 끝났습니다. 다른 탭에서 로그인하거나 새 링크를 열면 이 화면에서 계속할 수 있습니다.",
    ),
    (
        "image_changed",
        "The image was removed or changed on disk. Tell the owner of the study.",
        "영상이 디스크에서 삭제되었거나 변경되었습니다. 연구 책임자에게 알리십시오.",
    ),
    ("not_saved", "This was not saved: the file cannot be written.", "저장되지 않았습니다. 파일을 쓸 수 없습니다."),
    ("key_images", "Previous / next image", "이전 / 다음 영상"),
    ("key_next_empty", "Next image that is not drawn", "다음 미완료 영상"),
    ("key_draw_pointer", "Move the crosshair; Enter presses and releases", "십자선 이동, Enter로 누르고 놓기"),
    ("new_link_of", "New link for {0}, valid once and for 7 days:", "{0} 님의 새 링크 (한 번, 7일 동안 사용 가능):"),
];

/// Texts of pages alone.
pub(super) const PAGE_TEXTS: Texts = &[
    ("to_start", "To the start", "처음으로"),
    ("annotation", "Annotation", "윤곽 그리기"),
    ("images", "Images", "영상"),
    ("previous_image", "Previous image", "이전 영상"),
    ("next_image", "Next image", "다음 영상"),
    ("next_empty", "Next not drawn", "다음 미완료"),
    (
        "draw_help",
        "Draw the outline of the left ventricle with Redraw, and correct it with the other tools. Everything is saved at once.",
        "다시 그리기로 좌심실 윤곽을 그리고 다른 도구로 수정하십시오. 모든 작업은 바로 저장됩니다.",
    ),
    (
        "draw_picture_help",
        "Image to draw on. Shift and arrows move a crosshair, Enter presses and releases the tool there.",
        "윤곽을 그릴 영상. Shift+화살표로 십자선을 움직이고 Enter로 누르고 놓습니다.",
    ),
    ("progress", "Progress of the raters", "평가자별 진행 상황"),
    ("rater_name", "Rater", "평가자"),
    ("first_drawings", "Drawn", "완료"),
    ("second_drawings", "Drawn a second time", "두 번째 그림"),
    ("last_saved", "Last saved", "마지막 저장"),
    ("link", "Link", "링크"),
    ("new_link", "New link", "새 링크"),
    (
        "progress_help",
        "A link lets one person in, once. Make a new one when a session of a rater has ended. The same numbers as JSON:",
        "링크는 한 사람이 한 번 사용할 수 있습니다. 평가자의 세션이 끝나면 새 링크를 만드십시오. JSON 형식:",
    ),
    (
        "stopped_help",
        "Stopped: a file that this program did not write is in the place of a drawing, and was left as it is. Move it out of the folder of the rater, and the rater can go on. Studies are numbered as in extract.json.",
        "중단: 그림 자리에 이 프로그램이 쓰지 않은 파일이 있어 그대로 두었습니다. 평가자 폴더에서 옮기면 계속할 수 있습니다. 검사 번호는 extract.json의 순서입니다.",
    ),
];
