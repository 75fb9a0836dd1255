//! A table for people, as Markdown, LaTeX or HTML.

use std::fmt::Write as _;

use maud::{Markup, html};

/// A table with its caption and what has to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    /// As many cells a row as there are columns; the first names the row.
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) notes: Vec<String>,
}

impl Sheet {
    pub(crate) fn markdown(&self) -> String {
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

    /// A `table` of the package `booktabs`.
    pub(crate) fn latex(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| latex(cell)).collect();
            format!("{} \\\\\n", cells.join(" & "))
        };
        let mut text = format!("\\begin{{table}}\n\\centering\n\\caption{{{}}}\n", latex(&self.caption));
        let columns = "r".repeat(self.columns.len().saturating_sub(1));
        let _ = write!(text, "\\begin{{tabular}}{{l{columns}}}\n\\toprule\n{}\\midrule\n", line(&self.columns));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        for note in &self.notes {
            let _ = writeln!(text, "\\par\\smallskip {{\\footnotesize {}}}", latex(note));
        }
        text + "\\end{table}\n"
    }

    pub(crate) fn html(&self) -> Markup {
        html! {
            figure.table {
                figcaption { (self.caption) }
                div.scroll {
                    table {
                        thead { tr { @for column in &self.columns { th { (column) } } } }
                        tbody {
                            @for row in &self.rows {
                                tr {
                                    @for (column, cell) in row.iter().enumerate() {
                                        @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
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

/// Text with everything that LaTeX would take for a command escaped.
pub(crate) fn latex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
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
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Sheet {
            caption: "Dice & IoU, %".into(),
            columns: row(["Figure", "ED", "ES"]),
            rows: vec![row(["Dice", "94.65 \u{b1} 1.45", "< 0.001"]), row(["a|b_c", "-", "<b>"])],
            notes: vec!["n = 23".into()],
        }
    }

    #[test]
    fn the_forms_escape_what_means_something_in_them() {
        let markdown = sheet().markdown();
        assert!(markdown.contains("| Figure | ED | ES |\n| --- | ---: | ---: |\n"), "{markdown}");
        assert!(markdown.contains("| a\\|b_c | - |"), "{markdown}");
        let latex = sheet().latex();
        assert!(latex.contains("Dice & 94.65 $\\pm$ 1.45 & $<$ 0.001 \\\\\n"), "{latex}");
        assert!(latex.contains("\\caption{Dice \\& IoU, \\%}") && latex.contains("a|b\\_c"), "{latex}");
        assert_eq!(latex.matches("\\begin").count(), latex.matches("\\end").count());
        let html = sheet().html().into_string();
        assert!(html.contains("&lt;b&gt;") && html.contains("Dice &amp; IoU"), "{html}");
    }
}
