//! What can be wrong with an input, in one line each: where, what, and what to do about it.

use std::fmt;
use std::io;

use super::Input;
use super::limits::Limit;

/// An input that could not be read.
#[derive(Debug, thiserror::Error)]
pub struct SourceError {
    /// The file or directory.
    pub input: Input,
    /// Which document of it, counted from 1.
    pub document: Option<usize>,
    /// On which line, counted from 1.
    pub line: Option<u64>,
    /// What is wrong.
    #[source]
    pub problem: InputProblem,
}

impl SourceError {
    /// A problem of the input as a whole.
    pub(super) fn whole(input: &Input, problem: impl Into<InputProblem>) -> Self {
        Self { input: input.clone(), document: None, line: None, problem: problem.into() }
    }

    /// A problem at some place of the input.
    pub(super) fn at(input: &Input, document: usize, fault: Fault) -> Self {
        let in_document = document > 0 && fault.problem.is_of_a_document();
        Self {
            input: input.clone(),
            document: in_document.then_some(document),
            line: in_document.then_some(fault.line),
            problem: fault.problem,
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let InputProblem::NotFound { near } = &self.problem {
            write!(f, "the path \"{}\" does not exist", self.input)?;
            return near.as_ref().map_or(Ok(()), |near| write!(f, "; {}", escaped(near)));
        }
        write!(f, "{}: ", self.input)?;
        if let Some(document) = self.document {
            write!(f, "document {document}, ")?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}

/// What is wrong with an input. Text from the input is escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputProblem {
    /// No such file or directory.
    #[error("does not exist")]
    NotFound {
        /// `did you mean cluster.yaml?`, where a file beside it has nearly that name.
        near: Option<String>,
    },
    /// The operating system or the decompressor reports an error.
    #[error("cannot be read: {}", escaped(&.0.to_string()))]
    Io(#[source] io::Error),
    /// More than is accepted.
    #[error("{0}")]
    Limit(#[source] Limit),
    /// Nothing in it, or nothing but white space and comments.
    #[error("is empty; expected Kubernetes objects as `kubectl get -o json` or `-o yaml` prints them")]
    Empty,
    /// Documents, but none with a `kind`.
    #[error("has no Kubernetes object; expected objects as `kubectl get -o json` or `-o yaml` prints them")]
    NoObject,
    /// A directory tree without a file to read.
    #[error("has no file that ends in .json, .yaml or .yml (.gz and .zst may follow) or in .ksnap")]
    NoFile,
    /// A directory where one file is wanted.
    #[error("is a directory; name one file")]
    IsDirectory,
    /// Not text.
    #[error("is {0}; expected JSON or YAML text, as it is or compressed with gzip or zstd")]
    Binary(&'static str),
    /// Text that is known for something else.
    #[error("is {0}")]
    Foreign(&'static str),
    /// The API server's answer that something went wrong.
    #[error("is an error of the API server and no state: {}", escaped(.0))]
    Status(String),
    /// It stops in the middle of a document.
    #[error("the input ends in the middle of {0}; it was cut off")]
    CutOff(&'static str),
    /// The text breaks JSON's rules, or a value has not the shape that its field has.
    #[error("{}", escaped(.0))]
    Broken(String),
    /// A snapshot in its own form that is not whole, or of a later version.
    #[error("{0}")]
    Packed(String),
    /// Lists in Lists without end.
    #[error("Lists and arrays are nested more than {0} deep")]
    TooDeep(usize),
    /// More than one document where one is wanted.
    #[error("has {0} documents; expected one")]
    NotOne(usize),
}

impl From<io::Error> for InputProblem {
    /// What reads an input may find that it is too much.
    fn from(error: io::Error) -> Self {
        error.downcast().map_or_else(Self::Io, Self::Limit)
    }
}

impl InputProblem {
    /// Whether the input may be a state of which only a part was read.
    pub(super) fn leaves_half(&self) -> bool {
        matches!(self, Self::CutOff(_) | Self::Io(_) | Self::Limit(_))
    }

    /// Whether document and line say anything about it.
    fn is_of_a_document(&self) -> bool {
        match self {
            Self::CutOff(_) | Self::Broken(_) | Self::TooDeep(_) => true,
            Self::Limit(limit) => !matches!(limit, Limit::Expansion | Limit::Ratio),
            _ => false,
        }
    }
}

/// A problem and the line it is on, counted from 1.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) problem: InputProblem,
}

/// `text` without control characters, so that a file cannot steer the terminal, and not endless.
pub(super) fn escaped(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
