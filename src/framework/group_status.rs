//! The status of a step of a group's cycle (upstream kube-scheduler/framework/interface.go, Status).
//!
//! Unlike a plugin's no to a single pod, such a status may say that more is to come, and it may
//! carry an error that its text begins with and that stands for it where only errors are kept.

use super::group_reason::GroupReason;

/// How a status is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupCode {
    /// The group may be placed.
    Success,
    /// Not yet: the remaining pods decide.
    Wait,
    /// Not now; preemption might help.
    Unschedulable,
    /// Not now, and no preemption helps.
    UnschedulableAndUnresolvable,
    /// Something failed.
    Error,
}

/// A code and its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    /// How it is meant.
    pub code: GroupCode,
    /// The error it stands for, which its text begins with.
    error: Option<GroupReason>,
    /// Reasons, in order.
    pub reasons: Vec<GroupReason>,
}

impl GroupStatus {
    /// All is well.
    pub const SUCCESS: Self = Self { code: GroupCode::Success, error: None, reasons: Vec::new() };

    /// A status with one reason.
    pub fn new(code: GroupCode, reason: GroupReason) -> Self {
        Self { code, error: None, reasons: vec![reason] }
    }

    /// The group is unschedulable, for these reasons.
    pub fn unschedulable(reasons: Vec<GroupReason>) -> Self {
        Self { code: GroupCode::Unschedulable, error: Some(GroupReason::Unschedulable), reasons }
    }

    /// Something failed, in upstream's words.
    pub fn failed(text: impl Into<String>) -> Self {
        Self { code: GroupCode::Error, error: Some(GroupReason::text(text)), reasons: Vec::new() }
    }

    /// Whether the group may be placed.
    pub fn is_success(&self) -> bool {
        self.code == GroupCode::Success
    }

    /// Whether something failed.
    pub fn is_error(&self) -> bool {
        self.code == GroupCode::Error
    }

    /// Error and reasons, in the order of the text.
    pub fn all(&self) -> impl Iterator<Item = &GroupReason> {
        self.error.iter().chain(&self.reasons)
    }

    /// All in one line (upstream Status.Message).
    pub fn message(&self) -> String {
        let texts: Vec<String> = self.all().map(ToString::to_string).collect();
        texts.join(", ")
    }

    /// The text where only errors are kept (upstream Status.AsError).
    pub fn as_error(&self) -> String {
        self.error.as_ref().map_or_else(|| self.message(), ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_comes_first_and_stands_for_the_rest() {
        let status = GroupStatus::unschedulable(vec![GroupReason::NoVictims]);
        assert_eq!(
            (status.message().as_str(), status.as_error().as_str()),
            (
                "pod group is unschedulable, No preemption victims found for incoming preemptor",
                "pod group is unschedulable"
            )
        );
    }

    #[test]
    fn without_an_error_the_reasons_stand_for_themselves() {
        let out_of_reach = GroupReason::MinCountOutOfReach { min_count: 3, scheduled: 1, remaining: 1 };
        let status = GroupStatus::new(GroupCode::Unschedulable, out_of_reach);
        assert_eq!(status.as_error(), "minCount (3) cannot be satisfied: 1 scheduled, 1 remaining");
    }
}
