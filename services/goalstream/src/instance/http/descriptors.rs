//! How many connections the system allows: each is a file descriptor, and so is much else.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// Connections beyond the usual ones, for telling clients that there are too many.
pub(super) const RESERVE_CONNECTIONS: usize = 64;
/// File descriptors for everything that is no client: databases, bus, files, the connections of the reserve.
const OTHERS_MAX: usize = 256;
/// What is tried where a system names no limit: not every one then takes every number.
const LIMITS_TRIED: [rlim_t; 2] = [1_048_576, 10_240];
/// What is taken for the limit of a system that does not tell it.
const LIMIT_UNKNOWN: rlim_t = 1_024;

/// As many connections as wanted, or as the system allows. Raises this process's own limit as far as it may.
pub(crate) fn connections(wanted: usize) -> usize {
    let limit = usize::try_from(raised()).unwrap_or(usize::MAX);
    let allowed = limit.saturating_sub(OTHERS_MAX).max(limit / 2);
    if wanted > allowed {
        tracing::warn!(wanted, allowed, limit, "this process may open fewer files than clients may connect");
    }
    wanted.min(allowed)
}

/// The limit after it was raised; as it was, when the system does not let us.
fn raised() -> rlim_t {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return LIMIT_UNKNOWN };
    let raise = |limit: &rlim_t| setrlimit(Resource::RLIMIT_NOFILE, *limit, hard).is_ok();
    LIMITS_TRIED.map(|limit| limit.min(hard).max(soft)).into_iter().find(raise).unwrap_or(soft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_and_leaves_room_for_the_rest() {
        let allowed = connections(usize::MAX);
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert!(LIMITS_TRIED.contains(&soft) || soft == hard || soft > LIMITS_TRIED[0], "{soft} of {hard}");
        assert!(allowed < usize::try_from(soft).unwrap(), "{allowed} of {soft}");
        assert_eq!(connections(10), 10);
    }
}
