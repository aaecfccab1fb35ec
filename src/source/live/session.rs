//! One login for all that a command reads: a plugin that hands out credentials runs once.

use std::cell::RefCell;
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
pub struct SessionCell(RefCell<Option<Rc<Session>>>);

impl fmt::Debug for SessionCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.borrow().is_some() { "connected" } else { "not connected" })
    }
}

impl Connection {
    /// Logs in, unless that was done before and the credentials are still good.
    ///
    /// # Errors
    /// No usable kubeconfig, no login.
    pub(super) fn session(&self) -> Result<Rc<Session>, LiveError> {
        if let Some(session) = self.session.0.borrow().as_ref().filter(|session| !session.server.login.is_over()) {
            return Ok(Rc::clone(session));
        }
        let runtime = runtime()?;
        let server = runtime.block_on(self.server())?;
        let session = Rc::new(Session { runtime, server });
        *self.session.0.borrow_mut() = Some(Rc::clone(&session));
        Ok(session)
    }
}
