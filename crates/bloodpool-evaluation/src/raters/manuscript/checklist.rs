//! `Checklist`: the items of a reporting guideline, and what the records, the authors or nobody can say to each.

use super::wording::{GAP, cell};

/// A part that the authors must write; `[author: what]` where the texts say what.
pub(super) const AUTHOR: &str = "[author]";

/// What is said to an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// From the records; with [`AUTHOR`] in it, only a part of the answer.
    Records(String),
    /// Left to the authors, with a hint.
    Author(&'static str),
    /// The item does not apply, for this reason.
    NotApplicable(&'static str),
}

/// An item of a guideline, by its number, named in our own words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub number: &'static str,
    pub name: &'static str,
    pub answer: Answer,
}

/// Items under a heading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub heading: &'static str,
    pub items: Vec<Item>,
}

/// A guideline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checklist {
    pub title: &'static str,
    /// What the reader must know of it.
    pub preface: String,
    pub sections: Vec<Section>,
}

/// How each of these parts begins.
const AUTHOR_OPEN: &str = "[author";

/// The same words with their gaps marked as the checklists do.
fn for_authors(words: &str) -> String {
    words.replace(GAP, "[author: ")
}

/// An item with its answer.
pub(super) fn item(number: &'static str, name: &'static str, answer: Answer) -> Item {
    Item { number, name, answer }
}

impl Checklist {
    /// As Markdown.
    pub(super) fn markdown(&self) -> String {
        let items = || self.sections.iter().flat_map(|section| &section.items);
        let number = |of: fn(&Answer) -> bool| items().filter(|item| of(&item.answer)).count();
        let in_part =
            |answer: &Answer| matches!(answer, Answer::Records(words) if for_authors(words).contains(AUTHOR_OPEN));
        let mut text = format!(
            "# {}\n\n{}\n\nOf {} items, {} are answered from the records, {} in part, {} are left to the authors, and {} do not apply. \
             `{AUTHOR}` marks what the authors must write. The names of the items are shortened: answer by the text of the guideline, and \
             add the page of the manuscript.\n",
            self.title,
            self.preface,
            items().count(),
            number(|answer| matches!(answer, Answer::Records(_))) - number(in_part),
            number(in_part),
            number(|answer| matches!(answer, Answer::Author(_))),
            number(|answer| matches!(answer, Answer::NotApplicable(_))),
        );
        for Section { heading, items } in &self.sections {
            text += &format!("\n## {heading}\n\n| No. | Item | Answer |\n| --- | --- | --- |\n");
            for Item { number, name, answer } in items {
                let answer = match answer {
                    Answer::Records(words) => for_authors(words),
                    Answer::Author(hint) => format!("{AUTHOR} {hint}"),
                    Answer::NotApplicable(reason) => format!("Not applicable: {reason}"),
                };
                text += &format!("| {number} | {name} | {} |\n", cell(&answer));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_who_gave_them() {
        let items = vec![
            item("1", "a", Answer::Records("known | so".to_owned())),
            item("2", "b", Answer::Records(format!("known; {AUTHOR} why"))),
            item("3", "c", Answer::Author("say it")),
            item("4", "d", Answer::NotApplicable("there is none.")),
        ];
        let list = Checklist { title: "T", preface: "P.".to_owned(), sections: vec![Section { heading: "H", items }] };
        let text = list.markdown();
        assert!(
            text.contains(
                "Of 4 items, 1 are answered from the records, 1 in part, 1 are left to the authors, and 1 do not"
            ),
            "{text}"
        );
        assert!(
            text.contains("| 1 | a | known \\| so |\n| 2 | b | known; [author] why |\n| 3 | c | [author] say it |"),
            "{text}"
        );
        assert!(text.contains("| 4 | d | Not applicable: there is none. |"), "{text}");
    }
}
