//! A table for people, as Markdown, LaTeX, HTML or columns on a terminal.

use std::fmt::Write as _;

use maud::{Markup, html};

/// Packages that a LaTeX document needs to include a table.
pub const LATEX_PACKAGES: &str = "\\usepackage{adjustbox,booktabs,rotating}";
/// Largest number of columns that fits an upright page.
const UPRIGHT_COLUMNS: usize = 6;

/// A longer cell holds words, which may be broken into lines; the digits of a number are kept together.
const LONGEST_NUMBER: usize = 34;

/// A table with a caption above it and notes below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What stands above it.
    pub caption: String,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// One row of cells per line, each with as many cells as there are columns; the first cell names the row.
    pub rows: Vec<Vec<String>>,
    /// What stands below it.
    pub notes: Vec<String>,
}

impl Table {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut text = format!("### {}\n\n{}|", self.caption, line(&self.columns));
        for column in 0..self.columns.len() {
            text.push_str(if column == 0 { " --- |" } else { " ---: |" });
        }
        text.push('\n');
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }

    /// As aligned columns for a terminal: the first column to the left, the others to the right.
    pub fn plain(&self) -> String {
        let rows = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |column: usize| rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.columns.len()).filter_map(width).collect();
        let mut text = format!("{}\n\n", self.caption);
        for row in rows() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }

    /// As LaTeX, with the packages [`LATEX_PACKAGES`]; a table that is too wide for a page is turned on its side.
    pub fn latex(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| escaped_latex(cell)).collect();
            format!("{} \\\\\n", cells.join(" & "))
        };
        let kind = if self.columns.len() > UPRIGHT_COLUMNS { "sidewaystable" } else { "table" };
        let mut text = format!("\\begin{{{kind}}}\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{4pt}}\n");
        let _ = writeln!(text, "\\caption{{{}}}", escaped_latex(&self.caption));
        let columns = "r".repeat(self.columns.len().saturating_sub(1));
        text.push_str("\\begin{adjustbox}{max width=\\linewidth}\n");
        let _ = write!(text, "\\begin{{tabular}}{{l{columns}}}\n\\toprule\n{}\\midrule\n", line(&self.columns));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text.push_str("\\bottomrule\n\\end{tabular}\n\\end{adjustbox}\n");
        for note in &self.notes {
            let _ = writeln!(text, "\\par\\smallskip {}", escaped_latex(note));
        }
        text + &format!("\\end{{{kind}}}\n")
    }

    /// As HTML.
    pub fn html(&self) -> Markup {
        html! {
            figure.table.wide[self.columns.len() > UPRIGHT_COLUMNS] {
                figcaption { (self.caption) }
                div.scroll {
                    table {
                        thead { tr { @for column in &self.columns { th { (column) } } } }
                        tbody {
                            @for row in &self.rows {
                                tr {
                                    @for (column, cell) in row.iter().enumerate() {
                                        @if column == 0 {
                                            th scope="row" { (cell) }
                                        } @else {
                                            td.words[cell.chars().count() > LONGEST_NUMBER] { (cell) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                @for note in &self.notes { p.note { (note) } }
            }
        }
    }
}

/// Text in which everything that LaTeX would read as a command is escaped.
fn escaped_latex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let number_follows = text[at + character.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
        match character {
            '-' if number_follows && matches!(before, ' ' | '(') => escaped.push_str("$-$"), // a minus, no hyphen
            '|' => escaped.push_str("\\textbar{}"),
            // At the start of a row these would be an argument of the line break before it.
            '[' | '*' => {
                escaped.push('{');
                escaped.push(character);
                escaped.push('}');
            }
            '\n' | '\r' | '\t' => escaped.push(' '), // an empty line would end the row
            '\\' => escaped.push_str("\\textbackslash{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("$<$"),
            '>' => escaped.push_str("$>$"),
            '\u{b1}' => escaped.push_str("$\\pm$"),
            '\u{2265}' => escaped.push_str("$\\ge$"),
            '\u{2264}' => escaped.push_str("$\\le$"),
            '\u{2212}' => escaped.push_str("$-$"),
            '\u{d7}' => escaped.push_str("$\\times$"),
            other => escaped.push(other),
        }
        before = character;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            caption: "Dice & IoU, %".into(),
            columns: row(["Figure", "ED", "ES"]),
            rows: vec![
                row(["Dice", "94.65 \u{b1} 1.45", "< 0.001"]),
                row(["a|b_c", "-", "<b>"]),
                row(["EF", "-1.98 (-3.37 to -0.59)", "95-96"]),
            ],
            notes: vec!["n = 23".into()],
        }
    }

    #[test]
    fn the_forms_escape_what_means_something_in_them() {
        let markdown = table().markdown();
        assert!(markdown.contains("| Figure | ED | ES |\n| --- | ---: | ---: |\n"), "{markdown}");
        assert!(markdown.contains("| a\\|b_c | - |"), "{markdown}");
        let latex = table().latex();
        assert!(latex.contains("Dice & 94.65 $\\pm$ 1.45 & $<$ 0.001 \\\\\n"), "{latex}");
        assert!(latex.contains("\\caption{Dice \\& IoU, \\%}") && latex.contains("a\\textbar{}b\\_c"), "{latex}");
        assert!(latex.contains("$-$1.98 ($-$3.37 to $-$0.59) & 95-96 \\\\\n"), "{latex}");
        assert_eq!(latex.matches("\\begin").count(), latex.matches("\\end").count());
        assert_eq!(escaped_latex("[1] *\n\n50 \u{d7} 2 \u{2264} \u{2212}1"), "{[}1] {*}  50 $\\times$ 2 $\\le$ $-$1");
        assert_eq!(
            escaped_latex("a\\b {~^} #$"),
            "a\\textbackslash{}b \\{\\textasciitilde{}\\textasciicircum{}\\} \\#\\$"
        );
        let plain = table().plain();
        assert!(plain.contains("\n  Dice              94.65 \u{b1} 1.45  < 0.001\n"), "{plain}");
        let html = table().html().into_string();
        assert!(html.contains("&lt;b&gt;") && html.contains("Dice &amp; IoU"), "{html}");
    }
}
