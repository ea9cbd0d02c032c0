//! How work flowed and who did it, against a plain walk through the log.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::{
    Goal, GoalEvent as E, GoalId, TaskId, Timestamp,
    goal::{GoalStatus, TaskStatus as S},
};
use read_models::{AttemptRow, AttemptsRequest, Ended, FlowBucket, FlowRequest, ReadAt};

use crate::{history::History, support::TestViews};

/// What a walk through the log knows of a task.
#[derive(Default)]
struct Seen {
    created: Timestamp,
    begun: Option<Timestamp>,
    status: S,
}

struct Walk {
    goals: BTreeMap<GoalId, Goal>,
    seen: BTreeMap<TaskId, Seen>,
    durations: Vec<(TimeDelta, Option<TimeDelta>)>,
}

/// Counts in plain steps what [`read_models::Views::flow`] counts in questions.
fn walked(history: &History, request: &FlowRequest) -> Vec<FlowBucket> {
    let width = (request.to - request.from).num_microseconds().unwrap();
    let parts = i64::from(request.buckets);
    let begin = |part: i64| request.from + TimeDelta::microseconds(width * part / parts);
    let mut walk = Walk { goals: BTreeMap::new(), seen: BTreeMap::new(), durations: Vec::new() };
    let mut log =
        history.log.iter().filter(|event| request.goal.is_none_or(|goal| event.goal_id() == Some(goal))).peekable();
    while let Some(before) = log.next_if(|event| event.recorded_at < request.from) {
        walk.step(before, &mut FlowBucket::default());
    }
    walk.durations.clear();
    let mut buckets = Vec::new();
    for part in 0..parts {
        let mut bucket = FlowBucket { at: begin(part), ..FlowBucket::default() };
        while let Some(event) = log.next_if(|event| event.recorded_at < begin(part + 1)) {
            bucket.events += 1;
            walk.step(event, &mut bucket);
        }
        walk.close(&mut bucket);
        buckets.push(bucket);
    }
    buckets
}

impl Walk {
    fn step(&mut self, recorded: &domain::Recorded, bucket: &mut FlowBucket) {
        let (event, at) = (recorded.goal_event().unwrap(), recorded.recorded_at);
        let goal = self.goals.entry(recorded.goal_id().unwrap()).or_default();
        goal.evolve(&event);
        let Some(task) = event.task() else { return };
        let seen = self.seen.entry(task).or_insert_with(|| Seen { created: at, ..Seen::default() });
        let before = seen.status;
        seen.status = goal.task(task).unwrap().status;
        if seen.status == S::InProgress {
            seen.begun.get_or_insert(at);
        }
        match event {
            E::TaskAdded { .. } => bucket.created += 1,
            E::TaskCompleted { .. } => {
                bucket.completed += 1;
                self.durations.push((at - seen.created, seen.begun.map(|begun| at - begun)));
            }
            E::TaskFailed { .. } => bucket.failed += 1,
            E::TaskCancelled { .. } => bucket.cancelled += 1,
            E::TaskClaimed { .. } => bucket.claimed += 1,
            E::TaskReopened { .. } if matches!(before, S::Completed | S::Failed | S::Cancelled) => bucket.reopened += 1,
            _ => {}
        }
    }

    fn close(&mut self, bucket: &mut FlowBucket) {
        for goal in self.goals.values().filter(|goal| !goal.archived) {
            let tasks = || goal.tasks.values().filter(|task| !task.archived);
            bucket.done += tasks().filter(|task| task.status == S::Completed).count() as u64;
            if goal.status != GoalStatus::Cancelled {
                bucket.open +=
                    tasks().filter(|task| !matches!(task.status, S::Completed | S::Cancelled)).count() as u64;
            }
        }
        let durations = std::mem::take(&mut self.durations);
        let leads: Vec<_> = durations.iter().map(|(lead, _)| lead.as_seconds_f64()).collect();
        let cycles: Vec<_> = durations.iter().filter_map(|(_, cycle)| Some(cycle.as_ref()?.as_seconds_f64())).collect();
        (bucket.lead_p50_s, bucket.lead_p90_s) = (percentile(&leads, 0.5), percentile(&leads, 0.9));
        (bucket.cycle_p50_s, bucket.cycle_p90_s) = (percentile(&cycles, 0.5), percentile(&cycles, 0.9));
    }
}

/// Between two values where it falls between them, as SQL has it.
fn percentile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part * (sorted.len().checked_sub(1)? as f64);
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

fn rounded(buckets: Vec<FlowBucket>) -> Vec<FlowBucket> {
    let round = |seconds: Option<f64>| seconds.map(|seconds| (seconds * 1_000.0).round() / 1_000.0);
    let rounded = buckets.into_iter().map(|bucket| FlowBucket {
        lead_p50_s: round(bucket.lead_p50_s),
        lead_p90_s: round(bucket.lead_p90_s),
        cycle_p50_s: round(bucket.cycle_p50_s),
        cycle_p90_s: round(bucket.cycle_p90_s),
        ..bucket
    });
    rounded.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flow_is_what_a_walk_through_the_log_counts() {
    let (mut completed, mut reopened, mut aside) = (0, 0, 0);
    for seed in 30..34 {
        let history = History::random(seed, 3, 900);
        let test = TestViews::of(&history.log).await;
        aside += history
            .log
            .iter()
            .filter(|event| ["goal_archived", "goal_cancelled"].contains(&&*event.event_type))
            .count();
        let begun = history.log[0].recorded_at;
        let read = ReadAt::latest(history.now);
        assert_eq!(test.views.begun_at(None, &read).await.unwrap(), Some(begun));
        let week = TimeDelta::days(7);
        let middle = begun + (history.now - begun) / 3;
        let stretches = [
            (None, begun, history.now + TimeDelta::seconds(1), 12),
            (Some(GoalId(2)), begun, history.now + TimeDelta::seconds(1), 7),
            (None, middle, history.now, 5),
            (None, begun - week, begun, 3),
            (None, history.now + week, history.now + week * 2, 2),
        ];
        for (goal, from, to, buckets) in stretches {
            let request = FlowRequest { goal, from, to, buckets };
            let told = test.views.flow(&request, &read).await.unwrap();
            assert_eq!(rounded(told.value.clone()), rounded(walked(&history, &request)), "seed {seed}, {request:?}");
            completed += told.value.iter().map(|bucket| bucket.completed).sum::<u64>();
            reopened += told.value.iter().map(|bucket| bucket.reopened).sum::<u64>();
        }
    }
    let counted = (completed, reopened, aside);
    assert!(completed > 50 && reopened > 10 && aside > 5, "{counted:?} are too few to prove anything");
}

fn attempts(history: &History, now: Timestamp) -> Vec<AttemptRow> {
    let mut running: BTreeMap<TaskId, (AttemptRow, Timestamp)> = BTreeMap::new();
    let mut told = Vec::new();
    let mut begun = BTreeMap::new();
    for recorded in &history.log {
        let end = |task: TaskId, ended: Ended, running: &mut BTreeMap<_, (AttemptRow, Timestamp)>| {
            let (mut row, until) = running.remove(&task)?;
            row.until = Some(if ended == Ended::Expired { until } else { recorded.recorded_at });
            row.ended = Some(ended);
            Some(row)
        };
        let over = match recorded.goal_event().unwrap() {
            E::TaskClaimed { task, fence, holder, at, until } => {
                let goal = recorded.goal_id().unwrap();
                let row = AttemptRow {
                    task,
                    goal,
                    title: String::new(),
                    agent: holder,
                    fence,
                    from: at,
                    until: None,
                    ended: None,
                };
                running.insert(task, (row, until));
                begun.insert((task, fence), recorded.position);
                None
            }
            E::ClaimRenewed { task, to, .. } => {
                if let Some((_, until)) = running.get_mut(&task) {
                    *until = to;
                }
                None
            }
            E::ClaimReleased { task, .. } => end(task, Ended::Released, &mut running),
            E::ClaimExpired { task, .. } => end(task, Ended::Expired, &mut running),
            E::TaskCompleted { task, .. } => end(task, Ended::Completed, &mut running),
            E::TaskFailed { task, .. } => end(task, Ended::Failed, &mut running),
            E::TaskCancelled { task, .. } => end(task, Ended::Cancelled, &mut running),
            _ => None,
        };
        told.extend(over.map(|row| (row.clone(), begun[&(row.task, row.fence)])));
    }
    for (mut row, until) in running.into_values() {
        if until <= now {
            (row.until, row.ended) = (Some(until), Some(Ended::Expired));
        }
        let position = begun[&(row.task, row.fence)];
        told.push((row, position));
    }
    told.sort_by_key(|(_, position)| std::cmp::Reverse(*position));
    told.into_iter().map(|(row, _)| row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_begin_and_end_as_the_log_says() {
    let mut ways = BTreeSet::new();
    for seed in 40..44 {
        let history = History::random(seed, 3, 900);
        let test = TestViews::of(&history.log).await;
        let read = ReadAt::latest(history.now);
        let all = AttemptsRequest { limit: 1_000, ..AttemptsRequest::default() };
        let expected = attempts(&history, history.now);
        let mut told = test.views.attempts(&all, &read).await.unwrap().value;
        assert!(told.iter_mut().all(|row| !std::mem::take(&mut row.title).is_empty()), "each has a title");
        assert_eq!(told, expected, "seed {seed}");
        ways.extend(told.iter().map(|row| format!("{:?}", row.ended)));

        let (from, to) = (history.log[0].recorded_at + TimeDelta::hours(3), history.now - TimeDelta::hours(3));
        let some = AttemptsRequest {
            goal: Some(GoalId(1)),
            actor: expected.first().map(|row| row.agent.clone()),
            from: Some(from),
            to: Some(to),
            limit: 10,
        };
        let narrow = |row: &&AttemptRow| {
            let began = history.log.iter().find(|event| {
                matches!(event.goal_event().unwrap(), E::TaskClaimed { task, fence, .. } if (task, fence) == (row.task, row.fence))
            });
            let began = began.unwrap().recorded_at;
            let reached = row.until.is_none_or(|until| until >= from);
            row.goal == GoalId(1)
                && Some(&row.agent) == some.actor.as_ref()
                && began < to
                && reached
                && began >= from - TimeDelta::days(7)
        };
        let narrowed: Vec<_> = expected.iter().filter(narrow).take(10).map(|row| (row.task, row.fence)).collect();
        let told = test.views.attempts(&some, &read).await.unwrap().value;
        assert_eq!(told.iter().map(|row| (row.task, row.fence)).collect::<Vec<_>>(), narrowed, "seed {seed}");
    }
    assert!(ways.len() >= 5, "{ways:?} are too few ways to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn actors_are_told_with_what_they_did_lately_and_what_they_hold() {
    let history = History::random(50, 3, 900);
    let test = TestViews::of(&history.log).await;
    let told = test.views.actors(10, &ReadAt::latest(history.now)).await.unwrap().value;
    let lately = history.now - TimeDelta::days(1);
    for row in &told {
        let its = || history.log.iter().filter(|event| event.metadata.get("actor_id") == Some(&row.actor));
        let last = its().next_back().unwrap();
        assert_eq!(
            (row.last_position, row.last_at, &row.last_type),
            (last.position, last.recorded_at, &last.event_type)
        );
        let recent = || its().filter(|event| event.recorded_at >= lately);
        assert_eq!(row.events_24h, recent().count() as u64);
        assert_eq!(row.completed_24h, recent().filter(|event| event.event_type == "task_completed").count() as u64);
        let holds = |(id, task): (&TaskId, &std::sync::Arc<domain::goal::Task>)| {
            task.live_claim(history.now).filter(|claim| claim.holder == row.actor).map(|claim| (claim.since, *id))
        };
        let mut held: Vec<_> = history.goals.values().flat_map(|goal| goal.tasks.iter()).filter_map(holds).collect();
        held.sort_unstable();
        assert_eq!(row.claims.iter().map(|claim| (claim.since, claim.task)).collect::<Vec<_>>(), held);
    }
    assert!(told.len() == 2 && told[0].last_position > told[1].last_position, "{told:?}");
    let first = test.views.actors(1, &ReadAt::latest(history.now)).await.unwrap().value;
    assert_eq!(first[..], told[..1]);
}
