//! The words that new names end in.

/// The word that a new name ends in. Of a text in several places the first of these decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is its own word")]
#[non_exhaustive]
pub enum Hint {
    Node,
    Namespace,
    Pod,
    Workload,
    Service,
    Budget,
    Claim,
    Volume,
    Class,
    Driver,
    Slice,
    Pool,
    Device,
    Request,
    Rule,
    Resource,
    Region,
    Zone,
    Image,
    Tag,
    Digest,
    Key,
    Container,
    Address,
    Group,
    Kind,
    Uid,
    Id,
    Object,
    Value,
}

impl Hint {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::Workload => "workload",
            Self::Service => "service",
            Self::Budget => "budget",
            Self::Claim => "claim",
            Self::Volume => "volume",
            Self::Class => "class",
            Self::Driver => "driver",
            Self::Slice => "slice",
            Self::Pool => "pool",
            Self::Device => "device",
            Self::Request => "request",
            Self::Rule => "rule",
            Self::Resource => "resource",
            Self::Region => "region",
            Self::Zone => "zone",
            Self::Image => "image",
            Self::Tag => "tag",
            Self::Digest => "digest",
            Self::Key => "key",
            Self::Container => "container",
            Self::Address => "address",
            Self::Group => "group",
            Self::Kind => "kind",
            Self::Uid => "uid",
            Self::Id => "id",
            Self::Object => "object",
            Self::Value => "value",
        }
    }
}
