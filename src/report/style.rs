//! What text means, and the one table of how that looks.
//!
//! Everything must be understandable without colour. Escape codes are always written here;
//! the stream they go to takes them out when it should (`--color`, NO_COLOR, a pipe).

use owo_colors::{OwoColorize, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// Nothing in particular.
    #[default]
    Plain,
    /// A section's heading or a table's header.
    Heading,
    /// A node or a pod for which the answer is yes.
    Fits,
    /// A node or a pod for which the answer is no.
    Rejected,
    /// The plugin that spoke.
    Plugin,
    /// The node a pod is on.
    Current,
    /// What to do.
    Hint,
    /// What the answer does not rest on.
    Warning,
    /// Beside the point.
    Dim,
}

impl Label {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Fits => Style::new().green().bold(),
            Self::Rejected => Style::new().red().bold(),
            Self::Plugin | Self::Hint => Style::new().cyan(),
            Self::Current => Style::new().blue().bold(),
            Self::Warning => Style::new().yellow(),
            Self::Dim => Style::new().dimmed(),
        }
    }

    /// `text` in this label's style.
    pub fn paint(self, text: &str) -> String {
        if self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        text.style(self.style()).to_string()
    }
}
