//! Paths as one word of a command line, for commands that a message proposes.

use std::path::Path;

/// A path as one word that a shell reads back as this path: plain where it can be, otherwise in quotes.
///
/// ```
/// use bloodpool_files::shell_word;
/// use std::path::Path;
///
/// assert_eq!(shell_word(Path::new("runs/first")), "runs/first");
/// assert_eq!(shell_word(Path::new("my data")), if cfg!(windows) { "\"my data\"" } else { "'my data'" });
/// ```
#[must_use]
pub fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { windows_word(&text) } else { posix_word(&text) }
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "/._-+=:@%,".contains(character)
}

fn posix_word(text: &str) -> String {
    let text = not_an_option(text);
    // `~` and `=` mean something to some shells at the start of a word, and `~` is quoted everywhere.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn windows_word(text: &str) -> String {
    let text = not_an_option(text);
    // A file name of Windows contains no quote. `%` is replaced even within quotes, and nothing prevents that.
    if !text.is_empty() && text.chars().all(|character| is_plain(character) && character != ',' || character == '\\') {
        return text;
    }
    format!("\"{text}\"")
}

/// A relative path that begins with `-` would be read as an option.
fn not_an_option(text: &str) -> String {
    if text.starts_with('-') { format!("./{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_change_is_quoted() {
        for (path, word) in [
            ("/data/case-0001.dcm", "/data/case-0001.dcm"),
            ("심장/한", "심장/한"),
            ("my data/a", "'my data/a'"),
            ("it's", r"'it'\''s'"),
            ("$HOME;rm *", "'$HOME;rm *'"),
            ("~x", "'~x'"),
            ("a(1)", "'a(1)'"),
            ("", "''"),
            ("-x", "./-x"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(posix_word(path), word);
        }
        assert_eq!(windows_word(r"C:\data\a"), r"C:\data\a");
        assert_eq!(windows_word(r"C:\my data\a & b"), "\"C:\\my data\\a & b\"");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_path_back() {
        for path in ["it's a \"test\"", "$(id) `id` \\ & | < > * ? [a] {b,c} #d !e", "~", "tab\tend", "=ls"] {
            let command = format!("printf %s {}", shell_word(Path::new(path)));
            let printed = std::process::Command::new("sh").arg("-c").arg(command).output().unwrap();
            assert_eq!(String::from_utf8(printed.stdout).unwrap(), path);
        }
    }
}
