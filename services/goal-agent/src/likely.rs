//! What a half-written word may become: ids of goals and tasks, and tags.

use domain::{GoalId, TaskId};
use read_models::ReadAt;

use crate::{
    Caller, GoalAgent,
    locate::read_failed,
    refusal::Refusal,
    request::{Find, FindView, Kind},
};

/// Words that are offered.
const OFFERED_MAX: usize = 20;
/// Ids that begin with the digits so far and are looked for.
const NUMBERS_MAX: usize = 90;
/// Longer texts are no beginning of anything here.
const CHARACTERS_MAX: usize = 100;

impl GoalAgent {
    /// Ids of goals or tasks that begin so, or whose words are like it; of what is open when nothing has been written yet.
    ///
    /// # Errors
    /// The views cannot be read.
    pub async fn ids_like(&self, caller: &Caller, kind: Kind, text: &str) -> Result<Vec<String>, Refusal> {
        let text = text.trim();
        if text.chars().count() > CHARACTERS_MAX {
            return Ok(Vec::new());
        }
        if let Some(numbers) = numbers(kind, text) {
            return self.existing(caller, kind, &numbers).await;
        }
        // Terms such as `tag:` are for `find`; here they are words.
        let words = text.replace(':', " ");
        let limit = u32::try_from(OFFERED_MAX).ok();
        let request = match is_prefix(kind, text) {
            true => Find { view: Some(FindView::Open), kind: Some(kind), limit, ..Find::default() },
            false => Find { q: Some(words), kind: Some(kind), limit, ..Find::default() },
        };
        let found = self.find(caller, request).await?;
        Ok(found.rows.into_iter().map(|row| row.id.to_string()).collect())
    }

    /// Tags in use that begin so, the most used first.
    ///
    /// # Errors
    /// The views cannot be read.
    pub async fn tags_like(&self, caller: &Caller, text: &str) -> Result<Vec<String>, Refusal> {
        let _place = self.doors.reads.enter()?;
        let read = self.read_at(caller, None, None).await?;
        let tags = self.views.tags(&read).await.map_err(read_failed)?.value;
        let begun = text.trim().to_lowercase();
        let likely = tags.into_iter().map(|row| row.tag).filter(|tag| tag.to_lowercase().starts_with(&begun));
        Ok(likely.take(OFFERED_MAX).collect())
    }

    async fn existing(&self, caller: &Caller, kind: Kind, numbers: &[u64]) -> Result<Vec<String>, Refusal> {
        let _place = self.doors.reads.enter()?;
        let read: ReadAt = self.read_at(caller, None, None).await?;
        let ids: Vec<String> = match kind {
            Kind::Goal => {
                let ids: Vec<GoalId> = numbers.iter().copied().map(GoalId).collect();
                let goals = self.views.goals_by_id(&ids, &read).await.map_err(read_failed)?;
                goals.value.into_iter().map(|goal| goal.id.to_string()).collect()
            }
            Kind::Task => {
                let ids: Vec<TaskId> = numbers.iter().copied().map(TaskId).collect();
                let tasks = self.views.tasks_by_id(&ids, &read).await.map_err(read_failed)?;
                tasks.value.into_iter().map(|standing| standing.task.id.to_string()).collect()
            }
        };
        Ok(ids.into_iter().take(OFFERED_MAX).collect())
    }
}

fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Goal => "GOAL-",
        Kind::Task => "TASK-",
    }
}

/// Nothing yet, or a part of what every id begins with.
fn is_prefix(kind: Kind, text: &str) -> bool {
    prefix(kind).starts_with(&text.to_uppercase())
}

/// The numbers whose ids begin with what was written, the lowest first; `None` when there is no digit yet, or something else.
fn numbers(kind: Kind, text: &str) -> Option<Vec<u64>> {
    let upper = text.to_uppercase();
    let digits = upper.strip_prefix(prefix(kind)).unwrap_or(&upper);
    let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return None;
    }
    let typed: u64 = digits.parse().ok()?;
    // Ids have four digits at least; what has fewer may go on with any.
    let padded = 4_usize.saturating_sub(digits.len());
    let mut numbers = Vec::new();
    for more in padded..=18_usize.saturating_sub(digits.len()) {
        let step = 10_u64.pow(u32::try_from(more).ok()?);
        let Some(first) = typed.checked_mul(step) else { break };
        // Beyond four digits there are no zeros in front.
        if digits.starts_with('0') && digits.len() + more > 4 {
            break;
        }
        let room = NUMBERS_MAX.saturating_sub(numbers.len()) as u64;
        numbers.extend((first..first.saturating_add(step.min(room))).filter(|number| *number > 0));
        if numbers.len() >= NUMBERS_MAX {
            break;
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        numbers(Kind::Task, text).unwrap().into_iter().map(|number| TaskId(number).to_string()).collect()
    }

    #[test]
    fn digits_stand_for_the_ids_that_begin_with_them() {
        assert_eq!(ids("TASK-0012")[0], "TASK-0012");
        assert_eq!(ids("0012").len(), 1, "there are no longer ids that begin with a zero");
        assert_eq!(ids("task-001"), (10..20).map(|number| format!("TASK-00{number}")).collect::<Vec<_>>());
        assert_eq!(&ids("TASK-1234")[..3], ["TASK-1234", "TASK-12340", "TASK-12341"]);
        assert!(ids("0").len() <= NUMBERS_MAX && !ids("0").contains(&"TASK-0000".to_owned()));
        for text in ["TASK-", "GOAL-1", "draw", "1a", "1234567890123456789"] {
            assert_eq!(numbers(Kind::Task, text), None, "{text}");
        }
    }
}
