//! A snapshot of a running cluster.

use std::collections::BTreeSet;

use crate::decode::Kind;

use crate::decode::object::{self, skip};

use super::super::pack::{Pack, Packer};
use super::super::snapshot::{EVENT, NotListed, Snapshot, event};
use super::reader::{PageSink, ReadProgress, Reader};
use super::{Connection, LiveError, Page, Unreadable, all_events, each};

impl Snapshot {
    /// Takes in what a cluster has. Lists only the kinds that the state knows, no Secrets and no
    /// ConfigMaps, and the schedulers' events.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn read_cluster(
        &mut self,
        connection: &Connection,
        progress: &mut dyn FnMut(ReadProgress),
    ) -> Result<(), LiveError> {
        let mut reader = Reader::open(connection)?;
        let deciding = BTreeSet::from([Kind::Node, Kind::Pod]);
        let mut packs = Packs::default();
        let listed = reader.visit(Kind::ALL, &deciding, pack, &mut packs, progress)?;
        // Kinds come side by side; each keeps its own order.
        packs.0.sort_by_key(|(kind, _)| *kind);
        self.packs.extend(packs.0.into_iter().map(|(_, pack)| pack));
        self.namespace = Some(reader.default_namespace().to_owned());
        self.record.kube_version = reader.version().map(str::to_owned);
        self.record.read_at = reader.started().map(|(at, _)| at.to_string());
        self.listed.extend(listed.listed);
        let not_listed = |(kind, why): (Kind, String)| NotListed { kind: kind.as_str().to_owned(), why };
        self.record.not_listed = listed.forbidden.into_iter().map(not_listed).collect();
        let events = &mut self.events;
        let take = |json: &[u8]| {
            let bytes = skip(json)?;
            events.extend(event("v1", json.get(..bytes).unwrap_or_default())?);
            Ok(bytes)
        };
        // No answer rests on events.
        if let Err(error) = all_events(connection, take) {
            let why = match error {
                LiveError::Server { message, .. } => message,
                error => error.to_string(),
            };
            self.record.not_listed.push(NotListed { kind: EVENT.to_owned(), why });
        }
        Ok(())
    }
}

/// Pages of live lists.
#[derive(Default)]
struct Packs(Vec<(Kind, Pack)>);

impl PageSink<Pack> for Packs {
    fn page(&mut self, kind: Kind, page: Pack) {
        self.0.push((kind, page));
    }

    fn again(&mut self, kind: Kind) {
        self.0.retain(|(other, _)| *other != kind);
    }
}

/// The text of a page of a live list.
fn pack(kind: Kind, page: &str) -> Result<Page<Pack>, Unreadable> {
    // An older server has some kinds under an older version, and of its shape.
    let version = object::TypeMeta::peek(page.as_bytes()).api_version;
    let version = version.unwrap_or_else(|| kind.api_version());
    let page = each(page, |packer: &mut Packer, json| {
        let bytes = skip(json)?;
        packer.add(kind, &version, json.get(..bytes).unwrap_or_default())?;
        Ok(bytes)
    })?;
    page.map(Packer::finish).map_err(|error| error.to_string())
}
