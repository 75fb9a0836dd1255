//! Flags of the verbs of the review page: `serve`, `user`, `token` and `audit`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use bloodpool_server::{PersonRole, TOKEN_ROLES};

const SERVE_EXAMPLES: &str = "\
Examples:
  bloodpool serve study.dcm                          look at one study, and correct it
  bloodpool serve folder/ --data data                keep studies, corrections and signatures in the folder `data`
  bloodpool serve --data data --port 8080            go on with what is there
  bloodpool serve --data data --listen 0.0.0.0:8443 --host review.example.org --tls-self-signed
  bloodpool serve --data data --listen 0.0.0.0:8443 --host review.example.org --tls-certificate own.pem --tls-key own.key
  bloodpool serve --data data --listen 127.0.0.1:8080 --host review.example.org --behind-proxy 127.0.0.1
  bloodpool serve --receive --listen 0.0.0.0:8443 --host review.example.org --tls-self-signed
  bloodpool serve --annotate work --raters anna,ben  raters draw on the images of `dataset extract`

It prints the address to open in a browser on this machine. Without accounts the address lets one person in, once and within 15
minutes, who may correct and accept, and not sign. With accounts (`bloodpool user add`) people log in; physicians sign.

With --receive it is `bloodpool listen` as well, in one process: what is accepted or signed on the page is sent, too.

Without --data all is kept in a temporary folder, which is removed at the end. Files are copied; they are never changed. Ctrl-C ends.

With --annotate it prints the address for the owner of the study, who sees how far the raters are, and a link for each rater, which lets
one person in, once and within 7 days. Raters see images in a random order of their own, and neither names nor other outlines. What they
draw is in DATASET_WORK/raters/NAME as LabelMe files, for `dataset consensus`. Files of other programs are left as they are.";

/// Flags of `serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(crate) struct ServeFlags {
    /// DICOM files, or folders of them, which are searched with their subfolders.
    #[arg(value_name = "STUDY", required_unless_present_any = ["data", "annotate", "receive"])]
    pub(crate) studies: Vec<PathBuf>,
    /// Data folder, on a local disk; made where it is missing [default: a temporary folder].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Also receive studies over DICOM, and send results, reviews and signatures, as section [listen] of bloodpool.toml says.
    #[arg(long, conflicts_with = "annotate")]
    pub(crate) receive: bool,
    /// Port of 127.0.0.1 to listen on [default: one that is free].
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    pub(crate) port: Option<u16>,
    /// Address and port to listen on; other than loopback only with TLS or behind a proxy.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// How the page is reached.
    #[command(flatten)]
    pub(crate) reached: ReachedFlags,
    /// File for the head of the audit trail, once a day; best on another disk [default: audit-heads.jsonl in the data folder].
    #[arg(long, value_name = "FILE")]
    pub(crate) audit_heads: Option<PathBuf>,
    /// Embedded model by name, or the folder of a training run [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// How counts become an LVEF, as for `analyze`.
    #[arg(long, value_name = "NAME|FILE.toml", env = "BLOODPOOL_PROTOCOL")]
    pub(crate) protocol: Option<String>,
    /// Local calibration of the interval, made by `bloodpool calibrate`.
    #[arg(long, value_name = "FILE", env = "BLOODPOOL_CALIBRATION")]
    pub(crate) calibration: Option<PathBuf>,
    /// Who draws on which images.
    #[command(flatten)]
    pub(crate) annotate: AnnotateFlags,
}

/// Flags of `serve` for raters who draw.
#[derive(Debug, Args)]
#[command(next_help_heading = "Annotation")]
pub(crate) struct AnnotateFlags {
    /// Folder of `dataset extract`, on whose images raters draw [default of --data: `annotation` in it].
    #[arg(long, value_name = "DATASET_WORK", conflicts_with = "studies")]
    pub(crate) annotate: Option<PathBuf>,
    /// Raters, separated by commas [default: those of --assignments].
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "annotate")]
    pub(crate) raters: Vec<String>,
    /// Folder with a folder for each rater [default: DATASET_WORK/raters].
    #[arg(long, value_name = "DIR", requires = "annotate")]
    pub(crate) raters_folder: Option<PathBuf>,
    /// Table of who reads what, as for `dataset consensus` [default: everybody reads everything].
    #[arg(long, value_name = "FILE.csv", requires = "annotate")]
    pub(crate) assignments: Option<PathBuf>,
    /// Percent of a rater's studies that are read a second time, after all others.
    #[arg(long, value_name = "PERCENT", requires = "annotate")]
    pub(crate) second_reading: Option<f64>,
}

/// Flags of `serve`: names, TLS, and the proxy before it.
#[derive(Debug, Args)]
pub(crate) struct ReachedFlags {
    /// Name that browsers ask for, with its port where the proxy has another one than 443; may be repeated. Others are refused.
    #[arg(long, value_name = "NAME[:PORT]")]
    pub(crate) host: Vec<String>,
    /// TLS: certificate (PEM), then those that it is signed by.
    #[arg(long, value_name = "FILE.pem", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// TLS: its private key (PEM).
    #[arg(long, value_name = "FILE.pem", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// TLS with a certificate that is made once and kept in the data folder; browsers ask whether to trust it.
    #[arg(long, conflicts_with = "tls_certificate")]
    pub(crate) tls_self_signed: bool,
    /// Address from which a proxy with TLS connects; nobody else is answered. May be repeated.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["tls_certificate", "tls_self_signed"], requires = "host")]
    pub(crate) behind_proxy: Vec<IpAddr>,
    /// Header in which the proxy names the account of whoever has logged in there.
    #[arg(long, value_name = "NAME", requires = "behind_proxy")]
    pub(crate) auth_header: Option<String>,
}

const USER_EXAMPLES: &str = "\
Examples:
  bloodpool user add anna --role technologist --data data
  bloodpool user add j.kim --role physician --data data < password-file
  bloodpool user list --data data
  bloodpool user reset anna --data data
  bloodpool user disable anna --data data

The password is asked for, or is the first line of stdin; it is never an argument. The server may run meanwhile: it makes the change.
technologist: corrects and accepts; physician: signs as well; administrator: sees studies and changes nothing; rater: sees no study.";

/// What to do with accounts.
#[derive(Debug, Subcommand)]
#[command(after_help = USER_EXAMPLES)]
pub(crate) enum UserVerb {
    /// Make an account.
    Add(AddUserFlags),
    /// List the accounts.
    List(DataFlags),
    /// Let an account not be used any longer; its sessions end.
    Disable(UserFlags),
    /// Give an account another password; its sessions end.
    Reset(UserFlags),
}

/// Flags of `user add`.
#[derive(Debug, Args)]
pub(crate) struct AddUserFlags {
    /// The account.
    #[command(flatten)]
    pub(crate) user: UserFlags,
    /// What the person may do.
    #[arg(long, value_name = "ROLE", value_parser = roles(PersonRole::ALL))]
    pub(crate) role: PersonRole,
}

/// An account in a data folder.
#[derive(Debug, Args)]
pub(crate) struct UserFlags {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Where the account is.
    #[command(flatten)]
    pub(crate) data: DataFlags,
}

/// A data folder.
#[derive(Debug, Args)]
pub(crate) struct DataFlags {
    /// Data folder of `serve` or `listen` [default: that of section [listen] of bloodpool.toml].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

fn roles<const N: usize>(roles: [PersonRole; N]) -> impl TypedValueParser<Value = PersonRole> {
    let names = PossibleValuesParser::new(roles.map(PersonRole::name));
    names.try_map(|name| PersonRole::of_name(&name).ok_or("unknown"))
}

const TOKEN_EXAMPLES: &str = "\
Examples:
  bloodpool token add scanner --role technologist --days 90 --data data
  bloodpool token list --data data
  bloodpool token revoke scanner --data data
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/study/ID

A token lets a program send studies (STOW-RS, role technologist) and read them (both roles). It can neither edit nor sign. It is printed
once; only its hash is kept. Each act with it is in the audit trail. The server may run meanwhile.";

/// What to do with tokens of programs.
#[derive(Debug, Subcommand)]
#[command(after_help = TOKEN_EXAMPLES)]
pub(crate) enum TokenVerb {
    /// Make a token, and print it once.
    Add(AddTokenFlags),
    /// List the tokens that are valid.
    List(DataFlags),
    /// End a token at once.
    Revoke(TokenFlags),
}

/// Flags of `token add`.
#[derive(Debug, Args)]
pub(crate) struct AddTokenFlags {
    /// The token.
    #[command(flatten)]
    pub(crate) token: TokenFlags,
    /// What a program with it may do.
    #[arg(long, value_name = "ROLE", value_parser = roles(TOKEN_ROLES))]
    pub(crate) role: PersonRole,
    /// How many days it is valid.
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub(crate) days: u32,
}

/// A token of a data folder.
#[derive(Debug, Args)]
pub(crate) struct TokenFlags {
    /// Name of the token.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Where the token is.
    #[command(flatten)]
    pub(crate) data: DataFlags,
}

const AUDIT_EXAMPLES: &str = "\
Examples:
  bloodpool audit verify --data data                    whole, or which row was changed or removed
  bloodpool audit verify --data data --head HASH        and that a hash which was kept elsewhere is in it
  bloodpool audit verify --data data --heads FILE       and that all heads of this file are in it
  bloodpool audit export --data data > audit.jsonl      one JSON document per row, one per line

The hash of the last row, the head, is printed in each report, and once a day it is written to a second file and the log. Who can write to
the database can write a whole new trail: that is found only by a head that was kept elsewhere. The server may run meanwhile.

Exit code: 0 whole; 1 not; 2 wrong usage.";

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) enum AuditVerb {
    /// Say whether the audit trail is whole.
    Verify(VerifyAuditFlags),
    /// Print the audit trail.
    Export(DataFlags),
}

/// Flags of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyAuditFlags {
    /// The data folder.
    #[command(flatten)]
    pub(crate) data: DataFlags,
    /// A hash of the trail that was kept elsewhere.
    #[arg(long, value_name = "HASH")]
    pub(crate) head: Option<String>,
    /// File of heads, one per day [default: audit-heads.jsonl in the data folder, where there is one].
    #[arg(long, value_name = "FILE")]
    pub(crate) heads: Option<PathBuf>,
}
