//! How the texts say numbers, lists and what is not recorded.

/// How a gap begins.
pub(super) const GAP: &str = "[to be filled in: ";

/// What must be written by the authors.
pub(super) fn gap(what: &str) -> String {
    format!("{GAP}{what}]")
}

/// `1 study`, `3 studies`.
pub(super) fn count(number: usize, [one, several]: [&str; 2]) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// `4 studies of 3 patients`.
pub(super) fn studies_of(studies: usize, patients: usize) -> String {
    format!("{} of {}", count(studies, ["study", "studies"]), count(patients, ["patient", "patients"]))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A fraction in percent, without needless zeros: `8`, `12.5`.
pub(super) fn percent(fraction: f64) -> String {
    let text = format!("{:.1}", 100.0 * fraction);
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// `24`, or `16 to 24`.
pub(super) fn span([low, high]: [usize; 2]) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

/// How often something was done.
pub(super) fn times(number: usize) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

/// With a capital letter at the start.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_as_people_write_them() {
        assert_eq!(studies_of(1, 1), "1 study of 1 patient");
        assert_eq!(studies_of(4, 3), "4 studies of 3 patients");
        let words = |items: &[&str]| list(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            [words(&[]), words(&["a"]), words(&["a", "b"]), words(&["a", "b", "c"])],
            ["", "a", "a and b", "a, b and c"]
        );
        assert_eq!([percent(0.08), percent(0.125), percent(1.0)], ["8", "12.5", "100"]);
        assert_eq!([times(1), times(2), times(7)], ["once", "twice", "7 times"]);
        assert_eq!(cell("a|b\nc"), "a\\|b c");
    }
}
