//! How many more of a pod fit: copies of it are placed until one finds no node.

use crate::cluster::{Name, ObjectKey, PodId, name};

use super::{Done, Outcome, Place, Simulation, Unplaced};

/// Copies of a pod that were placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Where they went, in order.
    pub places: Vec<Place>,
    /// Why the next one found no node; none when as many as were wanted did.
    pub stopped_by: Option<Unplaced>,
}

impl Simulation<'_> {
    /// Places copies of `pod`, which is pending and stays so, one after the other, `most` at most. They are
    /// new pods, named after it; [`Simulation::rewind`] takes them out of the state again.
    pub fn place_copies(&mut self, pod: PodId, most: usize) -> Copies {
        let mut copies = Copies { places: Vec::new(), stopped_by: None };
        let mut number = 0;
        while copies.places.len() < most && copies.stopped_by.is_none() {
            let copy = self.add_copy(pod, &mut number);
            match self.step(copy).outcome {
                Outcome::Placed(place) => copies.places.push(place),
                Outcome::Unplaced(unplaced) => copies.stopped_by = Some(unplaced),
            }
        }
        copies
    }

    /// Adds a copy of `pod` under the first free name whose number is above `number`.
    fn add_copy(&mut self, pod: PodId, number: &mut usize) -> PodId {
        let original = self.cluster.pod(pod);
        let ObjectKey { namespace, name } = original.key();
        let free = loop {
            *number += 1;
            let key = ObjectKey::new(namespace, numbered(name, *number));
            if self.cluster.pod_named(key).is_none() {
                break key;
            }
        };
        let (mut own, class) = (original.own.clone(), original.class.clone());
        own.key = free;
        self.done.push(Done::Added);
        self.cluster.add_pending(own, class)
    }
}

fn numbered(of: Name, number: usize) -> Name {
    name(&format!("{of}-copy-{number}"))
}
