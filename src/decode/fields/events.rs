//! Events, in both forms. They are kept only where nothing is redacted: their messages name taints,
//! resources and claims.

use super::FieldShape::{self, Fields, Kept};

const OBJECT: FieldShape = Fields(&[("kind", Kept), ("namespace", Kept), ("name", Kept), ("uid", Kept)]);
const SOURCE: FieldShape = Fields(&[("component", Kept)]);

pub(crate) const EVENT: FieldShape = Fields(&[
    ("apiVersion", Kept),
    ("kind", Kept),
    ("metadata", Fields(&[("name", Kept), ("namespace", Kept), ("creationTimestamp", Kept)])),
    ("involvedObject", OBJECT),
    ("regarding", OBJECT),
    ("type", Kept),
    ("reason", Kept),
    ("message", Kept),
    ("note", Kept),
    ("eventTime", Kept),
    ("series", Fields(&[("count", Kept), ("lastObservedTime", Kept)])),
    ("firstTimestamp", Kept),
    ("deprecatedFirstTimestamp", Kept),
    ("lastTimestamp", Kept),
    ("deprecatedLastTimestamp", Kept),
    ("count", Kept),
    ("deprecatedCount", Kept),
    ("reportingComponent", Kept),
    ("reportingController", Kept),
    ("source", SOURCE),
    ("deprecatedSource", SOURCE),
]);
