//! Which presentation contexts of an A-ASSOCIATE-RQ are accepted, and in which roles, and when the association is rejected
//! (PS3.8 9.3.2 to 9.3.4, PS3.7 D.3.3.4).

use std::collections::BTreeMap;
use std::net::IpAddr;

use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceProviderASCEReason,
    AssociationRJServiceProviderPresentationReason, AssociationRJServiceUserReason, AssociationRJSource, AssociationRQ,
    Pdu, PresentationContextProposed, PresentationContextResult, PresentationContextResultReason, RequestorRoles,
    UserVariableItem,
};

use super::association_error::AssociationError;
use super::received::{Rejection, Sender};
use super::settings::ReceiveSettings;
use super::storage_classes::VERIFICATION;
use crate::TransferSyntax;
use crate::implementation::{IMPLEMENTATION_VERSION_NAME, implementation_class_uid};
use crate::net::ae_title::AeTitle;
use crate::net::commitment::STORAGE_COMMITMENT;
use crate::net::pdu_stream::APPLICATION_CONTEXT;

const IMPLICIT: &str = "1.2.840.10008.1.2";

/// An accepted presentation context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentationContext {
    pub(crate) abstract_syntax: String,
    pub(crate) transfer_syntax: TransferSyntax,
}

/// What was agreed on.
#[derive(Debug)]
pub(crate) struct Negotiated {
    /// Accepted presentation contexts by ID.
    pub(crate) contexts: BTreeMap<u8, PresentationContext>,
    /// How long the PDUs may be that the peer takes; 0 for any length.
    pub(crate) peer_max_pdu_length: u32,
    pub(crate) sender: Sender,
}

/// The answer to an A-ASSOCIATE-RQ.
pub(crate) enum Answer {
    Accept(Box<Negotiated>, Pdu),
    Reject(Rejection),
}

/// Decides on an A-ASSOCIATE-RQ.
///
/// Of the transfer syntaxes of a presentation context, the first that is read is accepted: the proposer's order decides.
pub(crate) fn answer(
    request: AssociationRQ,
    address: Option<IpAddr>,
    settings: &ReceiveSettings,
) -> Result<Answer, AssociationError> {
    // Only bit 0 is to be tested (PS3.8 Table 9-11).
    if request.protocol_version & 1 == 0 {
        return Ok(Answer::Reject(Rejection::ProtocolVersion));
    }
    if request.application_context_name.trim_end_matches(['\0', ' ']) != APPLICATION_CONTEXT {
        return Ok(Answer::Reject(Rejection::ApplicationContext));
    }
    let called = title(&request.called_ae_title).filter(|called| settings.ae_titles.contains(called));
    let Some(called_ae_title) = called else { return Ok(Answer::Reject(Rejection::CalledAeTitle)) };
    let calling = title(&request.calling_ae_title);
    let Some(calling_ae_title) = calling.filter(|calling| settings.peers.allow(calling, address)) else {
        return Ok(Answer::Reject(Rejection::CallingAeTitle));
    };
    let commitment = Commitment::of(&request.user_variables, &calling_ae_title, settings);
    let mut contexts = BTreeMap::new();
    let mut results: Vec<PresentationContextResult> = Vec::new();
    for proposed in &request.presentation_contexts {
        let id = proposed.id;
        if results.iter().any(|result| result.id == id) {
            return Err(AssociationError::PresentationContext { id, what: "is proposed twice" });
        }
        let (reason, syntax) = result(proposed, settings, commitment);
        if let Some(transfer_syntax) = syntax {
            let abstract_syntax = proposed.abstract_syntax.trim_end_matches('\0').to_string();
            contexts.insert(id, PresentationContext { abstract_syntax, transfer_syntax });
        }
        // Where nothing was accepted, the transfer syntax has no meaning and must be there all the same.
        let transfer_syntax = syntax.map_or(IMPLICIT, |syntax| syntax.uid).to_string();
        results.push(PresentationContextResult { id, reason, transfer_syntax });
    }
    let max_length = request.user_variables.iter().find_map(|item| match item {
        UserVariableItem::MaxLength(length) => Some(*length),
        _ => None,
    });
    let sender = Sender { calling_ae_title, called_ae_title, address };
    let negotiated = Negotiated { contexts, peer_max_pdu_length: max_length.unwrap_or(0), sender };
    let mut user_variables = vec![
        UserVariableItem::MaxLength(settings.limits.max_pdu_length),
        UserVariableItem::ImplementationClassUID(implementation_class_uid()),
        UserVariableItem::ImplementationVersionName(IMPLEMENTATION_VERSION_NAME.to_string()),
    ];
    if commitment == Commitment::FromProvider {
        // The requestor is the provider of the service, and this side its user.
        let roles = RequestorRoles { scu: false, scp: true };
        user_variables.push(UserVariableItem::ScuScpRoleSelectionSubItem(STORAGE_COMMITMENT.to_string(), roles));
    }
    let accepted = Pdu::AssociationAC(AssociationAC {
        protocol_version: 1,
        calling_ae_title: request.calling_ae_title,
        called_ae_title: request.called_ae_title,
        application_context_name: APPLICATION_CONTEXT.to_string(),
        presentation_contexts: results,
        user_variables,
    });
    Ok(Answer::Accept(Box::new(negotiated), accepted))
}

/// A title as a peer writes it. Some pad it with NUL instead of spaces, whose meaning is plain.
pub(crate) fn title(text: &str) -> Option<AeTitle> {
    AeTitle::new(text.trim_matches(['\0', ' '])).ok()
}

/// In which role the requestor may use Storage Commitment. This side only asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commitment {
    /// As provider, which it proposes.
    FromProvider,
    /// As provider, though it proposes no role: it is one that is asked, and some archives leave the proposal out.
    FromPeer,
    /// Not at all.
    No,
}

impl Commitment {
    fn of(user_variables: &[UserVariableItem], calling: &AeTitle, settings: &ReceiveSettings) -> Self {
        if settings.commitment_peers.is_empty() {
            return Self::No;
        }
        let roles = user_variables.iter().find_map(|item| match item {
            UserVariableItem::ScuScpRoleSelectionSubItem(class, roles) => {
                (class.trim_end_matches(['\0', ' ']) == STORAGE_COMMITMENT).then_some(*roles)
            }
            _ => None,
        });
        match roles {
            Some(RequestorRoles { scp: true, .. }) => Self::FromProvider,
            None if settings.commitment_peers.contains(calling) => Self::FromPeer,
            _ => Self::No,
        }
    }
}

fn result(
    proposed: &PresentationContextProposed,
    settings: &ReceiveSettings,
    commitment: Commitment,
) -> (PresentationContextResultReason, Option<TransferSyntax>) {
    let class = proposed.abstract_syntax.trim_end_matches('\0');
    if proposed.id.is_multiple_of(2) {
        return (PresentationContextResultReason::NoReason, None);
    }
    let is_commitment = class == STORAGE_COMMITMENT;
    let accepted = match class {
        VERIFICATION => true,
        STORAGE_COMMITMENT => commitment != Commitment::No,
        class => settings.storage_classes.accept(class),
    };
    if !accepted {
        return (PresentationContextResultReason::AbstractSyntaxNotSupported, None);
    }
    let known = |uid: &String| {
        let syntax = TransferSyntax::of_uid(uid.trim_end_matches('\0'));
        // Reports are short and have no pixels.
        syntax.filter(|syntax| !is_commitment || syntax.is_plain())
    };
    match proposed.transfer_syntaxes.iter().find_map(known) {
        Some(syntax) => (PresentationContextResultReason::Acceptance, Some(syntax)),
        None => (PresentationContextResultReason::TransferSyntaxesNotSupported, None),
    }
}

/// The A-ASSOCIATE-RJ that says so.
pub(crate) fn reject(rejection: Rejection) -> Pdu {
    use AssociationRJServiceProviderPresentationReason as Presentation;
    use AssociationRJServiceUserReason as User;
    let permanent = AssociationRJResult::Permanent;
    let (result, source) = match rejection {
        Rejection::CalledAeTitle => (permanent, AssociationRJSource::ServiceUser(User::CalledAETitleNotRecognized)),
        Rejection::CallingAeTitle => (permanent, AssociationRJSource::ServiceUser(User::CallingAETitleNotRecognized)),
        Rejection::ApplicationContext => {
            (permanent, AssociationRJSource::ServiceUser(User::ApplicationContextNameNotSupported))
        }
        Rejection::ProtocolVersion => {
            let reason = AssociationRJServiceProviderASCEReason::ProtocolVersionNotSupported;
            (permanent, AssociationRJSource::ServiceProviderASCE(reason))
        }
        Rejection::AssociationLimit => (
            AssociationRJResult::Transient,
            AssociationRJSource::ServiceProviderPresentation(Presentation::LocalLimitExceeded),
        ),
        Rejection::Stopping => (
            AssociationRJResult::Transient,
            AssociationRJSource::ServiceProviderPresentation(Presentation::TemporaryCongestion),
        ),
    };
    Pdu::AssociationRJ(AssociationRJ { result, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NM: &str = "1.2.840.10008.5.1.4.1.1.20";

    fn context(id: u8, class: &str, syntaxes: &[&str]) -> PresentationContextProposed {
        let transfer_syntaxes = syntaxes.iter().map(ToString::to_string).collect();
        PresentationContextProposed { id, abstract_syntax: class.into(), transfer_syntaxes }
    }

    fn request(contexts: Vec<PresentationContextProposed>) -> AssociationRQ {
        AssociationRQ {
            protocol_version: 1,
            calling_ae_title: "CAMERA".into(),
            called_ae_title: "BLOODPOOL".into(),
            application_context_name: APPLICATION_CONTEXT.into(),
            presentation_contexts: contexts,
            user_variables: vec![UserVariableItem::MaxLength(16_384)],
        }
    }

    fn settings() -> ReceiveSettings {
        ReceiveSettings::new(AeTitle::new("BLOODPOOL").unwrap())
    }

    #[test]
    fn the_first_transfer_syntax_of_the_proposer_that_is_read_is_accepted() {
        let (explicit, jpeg2000, rle) = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5");
        let contexts = vec![
            context(1, NM, &[jpeg2000, rle, explicit]),
            context(3, NM, &[explicit, rle]),
            context(5, NM, &[jpeg2000]),
            context(7, "1.2.840.10008.5.1.4.1.1.2", &[explicit]),
            context(9, VERIFICATION, &[IMPLICIT]),
            context(10, NM, &[explicit]),
            context(11, NM, &[]),
        ];
        let Ok(Answer::Accept(negotiated, Pdu::AssociationAC(accepted))) = answer(request(contexts), None, &settings())
        else {
            panic!("not accepted")
        };
        let agreed: Vec<_> = negotiated.contexts.iter().map(|(id, it)| (*id, it.transfer_syntax.uid)).collect();
        assert_eq!(agreed, [(1, rle), (3, explicit), (9, IMPLICIT)]);
        assert_eq!(negotiated.peer_max_pdu_length, 16_384);
        use PresentationContextResultReason as Reason;
        let reasons: Vec<_> = accepted.presentation_contexts.into_iter().map(|result| result.reason).collect();
        let expected = [
            Reason::Acceptance,
            Reason::Acceptance,
            Reason::TransferSyntaxesNotSupported,
            Reason::AbstractSyntaxNotSupported,
            Reason::Acceptance,
            Reason::NoReason,
            Reason::TransferSyntaxesNotSupported,
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn an_association_is_rejected_for_titles_version_and_application_context() {
        let rejection = |change: fn(&mut AssociationRQ)| {
            let mut request = request(vec![context(1, VERIFICATION, &[IMPLICIT])]);
            change(&mut request);
            match answer(request, None, &settings()) {
                Ok(Answer::Reject(rejection)) => Some(rejection),
                _ => None,
            }
        };
        assert_eq!(rejection(|_| ()), None);
        assert_eq!(rejection(|it| it.called_ae_title = "OTHER".into()), Some(Rejection::CalledAeTitle));
        assert_eq!(rejection(|it| it.calling_ae_title = String::new()), Some(Rejection::CallingAeTitle));
        assert_eq!(rejection(|it| it.protocol_version = 2), Some(Rejection::ProtocolVersion));
        assert_eq!(rejection(|it| it.protocol_version = 3), None);
        assert_eq!(rejection(|it| it.application_context_name = "1.2".into()), Some(Rejection::ApplicationContext));
    }

    #[test]
    fn one_context_id_twice_aborts() {
        let contexts = vec![context(1, VERIFICATION, &[IMPLICIT]), context(1, NM, &[IMPLICIT])];
        let error = answer(request(contexts), None, &settings()).err().unwrap();
        assert_eq!(error.to_string(), "presentation context 1 is proposed twice");
    }
}
