//! `StorageClasses`: the SOP classes whose instances are accepted (PS3.4 B.5).

use dicom_core::dictionary::UidDictionary;
use dicom_dictionary_std::StandardSopClassDictionary;

use crate::net::uid::Uid;

/// Verification, the class of C-ECHO.
pub(crate) const VERIFICATION: &str = "1.2.840.10008.1.1";

/// The SOP classes whose instances are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageClasses {
    /// [`StorageClasses::NUCLEAR_MEDICINE`] alone.
    NuclearMedicine,
    /// Those, and the classes of a list.
    NuclearMedicineAnd(Vec<Uid>),
    /// Every storage class of PS3.6, private ones left out.
    All,
}

impl StorageClasses {
    /// The storage classes of nuclear medicine, with their names in PS3.6 Table A-1.
    pub const NUCLEAR_MEDICINE: [(&str, &str); 2] = [
        ("1.2.840.10008.5.1.4.1.1.20", "Nuclear Medicine Image Storage"),
        ("1.2.840.10008.5.1.4.1.1.5", "Nuclear Medicine Image Storage (Retired)"),
    ];

    /// Whether instances of this class are accepted.
    #[must_use]
    pub fn accept(&self, class: &str) -> bool {
        let nuclear = Self::NUCLEAR_MEDICINE.iter().any(|(uid, _)| *uid == class);
        nuclear
            || match self {
                Self::NuclearMedicine => false,
                Self::NuclearMedicineAnd(classes) => classes.iter().any(|uid| uid.as_str() == class),
                Self::All => is_storage(class),
            }
    }
}

/// Whether PS3.6 has a storage class with this UID. Storage Commitment and Storage Management are none.
fn is_storage(class: &str) -> bool {
    let in_storage_tree = class.starts_with("1.2.840.10008.5.1.4.1.1.");
    in_storage_tree && StandardSopClassDictionary.by_uid(class).is_some_and(|entry| entry.name.contains("Storage"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_classes_are_accepted_by_setting() {
        let (ct, commitment) = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.20.1");
        let nuclear = StorageClasses::NuclearMedicine;
        assert!(nuclear.accept("1.2.840.10008.5.1.4.1.1.20") && nuclear.accept("1.2.840.10008.5.1.4.1.1.5"));
        assert!(!nuclear.accept(ct) && !nuclear.accept(VERIFICATION));
        let with_ct = StorageClasses::NuclearMedicineAnd(vec![Uid::new(ct).unwrap()]);
        assert!(with_ct.accept(ct) && with_ct.accept("1.2.840.10008.5.1.4.1.1.20"));
        assert!(!with_ct.accept("1.2.840.10008.5.1.4.1.1.4"));
        let all = StorageClasses::All;
        assert!(all.accept(ct) && all.accept("1.2.840.10008.5.1.4.1.1.104.1"));
        for other in [VERIFICATION, commitment, "1.2.840.10008.5.1.4.1.2.2.1", "1.2.3"] {
            assert!(!all.accept(other), "{other}");
        }
    }
}
