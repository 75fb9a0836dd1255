//! Whether two studies are of the same patient, by issuer and patient ID.

use std::collections::BTreeMap;

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

/// The studies of each patient who has several: their places, in the order of the first of each.
///
/// By the patient ID and its issuer, as a comparison has it: a study without an issuer is of the patient of this ID, unless the ID occurs
/// with several issuers. Without a patient ID a study is of no known patient.
#[must_use]
pub fn studies_of_patients(identities: &[&StudyIdentity]) -> Vec<Vec<usize>> {
    let mut by_id: Vec<(&str, Vec<usize>)> = Vec::new();
    for (place, identity) in identities.iter().enumerate() {
        let Some(id) = recorded(&identity.patient_id) else { continue };
        match by_id.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(id)) {
            Some((_, places)) => places.push(place),
            None => by_id.push((id, vec![place])),
        }
    }
    let mut patients: Vec<Vec<usize>> =
        by_id.into_iter().flat_map(|(_, places)| by_issuer(identities, places)).collect();
    patients.retain(|places| places.len() > 1);
    patients.sort_unstable();
    patients
}

/// The studies of one patient ID, divided by its issuers.
fn by_issuer(identities: &[&StudyIdentity], places: Vec<usize>) -> Vec<Vec<usize>> {
    let issuer = |place: usize| identities.get(place).and_then(|identity| recorded(&identity.patient_id_issuer));
    let mut issuers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &place in &places {
        if let Some(issuer) = issuer(place) {
            issuers.entry(issuer.to_ascii_lowercase()).or_default().push(place);
        }
    }
    if issuers.len() <= 1 { vec![places] } else { issuers.into_values().collect() }
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
    fn studies_are_grouped_by_patient() {
        let of = |ids: &[(Option<&str>, Option<&str>)]| {
            let identities: Vec<StudyIdentity> = ids.iter().map(|(id, issuer)| identity(*id, *issuer)).collect();
            studies_of_patients(&identities.iter().collect::<Vec<_>>())
        };
        let (a, b) = (Some("A"), Some("B"));
        assert_eq!(of(&[(Some("7"), None), (Some("8"), None), (Some(" 7"), None)]), [[0, 2]]);
        assert_eq!(of(&[(Some("x"), a), (Some("y"), None), (Some("y"), b), (Some("X"), None)]), [[0, 3], [1, 2]]);
        // With two issuers it is not known whose the study without one is.
        assert_eq!(of(&[(Some("7"), a), (Some("7"), None), (Some("7"), b), (Some("7"), Some("a "))]), [[0, 3]]);
        assert!(of(&[(None, a), (None, a), (Some(" "), None), (Some(" "), None), (Some("1"), None)]).is_empty());
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
