//! Whether two studies are of the same patient, by issuer and patient ID.

use bloodpool_core::StudyIdentity;

/// What two identities say about each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SamePatient {
    /// The patient IDs are the same, and the issuers are, or at least one of these is not recorded.
    Yes,
    /// A patient ID is not recorded.
    NotKnown,
    /// The patient IDs or their issuers differ.
    No,
}

/// A text that identifies, without the spaces around it; `None` where it is not recorded.
fn recorded(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Whether both recorded texts differ; a text that is not recorded differs from none.
fn differ(one: &Option<String>, other: &Option<String>) -> bool {
    matches!((recorded(one), recorded(other)), (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other))
}

/// Compares issuer and ID.
pub(super) fn same_patient(one: &StudyIdentity, other: &StudyIdentity) -> SamePatient {
    if differ(&one.patient_id, &other.patient_id) || differ(&one.patient_id_issuer, &other.patient_id_issuer) {
        SamePatient::No
    } else if recorded(&one.patient_id).is_some() && recorded(&other.patient_id).is_some() {
        SamePatient::Yes
    } else {
        SamePatient::NotKnown
    }
}

/// What a patient keeps and yet differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Name,
    BirthDate,
    Sex,
}

/// Traits that both record and that differ.
pub(super) fn other_traits(one: &StudyIdentity, other: &StudyIdentity) -> Vec<Trait> {
    // Spaces, carets and the case of a name are written in many ways.
    let name = |identity: &StudyIdentity| {
        let letters = recorded(&identity.patient_name)?.chars().filter(|letter| letter.is_alphanumeric());
        Some(letters.flat_map(char::to_lowercase).collect::<String>()).filter(|name| !name.is_empty())
    };
    let names = (name(one), name(other));
    let differing = [
        (Trait::Name, names.0.is_some() && names.1.is_some() && names.0 != names.1),
        (Trait::BirthDate, differ(&one.birth_date, &other.birth_date)),
        (Trait::Sex, differ(&one.sex, &other.sex)),
    ];
    differing.into_iter().filter(|(_, differs)| *differs).map(|(of, _)| of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(id: Option<&str>, issuer: Option<&str>) -> StudyIdentity {
        StudyIdentity {
            patient_id: id.map(Into::into),
            patient_id_issuer: issuer.map(Into::into),
            ..StudyIdentity::default()
        }
    }

    #[test]
    fn issuer_and_id_decide() {
        let same = |one: [Option<&str>; 2], other: [Option<&str>; 2]| {
            same_patient(&identity(one[0], one[1]), &identity(other[0], other[1]))
        };
        assert_eq!(same([Some("7"), None], [Some(" 7 "), None]), SamePatient::Yes);
        assert_eq!(same([Some("7"), Some("A")], [Some("7"), None]), SamePatient::Yes);
        assert_eq!(same([Some("7"), Some("A")], [Some("7"), Some("B")]), SamePatient::No);
        assert_eq!(same([Some("7"), None], [Some("8"), None]), SamePatient::No);
        assert_eq!(same([None, None], [Some("8"), None]), SamePatient::NotKnown);
        assert_eq!(same([Some(""), None], [Some(""), None]), SamePatient::NotKnown);
    }

    #[test]
    fn traits_that_differ_are_named() {
        let with = |name: &str, birth: Option<&str>, sex: &str| StudyIdentity {
            patient_name: Some(name.into()),
            birth_date: birth.map(Into::into),
            sex: Some(sex.into()),
            ..StudyIdentity::default()
        };
        assert_eq!(other_traits(&with("Doe^Jane", None, "F"), &with("DOE JANE^", Some("19600101"), "F")), []);
        let found = other_traits(&with("Doe^Jane", Some("19600102"), "F"), &with("Roe^Jane", Some("19600101"), "M"));
        assert_eq!(found, [Trait::Name, Trait::BirthDate, Trait::Sex]);
    }
}
