//! How much an input may be, so that memory is bounded by what is kept and not by what is sent.
//!
//! Blanks and members that nobody reads cost nothing, whatever their size. What has to be in memory at once has a
//! limit far above what a cluster can hold, and a program may raise all of them together for input that it trusts.

use std::fmt;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const MIB: u64 = 1 << 20;

/// So many times the limits below.
static TIMES: AtomicU32 = AtomicU32::new(1);

/// What a user writes to raise them, up to the number.
static RAISED_BY: OnceLock<&str> = OnceLock::new();

/// Says in messages that this, with a number behind it, raises the limits. What was said first stays.
pub fn raised_by(setting: &'static str) {
    RAISED_BY.get_or_init(|| setting);
}

/// Makes this program accept `times` as much as it would by itself (at least as much).
pub fn raise(times: u32) {
    TIMES.store(times.max(1), Ordering::Relaxed);
}

fn times() -> u64 {
    TIMES.load(Ordering::Relaxed).into()
}

/// A limit that an input exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The bytes of one object.
    Object,
    /// The values in one object: each takes more memory than its text.
    Values,
    /// The bytes of a YAML document that cannot be read item by item.
    Document,
    /// The values of a YAML document, those that aliases repeat included.
    YamlValues,
    /// The bytes of items without a kind, in a List that says its kind behind them.
    Unnamed,
    /// The bytes that compressed data expands to, where that is also [`Limit::Ratio`] times its size.
    Expansion,
    /// See [`Limit::Expansion`].
    Ratio,
    /// The bytes of the pages of a server that are being read at the same time.
    Pages,
    /// The bytes of lists that the server was asked for in one piece.
    Whole,
    /// The bytes of a kubeconfig.
    Kubeconfig,
    /// The bytes that a login plugin prints, or that a token file has.
    Login,
    /// The bytes of an extender's answer.
    Extender,
    /// The bytes of a snapshot of this tool's own form, which is in memory as a whole.
    Snapshot,
}

impl Limit {
    /// How much is accepted.
    pub fn most(self) -> u64 {
        times()
            * match self {
                // etcd takes 1.5 MiB.
                Self::Object | Self::Document | Self::Kubeconfig | Self::Login => 16 * MIB,
                Self::Values | Self::YamlValues => 1_000_000,
                // 5000 whole nodes are 100 MB; most extenders answer with names alone.
                Self::Unnamed | Self::Pages | Self::Extender => 128 * MIB,
                // 150,000 pods take 9 MB.
                Self::Snapshot => 256 * MIB,
                Self::Expansion => 1024 * MIB,
                // A dump of one Deployment's pods, which differ in little, is some 40 times smaller as zstd.
                Self::Ratio => 250,
                Self::Whole => 4096 * MIB,
            }
    }

    /// The same as a length.
    pub(crate) fn length(self) -> usize {
        usize::try_from(self.most()).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most();
        let mib = most / MIB;
        match self {
            Self::Object => write!(f, "an object is larger than {mib} MiB (etcd takes 1.5 MiB)")?,
            Self::Values => write!(f, "an object has more than {most} values (each object in it counts as 10)")?,
            Self::Document => {
                write!(f, "a YAML document is larger than {mib} MiB, and not a List as kubectl prints it")?;
            }
            Self::YamlValues => {
                write!(f, "a YAML document has more than {most} values, or its aliases repeat much text")?;
            }
            Self::Unnamed => write!(f, "a List has more than {mib} MiB of items without kind before its own kind")?,
            Self::Expansion | Self::Ratio => {
                let (gib, ratio) = (Self::Expansion.most() / MIB / 1024, Self::Ratio.most());
                write!(f, "the compressed data expands to more than {gib} GiB and {ratio} times its size")?;
            }
            Self::Pages => {
                write!(f, "the server's answers are larger than {mib} MiB at once; ask for fewer objects a page")?;
            }
            Self::Whole => write!(f, "the server's answers are larger than {mib} MiB")?,
            Self::Kubeconfig | Self::Login => write!(f, "larger than {mib} MiB")?,
            Self::Extender => write!(f, "the answer of an extender is larger than {mib} MiB")?,
            Self::Snapshot => write!(f, "a snapshot is larger than {mib} MiB")?,
        }
        match RAISED_BY.get() {
            Some(setting) => write!(f, "; {setting}{} accepts more", times().saturating_mul(2)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Limit {}

impl From<Limit> for io::Error {
    fn from(limit: Limit) -> Self {
        Self::other(limit)
    }
}
