//! What is known of a scheduler without the state that it works on.

use std::path::Path;

use serde_json::Value;

use crate::cli::error::Result;
use crate::decode::scheduler_process::SchedulerProcess;
use crate::source::live;
use crate::state::ClusterBuilder;

use super::config_source;
use super::kube_flags::KubeFlags;
use super::output::OutputFlags;
use super::state_flags::SchedulerFlags;
use super::state_reader::{Opened, read_files};

/// What is known of a scheduler without the state that it works on.
#[derive(Default)]
pub(crate) struct SchedulerFacts {
    /// The version of the cluster.
    pub(crate) version: Option<String>,
    /// The kube-scheduler that runs as a pod.
    pub(crate) process: Option<SchedulerProcess>,
    /// The configuration, and what it is called; none for the default one.
    pub(crate) config: Option<(Value, String)>,
    /// Where all that comes from: `cluster.yaml`, `the cluster`. None where no cluster was asked.
    pub(crate) origin: Option<String>,
    /// Why it was not.
    pub(crate) not_asked: Option<String>,
}

impl SchedulerFlags {
    /// What a snapshot tells of the scheduler, else the cluster, unless `--kube-version` says what is asked about.
    ///
    /// # Errors
    /// A snapshot or a configuration that cannot be read.
    pub(crate) fn facts(
        &self,
        snapshot: Option<&Path>,
        kube: &KubeFlags,
        output: &OutputFlags,
    ) -> Result<SchedulerFacts> {
        if let Some(path) = snapshot {
            let mut builder = ClusterBuilder::default();
            let wanted = config_source::config_map(self.scheduler_config.as_ref());
            let found = read_files(&crate::source::Input::from(path.to_path_buf()), &mut builder, wanted, output)?;
            let Opened { version, origin, scheduler_config, config_map, scheduler, .. } = found;
            let recorded = scheduler_config.is_some();
            let named =
                self.named_config(|name| config_source::from_files(config_map.as_ref(), name, &origin, recorded))?;
            let config = named.or_else(|| Some((scheduler_config?, format!("{origin}: schedulerConfig"))));
            let process = scheduler.or_else(|| builder.scheduler().cloned());
            return Ok(SchedulerFacts { version, process, config, origin: Some(origin), not_asked: None });
        }
        let connection = kube.connection()?;
        let config = self.named_config(|name| config_source::from_cluster(&connection, name))?;
        if self.kube_version.is_some() {
            return Ok(SchedulerFacts { config, ..SchedulerFacts::default() });
        }
        let asked = live::Reader::open(&connection)
            .and_then(|reader| Ok((reader.version().map(str::to_owned), live::scheduler_process(&connection)?)));
        Ok(match asked {
            Ok((version, process)) => {
                SchedulerFacts { version, process, config, origin: Some("the cluster".to_owned()), not_asked: None }
            }
            Err(error) => SchedulerFacts { config, not_asked: Some(error.to_string()), ..SchedulerFacts::default() },
        })
    }
}
