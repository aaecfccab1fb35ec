//! Two states, or two schedulers, compared: what changed that matters to scheduling, and which pods fitted then and do
//! not fit now, or the other way round, and why.

mod fields;
mod objects;
mod schedulers;
mod verdicts;

pub use objects::{FieldDifference, How, ObjectDifference, PodsDifference, objects, pods};
pub use schedulers::{SchedulerDifference, WinnerChange, compare_schedulers, settings};
pub use verdicts::{AskedState, Because, Standing, VerdictChange, verdicts};
