//! One login for all that a command reads: a plugin that hands out credentials runs once.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use super::server::Server;
use super::{Connection, LiveError, runtime};

/// A client and the runtime that drives it.
pub(super) struct Session {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) server: Server,
}

/// The session of a connection, once there is one.
#[derive(Clone, Default)]
pub struct SessionCell(OnceCell<Rc<Session>>);

impl fmt::Debug for SessionCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "connected" } else { "not connected" })
    }
}

impl Connection {
    /// Logs in, unless that was done before.
    ///
    /// # Errors
    /// No usable kubeconfig, no login.
    pub(super) fn session(&self) -> Result<Rc<Session>, LiveError> {
        if let Some(session) = self.session.0.get() {
            return Ok(Rc::clone(session));
        }
        let runtime = runtime()?;
        let server = runtime.block_on(self.server())?;
        Ok(Rc::clone(self.session.0.get_or_init(|| Rc::new(Session { runtime, server }))))
    }
}
