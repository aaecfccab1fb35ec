//! Takes a text apart into what stays and what is renamed.
//!
//! A text that is one name is one piece. Images, volume ids and the like have a syntax that
//! scheduling looks at: it stays, and the same piece is the same in every one of them.

use super::well_known;
use crate::decode::csi_migration::ZONE_DELIMITER;
use crate::decode::fields::{Hint, Role};
use crate::state::devices::IMPLICIT_EXTENDED_RESOURCE_PREFIX;

/// The domain of resources and API groups that were renamed; reserved, so nobody's.
pub const DOMAIN: &str = "redacted.example/";

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Stays.
    Literal(&'a str),
    /// Is renamed.
    Atom(Hint, &'a str),
}

use Piece::{Atom, Literal};

/// The pieces of `text`, in their order.
pub(super) fn pieces(role: Role, text: &str) -> Vec<Piece<'_>> {
    let one = |stays: bool, hint| vec![if stays { Literal(text) } else { Atom(hint, text) }];
    match role {
        Role::Name(hint) => gke_node(text).unwrap_or_else(|| one(false, hint)),
        Role::Claim => one(false, Hint::Claim),
        Role::PriorityClass => one(text.starts_with("system-"), Hint::Class),
        Role::Key => one(well_known::is_key(text), Hint::Key),
        Role::Value => gke_node(text).unwrap_or_else(|| one(false, Hint::Value)),
        Role::Zones(hint) => separated(text, ZONE_DELIMITER, |zone| vec![Atom(hint, zone)]),
        Role::Image => image(text),
        Role::Resource => resource(text),
        Role::QuotaResource => quota_resource(text),
        Role::Provisioner => one(well_known::is_driver(text), Hint::Driver),
        Role::MigratedPlugins => separated(text, ",", |plugin| pieces(Role::Provisioner, plugin)),
        Role::VolumeId => volume_id(text),
        // The first two mean any address; the others are every machine's own.
        Role::Address => one(["0.0.0.0", "::", "127.0.0.1", "::1"].contains(&text), Hint::Address),
        Role::ApiVersion => match text.rsplit_once('/') {
            Some((group, _)) if group.contains('.') && !well_known::is_domain(group) => {
                vec![Literal(DOMAIN), Atom(Hint::Group, text)]
            }
            _ => one(true, Hint::Group),
        },
        Role::OwnerKind => one(well_known::is_owner_kind(text), Hint::Kind),
        Role::NodeGroup => node_group(text),
        // Patterns are no names: they are replaced as a whole.
        Role::Priorities => Vec::new(),
        Role::AutoscalerLabels => separated(text, ",", label),
        Role::AutoscalerTaints => separated(text, ",", |taint| {
            let (label_part, effect) = taint.rsplit_once(':').unwrap_or((taint, ""));
            let mut all = label(label_part);
            if !effect.is_empty() {
                all.extend([Literal(":"), Literal(effect)]);
            }
            all
        }),
        Role::CsiDrivers => separated(text, ",", |pair| {
            let (driver, limit) = pair.split_once('=').unwrap_or((pair, ""));
            let mut all = pieces(Role::Provisioner, driver.trim());
            if !limit.is_empty() {
                let is_number = well_known::is_number(limit);
                all.extend([Literal("="), if is_number { Literal(limit) } else { Atom(Hint::Value, limit) }]);
            }
            all
        }),
        Role::Uid => one(well_known::is_uuid(text), Hint::Uid),
        Role::RequestPath => separated(text, "/", |request| vec![Atom(Hint::Request, request)]),
        Role::Expression => one(true, Hint::Value),
    }
}

fn separated<'a>(text: &'a str, separator: &'static str, part: impl Fn(&'a str) -> Vec<Piece<'a>>) -> Vec<Piece<'a>> {
    let mut all = Vec::new();
    for (index, text) in text.split(separator).enumerate() {
        if index > 0 {
            all.push(Literal(separator));
        }
        all.extend(part(text));
    }
    all
}

/// `key=value`.
fn label(text: &str) -> Vec<Piece<'_>> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let mut all = pieces(Role::Key, key);
    if !value.is_empty() {
        all.extend([Literal("="), Atom(Hint::Value, value)]);
    }
    all
}

/// `eks-NAME-UUID`, `MachineDeployment/NAMESPACE/NAME`, a path of a cloud: what a node's labels or ids name as well
/// stays the same in both places.
fn node_group(text: &str) -> Vec<Piece<'_>> {
    let uuid = text.len().checked_sub(36).and_then(|at| text.split_at_checked(at));
    if let Some((rest, uuid)) = uuid
        && let Some(group) = rest.strip_prefix("eks-").and_then(|rest| rest.strip_suffix('-'))
        && well_known::is_uuid(uuid)
    {
        return vec![Literal("eks-"), Atom(Hint::Value, group), Literal("-"), Literal(uuid)];
    }
    separated(text, "/", |part| match part {
        "" | "https:" | "MachineDeployment" | "MachineSet" | "MachinePool" | "zones" | "instanceGroups" | "compute"
        | "v1" | "projects" | "www.googleapis.com" => vec![Literal(part)],
        part => match part.strip_suffix("-grp").and_then(gke_pool) {
            Some(pool) => vec![Literal(GKE), Atom(Hint::Group, pool), Literal("-grp")],
            None => vec![Atom(Hint::Group, part)],
        },
    })
}

/// What names of GKE's nodes and instance groups begin with.
const GKE: &str = "gke-";

/// `gke-CLUSTER-POOL-HASH`: that a node belongs to a group shows in their names alone.
fn gke_pool(text: &str) -> Option<&str> {
    let pool = text.strip_prefix(GKE)?;
    let (rest, hash) = pool.rsplit_once('-')?;
    let is_hash = (5..=8).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_hash && rest.contains('-')).then_some(pool)
}

/// `gke-CLUSTER-POOL-HASH-xxxx`: the end is random.
fn gke_node(text: &str) -> Option<Vec<Piece<'_>>> {
    let (pool, end) = text.rsplit_once('-')?;
    let is_end = end.len() == 4 && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let pool = gke_pool(pool).filter(|_| is_end)?;
    Some(vec![Literal(GKE), Atom(Hint::Group, pool), Literal("-"), Literal(end)])
}

/// `deviceclass.resource.kubernetes.io/CLASS`, or any other name.
fn resource(text: &str) -> Vec<Piece<'_>> {
    if let Some(class) = text.strip_prefix(IMPLICIT_EXTENDED_RESOURCE_PREFIX) {
        return vec![Literal(IMPLICIT_EXTENDED_RESOURCE_PREFIX), Atom(Hint::Class, class)];
    }
    if well_known::is_resource(text) {
        return vec![Literal(text)];
    }
    vec![Literal(DOMAIN), Atom(Hint::Resource, text)]
}

/// `requests.RESOURCE`, `count/PLURAL.GROUP`, `CLASS.storageclass.storage.k8s.io/RESOURCE`, ...
fn quota_resource(text: &str) -> Vec<Piece<'_>> {
    const OF_CLASS: [&str; 3] =
        [".storageclass.storage.k8s.io/", ".volumeattributesclass.storage.k8s.io/", ".deviceclass.resource.k8s.io/"];
    for separator in OF_CLASS {
        if let Some((class, rest)) = text.split_once(separator) {
            return vec![Atom(Hint::Class, class), Literal(separator), Literal(rest)];
        }
    }
    if let Some(plural) = text.strip_prefix("count/") {
        let is_public =
            plural.split_once('.').is_none_or(|(_, group)| !group.contains('.') || well_known::is_domain(group));
        return vec![Literal("count/"), if is_public { Literal(plural) } else { Atom(Hint::Resource, plural) }];
    }
    for prefix in ["requests.", "limits."] {
        if let Some(resource) = text.strip_prefix(prefix) {
            let mut all = vec![Literal(prefix)];
            all.extend(pieces(Role::Resource, resource));
            return all;
        }
    }
    pieces(Role::Resource, text)
}

/// `repository:tag@digest`; a colon before the last slash is a port's (upstream
/// imagelocality/image_locality.go, normalizedImageName). The tag `latest` stays: a name without
/// a tag means it.
fn image(text: &str) -> Vec<Piece<'_>> {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let after_slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let colon = name.rfind(':').filter(|colon| *colon >= after_slash);
    let (repository, tag) = match colon.and_then(|colon| name.split_at_checked(colon)) {
        Some((repository, tag)) => (repository, tag.strip_prefix(':')),
        None => (name, None),
    };
    let mut all = vec![Atom(Hint::Image, repository)];
    if let Some(tag) = tag {
        all.extend([Literal(":"), if tag == "latest" { Literal(tag) } else { Atom(Hint::Tag, tag) }]);
    }
    if let Some(digest) = digest {
        let (algorithm, digest) = digest.split_once(':').unwrap_or(("", digest));
        all.extend([Literal("@"), Literal(algorithm), Literal(":"), Atom(Hint::Digest, digest)]);
    }
    all
}

/// A path or URL, piece by piece: handles that are made of a disk's name and zone
/// ([`crate::decode::csi_migration`]) stay equal to those that are written out.
fn volume_id(text: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (part, more) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match part {
            "projects" | "UNSPECIFIED" | "zones" | "regions" | "disks" => all.push(Literal(part)),
            scheme if scheme.ends_with(':') && more.starts_with("//") => all.push(Literal(scheme)),
            // Only what begins so is an id of EBS.
            id if id.starts_with("vol-") => all.extend([Literal("vol-"), Atom(Hint::Volume, id)]),
            part => all.push(Atom(Hint::Id, part)),
        }
        match more.split_at_checked(1) {
            Some((separator, next)) => {
                all.push(Literal(separator));
                rest = next;
            }
            None => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is renamed stands in brackets.
    #[track_caller]
    fn case(role: Role, text: &str, expected: &str) {
        let shown: String = pieces(role, text)
            .into_iter()
            .filter(|piece| !matches!(piece, Atom(_, "")))
            .map(|piece| match piece {
                Literal(text) => text.to_owned(),
                Atom(_, text) => format!("[{text}]"),
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn names_and_keys() {
        case(Role::Name(Hint::Node), "node-1", "[node-1]");
        case(Role::PriorityClass, "system-node-critical", "system-node-critical");
        case(Role::PriorityClass, "gold", "[gold]");
        case(Role::Key, "node.kubernetes.io/unreachable", "node.kubernetes.io/unreachable");
        case(Role::Key, "acme.com/rack", "[acme.com/rack]");
        case(Role::Resource, "hugepages-2Mi", "hugepages-2Mi");
        case(Role::Resource, "acme.com/fpga", "redacted.example/[acme.com/fpga]");
        case(Role::Resource, "deviceclass.resource.kubernetes.io/gpu", "deviceclass.resource.kubernetes.io/[gpu]");
        case(Role::QuotaResource, "requests.cpu", "requests.cpu");
        case(Role::QuotaResource, "requests.acme.com/fpga", "requests.redacted.example/[acme.com/fpga]");
        case(Role::QuotaResource, "count/pods", "count/pods");
        case(Role::QuotaResource, "count/widgets.acme.com", "count/[widgets.acme.com]");
        case(
            Role::QuotaResource,
            "gold.storageclass.storage.k8s.io/requests.storage",
            "[gold].storageclass.storage.k8s.io/requests.storage",
        );
        case(Role::Provisioner, "kubernetes.io/gce-pd", "kubernetes.io/gce-pd");
        case(Role::Provisioner, "csi.acme.com", "[csi.acme.com]");
        case(Role::MigratedPlugins, "kubernetes.io/gce-pd,acme", "kubernetes.io/gce-pd,[acme]");
        case(Role::CsiDrivers, "csi.acme.com=16, ebs.csi.aws.com=25,x", "[csi.acme.com]=16,ebs.csi.aws.com=25,[x]");
        case(Role::CsiDrivers, "csi.acme.com=many", "[csi.acme.com]=[many]");
        case(Role::ApiVersion, "apps/v1", "apps/v1");
        case(Role::ApiVersion, "batch.acme.com/v1", "redacted.example/[batch.acme.com/v1]");
        case(Role::RequestPath, "gpu/large", "[gpu]/[large]");
        case(Role::Address, "0.0.0.0", "0.0.0.0");
        case(Role::Address, "10.1.2.3", "[10.1.2.3]");
        case(Role::Zones(Hint::Zone), "eu-a__eu-b", "[eu-a]__[eu-b]");
    }

    #[test]
    fn nodes_of_gke_stay_with_their_group() {
        case(Role::Name(Hint::Node), "gke-shop-general-1a2b3c4d-x1z9", "gke-[shop-general-1a2b3c4d]-x1z9");
        case(Role::Value, "gke-shop-general-1a2b3c4d-x1z9", "gke-[shop-general-1a2b3c4d]-x1z9");
        case(
            Role::NodeGroup,
            "https://www.googleapis.com/compute/v1/projects/acme/zones/eu-a/instanceGroups/gke-shop-general-1a2b3c4d-grp",
            "https://www.googleapis.com/compute/v1/projects/[acme]/zones/[eu-a]/instanceGroups/gke-[shop-general-1a2b3c4d]-grp",
        );
        case(Role::Name(Hint::Node), "gke-shop", "[gke-shop]");
        case(Role::Value, "gke-a-b-c-d", "[gke-a-b-c-d]");
    }

    #[test]
    fn images_keep_their_syntax() {
        case(Role::Image, "redis", "[redis]");
        case(Role::Image, "acme.io:443/x/web", "[acme.io:443/x/web]");
        case(Role::Image, "acme.io:443/x/web:v1", "[acme.io:443/x/web]:[v1]");
        case(Role::Image, "redis:latest", "[redis]:latest");
        case(Role::Image, "redis:7@sha256:ab", "[redis]:[7]@sha256:[ab]");
        case(Role::Image, "x/redis@sha256:ab", "[x/redis]@sha256:[ab]");
        case(Role::Image, "", "");
    }

    #[test]
    fn volume_ids_keep_their_syntax() {
        case(Role::VolumeId, "vol-1", "vol-[vol-1]");
        case(Role::VolumeId, "aws://eu-1a/vol-1", "aws://[eu-1a]/vol-[vol-1]");
        case(Role::VolumeId, "aws:///eu-1a/i-0abc", "aws:///[eu-1a]/[i-0abc]");
        case(
            Role::VolumeId,
            "projects/UNSPECIFIED/zones/eu-1a/disks/d",
            "projects/UNSPECIFIED/zones/[eu-1a]/disks/[d]",
        );
    }
}
