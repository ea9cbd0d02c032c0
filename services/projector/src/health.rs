//! What others may know about a projection.

/// How it goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Projection {
    /// It has not begun.
    #[default]
    Starting,
    /// It goes.
    Running {
        /// The last position in the views.
        checkpoint: u64,
    },
    /// The database does not take pages; it is tried again.
    Retrying {
        /// How often it has been tried.
        attempts: u32,
        /// What went wrong last.
        error: String,
    },
    /// It has ended as it was told to.
    Ended,
    /// It has stopped, and the views fall behind until somebody has looked.
    Stopped {
        /// Why.
        error: String,
    },
}

impl Projection {
    /// Whether the views keep up, or will as soon as the database is back.
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Starting | Self::Running { .. } | Self::Ended)
    }
}
