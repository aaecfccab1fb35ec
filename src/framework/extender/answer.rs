//! What extenders answer (k8s.io/kube-scheduler/extender/v1/types.go).

use serde_json::value::RawValue;

use super::go_json::{GoType, array, field, first, integer, object, string};

/// An ExtenderFilterResult.
#[derive(Debug, Default)]
pub(super) struct FilterResult {
    /// Whole nodes that pass.
    pub(super) nodes: Option<Vec<Box<RawValue>>>,
    /// Names of nodes that pass.
    pub(super) node_names: Option<Vec<String>>,
    /// Nodes that fail, and why.
    pub(super) failed: Vec<(String, String)>,
    /// The same where no preemption would help.
    pub(super) unresolvable: Vec<(String, String)>,
    /// The whole call failed, if it is not empty.
    pub(super) error: String,
}

/// A MetaVictims of an ExtenderPreemptionResult.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MetaVictims {
    /// UIDs of the pods.
    pub(super) uids: Vec<String>,
    /// How many of them a PodDisruptionBudget protects.
    pub(super) violations: i64,
}

/// Nobody reads more of a message than so many bytes.
const LONGEST_MESSAGE: usize = 1 << 16;

fn message(value: &RawValue, target: GoType<'_>) -> Result<String, String> {
    // One that is far longer is not copied to be cut.
    let written = value.get();
    if written.starts_with('"') && written.len() > 16 * LONGEST_MESSAGE {
        return Ok(format!("(a message of {} bytes)", written.len()));
    }
    let mut text = string(value, target)?;
    if text.len() > LONGEST_MESSAGE {
        let ends = (0..=LONGEST_MESSAGE).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(ends.unwrap_or_default());
        text.push('…');
    }
    Ok(text)
}

pub(super) fn filter_result(body: &[u8]) -> Result<FilterResult, String> {
    let text = String::from_utf8_lossy(body);
    let fields = object(first(&text, body)?, GoType::Value("v1.ExtenderFilterResult"))?;
    let mut result = FilterResult::default();
    if let Some(nodes) = field(&fields, "Nodes").filter(|nodes| nodes.get() != "null") {
        let list = object(nodes, GoType::Field("ExtenderFilterResult.Nodes", "v1.NodeList"))?;
        let items = field(&list, "items").map(|items| array(items, GoType::Field("NodeList.Nodes.items", "[]v1.Node")));
        let items = items.transpose()?.flatten().unwrap_or_default();
        result.nodes = Some(items.into_iter().map(ToOwned::to_owned).collect());
    }
    if let Some(names) = field(&fields, "NodeNames") {
        let at = "ExtenderFilterResult.NodeNames";
        let names = array(names, GoType::Field(at, "[]string"))?;
        let name = |name: &RawValue| string(name, GoType::Field(at, "string"));
        result.node_names = names.map(|names| names.into_iter().map(name).collect()).transpose()?;
    }
    result.failed = failed_nodes(field(&fields, "FailedNodes"), "ExtenderFilterResult.FailedNodes")?;
    result.unresolvable =
        failed_nodes(field(&fields, "FailedAndUnresolvableNodes"), "ExtenderFilterResult.FailedAndUnresolvableNodes")?;
    if let Some(error) = field(&fields, "Error") {
        result.error = message(error, GoType::Field("ExtenderFilterResult.Error", "string"))?;
    }
    Ok(result)
}

fn failed_nodes(map: Option<&RawValue>, at: &str) -> Result<Vec<(String, String)>, String> {
    let Some(map) = map else { return Ok(Vec::new()) };
    let failed = |(node, why): (String, &RawValue)| Ok((node, message(why, GoType::Field(at, "string"))?));
    object(map, GoType::Field(at, "v1.FailedNodesMap"))?.into_iter().map(failed).collect()
}

/// A HostPriorityList: nodes and their scores.
pub(super) fn host_priorities(body: &[u8]) -> Result<Vec<(String, i64)>, String> {
    let text = String::from_utf8_lossy(body);
    let entries = array(first(&text, body)?, GoType::Value("v1.HostPriorityList"))?.unwrap_or_default();
    let entry = |entry: &RawValue| {
        let fields = object(entry, GoType::Value("v1.HostPriority"))?;
        let host = field(&fields, "Host").map(|host| string(host, GoType::Field("HostPriority.Host", "string")));
        let score = field(&fields, "Score").map(|score| integer(score, GoType::Field("HostPriority.Score", "int64")));
        Ok((host.transpose()?.unwrap_or_default(), score.transpose()?.unwrap_or_default()))
    };
    entries.into_iter().map(entry).collect()
}

/// The map of an ExtenderPreemptionResult: victims by node. A node or pod that is `null` is an
/// error of ours: kube-scheduler crashes on it.
pub(super) fn meta_victims(body: &[u8]) -> Result<Vec<(String, MetaVictims)>, String> {
    let text = String::from_utf8_lossy(body);
    let fields = object(first(&text, body)?, GoType::Value("v1.ExtenderPreemptionResult"))?;
    let at = "ExtenderPreemptionResult.NodeNameToMetaVictims";
    let Some(map) = field(&fields, "NodeNameToMetaVictims") else { return Ok(Vec::new()) };
    object(map, GoType::Field(at, "map[string]*v1.MetaVictims"))?
        .into_iter()
        .map(|(node, victims)| {
            if victims.get() == "null" {
                return Err(format!("the victims on node \"{node}\" are null, on which kube-scheduler itself crashes"));
            }
            let fields = object(victims, GoType::Field(at, "v1.MetaVictims"))?;
            let at = "MetaVictims.NodeNameToMetaVictims.Pods";
            let pods = field(&fields, "Pods").map(|pods| array(pods, GoType::Field(at, "[]*v1.MetaPod")));
            let uids = pods
                .transpose()?
                .flatten()
                .unwrap_or_default()
                .iter()
                .map(|pod| uid(pod, &node))
                .collect::<Result<_, _>>()?;
            let at = "MetaVictims.NodeNameToMetaVictims.NumPDBViolations";
            let violations = field(&fields, "NumPDBViolations").map(|count| integer(count, GoType::Field(at, "int64")));
            Ok((node, MetaVictims { uids, violations: violations.transpose()?.unwrap_or_default() }))
        })
        .collect()
}

fn uid(pod: &RawValue, node: &str) -> Result<String, String> {
    if pod.get() == "null" {
        return Err(format!("a victim on node \"{node}\" is null, on which kube-scheduler itself crashes"));
    }
    let fields = object(pod, GoType::Field("MetaVictims.NodeNameToMetaVictims.Pods", "v1.MetaPod"))?;
    let at = GoType::Field("MetaPod.NodeNameToMetaVictims.Pods.UID", "string");
    field(&fields, "UID").map_or_else(|| Ok(String::new()), |uid| string(uid, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error that Go 1.26's encoding/json gives for the same text and type.
    #[track_caller]
    fn refused<T: std::fmt::Debug>(read: fn(&[u8]) -> Result<T, String>, json: &str, error: &str) {
        assert_eq!(read(json.as_bytes()).unwrap_err(), error, "{json}");
    }

    #[test]
    fn errors_are_in_the_words_of_go() {
        refused(filter_result, " ", "EOF");
        refused(filter_result, "{", "unexpected EOF");
        refused(filter_result, "<html>", "invalid character '<' looking for beginning of value");
        refused(filter_result, "'", "invalid character '\\'' looking for beginning of value");
        refused(filter_result, "\u{1}", "invalid character '\\x01' looking for beginning of value");
        refused(filter_result, "[]", "json: cannot unmarshal array into Go value of type v1.ExtenderFilterResult");
        refused(filter_result, "true", "json: cannot unmarshal bool into Go value of type v1.ExtenderFilterResult");
        let field = "json: cannot unmarshal number into Go struct field ExtenderFilterResult";
        refused(filter_result, r#"{"nodenames":[1]}"#, &format!("{field}.NodeNames of type string"));
        refused(filter_result, r#"{"NodeNames":5}"#, &format!("{field}.NodeNames of type []string"));
        refused(filter_result, r#"{"failednodes":{"a":1}}"#, &format!("{field}.FailedNodes of type string"));
        refused(filter_result, r#"{"Nodes":5}"#, &format!("{field}.Nodes of type v1.NodeList"));
        refused(
            host_priorities,
            r#"[{"Host":"a","Score":5.0}]"#,
            "json: cannot unmarshal number 5.0 into Go struct field HostPriority.Score of type int64",
        );
        refused(host_priorities, "{}", "json: cannot unmarshal object into Go value of type v1.HostPriorityList");
        refused(
            meta_victims,
            r#"{"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":5}]}}}"#,
            "json: cannot unmarshal number into Go struct field MetaPod.NodeNameToMetaVictims.Pods.UID of type string",
        );
    }

    #[test]
    fn names_come_in_any_case_and_text_may_follow() {
        let names = |json: &str| filter_result(json.as_bytes()).unwrap().node_names.unwrap();
        assert_eq!(names(r#"{"NODENAMES":["a"],"nodeNames":["b",null]} and so on"#), ["b", ""]);
        assert_eq!(
            host_priorities(br#"[{"host":"a","SCORE":5},null]"#).unwrap(),
            [("a".into(), 5), (String::new(), 0)]
        );
        let error =
            |length| filter_result(format!(r#"{{"error":"{}"}}"#, "x".repeat(length)).as_bytes()).unwrap().error;
        assert_eq!([error(1 << 16).len(), error(1 << 17).len()], [1 << 16, (1 << 16) + '…'.len_utf8()]);
        assert_eq!(error(1 << 21), "(a message of 2097154 bytes)");
        let nothing = filter_result(b"null").unwrap();
        assert!(nothing.nodes.is_none() && nothing.node_names.is_none() && nothing.error.is_empty());
    }
}
