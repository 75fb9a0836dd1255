//! `Language`: the language of what people read, and every text of it; the English and the Korean form of a text stand side by side.
//!
//! Terms of the Korean texts are those of Korean nuclear cardiology and of the paper: 게이트심장혈액풀검사 (gated blood pool study),
//! 심박출계수 (LVEF), 관심영역 (ROI), 확장기말 (ED), 수축기말 (ES), 배후방사능 (background), 시간-방사능 곡선 (time-activity curve).
//! Keys of protocols, codes of findings, names of models, file names and UIDs are the same in every language.

mod acquisition_sentences;
mod codes;
mod findings;
mod function_sentences;
mod function_texts;
mod numbers;
mod page_texts;
mod refusals;
mod rules;
mod sentences;
mod serial_sentences;
mod serial_texts;
mod summary_sentences;
mod summary_texts;

use std::fmt;

/// The language of a report or summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// International English.
    #[default]
    English,
    /// Korean, with the terms of Korean nuclear cardiology.
    Korean,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Its code by ISO 639-1: `en` or `ko`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// The language of a code; `None` where there is no report in it.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// What the terminal summary says where no report was written.
    #[must_use]
    pub fn no_report(self) -> &'static str {
        self.summary_no_report()
    }

    /// One of two forms of a text.
    fn of<T>(self, english: T, korean: T) -> T {
        match self {
            Self::English => english,
            Self::Korean => korean,
        }
    }
}

/// Its code.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Texts without figures, each in both languages, as methods of [`Language`]; and all of them in a table for the tests.
macro_rules! texts {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        impl crate::Language {
            $(pub(crate) fn $name(self) -> &'static str { self.of($english, $korean) })*
        }
        #[cfg(test)]
        pub(super) const TEXTS: &[[&str; 3]] = &[$([stringify!($name), $english, $korean]),*];
    };
}
use texts;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_korean(text: &str) -> bool {
        text.chars().any(|character| ('가'..='힣').contains(&character))
    }

    #[test]
    fn codes_are_read_as_they_are_written() {
        for language in Language::ALL {
            assert_eq!(Language::of_code(&language.to_string()), Some(language));
        }
        assert_eq!((Language::of_code("de"), Language::default()), (None, Language::English));
    }

    /// Abbreviations, units and names that are the same in Korean.
    const SAME: [&str; 6] = ["lvef", "rvef", "sd", "of_the_lv", "percent_sign", "serial_axis"];

    #[test]
    fn every_text_has_a_korean_form() {
        let all = [page_texts::TEXTS, function_texts::TEXTS, summary_texts::TEXTS, serial_texts::TEXTS].concat();
        assert!(all.len() > 130, "{}", all.len());
        for [name, english, korean] in all {
            assert!(!english.is_empty() && !is_korean(english), "{name}: {english}");
            assert!(is_korean(korean) || SAME.contains(&name), "{name}: {korean}");
        }
    }
}
