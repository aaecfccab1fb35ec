//! How far the reading of a file is, and the writing of a snapshot.

use std::io::{self, Read};
use std::sync::Arc;

/// Hears how far the reading of a file is.
pub trait FileProgress: Send + Sync {
    /// So many of the file's bytes were read, compressed ones as they are; called from any thread.
    fn read(&self, bytes: u64, of: u64);

    /// So many objects were written into a snapshot.
    fn wrote(&self, _objects: usize, _of: usize) {}
}

/// A file of `of` bytes, reporting what is read of it.
pub(super) struct Counted<R> {
    pub(super) file: R,
    pub(super) bytes: u64,
    pub(super) of: u64,
    pub(super) progress: Arc<dyn FileProgress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(room)?;
        self.bytes += count as u64;
        self.progress.read(self.bytes, self.of);
        Ok(count)
    }
}
