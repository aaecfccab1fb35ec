//! The fuzz targets over the inputs that once broke something (`fuzz/regressions/TARGET/`), over seeds, and over a fixed number
//! of mutations of both: what the fuzzers of `fuzz/` do for hours, for a moment and without a nightly compiler.
// A test may fail loudly; what the fuzzers see of the targets is public there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

/// Mutations a target, unless FUZZ_INPUTS says otherwise.
const INPUTS: usize = 60;

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"a","labels":{"app":"x"}},"spec":{"nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"a","operator":"Exists"}],"containers":[{"name":"c","resources":{"requests":{"cpu":"9223372036854775807m","memory":"1Gi"}},"ports":[{"hostPort":80}]}]}}"#;
const NODE: &str = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","labels":{"disk":"ssd"}},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"}}}"#;

/// Inputs to begin with.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let texts: Vec<String> = match target {
        "quantity" => ["1", "500m", "1.5Gi", "-9223372036854775808", "1e18", "0.000000001", "12E"].map(str::to_owned).into(),
        "selector" => ["a=b,c!=d", "a in (b,c),!d", "x notin (y),z"].map(str::to_owned).into(),
        "duration" => ["1h2m3.5s", "500ms", "-1us", "2026-01-31T12:00:00Z"].map(str::to_owned).into(),
        "version" => ["v1.34", "v1.34.2", "1.33.13-eks-1234"].map(str::to_owned).into(),
        "gates" => ["DynamicResourceAllocation=true,A=false", "AllAlpha=true"].map(str::to_owned).into(),
        "config" => vec![
            r#"{"apiVersion":"kubescheduler.config.k8s.io/v1","kind":"KubeSchedulerConfiguration","profiles":[{"schedulerName":"a","plugins":{"score":{"disabled":[{"name":"*"}],"enabled":[{"name":"NodeResourcesFit","weight":3}]}},"pluginConfig":[{"name":"NodeResourcesFit","args":{"scoringStrategy":{"type":"RequestedToCapacityRatio","requestedToCapacityRatio":{"shape":[{"utilization":0,"score":0},{"utilization":100,"score":10}]}}}}]}]}"#.to_owned(),
        ],
        "scenario" => vec![
            r#"{"apiVersion":"kubectl-sched/v1","kind":"Scenario","steps":[{"kind":"Cordon","node":"a"},{"kind":"Scale","workload":"deploy/a/b","replicas":3},{"kind":"PatchPod","pod":"a/p","changes":[{"kind":"SetRequest","resource":"cpu","amount":"1"}]}]}"#.to_owned(),
        ],
        "cel" => [
            r#"device.driver == "d.example.com" && device.attributes["d.example.com"].count > 3"#,
            r#"device.capacity["d.example.com"].memory.compareTo(quantity("40Gi")) >= 0"#,
            r#"device.attributes["d.example.com"].at.isGreaterThan(semver("1.0.0")) ? true : [1,2].exists(x, x > 9223372036854775807)"#,
        ]
        .map(str::to_owned)
        .into(),
        "status" => vec![
            "time: 2026-01-01 00:00:00 +0000 UTC\nautoscalerStatus: Running\nnodeGroups:\n- name: a\n  health:\n    status: Healthy\n    nodeCounts:\n      registered:\n        total: 3\n".to_owned(),
        ],
        "input" | "manifest" | "gzip" | "zstd" => vec![
            format!(r#"{{"apiVersion":"v1","kind":"List","items":[{POD},{NODE}]}}"#),
            format!("---\n{POD}\n---\napiVersion: v1\nkind: Node\nmetadata: {{name: &n a}}\nstatus:\n  allocatable: {{cpu: 0644, pods: *n}}\n"),
        ],
        "state" => vec![format!("{NODE}{POD}"), format!("{POD}{NODE}{NODE}")],
        _ => vec![(0..=200).collect::<Vec<u8>>().iter().map(|byte| char::from(byte % 128)).collect()],
    };
    texts.into_iter().map(String::into_bytes).collect()
}

/// Numbers that look drawn and are the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Pieces that break things more often than bytes that are drawn.
const PIECES: [&str; 16] = [
    "9223372036854775807",
    "-9223372036854775808",
    "\"",
    "{",
    "}",
    "[",
    "]",
    "null",
    "\0",
    "1e400",
    ":",
    ",",
    "\\u0000",
    "\n---\n",
    "-",
    "é",
];

fn mutated(input: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=draw.below(4) {
        let at = draw.below(bytes.len() + 1);
        let to = (at + draw.below(9)).min(bytes.len());
        match draw.below(4) {
            0 => drop(bytes.drain(at..to)),
            1 => drop(bytes.splice(at..to, PIECES[draw.below(PIECES.len())].bytes())),
            2 => bytes.iter_mut().skip(at).take(1 + draw.below(3)).for_each(|byte| *byte ^= 1 << draw.below(8)),
            _ => {
                let copy = bytes.get(at..to).unwrap_or_default().to_vec();
                drop(bytes.splice(at..at, copy));
            }
        }
    }
    bytes
}

/// Runs a target; says on which input it failed.
fn run(name: &str, target: fn(&[u8]), input: &[u8]) {
    let is_fine = std::panic::catch_unwind(|| target(input)).is_ok();
    assert!(is_fine, "{name} failed on {:?}", String::from_utf8_lossy(input));
}

fn tried(name: &str) {
    let (_, target) = *targets::TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(name);
    let mut inputs = seeds(name);
    for entry in fs::read_dir(kept).into_iter().flatten() {
        inputs.push(fs::read(entry.unwrap().path()).unwrap());
    }
    for input in &inputs {
        run(name, target, input);
    }
    let count = std::env::var("FUZZ_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(INPUTS);
    let mut draw = Draw(18 + name.len() as u64);
    for number in 0..count {
        let mutated = mutated(&inputs[number % inputs.len()], &mut draw);
        run(name, target, &mutated);
        // What got somewhere is a seed for more.
        if inputs.len() < 64 && draw.below(3) == 0 {
            inputs.push(mutated);
        }
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            tried(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried() {
            let tried = [$(stringify!($name)),*];
            assert_eq!(tried.to_vec(), targets::TARGETS.map(|(name, _)| name).to_vec());
            let mut files: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets")).unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
            files.sort();
            let mut names = tried.map(str::to_owned).to_vec();
            names.sort();
            assert_eq!(files, names);
        }
    };
}

targets! {
    quantity selector duration version gates config scenario input gzip zstd manifest state cel status extremes snapshot redacted ksnap
}
