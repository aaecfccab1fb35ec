//! Writes the page: one file with script, style, engine and examples in it, that asks for nothing.
//!
//!     kubectl-sched-web-bundle ENGINE.wasm WEB-FOLDER EXAMPLES-FOLDER OUT.html
//!
//! The engine's bytes are compressed and stand in the file as text; so do the examples, and so does the state that
//! `kubectl sched snapshot --html` adds later, at [`STATE`]. The content security policy names the scripts by their
//! hashes and forbids every request.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

/// Where a state is put in; `src/cli/snapshot_page.rs` looks for the same text.
const STATE: &str = "<!-- state -->";

/// The engine, compressed, in bytes.
const MOST: usize = 3_000_000;

/// The same of one that was built fast, to be tested (profile `web-check`): it was 3.4 MB where the other was 2.4.
const MOST_BUILT_FAST: usize = 4_200_000;

/// Examples that the page offers: file, what it shows.
const EXAMPLES: [(&str, &str); 6] = [
    ("mixed.yaml", "A few pools, a pod that fits nowhere"),
    ("zones.yaml", "Three zones, a pending StatefulSet pod"),
    ("gpu.yaml", "GPU nodes, preemption"),
    ("devices.yaml", "Devices of dynamic resource allocation"),
    ("nodegroups.yaml", "Node groups of the Cluster Autoscaler"),
    ("karpenter.yaml", "Node pools of Karpenter"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, web, examples, out] = arguments.as_slice() else {
        return Err("usage: kubectl-sched-web-bundle ENGINE.wasm WEB-FOLDER EXAMPLES-FOLDER OUT.html".into());
    };
    let (web, examples) = (Path::new(web), Path::new(examples));
    let mut bindgen = Bindgen::new();
    bindgen.remove_name_section(true).remove_producers_section(true);
    let mut output = bindgen.input_path(engine).no_modules(true)?.typescript(false).generate_output()?;
    let wasm = compressed(&output.wasm_mut().emit_wasm())?;
    println!("engine: {} bytes compressed", wasm.len());
    let most = if std::env::var_os("BUILT_FAST").is_some() { MOST_BUILT_FAST } else { MOST };
    if wasm.len() > most {
        return Err(format!("the engine must not be larger than {most} bytes").into());
    }
    let glue = output.js();

    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let report = Path::new("src/report/html");
    let worker = format!("{glue}\n{}", read(&web.join("worker.js"))?);
    let main = format!("{}\n{}", read(&report.join("page.js"))?, read(&web.join("main.js"))?);
    let style = format!("{}\n{}", read(&report.join("page.css"))?, read(&web.join("style.css"))?);
    let mut data = String::new();
    block(&mut data, "engine", "", &wasm);
    block(&mut data, "worker", "", worker.as_bytes());
    for (file, title) in EXAMPLES {
        let bytes = fs::read(examples.join(file)).map_err(|error| format!("{file}: {error}"))?;
        block(&mut data, "example", &format!(" data-file=\"{file}\" data-title=\"{title}\""), &compressed(&bytes)?);
    }
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; \
         script-src 'sha256-{}' 'wasm-unsafe-eval'; worker-src blob:",
        STANDARD.encode(Sha256::digest(main.as_bytes()))
    );
    if main.contains("</script") {
        return Err("a script must not contain </script".into());
    }
    let page = read(&web.join("index.html"))?
        .replace("{{policy}}", &policy)
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{style}}", &style)
        .replace("{{data}}", &data)
        .replace("{{script}}", &main);
    if page.matches(STATE).count() != 1 {
        return Err(format!("the page must have {STATE} once").into());
    }
    if let Some(folder) = Path::new(out).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(out, &page)?;
    println!("page: {} bytes", page.len());
    Ok(())
}

fn compressed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Bytes that the browser does not run.
fn block(data: &mut String, class: &str, attributes: &str, bytes: &[u8]) {
    data.push_str("<script type=\"application/octet-stream\" class=\"");
    data.push_str(class);
    data.push('"');
    data.push_str(attributes);
    data.push('>');
    data.push_str(&STANDARD.encode(bytes));
    data.push_str("</script>\n");
}
