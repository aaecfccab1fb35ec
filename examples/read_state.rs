//! Reads a file into the state, or skips through it: `read_state skip|read|build FILE`.
use std::path::PathBuf;

use kubectl_sched::cluster::ClusterBuilder;
use kubectl_sched::source::{Input, files};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (what, file) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    if what == "skip" {
        let text = std::fs::read(&file)?;
        serde_json::from_slice::<serde::de::IgnoredAny>(&text)?;
        return Ok(());
    }
    if what == "readskip" {
        let text = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(&file)?);
        serde_json::from_reader::<_, serde::de::IgnoredAny>(text)?;
        return Ok(());
    }
    let mut builder = ClusterBuilder::default();
    let report = files::read(&Input::from(PathBuf::from(file)), &mut builder)?;
    eprintln!("{report:?}");
    if what == "build" {
        let cluster = builder.build(kubectl_sched::cluster::requests::RequestGates { in_place_pod_vertical_scaling: true, pod_level_resources: true });
        eprintln!("{} nodes, {} pods", cluster.nodes().len(), cluster.pods().len());
    }
    Ok(())
}
