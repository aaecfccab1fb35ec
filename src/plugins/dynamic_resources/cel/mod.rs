//! Device selectors: CEL as the scheduler evaluates it, or an honest "cannot say".
//!
//! Of CEL only what selectors use: the walk over the tree counts its steps, so no expression can hang the
//! tool, and gives kube-scheduler's error texts. Whatever it does not know to behave as in Kubernetes ends
//! in [`Failure::Unknown`], never in a guess.
//!
//! Upstream dynamic-resource-allocation/cel/compile.go.

mod device;
mod eval;
mod expr;
mod functions;
mod lex;
mod library;
mod parse;
mod references;
mod semver;
mod value;
pub(super) mod variants;

pub(super) use device::{DeviceInput, View};
pub(super) use references::Reference;

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::decode::devices::Attribute;

use expr::Expr;
use value::Value;

/// Bytes an expression may have (upstream api/resource/v1, CELSelectorExpressionMaxLength).
const MAX_LENGTH: usize = 10 * 1024;

/// Why an expression has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Kubernetes has none either: its error text.
    Error(String),
    /// Kubernetes may have one; why there is none here.
    Unknown(String),
}

/// An expression, ready to be asked about devices.
#[derive(Debug)]
pub(super) struct CelSelector {
    /// As it is written.
    pub(super) expression: Name,
    program: Result<Expr, String>,
}

impl CelSelector {
    /// Reads `expression`. What cannot be read is reported when it is asked.
    pub(super) fn compile(expression: Name) -> Self {
        let program = if expression.len() > MAX_LENGTH {
            Err(format!("it is longer than the {MAX_LENGTH} bytes that Kubernetes allows"))
        } else {
            parse::parse(expression.as_str())
        };
        Self { expression, program }
    }

    /// Whether the device is one of those the expression describes (upstream compile.go, DeviceMatches).
    ///
    /// # Errors
    /// It has no answer.
    pub(super) fn matches(&self, device: &DeviceInput) -> Result<bool, Failure> {
        let program = self.program.as_ref().map_err(|why| Failure::Unknown(why.clone()))?;
        match eval::evaluate(program, device.value()?)? {
            Value::Bool(answer) => Ok(answer),
            other => Err(Failure::Unknown(format!("it returns a {} instead of a bool", other.type_name()))),
        }
    }

    /// What of a device the expression looks at.
    pub(super) fn references(&self) -> Vec<Reference> {
        self.program.as_ref().map(references::of).unwrap_or_default()
    }

    /// What the expression makes of the device, as an attribute (upstream compile.go, EvaluateDerivedAttribute).
    ///
    /// # Errors
    /// It has no answer.
    pub(super) fn attribute(&self, device: &DeviceInput) -> Result<Attribute, Failure> {
        let program = self.program.as_ref().map_err(|why| Failure::Unknown(why.clone()))?;
        let value = eval::evaluate(program, device.value()?)?;
        value.as_attribute().ok_or_else(|| {
            Failure::Unknown(format!("it gives a {}, of which no attribute can be made", value.type_name()))
        })
    }
}

/// Expressions that were read before.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<FxHashMap<Name, Arc<CelSelector>>>);

impl Cache {
    /// The selector for `expression`.
    pub(super) fn get(&self, expression: Name) -> Arc<CelSelector> {
        // A poisoned lock only means that another thread stopped while adding: the map is whole.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(expression).or_insert_with(|| Arc::new(CelSelector::compile(expression))))
    }
}

#[cfg(test)]
mod tests;
