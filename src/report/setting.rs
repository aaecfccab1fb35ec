//! What a reader can set to learn more. How that is written is known to the program that shows the report:
//! flags belong to a command line, a page in a browser has buttons.

/// Something to set when the question is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// Everything is shown: all rows, all scores, whole names ([`super::Look::wide`]).
    Wide,
    /// Everything is listed, as data.
    Json,
    /// How many runs with other random choices.
    Runs,
    /// The seed of one run.
    Seed,
    /// Whether pods of lower priority are preempted.
    Preempt,
    /// What additional nodes are like.
    Like,
    /// The scheduler's configuration.
    SchedulerConfig,
    /// The scheduler's version.
    KubeVersion,
    /// Evaluation by kube-scheduler's own profile, whatever scheduler a pod names.
    AsDefaultScheduler,
}

/// How a setting is written where the report is shown; none where there is no way to set it.
pub type Spelling = fn(Setting) -> Option<&'static str>;

/// The spelling of reports that are read away from the program: there is nothing to type.
pub fn unspelled(_: Setting) -> Option<&'static str> {
    None
}

/// `lead` and how to set it, ` with --flag`; nothing where there is no way to.
pub(super) fn with(lead: &str, spelling: Spelling, setting: Setting) -> String {
    spelling(setting).map_or_else(String::new, |spelled| format!("{lead} with {spelled}"))
}
