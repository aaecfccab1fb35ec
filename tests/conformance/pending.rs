//! Areas of minors that do not agree completely yet: a file `pending/AREA.MINOR` for each. An empty one is only run and
//! reported; `29 of 444` in it is how many pods agree, no more and no fewer.

use std::path::PathBuf;

use libtest_mimic::Failed;

use crate::common::corpus;

fn folder() -> PathBuf {
    corpus::folder().join("pending")
}

pub(crate) fn file(area: &str, minor: &str) -> PathBuf {
    folder().join(format!("{area}.{minor}"))
}

/// What is noted of an area that does not agree completely yet.
pub(crate) fn noted(area: &str, minor: &str) -> Option<String> {
    let text = std::fs::read_to_string(file(area, minor)).ok()?;
    Some(text.trim().to_owned())
}

/// Whether every file says how many pods agree.
pub(crate) fn all_counted() -> bool {
    let Ok(files) = std::fs::read_dir(folder()) else { return true };
    files.into_iter().all(|file| file.unwrap().metadata().unwrap().len() > 0)
}

/// No file stands for a test that there is not.
pub(crate) fn every_area_exists(tests: &[String]) -> Result<(), Failed> {
    let Ok(files) = std::fs::read_dir(folder()) else { return Ok(()) };
    for file in files {
        let file = file.unwrap().file_name().into_string().unwrap();
        let test = file.replacen('.', "::", 1);
        if !tests.contains(&test) {
            return Err(format!("pending/{file}: there is no test {test}").into());
        }
    }
    Ok(())
}
