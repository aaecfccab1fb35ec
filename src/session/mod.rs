//! A state that is kept, and the questions that are asked of it.
//!
//! The command line and the page in a browser give a [`State`] and take an answer of `report`: both say the same, as it
//! is one program that says it. Nothing here reads a flag, a terminal or a network; the moment of a question is given.

pub mod cluster_messages;
pub mod explain;
mod firmness;
pub mod new_nodes;
pub mod open;
pub mod pending;
mod provenance;
pub mod required;
pub mod running_scheduler;
pub mod scheduler_settings;
pub mod simulation;
mod state;

pub use provenance::{Age, StateProvenance};
pub use state::State;

/// Who hears what is found on the way.
pub type Log<'a> = &'a mut dyn FnMut(&str);
