//! One whole object from a text or a value: for programs that hold objects of their own. Files, Lists and
//! YAML are read by `source`.

use serde_json::Value;

use super::object::TypeMeta;
use super::{Kind, Object};

/// Why something is no object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It has no `apiVersion` or no `kind`.
    #[error("an object needs apiVersion and kind")]
    NoKind,
    /// A value in it has not the shape that its field has, or the text breaks JSON's rules.
    #[error("this is no {kind}: {source}")]
    Invalid {
        /// What it says it is.
        kind: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Something follows the object.
    #[error("more than one object where one is expected")]
    MoreThanOne,
}

impl Object {
    /// The object that `json` is; none for a kind that scheduling does not read.
    ///
    /// # Errors
    /// It is no object.
    pub fn from_json(json: &[u8]) -> Result<Option<Self>, ObjectError> {
        let TypeMeta { api_version: Some(api_version), kind: Some(kind) } = TypeMeta::peek(json) else {
            return Err(ObjectError::NoKind);
        };
        let Some(kind) = Kind::of(&api_version, &kind) else { return Ok(None) };
        let (object, bytes) =
            Self::decode(kind, json).map_err(|source| ObjectError::Invalid { kind: kind.as_str(), source })?;
        let rest = json.get(bytes..).unwrap_or_default();
        if rest.iter().all(u8::is_ascii_whitespace) { Ok(Some(object)) } else { Err(ObjectError::MoreThanOne) }
    }

    /// The object that `value` is; none for a kind that scheduling does not read.
    ///
    /// # Errors
    /// It is no object.
    pub fn from_value(value: &Value) -> Result<Option<Self>, ObjectError> {
        Self::from_json(value.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_and_what_is_none() {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}});
        assert!(matches!(Object::from_value(&node), Ok(Some(Object::Node(node))) if node.name == "a"));
        assert!(matches!(Object::from_value(&json!({"apiVersion": "v1", "kind": "Secret"})), Ok(None)));
        let error = |value: &Value| Object::from_value(value).map(|_| ()).unwrap_err();
        assert!(matches!(error(&json!({"kind": "Node"})), ObjectError::NoKind));
        assert!(matches!(error(&json!(1)), ObjectError::NoKind));
        let odd = error(&json!({"apiVersion": "v1", "kind": "Node", "spec": 1}));
        assert!(odd.to_string().starts_with("this is no Node: ") && std::error::Error::source(&odd).is_some());
        assert!(matches!(Object::from_json(format!("{node}{node}").as_bytes()), Err(ObjectError::MoreThanOne)));
    }
}
