//! The published schemas (`docs/schema`) are those of the types. `UPDATE=1 cargo test --lib schema`
//! (`just generate`) writes them.

use std::path::Path;

use crate::report::schema::{schema_of, schemas};

use super::config::ConfigObject;
use super::version::VersionObject;

#[test]
fn schemas_are_those_of_the_types() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let mut stale = Vec::new();
    let mut schemas = schemas();
    schemas.insert("config", schema_of::<ConfigObject>("kubectl sched config"));
    schemas.insert("version", schema_of::<VersionObject>("kubectl sched version"));
    for (name, schema) in schemas {
        let file = directory.join(format!("{name}.schema.json"));
        let expected = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&file, &expected).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n") != expected {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "docs/schema is not what the types give: {stale:?}; run `just generate`");
}
