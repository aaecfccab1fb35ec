//! Copies of templates, made when they are asked for and kept for the next run.

use std::sync::Arc;

use crate::api::{ObjectKey, name};
use crate::control_plane::resource_claims;
use crate::decode::pod::PodOwn;
use crate::state::{Cluster, PodId};

use super::Template;

/// The copies of some templates, in the order in which they are placed.
#[derive(Clone, Debug)]
pub struct Copies {
    templates: Vec<Template>,
    made: Vec<Copy>,
    /// The number that the next name is tried with, by template.
    numbers: Vec<usize>,
}

/// A pending pod like one of the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) pod: PodId,
    pub(super) template: usize,
}

impl Copies {
    /// Of `templates`, at least one; a share of 0 counts as 1.
    pub fn of(templates: impl IntoIterator<Item = Template>) -> Self {
        let templates: Vec<Template> =
            templates.into_iter().map(|template| Template { share: template.share.max(1), ..template }).collect();
        Self { numbers: vec![1; templates.len()], templates, made: Vec::new() }
    }

    /// The templates.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The copy at place `number`, counted from 0; made now if it was not yet, and all before it.
    pub(super) fn next(&mut self, cluster: &mut Cluster, number: usize) -> Copy {
        while self.made.len() <= number {
            let template = self.turn(self.made.len());
            let pod = self.make(cluster, template);
            self.made.push(Copy { pod, template });
        }
        self.made[number]
    }

    /// Whose turn is at place `number`: the first template as often as its share says, then the
    /// next, and from the beginning again.
    fn turn(&self, number: usize) -> usize {
        let turn: usize = self.templates.iter().map(|template| template.share).sum();
        let mut within = number % turn.max(1);
        for (index, template) in self.templates.iter().enumerate() {
            if within < template.share {
                return index;
            }
            within -= template.share;
        }
        0
    }

    fn make(&mut self, cluster: &mut Cluster, template: usize) -> PodId {
        let model = cluster.pod(self.templates[template].pod);
        let (own, class) = (&model.own, Arc::clone(&model.class));
        let (key, labels, controller) = (own.key, Arc::clone(&own.labels), own.controller);
        let number = &mut self.numbers[template];
        let free = loop {
            let free = ObjectKey::new(key.namespace, name(&format!("{}-copy-{number}", key.name)));
            *number += 1;
            if cluster.pod_named(free).is_none() {
                break free;
            }
        };
        let mut own = PodOwn::fresh(free, labels, controller).with_uid();
        let claims = resource_claims::make_like(cluster, &mut own, cluster.pod(self.templates[template].pod));
        cluster.add_resource_claims(claims);
        cluster.add_pending(Box::new(own), class)
    }
}
