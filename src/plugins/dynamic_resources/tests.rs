//! Small clusters: one node, a pool of four devices, and a pod with one claim.

use serde_json::{Value, json};

use super::*;
use crate::api::requests::RequestGates;
use crate::api::{ObjectKey, Timestamp, name};
use crate::decode::Object;
use crate::decode::object::TypeMeta;
use crate::framework::{Code, DeviceShortage, Fact, Notes};
use crate::state::{Cluster, ClusterBuilder};

/// Numbers of the devices' NUMA nodes; device 3 has none.
fn pool(generation: i64, slice_count: i64) -> Value {
    let devices: Vec<Value> = [Some(0), Some(1), Some(1), None]
        .iter()
        .enumerate()
        .map(|(index, numa)| {
            let mut attributes = json!({"index": {"int": index}});
            if let Some(numa) = numa {
                attributes["numa"] = json!({"int": numa});
            }
            json!({"name": format!("dev-{index}"), "attributes": attributes})
        })
        .collect();
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": format!("slice-{generation}")},
        "spec": {"driver": "gpu", "nodeName": "node", "devices": devices,
            "pool": {"name": "pool", "generation": generation, "resourceSliceCount": slice_count}}})
}

fn claim(claim: &str, devices: &Value, status: &Value) -> Value {
    json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": claim, "namespace": "default"},
        "spec": {"devices": devices}, "status": status})
}

/// A claim that has device 0 already.
fn taker() -> Value {
    let result = json!({"request": "r", "driver": "gpu", "pool": "pool", "device": "dev-0"});
    claim("taker", &json!({}), &json!({"allocation": {"devices": {"results": [result]}}}))
}

fn cluster(objects: impl IntoIterator<Item = Value>) -> Cluster {
    let common = [
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "default", "uid": "u"},
            "spec": {"containers": [], "resourceClaims": [{"name": "c", "resourceClaimName": "claim"}]}}),
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"},
            "spec": {"selectors": [{"cel": {"expression": "device.driver == \"gpu\""}}]}}),
    ];
    let mut builder = ClusterBuilder::default();
    for object in common.into_iter().chain(objects) {
        let json = object.to_string();
        let meta = TypeMeta::peek(json.as_bytes());
        let kind = Kind::of(&meta.api_version.unwrap(), &meta.kind.unwrap()).unwrap();
        builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
    }
    builder.build(RequestGates::default())
}

/// What the pod takes on the first node, and how many notes that left.
fn reserve(cluster: &Cluster) -> (Result<Vec<Take>, Rejection>, usize) {
    let behaviour = Behaviour::default();
    let notes = Notes::default();
    let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
    let cycle = Cycle { cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
    let answer = ReservePlugin::reserve(
        &DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour),
        cycle,
        &cluster.nodes()[0],
    );
    (answer, notes.take().len())
}

/// What a claim for `devices` is given, as `request=device`.
#[track_caller]
fn gives(devices: &Value, expected: &[&str]) {
    let cluster = cluster([pool(1, 1), taker(), claim("claim", devices, &json!({}))]);
    let Take::Claim(claim) = &reserve(&cluster).0.unwrap()[0] else { panic!("no devices") };
    let given = &claim.allocation.as_ref().unwrap().devices;
    let given: Vec<String> = given.iter().map(|given| format!("{}={}", given.request, given.id.device)).collect();
    assert_eq!(given, expected);
}

#[track_caller]
fn refuses(objects: impl IntoIterator<Item = Value>, code: Code, text: &str) -> Rejection {
    let rejection = reserve(&cluster(objects)).0.unwrap_err();
    assert_eq!((rejection.code, rejection.message().as_str()), (code, text));
    rejection
}

fn exactly(query: &Value) -> Value {
    let mut query = query.clone();
    query["deviceClassName"] = json!("gpu");
    json!({"requests": [{"name": "r", "exactly": query}]})
}

#[test]
fn the_first_solution_of_the_search_counts() {
    gives(&exactly(&json!({})), &["r=dev-1"]);
    gives(&exactly(&json!({"count": 2})), &["r=dev-1", "r=dev-2"]);
    gives(&exactly(&json!({"count": 2, "adminAccess": true})), &["r=dev-0", "r=dev-1"]);
    gives(
        &exactly(&json!({"selectors": [{"cel": {"expression": "device.attributes[\"gpu\"].index > 2"}}]})),
        &["r=dev-3"],
    );
    let mut same_numa = exactly(&json!({"count": 2, "adminAccess": true}));
    same_numa["constraints"] = json!([{"matchAttribute": "gpu/numa"}]);
    gives(&same_numa, &["r=dev-1", "r=dev-2"]);
    let alternatives = json!([
        {"name": "many", "deviceClassName": "gpu", "count": 4},
        {"name": "few", "deviceClassName": "gpu", "count": 1},
    ]);
    gives(&json!({"requests": [{"name": "r", "firstAvailable": alternatives}]}), &["r/few=dev-1"]);
}

#[test]
fn all_devices_need_a_whole_pool_and_no_constraint_against_them() {
    let all = exactly(&json!({"allocationMode": "All"}));
    let wanting = |devices: &Value| claim("claim", devices, &json!({}));
    let updated =
        "claim default/claim, request r: asks for all devices, but resource pool gpu/pool is currently being updated";
    refuses([pool(1, 2), wanting(&all)], Code::Error, updated);
    // The older generation does not count towards the newer one.
    refuses([pool(1, 1), pool(2, 2), wanting(&all)], Code::Error, updated);
    let mut constrained = all.clone();
    constrained["constraints"] = json!([{"matchAttribute": "gpu/numa"}]);
    refuses(
        [pool(1, 1), wanting(&constrained)],
        Code::Error,
        "claim default/claim, request r: cannot add device gpu/pool/dev-1 because a claim constraint would not be satisfied",
    );
}

#[test]
fn a_shortage_says_who_turned_the_devices_away() {
    let selector = "has(device.attributes[\"gpu\"].numa) && device.attributes[\"gpu\"].numa == 0";
    let wanted = exactly(&json!({"selectors": [{"cel": {"expression": selector}}]}));
    let mut far = pool(1, 1);
    far["metadata"]["name"] = json!("far");
    far["spec"]["nodeName"] = json!("another");
    let objects = [pool(1, 1), far, taker(), claim("claim", &wanted, &json!({}))];
    let rejection = refuses(objects, Code::UnschedulableAndUnresolvable, "cannot allocate all claims");
    let expected = DeviceShortage {
        claim: ObjectKey::new(name("default"), name("claim")),
        request: "r".to_owned(),
        class: name("gpu"),
        extended_resource: None,
        other_classes: Vec::new(),
        wanted: Some(1),
        available: 0,
        reachable: 4,
        taken: 1,
        exhausted: 0,
        tainted: 0,
        not_selected: 3,
        unsupported: 0,
        elsewhere: 4,
    };
    assert!(!expected.is_enough());
    let expected = DeviceReason::DevicesInsufficient { requests: vec![expected], match_attributes: Vec::new() };
    assert_eq!(rejection.reasons, [Reason::Device(expected)]);
    let json = serde_json::to_value(&rejection.reasons[0]).unwrap();
    assert_eq!((&json["type"], &json["requests"][0]["allocated"]), (&json!("DevicesInsufficient"), &json!(1)));
}

#[test]
fn a_claim_is_bound_with_its_pod_and_waited_for_while_that_waits() {
    let mut cluster = cluster([pool(1, 1), claim("claim", &exactly(&json!({})), &json!({}))]);
    let takes = reserve(&cluster).0.unwrap();
    let Take::Claim(bound) = &takes[0] else { panic!("{takes:?}") };
    let allocation = bound.allocation.as_ref().unwrap();
    let reached = |node: &str| {
        let selector = allocation.node_selector.as_ref().unwrap().as_ref().unwrap();
        selector.matches(name(node), &crate::api::Labels::default()).unwrap()
    };
    assert_eq!((&*bound.reserved_for, reached("node"), reached("other")), (&[name("u")][..], true, false));
    let device = allocation.devices[0].id;
    assert!(cluster.devices.usage(device).is_none());
    let reservation = cluster.reserve(takes);
    assert!(cluster.devices.usage(device).is_some());
    // The pod may use it, and takes nothing more.
    assert!(reserve(&cluster).0.unwrap().is_empty());
    let claims = reservation.allocated_claims();
    assert_eq!(cluster.devices.set_in_flight(&claims, true), claims);
    let text = reserve(&cluster).0.unwrap_err().message();
    assert_eq!(text, "resource claim default/claim is in the process of being allocated");
    assert_eq!(cluster.devices.set_in_flight(&claims, false), claims);
    cluster.unreserve(reservation);
    assert!(cluster.devices.usage(device).is_none());
    assert!(!reserve(&cluster).0.unwrap().is_empty());
}

#[test]
fn what_cannot_be_evaluated_is_noted_and_no_verdict() {
    let odd = exactly(&json!({"selectors": [{"cel": {"expression": "device.driver.format([1]) == \"\""}}]}));
    let cluster = cluster([pool(1, 1), claim("claim", &odd, &json!({}))]);
    let (takes, notes) = reserve(&cluster);
    assert!(takes.is_ok_and(|takes| takes.is_empty()));
    assert_eq!(notes, 1);
}

#[test]
fn a_search_without_end_ends() {
    let devices: Vec<Value> = (0..40).map(|index| json!({"name": format!("dev-{index}")})).collect();
    let mut many = pool(1, 1);
    many["spec"]["devices"] = json!(devices);
    let never = json!({"deviceClassName": "gpu", "selectors": [{"cel": {"expression": "device.driver == \"net\""}}]});
    let wanted = json!({"requests": [
        {"name": "r", "exactly": {"deviceClassName": "gpu", "count": 16}},
        {"name": "s", "exactly": never},
    ]});
    let cluster = cluster([many, claim("claim", &wanted, &json!({}))]);
    let (takes, notes) = reserve(&cluster);
    assert!(takes.is_ok_and(|takes| takes.is_empty()));
    assert_eq!(notes, 1);
}

#[test]
fn only_the_newest_generation_of_a_pool_counts() {
    let mut newer = pool(2, 1);
    newer["spec"]["devices"] = json!([{"name": "newer"}]);
    let cluster = cluster([pool(1, 1), newer, claim("claim", &exactly(&json!({})), &json!({}))]);
    let Take::Claim(claim) = &reserve(&cluster).0.unwrap()[0] else { panic!("no devices") };
    assert_eq!(claim.allocation.as_ref().unwrap().devices[0].id.device, name("newer"));
}

#[test]
fn counters_may_be_negative() {
    let of = |there: &str, needed: &str| {
        let mut devices = pool(1, 2);
        devices["spec"]["devices"] = json!([{"name": "d", "consumesCounters": [
            {"counterSet": "set", "counters": {"memory": {"value": needed}}}]}]);
        let mut counters = pool(1, 2);
        counters["metadata"]["name"] = json!("counters");
        counters["spec"]["devices"] = json!([]);
        counters["spec"]["sharedCounters"] = json!([{"name": "set", "counters": {"memory": {"value": there}}}]);
        let behaviour = Behaviour::new("v1.37".parse().unwrap());
        let cluster = cluster([devices, counters, claim("claim", &exactly(&json!({})), &json!({}))]);
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let plugin =
            DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
        ReservePlugin::reserve(&plugin, cycle, &cluster.nodes()[0]).is_ok()
    };
    assert_eq!(
        [of("1", "1"), of("-1", "1"), of("-1", "-2"), of("0", "-9223372036854775808")],
        [true, false, true, true]
    );
}

#[test]
fn a_cached_cycle_ends_where_the_claims_of_the_next_pod_are_not_ready() {
    let behaviour = Behaviour::default();
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    let cached = RepeatedFilter { plugin: &plugin };
    let judged = |objects: Vec<Value>| {
        let (cluster, notes) = (cluster(objects), Notes::default());
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let now = cached.now(cycle);
        let node = &cluster.nodes()[0];
        now.map_or_else(|| cached.filter(node), |now| now.filter(node)).map_err(|rejection| rejection.code)
    };
    assert_eq!(judged(vec![pool(1, 1), claim("claim", &exactly(&json!({})), &json!({}))]), Ok(()));
    // An error: what is cached is thrown away, and a plain cycle says what is wrong with the claim.
    assert_eq!(judged(vec![pool(1, 1)]), Err(Code::Error));
}

/// v1.34 makes a request for each container (upstream extended/util.go, createDeviceRequests).
#[test]
fn each_container_requests_the_devices_that_serve_its_extended_resource() {
    let behaviour = Behaviour::with_feature_gates("v1.34".parse().unwrap(), "DRAExtendedResource=true").unwrap();
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    for (counts, expected) in
        [([1, 3], "fits"), ([2, 3], "cannot allocate all claims"), ([0, 5], "cannot allocate all claims")]
    {
        let containers = counts.map(|count| json!({"resources": {"requests": {"example.com/gpu": count.to_string()}}}));
        let cluster = cluster([
            pool(1, 1),
            json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpus"},
                "spec": {"extendedResourceName": "example.com/gpu", "selectors": [{"cel": {"expression": "device.driver == \"gpu\""}}]}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain", "namespace": "default"},
                "spec": {"containers": containers}}),
        ]);
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("plain"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let filter = plugin.prepare(cycle).unwrap().unwrap();
        let said =
            filter.filter(&cluster.nodes()[0]).map_or_else(|rejection| rejection.message(), |()| "fits".to_owned());
        assert_eq!(said, expected, "{counts:?}");
    }
}

/// A list as an attribute has a value with the gate `DRAListTypeAttributes`, and since v1.37 without it.
#[test]
fn lists_are_shown_to_expressions_by_gate_and_version() {
    for (version, gates, expected) in
        [("v1.36", "", false), ("v1.36", "DRAListTypeAttributes=true", true), ("v1.37", "", true)]
    {
        let behaviour = Behaviour::with_feature_gates(version.parse().unwrap(), gates).unwrap();
        let plugin =
            DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
        let shown = (plugin.gates.view().lists, plugin.gates.view_elsewhere().lists);
        assert_eq!(shown, (expected, expected), "{version} {gates}");
    }
}

/// What the view of one node says of the devices that a claim for five cannot have.
fn devices(objects: impl IntoIterator<Item = Value>, selector: &str) -> Value {
    let behaviour = Behaviour::default();
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    let wanted = exactly(&json!({"count": 5, "selectors": [{"cel": {"expression": selector}}]}));
    let cluster = cluster(objects.into_iter().chain([claim("claim", &wanted, &json!({}))]));
    let notes = Notes::default();
    let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
    let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
    let filter = plugin.prepare(cycle).unwrap().unwrap();
    let facts = filter.facts(&cluster.nodes()[0]);
    let [Fact::Devices(fact)] = &facts[..] else { panic!("{facts:?}") };
    serde_json::to_value(fact).unwrap()
}

#[test]
fn the_view_of_a_node_says_why_devices_are_not_available() {
    let selector = "has(device.attributes[\"gpu\"].numa) && device.attributes[\"gpu\"].numa == 1";
    let found = devices([pool(1, 1)], selector);
    assert_eq!((&found["available"], &found["reachable"], &found["onOtherNodes"]), (&json!(2), &json!(4), &json!(0)));
    assert_eq!(found.get("invalidPools"), None);
    let refused: Vec<Value> = found["unavailable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| json!([refused["devices"], refused["cause"], refused["inputs"]]))
        .collect();
    let values = json!([{"path": "device.attributes[\"gpu\"].numa", "values": [{"value": "0", "devices": 1}, {"value": null, "devices": 1}]}]);
    assert_eq!(refused, [json!([2, "SelectorFalse", values])]);
    let taken = devices([pool(1, 1), taker()], "true");
    assert_eq!((&taken["available"], &taken["unavailable"][0]["cause"]), (&json!(3), &json!("Taken")));
    let unsound = devices([pool(1, 2)], "true");
    assert_eq!(unsound["invalidPools"][0]["pool"], json!("gpu/pool"));
}

/// Attributes that a request computes (gate `DRADerivedAttributes`): a constraint compares the one that it names.
#[test]
fn a_constraint_compares_the_derived_attribute_that_it_names() {
    let behaviour = Behaviour::with_feature_gates("v1.37".parse().unwrap(), "DRADerivedAttributes=true").unwrap();
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    let derived = json!([
        {"name": "gpu/half", "expression": "device.attributes[\"gpu\"].index / 2"},
        {"name": "gpu/parity", "expression": "device.attributes[\"gpu\"].index % 2"},
        {"name": "gpu/odd", "expression": "device.attributes[\"gpu\"].index % 2 == 1"},
        {"name": "gpu/kind", "expression": "device.driver"},
    ]);
    for (attribute, expected) in [
        ("gpu/half", ["dev-2", "dev-3"]),
        ("gpu/parity", ["dev-1", "dev-3"]),
        ("gpu/odd", ["dev-1", "dev-3"]),
        ("gpu/kind", ["dev-1", "dev-2"]),
    ] {
        let mut wanted = exactly(&json!({"count": 2, "derivedAttributes": derived}));
        wanted["constraints"] = json!([{"matchAttribute": attribute}]);
        let cluster = cluster([pool(1, 1), taker(), claim("claim", &wanted, &json!({}))]);
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let takes = ReservePlugin::reserve(&plugin, cycle, &cluster.nodes()[0]).unwrap();
        let [Take::Claim(claim)] = &takes[..] else { panic!("{takes:?}") };
        let given = claim.allocation.as_ref().unwrap().devices.iter().map(|given| given.id.device.to_string());
        assert_eq!(given.collect::<Vec<_>>(), expected, "{attribute}");
    }
}

#[test]
fn devices_of_the_class_that_serves_a_resource_are_counted_for_its_score() {
    let behaviour = Behaviour::with_feature_gates("v1.36".parse().unwrap(), "DRAExtendedResource=true").unwrap();
    let class = |class: &str, resource: &str, expression: &str| {
        json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": class},
            "spec": {"extendedResourceName": resource, "selectors": [{"cel": {"expression": expression}}]}})
    };
    let cluster = cluster([
        pool(1, 1),
        taker(),
        class("all", "example.com/all", "true"),
        class("first", "example.com/first", "device.attributes[\"gpu\"].index < 3"),
        class("none", "example.com/none", "false"),
    ]);
    let notes = Notes::default();
    let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
    let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
    let resources = ["all", "first", "none", "other"].map(|resource| name(&format!("example.com/{resource}")));
    let counter = DeviceCounter::new(&behaviour);
    let totals = counter.totals(cycle, resources.into_iter()).unwrap();
    let counts = resources.map(|resource| totals.on(&cluster.nodes()[0], resource));
    assert_eq!(counts, [Some((4, 1)), Some((3, 1)), None, None]);
}

/// Devices of one counter set need a compatibility group in common (gate `DRADeviceCompatibilityGroups`), with those that
/// claims have as well.
#[test]
fn devices_of_one_counter_set_have_a_compatibility_group_in_common() {
    let gates = "DRADeviceCompatibilityGroups=true,DRAPartitionableDevices=true";
    let behaviour = Behaviour::with_feature_gates("v1.37".parse().unwrap(), gates).unwrap();
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    let device = |index: usize, groups: &Value| {
        json!({"name": format!("dev-{index}"), "consumesCounters": [{"counterSet": "set", "compatibilityGroups": groups,
            "counters": {"memory": {"value": "1"}}}]})
    };
    let none: &[&str] = &[];
    for (first_is_taken, groups, expected) in [
        (false, [json!(["a"]), json!(["b"]), json!(["a", "b"])], &["dev-0", "dev-2"][..]),
        (false, [json!([]), json!(["b"]), json!([])], &["dev-0", "dev-2"]),
        (false, [json!(["a"]), json!(["b"]), json!([])], none),
        (true, [json!(["a"]), json!(["b"]), json!(["a", "b"])], &["dev-2"]),
        (true, [json!(["a"]), json!(["b"]), json!(["b"])], none),
    ] {
        let mut devices = pool(1, 2);
        devices["spec"]["devices"] = groups.iter().enumerate().map(|(index, groups)| device(index, groups)).collect();
        let mut counters = pool(1, 2);
        counters["metadata"]["name"] = json!("counters");
        counters["spec"]["devices"] = json!([]);
        counters["spec"]["sharedCounters"] = json!([{"name": "set", "counters": {"memory": {"value": "9"}}}]);
        let wanted = exactly(&json!({"count": if first_is_taken { 1 } else { 2 }}));
        let taken = first_is_taken.then(taker);
        let objects = [devices, counters, claim("claim", &wanted, &json!({}))];
        let cluster = cluster(objects.into_iter().chain(taken));
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let takes = ReservePlugin::reserve(&plugin, cycle, &cluster.nodes()[0]).unwrap_or_default();
        let given: Vec<String> = takes
            .iter()
            .filter_map(|take| if let Take::Claim(claim) = take { claim.allocation.as_ref() } else { None })
            .flat_map(|allocation| allocation.devices.iter().map(|given| given.id.device.to_string()))
            .collect();
        assert_eq!(given, expected, "{first_is_taken} {groups:?}");
    }
}

/// The first share of a device takes its counters, further ones do not (since v1.35).
#[test]
fn shares_of_a_device_take_its_counters_once() {
    for (there, expected) in [("1", true), ("0", false)] {
        let gates = "DRAConsumableCapacity=true,DRAPartitionableDevices=true";
        let behaviour = Behaviour::with_feature_gates("v1.37".parse().unwrap(), gates).unwrap();
        let plugin =
            DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
        let mut slice = pool(1, 2);
        slice["spec"]["devices"] = json!([{"name": "d", "allowMultipleAllocations": true, "capacity": {"bandwidth": {"value": "10"}},
            "consumesCounters": [{"counterSet": "set", "counters": {"memory": {"value": "1"}}}]}]);
        let mut counters = pool(1, 2);
        counters["metadata"]["name"] = json!("counters");
        counters["spec"]["devices"] = json!([]);
        counters["spec"]["sharedCounters"] = json!([{"name": "set", "counters": {"memory": {"value": there}}}]);
        let share = |request: &str| json!({"name": request, "exactly": {"deviceClassName": "gpu", "capacity": {"requests": {"bandwidth": "4"}}}});
        let wanted = json!({"requests": [share("r"), share("s")]});
        let cluster = cluster([slice, counters, claim("claim", &wanted, &json!({}))]);
        let notes = Notes::default();
        let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
        let cycle = Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
        let fits = ReservePlugin::reserve(&plugin, cycle, &cluster.nodes()[0]).is_ok();
        assert_eq!(fits, expected, "{there}");
    }
}

/// Asks the plugin of this version in the cycle of the pod.
fn ask<T>(
    version: &str,
    objects: impl IntoIterator<Item = Value>,
    question: impl FnOnce(&DynamicResources, Cycle<'_>) -> T,
) -> T {
    let behaviour = Behaviour::new(version.parse().unwrap());
    let plugin =
        DynamicResources::new(DynamicResourcesArgs { filter_timeout: None, binding_timeout: None }, &behaviour);
    let (cluster, notes) = (cluster(objects), Notes::default());
    let pod = cluster.pod_named(ObjectKey::new(name("default"), name("pod"))).unwrap();
    question(&plugin, Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes })
}

/// The devices that the pod takes on the first node, or why it cannot.
fn allocated(version: &str, objects: impl IntoIterator<Item = Value>) -> Result<Vec<String>, String> {
    ask(version, objects, |plugin, cycle| {
        let takes = ReservePlugin::reserve(plugin, cycle, &cycle.cluster.nodes()[0]);
        let takes = takes.map_err(|rejection| rejection.message())?;
        let allocations = takes.iter().filter_map(|take| match take {
            Take::Claim(claim) => claim.allocation.as_ref(),
            _ => None,
        });
        let devices = allocations.flat_map(|allocation| &allocation.devices);
        Ok(devices.map(|given| format!("{}={}", given.request, given.id.device)).collect())
    })
}

/// How many devices the view of the first node says the pod could have, which wants more than that.
fn available(version: &str, objects: impl IntoIterator<Item = Value>) -> usize {
    ask(version, objects, |plugin, cycle| {
        let filter = plugin.prepare(cycle).unwrap().unwrap();
        let facts = filter.facts(&cycle.cluster.nodes()[0]);
        let [Fact::Devices(fact)] = &facts[..] else { panic!("{facts:?}") };
        fact.available
    })
}

/// A pool of these devices and of one counter, of which there is 1.
fn pool_with_counter(devices: &Value) -> [Value; 2] {
    let (mut slice, mut counters) = (pool(1, 2), pool(1, 2));
    slice["spec"]["devices"] = devices.clone();
    counters["metadata"]["name"] = json!("counters");
    counters["spec"]["devices"] = json!([]);
    counters["spec"]["sharedCounters"] = json!([{"name": "set", "counters": {"memory": {"value": "1"}}}]);
    [slice, counters]
}

/// What a device takes of [`pool_with_counter`]: all there is.
fn whole_counter() -> Value {
    json!([{"counterSet": "set", "counters": {"memory": {"value": "1"}}}])
}

/// Since v1.37 an amount that cannot be computed ends the search (upstream allocateOne), though another device would do;
/// before, it wraps in 64 bits and is negative (roundUpRange).
#[test]
fn an_amount_that_cannot_be_computed_is_said() {
    let mut slice = pool(1, 1);
    let range = json!({"min": "0", "step": "2"});
    slice["spec"]["devices"] = json!([
        {"name": "first", "allowMultipleAllocations": true, "capacity": {"bandwidth": {
            "value": "9223372036854775807", "requestPolicy": {"default": "0", "validRange": range}}}},
        {"name": "second", "allowMultipleAllocations": true, "capacity": {"bandwidth": {"value": "9223372036854775807"}}},
    ]);
    let wanted = exactly(&json!({"capacity": {"requests": {"bandwidth": "9223372036854775807"}}}));
    let objects = [slice, claim("claim", &wanted, &json!({}))];
    let error = "claim default/claim, request r: checking capacity for device gpu/pool/first: capacity \"bandwidth\": \
                 capacity request cannot be represented in the device's range arithmetic: rounding request \
                 9223372036854775807 up to the next step passes MaxInt64";
    assert_eq!(allocated("v1.37", objects.clone()), Err(error.to_owned()));
    assert_eq!(allocated("v1.36", objects), Ok(vec!["r=first".to_owned()]));
}

/// A device that has no capacity is in use as well once a claim has a share of it: since v1.37 a further share takes no
/// counters (upstream deviceCapacityInUse). A claim that has the whole device is no share: admin access to it would take
/// its counters once more.
#[test]
fn a_share_without_capacity_has_taken_the_counters() {
    let none = Err("cannot allocate all claims".to_owned());
    for (version, share, admin_access, expected) in [
        ("v1.36", Some("a"), false, none.clone()),
        ("v1.37", Some("a"), false, Ok(vec!["r=d".to_owned()])),
        ("v1.37", Some("a"), true, Ok(vec!["r=d".to_owned()])),
        ("v1.37", None, true, none),
    ] {
        let [slice, counters] = pool_with_counter(
            &json!([{"name": "d", "allowMultipleAllocations": true, "consumesCounters": whole_counter()}]),
        );
        let held = json!({"request": "r", "driver": "gpu", "pool": "pool", "device": "d", "shareID": share});
        let holder = claim("holder", &json!({}), &json!({"allocation": {"devices": {"results": [held]}}}));
        let wanting = |query: Value| {
            let wanted = claim("claim", &exactly(&query), &json!({}));
            [slice.clone(), counters.clone(), holder.clone(), wanted]
        };
        let found = allocated(version, wanting(json!({"adminAccess": admin_access})));
        assert_eq!(found, expected, "{version} {share:?} {admin_access}");
        if !admin_access {
            let found = available(version, wanting(json!({"count": 5})));
            assert_eq!(found, usize::from(expected.is_ok()), "{version} {share:?}");
        }
    }
}

/// A share that the search gives back leaves nothing: the next share is the first one again, and takes counters
/// (upstream rollbackDevice).
#[test]
fn a_share_that_is_given_back_does_not_count_as_one() {
    // The first device has capacity for one request only, and the counter suffices for one device only.
    let device = |device: &str, is_shared: bool| {
        json!({"name": device, "allowMultipleAllocations": is_shared, "consumesCounters": whole_counter(),
            "capacity": {"bandwidth": {"value": "10"}}})
    };
    let share = |request: &str| json!({"name": request, "exactly": {"deviceClassName": "gpu", "capacity": {"requests": {"bandwidth": "6"}}}});
    let wanted =
        |requests: &[&str]| json!({"requests": requests.iter().map(|request| share(request)).collect::<Vec<_>>()});
    let of = |requests: &[&str]| {
        let [slice, counters] = pool_with_counter(&json!([device("shared", true), device("whole", false)]));
        allocated("v1.37", [slice, counters, claim("claim", &wanted(requests), &json!({}))])
    };
    assert_eq!(of(&["r"]), Ok(vec!["r=shared".to_owned()]));
    assert_eq!(of(&["r", "s"]), Err("cannot allocate all claims".to_owned()));
}

#[test]
fn the_overview_lists_the_devices_of_all_pools() {
    let mut far = pool(1, 1);
    far["metadata"]["name"] = json!("far");
    far["spec"]["nodeName"] = json!("another");
    far["spec"]["pool"]["name"] = json!("far");
    far["spec"]["devices"] = json!([{"name": "dev-9"}]);
    let cluster = cluster([pool(1, 1), far, taker()]);
    let found: Vec<String> = overview::overview(&cluster, &Behaviour::default())
        .iter()
        .flat_map(|pool| {
            pool.devices.iter().map(|device| format!("{}/{} {:?}", pool.id.pool, device.name, device.state))
        })
        .collect();
    assert_eq!(found, ["far/dev-9 Free", "pool/dev-0 Held", "pool/dev-1 Free", "pool/dev-2 Free", "pool/dev-3 Free"]);
}

/// Since v1.37 the text names the request that is too much (upstream Allocate).
#[test]
fn a_claim_has_up_to_32_devices() {
    let request = |request: &str| json!({"name": request, "exactly": {"deviceClassName": "gpu", "count": 20}});
    let wanted = claim("claim", &json!({"requests": [request("r"), request("s")]}), &json!({}));
    for (version, error) in [
        ("v1.36", "claim default/claim: number of requested devices 40 exceeds the claim limit of 32"),
        (
            "v1.37",
            "claim default/claim, request s: adding 20 devices exceeds the claim limit of 32, with 20 already accounted for",
        ),
    ] {
        assert_eq!(allocated(version, [pool(1, 1), wanted.clone()]), Err(error.to_owned()), "{version}");
    }
}
