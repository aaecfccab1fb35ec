//! What the table of one Kubernetes minor says: default plugins, extension points, feature gates.

use crate::config::extension_points::ExtensionPoint;

/// One minor, as its source has it.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "a minor has a minor number")]
pub(in crate::config) struct Minor {
    /// 37 in v1.37.
    pub(in crate::config) minor: u32,
    /// The patch release that the table was written from and that recorded verdicts come from.
    pub(in crate::config) patch: u32,
    /// The plugins of a profile that names none, in their order.
    pub(in crate::config) plugins: &'static [DefaultPlugin],
    /// The plugins in tree and the extension points that each takes part in.
    pub(in crate::config) points: &'static [(&'static str, &'static [ExtensionPoint])],
    /// The feature gates that kube-scheduler's `--feature-gates` knows, sorted by name.
    pub(in crate::config) gates: &'static [Gate],
}

impl Minor {
    /// The gate of this name.
    pub(in crate::config) fn gate(&self, name: &str) -> Option<&'static Gate> {
        self.gates.binary_search_by(|gate| gate.name.cmp(name)).ok().and_then(|index| self.gates.get(index))
    }

    /// The extension points of a plugin in tree.
    pub(in crate::config) fn points(&self, plugin: &str) -> Option<&'static [ExtensionPoint]> {
        self.points.iter().find(|(name, _)| *name == plugin).map(|(_, points)| *points)
    }
}

/// A plugin of the default profile.
#[derive(Debug)]
pub(in crate::config) struct DefaultPlugin {
    pub(in crate::config) name: &'static str,
    /// 0 where upstream gives none.
    pub(in crate::config) weight: i32,
    /// It is there only when this gate is on.
    pub(in crate::config) gate: Option<&'static str>,
}

impl DefaultPlugin {
    pub(super) const fn new(name: &'static str, weight: i32) -> Self {
        Self { name, weight, gate: None }
    }

    pub(super) const fn when(self, gate: &'static str) -> Self {
        Self { gate: Some(gate), ..self }
    }
}

/// How far a gate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Stage {
    Alpha,
    Beta,
    /// Generally available.
    Stable,
    Deprecated,
}

/// A feature gate as one minor has it.
#[derive(Debug)]
pub(in crate::config) struct Gate {
    pub(in crate::config) name: &'static str,
    pub(in crate::config) stage: Stage,
    /// Its default.
    pub(in crate::config) on: bool,
    /// It can only be set to what it is.
    pub(in crate::config) locked: bool,
    /// A package that the scheduler is made of names it; others are for other components.
    pub(in crate::config) read: bool,
    /// It can only be on when these are.
    pub(in crate::config) needs: &'static [&'static str],
}

impl Gate {
    const fn at(stage: Stage, name: &'static str, on: bool) -> Self {
        Self { name, stage, on, locked: false, read: false, needs: &[] }
    }

    /// `AllAlpha` or `AllBeta`.
    pub(in crate::config) fn is_group(&self) -> bool {
        matches!(self.name, "AllAlpha" | "AllBeta")
    }

    pub(super) const fn alpha(name: &'static str, on: bool) -> Self {
        Self::at(Stage::Alpha, name, on)
    }

    pub(super) const fn beta(name: &'static str, on: bool) -> Self {
        Self::at(Stage::Beta, name, on)
    }

    pub(super) const fn stable(name: &'static str, on: bool) -> Self {
        Self::at(Stage::Stable, name, on)
    }

    pub(super) const fn deprecated(name: &'static str, on: bool) -> Self {
        Self::at(Stage::Deprecated, name, on)
    }

    pub(super) const fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    pub(super) const fn read(self) -> Self {
        Self { read: true, ..self }
    }

    pub(super) const fn needs(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }
}
