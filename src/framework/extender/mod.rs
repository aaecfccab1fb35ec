//! Extenders: programs beside kube-scheduler that filter and score nodes and change preemption
//! candidates, in the order and at the places of upstream (extender.go, schedule_one.go,
//! framework/preemption/preemption.go).
//!
//! Nothing here knows a network: an [`Extender`] speaks through a [`Transport`], of which
//! [`http`] is the one. An extender without a transport is not asked; a cycle then notes, one note
//! an extender, what it would have been asked and what that means for the answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;

use crate::api::UpstreamError;
use crate::api::name::{Name, name};
use crate::api::pod_spec::Container;
use crate::config::ExtenderConfig;
use crate::state::Pod;

use super::context::Cycle;
use super::not_evaluated::{NotEvaluated, Turns};

mod answer;
mod filter;
mod go_json;
#[cfg(feature = "live")]
pub mod http;
mod preempt;
mod prioritize;
mod request;

pub(super) use filter::{Filtered, filter};
pub use preempt::Victims;
pub(super) use prioritize::prioritize;

/// Carries a request to an extender and its answer back.
pub trait Transport: Send + Sync {
    /// Posts a JSON text under a verb of the extender; answers the body of a response with status 200.
    ///
    /// # Errors
    /// No answer, or one with another status; in the words of upstream's HTTP client.
    fn post(&self, verb: &str, body: String) -> Result<Vec<u8>, UpstreamError>;
}

/// What an extender can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Verb {
    Filter,
    Prioritize,
    Preempt,
}

impl Verb {
    /// What the answer lacks when this was not asked.
    fn effect(self) -> &'static str {
        match self {
            Self::Filter => "nodes that it rejects count as feasible",
            Self::Prioritize => "its scores are missing from the totals",
            Self::Preempt => "preemption candidates that it drops or changes are shown as they were found",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filter => "filter",
            Self::Prioritize => "prioritize",
            Self::Preempt => "preempt",
        })
    }
}

/// An extender of the configuration.
pub struct Extender {
    config: ExtenderConfig,
    name: Name,
    transport: Option<Box<dyn Transport>>,
    /// Why it has none.
    not_called: &'static str,
}

impl Extender {
    /// One that is not asked.
    pub fn unasked(config: ExtenderConfig) -> Self {
        Self { name: name(&config.url_prefix), config, transport: None, not_called: "this program calls no extenders" }
    }

    /// Says why it is not asked.
    pub fn because(&mut self, why: &'static str) {
        self.not_called = why;
    }

    /// One that is asked through `transport`.
    pub fn asked(config: ExtenderConfig, transport: Box<dyn Transport>) -> Self {
        Self { transport: Some(transport), ..Self::unasked(config) }
    }

    /// Its URL before the verbs (upstream HTTPExtender.Name).
    pub fn name(&self) -> Name {
        self.name
    }

    /// What the configuration calls `verb`; none for what it never does.
    fn verb(&self, verb: Verb) -> Option<&str> {
        match verb {
            Verb::Filter => self.config.filter_verb.as_deref(),
            Verb::Prioritize => self.config.prioritize_verb.as_deref(),
            Verb::Preempt => self.config.preempt_verb.as_deref(),
        }
    }

    /// Whether the pod is its business: always, or only when a container names one of its
    /// resources (upstream HTTPExtender.IsInterested).
    fn is_interested(&self, pod: &Pod) -> bool {
        let managed = &self.config.managed_resources;
        let names_one = |container: &Container| {
            container.resources.as_ref().is_some_and(|resources| {
                let mut named = resources.requests.iter().chain(resources.limits.iter());
                named.any(|(resource, _)| managed.iter().any(|one| one.name == resource))
            })
        };
        let spec = pod.spec();
        managed.is_empty() || spec.containers.iter().chain(&spec.init_containers).any(names_one)
    }
}

/// Why an extender was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotAsked {
    /// Nobody allowed it.
    NoTransport(&'static str),
    /// There is no cycle in which it would be.
    HeldBack,
    /// It is sent the whole Pod, and the state has none.
    NoPod,
    /// It is sent whole Nodes or victims, and the state lacks one.
    NoObject(Name),
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTransport(why) => f.write_str(why),
            Self::HeldBack => f.write_str("kube-scheduler runs no cycle for a pod that PreEnqueue rejects"),
            Self::NoPod => f.write_str("it is sent the whole Pod, which this state does not have"),
            Self::NoObject(object) => {
                write!(f, "it is sent whole objects, and this state does not have that of \"{object}\"")
            }
        }
    }
}

/// The extenders that a pod is the business of, in one scheduling cycle.
pub struct Round<'a> {
    cycle: Cycle<'a>,
    extenders: Vec<&'a Extender>,
    /// The whole pod, if anyone can be sent it.
    pod: Option<Cow<'a, RawValue>>,
    held_back: bool,
    /// Whether the scheduler has extenders that are asked, be the pod their business or not.
    any: bool,
    not_asked: Mutex<Vec<(Name, Verb, NotAsked)>>,
}

impl<'a> Round<'a> {
    /// Opens a cycle. `held_back`: the cycle is only a supposition, so that nobody is asked.
    pub(super) fn new(extenders: &'a [Extender], cycle: Cycle<'a>, held_back: bool) -> Self {
        let any = extenders.iter().any(|extender| extender.transport.is_some());
        Self {
            cycle,
            extenders: extenders.iter().filter(|extender| extender.is_interested(cycle.pod)).collect(),
            pod: (any && !held_back).then(|| cycle.cluster.raw().pod(cycle.pod)).flatten(),
            held_back,
            any,
            not_asked: Mutex::default(),
        }
    }

    /// Asks `extender` for `verb`, whose request `body` makes of the whole pod or says what it
    /// lacks. None: it does not do that, or cannot be asked, which is then written down.
    fn ask(
        &self,
        extender: &Extender,
        verb: Verb,
        body: impl FnOnce(&RawValue) -> Result<String, NotAsked>,
    ) -> Option<Result<Vec<u8>, String>> {
        let path = extender.verb(verb)?;
        let refusal = match (&extender.transport, &self.pod) {
            (None, _) => NotAsked::NoTransport(extender.not_called),
            _ if self.held_back => NotAsked::HeldBack,
            (_, None) => NotAsked::NoPod,
            (Some(transport), Some(pod)) => match body(pod) {
                Ok(body) => return Some(transport.post(path, body).map_err(Into::into)),
                Err(refusal) => refusal,
            },
        };
        self.not_asked.lock().unwrap_or_else(PoisonError::into_inner).push((extender.name, verb, refusal));
        None
    }

    /// Notes an answer that does not count.
    fn note_failure(&self, extender: &Extender, verb: Verb, error: &str) {
        let who =
            if verb == Verb::Prioritize { "a prioritizer's failure" } else { "the failure of an ignorable extender" };
        self.cycle.notes.add(NotEvaluated::new(
            format!("extender {}", extender.name),
            format!("asked to {verb}, it failed: {error}"),
            format!("kube-scheduler ignores {who} and continues; {}", verb.effect()),
        ));
    }

    /// Closes the cycle: one note for each extender that was not asked all it would have been.
    pub(super) fn finish(self) {
        let not_asked = self.not_asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        for extender in &self.extenders {
            let mut of_it: Vec<_> = not_asked.iter().filter(|(name, ..)| *name == extender.name).collect();
            of_it.sort_by_key(|(_, verb, _)| *verb);
            of_it.dedup();
            let Some((_, _, why)) = of_it.first() else { continue };
            let join = |parts: Vec<String>, last: &str| match parts.split_last() {
                Some((end, [])) => end.clone(),
                Some((end, start)) => format!("{}{last}{end}", start.join(", ")),
                None => String::new(),
            };
            let verbs = join(of_it.iter().map(|(_, verb, _)| verb.to_string()).collect(), " and ");
            let filters = of_it.iter().any(|(_, verb, _)| *verb == Verb::Filter);
            let turns = if filters { Turns::Fits } else { Turns::Neither };
            let effects = join(of_it.iter().map(|(_, verb, _)| verb.effect().to_owned()).collect(), ", and ");
            self.cycle.notes.add(
                NotEvaluated::new(
                    format!("extender {}", extender.name),
                    format!("it would have been asked to {verbs}, but was not: {why}"),
                    effects,
                )
                .turning(turns),
            );
        }
    }
}
