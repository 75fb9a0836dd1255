//! Names of raters: each is the name of a folder and of an account.

use super::error::AnnotationError;

/// Longest name, characters: that of an account.
const LONGEST: usize = 64;

/// Checks names of raters; two that differ by case alone would share a folder on some file systems.
///
/// # Errors
/// [`AnnotationError`] for a name that is no name of a folder and an account, or that occurs twice.
pub(crate) fn checked(names: &[String]) -> Result<(), AnnotationError> {
    for (index, name) in names.iter().enumerate() {
        let allowed = |letter: char| letter.is_alphanumeric() || "._-@".contains(letter);
        let sound = (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(allowed);
        // A folder that begins with a dot is hidden, and `repeat-2` is where second drawings go.
        if !sound || name.starts_with('.') || name == bloodpool_dataset::annotations::raters::REPEAT_FOLDER {
            return Err(AnnotationError::RaterName(name.clone()));
        }
        if let Some(other) = names[..index].iter().find(|other| other.to_lowercase() == name.to_lowercase()) {
            return Err(AnnotationError::SameRater(other.clone(), name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_folder_and_an_account() {
        let check = |names: &[&str]| checked(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(check(&["anna", "rater-01-students", "김하나", "a.b@c"]).is_ok());
        let long = "a".repeat(65);
        for wrong in ["", "..", ".hidden", "a/b", "a\\b", "a b", "repeat-2", "a\0", long.as_str()] {
            assert!(matches!(check(&["ben", wrong]), Err(AnnotationError::RaterName(_))), "{wrong:?}");
        }
        assert!(matches!(check(&["Anna", "anna"]), Err(AnnotationError::SameRater(..))));
    }
}
