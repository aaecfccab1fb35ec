//! Whole configurations.

use serde_json::{Value, json};

use super::*;

mod effective;
mod refusals;

fn config(fields: &Value) -> Value {
    let mut config = json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"});
    let (Value::Object(config_fields), Value::Object(fields)) = (&mut config, fields) else {
        panic!("not an object");
    };
    config_fields.extend(fields.clone());
    config
}

fn with_plugins(plugins: &Value) -> Value {
    config(&json!({"profiles": [{"plugins": plugins}]}))
}

fn with_args(plugin: &str, args: &Value) -> Value {
    config(&json!({"profiles": [{"pluginConfig": [{"name": plugin, "args": args}]}]}))
}

fn parse(value: &Value) -> Result<SchedulerConfig, ConfigError> {
    SchedulerConfig::parse(value, &Behaviour::default())
}
