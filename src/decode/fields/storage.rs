//! Volumes, claims, classes, and what CSI drivers report.

use super::FieldShape::{self, Each, Fields, Kept, Map, Present, Requirements, Text};
use super::Role::{Claim, Name, Provisioner, Resource, Uid, VolumeId};
use super::{CLASS, DISK, Hint, NAMESPACE, NODE_NAME, NODE_SELECTOR, SELECTOR, WORDS};

const STORAGE: FieldShape = Map(Resource);

pub(crate) const PERSISTENT_VOLUME: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Volume))),
    (
        "spec",
        Fields(&[
            ("storageClassName", CLASS),
            ("capacity", STORAGE),
            ("accessModes", WORDS),
            ("volumeMode", Kept),
            ("volumeAttributesClassName", CLASS),
            ("claimRef", Fields(&[("namespace", NAMESPACE), ("name", Text(Claim)), ("uid", Text(Uid))])),
            ("nodeAffinity", Fields(&[("required", NODE_SELECTOR)])),
            ("csi", Fields(&[("driver", Text(Provisioner)), ("volumeHandle", Text(VolumeId))])),
            ("local", Present),
            ("hostPath", Present),
            ("awsElasticBlockStore", DISK),
            ("gcePersistentDisk", DISK),
            ("azureDisk", DISK),
            ("azureFile", Present),
            ("cinder", DISK),
            ("vsphereVolume", Present),
            ("portworxVolume", DISK),
        ]),
    ),
    ("status", Fields(&[("phase", Kept)])),
]);

pub(super) const CLAIM_SPEC: FieldShape = Fields(&[
    ("storageClassName", CLASS),
    ("volumeName", Text(Name(Hint::Volume))),
    ("accessModes", WORDS),
    ("resources", Fields(&[("requests", STORAGE)])),
    ("selector", SELECTOR),
    ("volumeMode", Kept),
    ("volumeAttributesClassName", CLASS),
]);

/// `volumeClaimTemplates`: a claim's name begins with that of the pod's volume.
pub(super) const CLAIM_TEMPLATES: FieldShape =
    Each(&Fields(&[("metadata", metadata!(Name(Hint::Volume))), ("spec", CLAIM_SPEC)]));

pub(crate) const PERSISTENT_VOLUME_CLAIM: FieldShape =
    Fields(&[("metadata", metadata!(Claim)), ("spec", CLAIM_SPEC), ("status", Fields(&[("phase", Kept)]))]);

pub(crate) const STORAGE_CLASS: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Class))),
    ("provisioner", Text(Provisioner)),
    ("volumeBindingMode", Kept),
    ("allowedTopologies", Each(&Fields(&[("matchLabelExpressions", Requirements)]))),
]);

pub(crate) const CSI_NODE: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Node))),
    (
        "spec",
        Fields(&[(
            "drivers",
            Each(&Fields(&[("name", Text(Provisioner)), ("allocatable", Fields(&[("count", Kept)]))])),
        )]),
    ),
]);

pub(crate) const CSI_DRIVER: FieldShape = Fields(&[
    ("metadata", metadata!(Provisioner)),
    ("spec", Fields(&[("attachRequired", Kept), ("storageCapacity", Kept), ("preventPodSchedulingIfMissing", Kept)])),
]);

pub(crate) const CSI_STORAGE_CAPACITY: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    ("storageClassName", CLASS),
    ("nodeTopology", SELECTOR),
    ("capacity", Kept),
    ("maximumVolumeSize", Kept),
]);

pub(crate) const VOLUME_ATTACHMENT: FieldShape = Fields(&[
    ("metadata", metadata!(Name(Hint::Object))),
    (
        "spec",
        Fields(&[
            ("attacher", Text(Provisioner)),
            ("nodeName", NODE_NAME),
            ("source", Fields(&[("persistentVolumeName", Text(Name(Hint::Volume)))])),
        ]),
    ),
]);
