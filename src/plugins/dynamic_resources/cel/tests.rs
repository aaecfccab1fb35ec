use super::*;
use crate::api::name::name;
use crate::api::quantity::Quantity;
use crate::decode::devices::{Attribute, Device, DeviceCapacity};

fn device() -> DeviceInput {
    let attributes = [
        ("model", Attribute::String(name("a100"))),
        ("numa", Attribute::Int(1)),
        ("ecc", Attribute::Bool(true)),
        ("driverVersion", Attribute::Version(name("1.10.0"))),
        ("other.example.com/link", Attribute::String(name("l0"))),
        ("flags", Attribute::Bools([true, true].into_iter().collect())),
        ("lanes", Attribute::Ints([4, 8].into_iter().collect())),
        ("links", Attribute::Strings([name("l0"), name("l1")].into_iter().collect())),
    ];
    let memory = DeviceCapacity { value: Quantity::parse("40Gi").unwrap(), policy: None };
    let device = Device {
        name: name("dev-0"),
        attributes: attributes.into_iter().map(|(key, value)| (name(key), value)).collect(),
        capacity: [(name("memory"), memory)].into(),
        allows_multiple_allocations: true,
        ..Device::default()
    };
    DeviceInput::new(name("gpu"), &device, View { sharing: true, lists: true })
}

fn evaluate(expression: &str) -> Result<bool, Failure> {
    CelSelector::compile(name(expression)).matches(&device())
}

#[track_caller]
fn gives(expression: &str, expected: bool) {
    assert_eq!(evaluate(expression), Ok(expected), "{expression}");
}

#[track_caller]
fn fails(expression: &str, expected: &str) {
    assert_eq!(evaluate(expression), Err(Failure::Error(expected.to_owned())), "{expression}");
}

#[track_caller]
fn is_unknown(expression: &str) {
    let answer = evaluate(expression);
    assert!(matches!(answer, Err(Failure::Unknown(_))), "{expression}: {answer:?}");
}

#[test]
fn attributes_and_capacities() {
    gives(r#"device.driver == "gpu""#, true);
    gives(r#"device.attributes["gpu"].model in ["a100", "h100"]"#, true);
    gives(r#"device.attributes["gpu"].numa < 1"#, false);
    gives(r#"device.attributes["gpu"].driverVersion.isGreaterThan(semver("1.9.0"))"#, true);
    gives(r#"device.capacity["gpu"].memory.compareTo(quantity("40960Mi")) == 0"#, true);
    gives(r#"device.attributes["gpu"].model.startsWith("a")"#, true);
    gives(r#"device.attributes["gpu"].model.matches("^a[0-9]+$")"#, true);
    gives(r#"device.attributes["gpu"].model == 3"#, false);
}

#[test]
fn newer_parts_of_the_library() {
    gives("device.allowMultipleAllocations", true);
    gives(r#"device.attributes["gpu"].links.includes("l1")"#, true);
    gives(r#"device.attributes["gpu"].links.includes("l2")"#, false);
    gives(r#"device.attributes["gpu"].flags.includes(true)"#, true);
    gives(r#"device.attributes["gpu"].flags.includes(false)"#, false);
    gives(r#"device.attributes["gpu"].lanes.includes(8)"#, true);
    gives(r#"device.attributes["gpu"].numa.includes(1)"#, true);
    gives(r#"device.attributes["gpu"].links.exists(link, link == "l0")"#, true);
    gives(r#"semver("v1.02", true) == semver("1.2.0")"#, true);
    gives(r#"int("7") == 7"#, true);
}

#[test]
fn an_unknown_domain_is_an_empty_map() {
    gives(r#"has(device.attributes["nowhere"].x)"#, false);
    gives(r#""nowhere" in device.attributes"#, false);
    gives(r#""other.example.com" in device.attributes"#, true);
    fails(r#"device.attributes["nowhere"].x == 1"#, "no such key: x");
}

#[test]
fn optional_selection() {
    gives(r#"device.attributes["gpu"].?numa.orValue(0) == 1"#, true);
    gives(r#"device.attributes["gpu"].?nosuch.orValue(7) == 7"#, true);
    gives(r#"device.attributes["gpu"].?nosuch.hasValue()"#, false);
    gives(r#"device.attributes["gpu"][?"numa"].optMap(n, n + 1).value() == 2"#, true);
}

#[test]
fn bindings_and_macros() {
    gives(r#"cel.bind(gpu, device.attributes["gpu"], gpu.ecc && gpu.numa == 1)"#, true);
    gives(r#"["a100", "h100"].exists(m, m == device.attributes["gpu"].model)"#, true);
    gives("[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]", true);
    gives("[1, 2, 2].exists_one(x, x == 2)", false);
    gives(r#"sets.contains(["a", "b"], ["a"])"#, true);
}

#[test]
fn functions_of_strings_and_lists() {
    gives(r#""a-b-c".split("-") == ["a", "b", "c"] && "abc".split("", 2) == ["a", "bc"]"#, true);
    gives(r#""hello".indexOf("l") == 2 && "hello".lastIndexOf("l") == 3 && "hello".indexOf("x") == -1"#, true);
    gives(r#""hello".substring(1, 3) == "el" && "häl".charAt(1) == "ä" && "a".charAt(1) == """#, true);
    gives(r#""aXa".replace("a", "b") == "bXb" && "aXa".replace("a", "b", 1) == "bXa""#, true);
    gives(r#""Ab".lowerAscii() + "Ab".upperAscii() + " x ".trim() == "abABx""#, true);
    gives(r#"["a", "b"].join("-") == "a-b" && [1, 2, 2].isSorted() && [3, 1].min() == 1 && [3, 1].max() == 3"#, true);
    gives(r#"[1, 2].sum() == 3 && ["b", "a"].indexOf("a") == 1"#, true);
    gives(r#""a1b22".findAll("[0-9]+") == ["1", "22"] && "a1b22".find("[0-9]+") == "1""#, true);
    gives("sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [2, 1])", true);
    is_unknown(r#""abc".substring(2, 9) == """#);
    is_unknown(r#""é".matches("\\w")"#);
    is_unknown(r#"["a", 1].join() == "a1""#);
    is_unknown("[].sum() == 0");
    is_unknown(r#""a".reverse() == "a""#);
}

#[test]
fn repeated_operators() {
    gives("!!device.attributes[\"gpu\"].ecc && !!!false", true);
    gives("--1 == 1 && 1 - -1 == 2", true);
    gives(&format!("{}true", "!".repeat(9000)), true);
}

#[test]
fn an_operand_that_decides_outlives_errors() {
    gives(r#"device.attributes["gpu"].nosuch == 1 && false"#, false);
    gives(r#"true || device.attributes["gpu"].nosuch == 1"#, true);
    fails(r#"device.attributes["gpu"].nosuch == 1 || false"#, "no such key: nosuch");
    fails("1 / 0 == 1", "division by zero");
    gives("[0, 1].exists(x, 1 / x == 1)", true);
    gives("[0, 1].all(x, 1 / x == 2)", false);
    fails("[0, 1].all(x, 1 / x == 1)", "division by zero");
}

#[test]
fn what_kubernetes_might_see_differently_is_not_answered() {
    is_unknown("device.nosuch(");
    is_unknown("nosuch == 1");
    is_unknown(r#"1 == "a""#);
    is_unknown(r#"-size([1]) == "a""#);
    is_unknown("device.driver");
    is_unknown(&format!("{}1{} == 1", "(".repeat(4000), ")".repeat(4000)));
    is_unknown(&format!("{}1 > 0", "1+".repeat(4000)));
    let list = format!("[{}]", ["0"; 100].join(","));
    is_unknown(&format!("{list}.all(a, {list}.all(b, {list}.all(c, {list}.all(d, a + b + c + d == 0))))"));
}

#[test]
fn an_expression_of_10_kib_is_read() {
    gives(&format!("{:<10240}", "true"), true);
    is_unknown(&format!("{:<10241}", "true"));
}

#[test]
fn arithmetic_of_doubles() {
    gives("1.5 + 2.0 == 3.5", true);
    gives("1.5 - 2.0 == -0.5", true);
    gives("1.5 * 2.0 == 3.0", true);
    gives("1.5 / 2.0 == 0.75", true);
    is_unknown("1.5 % 2.0 == 1.5");
    gives("1.5 / 0.0 > 1.0", true);
}

#[test]
fn parts_of_the_library_that_few_selectors_use() {
    gives("[1u, 2u].sum() == 3u", true);
    gives(r#""\f" == "\u000c""#, true);
    gives(r#"semver("1.2.3").patch() == 3"#, true);
    gives("dyn(1) == 1", true);
}

#[test]
fn small_parts_of_the_language() {
    let cases = [
        ("1 <= 1 && 1 <= 2 && !(2 <= 1)", "true"),
        (r#""a100".endsWith("00") && !"a100".endsWith("01")"#, "true"),
        ("optional.of(1).orValue(2) == 1", "true"),
        (r#""\r" == "\x0d""#, "true"),
        ("[1.5, 2.0].sum() == 3.5", "true"),
        (r#"{"a": 1} == {"a": 1} && {"a": 1} != {"a": 1, "b": 2}"#, "true"),
        // Kubernetes' type checker refuses it: both types are known.
        (r#"(true ? 1 : 2) == "a""#, "unknown"),
    ];
    let found = cases.map(|(expression, _)| match evaluate(expression) {
        Ok(answer) => answer.to_string(),
        Err(Failure::Unknown(_)) => "unknown".to_owned(),
        Err(Failure::Error(error)) => error,
    });
    assert_eq!(found, cases.map(|(_, expected)| expected), "{cases:?}");
}
