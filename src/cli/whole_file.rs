//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `target` beside its place and renames it: nobody reads half of it, and what was there stays when
/// anything fails. What is no file, such as /dev/stdout or a named pipe, is written to as it is.
///
/// # Errors
/// The file cannot be created or written, or `write` fails.
pub(super) fn replace<T>(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    // A link stays a link to the new file.
    let place = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
    if fs::metadata(&place).is_ok_and(|there| !there.is_file()) {
        return filled(fs::File::options().write(true).open(&place)?, write);
    }
    let mut beside = place.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside).and_then(|file| filled(file, write));
    let written = written.and_then(|written| fs::rename(&beside, &place).map(|()| written));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn filled<T>(file: fs::File, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut out = BufWriter::new(file);
    let written = write(&mut out)?;
    out.flush()?;
    Ok(written)
}
