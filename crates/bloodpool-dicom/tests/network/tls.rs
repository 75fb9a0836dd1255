//! TLS both ways: certificates that are trusted, missing, or of another authority.

use std::path::PathBuf;

use bloodpool_dicom::net::{
    AeTitle, SendError, SendSettings, StorageScu, Timeouts, TlsClient, TlsError, TlsIdentity, TlsServer,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::scp::Scp;
use crate::support::Scratch;

/// An authority, and a certificate for `localhost` that it signed.
struct Authority {
    certificate: PathBuf,
    identity: TlsIdentity,
}

fn authority(scratch: &Scratch, name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&parameters, &key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_string()]).unwrap().signed_by(&own_key, &issuer).unwrap();
    let file = |kind: &str, text: String| scratch.file(&format!("{name}-{kind}.pem"), text.as_bytes());
    Authority {
        certificate: file("authority", certificate.pem()),
        identity: TlsIdentity {
            certificate_chain: file("certificate", own.pem()),
            private_key: file("key", own_key.serialize_pem()),
        },
    }
}

fn scu(tls: Option<TlsClient>) -> StorageScu {
    let settings =
        SendSettings { calling_ae_title: AeTitle::new("CAMERA").unwrap(), timeouts: Timeouts::default(), tls };
    StorageScu::new(settings).unwrap()
}

#[tokio::test]
async fn both_sides_show_certificates_that_the_other_trusts() {
    let scratch = Scratch::new();
    let (ours, theirs) = (authority(&scratch, "ours"), authority(&scratch, "theirs"));
    for demand in [false, true] {
        let scp = Scp::new(|settings| {
            let client_authorities = demand.then(|| ours.certificate.clone());
            settings.tls = Some(TlsServer { identity: ours.identity.clone(), client_authorities });
        });
        let (address, _task) = scp.listen().await;
        let peer = format!("BLOODPOOL@localhost:{}", address.port()).parse().unwrap();
        let client = |authority: &Authority, identity: Option<&Authority>| {
            let identity = identity.map(|authority| authority.identity.clone());
            scu(Some(TlsClient { server_authorities: authority.certificate.clone(), identity }))
        };
        client(&ours, Some(&ours)).echo(&peer).await.unwrap();
        // A server that is not trusted; a client without a certificate; one with a certificate of another authority.
        let error = client(&theirs, Some(&ours)).echo(&peer).await.unwrap_err();
        assert!(matches!(error, SendError::Tls { .. }), "{error}");
        for identity in [None, Some(&theirs)] {
            assert_eq!(client(&ours, identity).echo(&peer).await.is_ok(), !demand);
        }
        // Plain text on a TLS port.
        assert!(scu(None).echo(&peer).await.is_err());
        scp.event("Tls(").await;
    }
}

#[test]
fn files_that_hold_no_certificate_or_key_are_named() {
    let scratch = Scratch::new();
    let ours = authority(&scratch, "ours");
    let identity =
        TlsIdentity { certificate_chain: ours.identity.private_key.clone(), private_key: ours.identity.private_key };
    let settings = |tls| SendSettings {
        calling_ae_title: AeTitle::new("CAMERA").unwrap(),
        timeouts: Timeouts::default(),
        tls: Some(tls),
    };
    let tls = TlsClient { server_authorities: scratch.path("missing.pem"), identity: None };
    let error = StorageScu::new(settings(tls)).err().unwrap();
    assert!(error.to_string().ends_with("missing.pem has no certificate in PEM that can be read"), "{error}");
    let tls = TlsClient { server_authorities: ours.certificate, identity: Some(identity) };
    assert!(matches!(StorageScu::new(settings(tls)).err().unwrap(), TlsError::File { what: "certificate", .. }));
}
