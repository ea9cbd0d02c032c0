//! What else should be said with a plan: what it does not know, and what was left out of it.

use std::collections::BTreeMap;

use domain::goal::schedule::{Basis, SAMPLES_MIN, Step};

use super::telling::Told;

/// The hint of an answer from which these lists left out so many.
pub(super) fn hint(told: &Told<'_>, left_out: &BTreeMap<&'static str, usize>) -> Option<String> {
    let hints = [not_worked_on(told), too_few(told), assumed(told), not_told(told, left_out)];
    let said: Vec<String> = hints.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn not_worked_on(told: &Told<'_>) -> Option<String> {
    let (goal, id) = (told.goal, told.question.id);
    match goal.status {
        _ if goal.archived => Some(format!("{id} is archived: restore it before anything of this is done")),
        status if !status.is_open() => Some(format!("{id} is {}", <&str>::from(status))),
        _ => None,
    }
}

fn too_few(told: &Told<'_>) -> Option<String> {
    let forecast = &told.plan.forecast;
    let said = || {
        format!(
            "no dates: {} finished tasks were measured, {SAMPLES_MIN} are needed; minutes are what was estimated or assumed",
            forecast.samples
        )
    };
    forecast.finish.is_none().then(said)
}

fn assumed(told: &Told<'_>) -> Option<String> {
    let is_assumed = |step: &&Step| step.basis == Basis::Assumed;
    let count = told.plan.critical_path.iter().filter(is_assumed).count();
    (count > 0).then(|| format!("{count} tasks of the critical path count as an hour each: nothing is known of them"))
}

fn not_told(told: &Told<'_>, left_out: &BTreeMap<&'static str, usize>) -> Option<String> {
    let lists: Vec<String> = left_out.iter().map(|(list, count)| format!("{count} of {list}")).collect();
    let said = || format!("left out for room: {}; find with goal {} has all tasks", lists.join(", "), told.question.id);
    (!lists.is_empty()).then(said)
}
