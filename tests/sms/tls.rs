//! TLS: a gateway that cannot prove its identity receives nothing.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::NUMBER;
use crate::sandbox::{Run, Sandbox};
use crate::server::{Server, Stream};
use crate::twilio::{configure, taken};

/// Creates an authority that only the test knows.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Starts a gateway whose certificate from `authority` is for this host.
fn server(authority: &CertifiedIssuer<'static, KeyPair>, host: &str) -> Server {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    Server::start(
        |_| taken(),
        move |stream: TcpStream| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let stream: Box<dyn Stream> = Box::new(rustls::StreamOwned::new(connection, stream));
            Some(stream)
        },
    )
}

fn write(path: &Path, text: &str) {
    crate::sandbox::write_private(path, text);
}

fn sms_test(sandbox: &Sandbox) -> Run {
    sandbox.admin(&["sms", "test", NUMBER])
}

/// Guards the token and the codes: they are sent to a proven gateway only.
#[test]
fn a_gateway_needs_a_certificate_of_a_known_authority() {
    let (known, unknown) = (authority(), authority());
    let sandbox = Sandbox::new();
    let ca_file = sandbox.beside("ca.pem");
    write(&ca_file, &known.pem());
    let ca = ca_file.to_str().unwrap();
    for (what, issuer, host, trusts, is_good) in [
        ("known", &known, "localhost", true, true),
        ("not configured", &known, "localhost", false, false),
        ("unknown", &unknown, "localhost", true, false),
        ("another host", &known, "api.twilio.com", true, false),
    ] {
        // Wine knows only the authorities of the system.
        if cfg!(windows) && trusts {
            continue;
        }
        let server = server(issuer, host);
        let base = format!("https://localhost:{}", server.port());
        configure(
            &sandbox,
            &base,
            &["--from", "+33700000001", "--ca-file", if trusts { ca } else { "" }],
        );
        let run = sms_test(&sandbox);
        assert_eq!(run.code == 0, is_good, "{what}: {run:?}");
        assert_eq!(server.requests().len(), usize::from(is_good), "{what}: nothing may be sent");
        if !is_good {
            assert!(run.stderr.contains("cannot connect to https://localhost"), "{what}: {run:?}");
            assert!(run.stderr.contains("--ca-file"), "{what}: {run:?}");
        }
    }
}

#[test]
fn a_file_of_certificates_is_checked_before_it_is_saved() {
    let sandbox = Sandbox::new();
    let path = sandbox.beside("ca.pem");
    let text = path.to_str().unwrap();
    for (content, words) in [
        (None, "cannot read"),
        (Some(""), "does not contain a certificate"),
        (Some("junk"), "does not contain a certificate"),
        (
            Some("-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n"),
            "does not contain a certificate",
        ),
    ] {
        if let Some(content) = content {
            write(&path, content);
        }
        let run = sandbox.admin(&["sms", "configure", "--ca-file", text]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    let run = sandbox.admin(&["sms", "configure", "--ca-file", "relative.pem"]);
    assert!(run.code == 2 && run.stderr.contains("absolute"), "{run:?}");
}
