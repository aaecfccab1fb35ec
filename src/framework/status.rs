//! What a plugin can say of a pod on a node.

use serde::Serialize;

use super::reason::Reason;

/// How a plugin's answer is meant (upstream staging kube-scheduler framework/interface.go, Code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Code {
    /// The pod may go there.
    Success,
    /// It may not now; removing other pods might change that, so preemption looks at the node.
    Unschedulable,
    /// It may not, and no preemption would change that.
    UnschedulableAndUnresolvable,
    /// The plugin failed. On any node this ends the whole cycle.
    Error,
}

/// A plugin's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Anything but [`Code::Success`].
    pub code: Code,
    /// Why, in the plugin's order.
    pub reasons: Vec<Reason>,
}

impl Rejection {
    /// A no that preemption might turn into a yes.
    pub fn unschedulable(reason: Reason) -> Self {
        Self { code: Code::Unschedulable, reasons: vec![reason] }
    }

    /// A no that nothing but a change of pod or node turns into a yes.
    pub fn unresolvable(reason: Reason) -> Self {
        Self { code: Code::UnschedulableAndUnresolvable, reasons: vec![reason] }
    }

    /// A plugin's failure, in upstream's words.
    pub fn error(message: impl Into<String>) -> Self {
        Self { code: Code::Error, reasons: vec![Reason::Error { text: message.into() }] }
    }

    /// All reasons in one line, as upstream's Status.Message joins them.
    pub fn message(&self) -> String {
        let texts: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        texts.join(", ")
    }
}

/// A [`Rejection`] and the plugin it came from; none where the framework itself spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRejection {
    /// The plugin.
    pub plugin: Option<&'static str>,
    /// Its answer.
    pub rejection: Rejection,
}
