//! `snapshot --html FILE`: one file with the page, its engine and the state in it.
//!
//! The page is a file of its own, `kubectl-sched.html`, which every release archive has beside the program: so the
//! program does not carry three megabytes that few of its runs need, and building it needs no WebAssembly. The state is put
//! in as text at a mark.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;

use crate::cli::error::{Error, Result};

/// The page's name beside the program.
const PAGE: &str = "kubectl-sched.html";

/// Where a state is put in; `web/bundle` writes it.
const MARK: &str = "<!-- state -->";

/// The page, before and behind the state.
pub(super) struct Page {
    before: String,
    behind: String,
}

impl Page {
    /// Reads the page that was named, else the one beside the program.
    ///
    /// # Errors
    /// There is none, or it is another file.
    pub(super) fn read(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => beside_the_program().ok_or_else(|| {
                Error::new(format!("{PAGE} is not beside the program")).hint(format!(
                    "name it with --page FILE: it is in the release archive, and `just web` writes dist/{PAGE}"
                ))
            })?,
        };
        let shown = path.display();
        let text = fs::read_to_string(&path).map_err(|error| Error::new(format!("cannot read {shown}: {error}")))?;
        match text.split_once(MARK) {
            Some((before, behind)) if !behind.contains(MARK) => {
                Ok(Self { before: before.to_owned(), behind: behind.to_owned() })
            }
            _ => Err(Error::new(format!("{shown} is not the page of this program, or has a state already"))),
        }
    }

    /// Writes the page with what `state` writes in it, called by the name of `file`.
    ///
    /// # Errors
    /// What `out` says.
    pub(super) fn write<T>(
        &self,
        mut out: &mut dyn Write,
        file: &Path,
        state: impl FnOnce(&mut dyn Write) -> io::Result<T>,
    ) -> io::Result<T> {
        let name = plain(file);
        out.write_all(self.before.as_bytes())?;
        write!(
            out,
            "<script type=\"application/octet-stream\" class=\"state\" data-name=\"{name}\" data-snapshot=\"{name}.ksnap\">"
        )?;
        let mut encoder = EncoderWriter::new(&mut out, &STANDARD);
        let written = state(&mut encoder)?;
        encoder.finish()?;
        drop(encoder);
        out.write_all(b"</script>")?;
        out.write_all(self.behind.as_bytes())?;
        Ok(written)
    }
}

/// The page beside the program itself: what is on the PATH may be a link.
fn beside_the_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let program = fs::canonicalize(&program).unwrap_or(program);
    let page = program.with_file_name(PAGE);
    page.is_file().then_some(page)
}

/// The name of a file without its ending, of characters that mean nothing in HTML.
fn plain(file: &Path) -> String {
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let keep = |character: char| {
        if character.is_alphanumeric() || matches!(character, '.' | '-' | '_') { character } else { '-' }
    };
    let name: String = name.chars().map(keep).collect();
    if name.is_empty() { "state".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(page: &str, expected: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, page).unwrap();
        let written = Page::read(Some(&path)).ok().map(|page| {
            let mut out = Vec::new();
            page.write(&mut out, Path::new("a/\"x<.html"), |out| out.write_all(b"state")).unwrap();
            String::from_utf8(out).unwrap()
        });
        assert_eq!(written.as_deref(), expected);
    }

    #[test]
    fn the_state_stands_at_the_mark() {
        case(
            "<p><!-- state --></p>",
            Some(
                "<p><script type=\"application/octet-stream\" class=\"state\" data-name=\"-x-\" data-snapshot=\"-x-.ksnap\">c3RhdGU=</script></p>",
            ),
        );
    }

    #[test]
    fn another_page_is_refused() {
        case("<p></p>", None);
        case("<!-- state --><!-- state -->", None);
    }
}
