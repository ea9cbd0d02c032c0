//! A plan as it is told: in whole minutes, with names, and short enough for a model's context.
//!
//! What does not fit is left out at the end of its list, and the hint says how much of which list.

use std::collections::BTreeMap;

use domain::{
    Goal, TaskId, Timestamp,
    goal::{
        Subject,
        schedule::{Difference, Plan, Risk, Shift, Step},
    },
};
use serde_json::Value;

use super::{Question, hints, names::Names};
use crate::{
    reply::{self, CriticalPath, Delay, Differences, Expected, Move, Outlook, Phase, Tried, Turn},
    room::BYTES_MAX,
};

/// Tasks listed in phases when there is room for all of them; other lists get a part of that.
const ROOM: usize = 512;
/// With less than this no list would say anything.
const ROOM_MIN: usize = 8;
/// Characters of a refusal's texts; fewer when there is no room.
const REFUSAL_CHARACTERS_MIN: usize = 80;
/// Tasks named for one risk.
const RISK_TASKS_MAX: usize = 10;

/// How many work, and where that number is from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Workers {
    Given(u32),
    Lately(u32),
    Nobody,
}

impl Workers {
    pub(super) fn count(self) -> u32 {
        match self {
            Self::Given(count) | Self::Lately(count) => count,
            Self::Nobody => 1,
        }
    }

    fn from(self) -> &'static str {
        match self {
            Self::Given(_) => "given",
            Self::Lately(_) => "lately",
            Self::Nobody => "nobody",
        }
    }
}

/// What is to be told.
pub(super) struct Told<'a> {
    pub(super) question: &'a Question,
    /// As it is, or as it would be.
    pub(super) goal: &'a Goal,
    pub(super) workers: Workers,
    pub(super) plan: &'a Plan,
    pub(super) supposed: Option<Compared<'a>>,
}

/// What the calls came to, and the plan that there is without them.
pub(super) struct Compared<'a> {
    pub(super) before: &'a Plan,
    pub(super) calls: Vec<Tried>,
    pub(super) names: &'a Names,
}

impl Told<'_> {
    /// As much as there is room for.
    pub(super) fn reply(&self) -> Outlook {
        let difference = self.supposed.as_ref().map(|supposed| Difference::between(supposed.before, self.plan));
        let mut room = ROOM;
        loop {
            let reply = Teller { told: self, room, left_out: BTreeMap::new() }.reply(difference.as_ref());
            let bytes = serde_json::to_string(&reply).map_or(0, |text| text.len());
            if bytes <= BYTES_MAX || room <= ROOM_MIN {
                return reply;
            }
            room /= 2;
        }
    }
}

/// One try to tell it within some room.
struct Teller<'a> {
    told: &'a Told<'a>,
    /// Entries of the longest list.
    room: usize,
    /// Of which list how many.
    left_out: BTreeMap<&'static str, usize>,
}

impl Teller<'_> {
    fn reply(mut self, difference: Option<&Difference>) -> Outlook {
        let Told { question, plan, .. } = *self.told;
        let mut reply = Outlook {
            position: question.lately.position,
            goal: question.id,
            left: plan.phases.iter().map(Vec::len).sum(),
            phases: self.phases(),
            critical_path: CriticalPath {
                minutes: minutes(plan.critical_seconds()),
                tasks: self.some("critical_path", &plan.critical_path, 4, Self::step),
            },
            forecast: self.forecast(),
            risks: self.some("risks", &plan.risks, 8, Self::risk),
            calls: self.calls(),
            difference: difference.map(|difference| self.difference(difference)),
            hint: None,
        };
        reply.hint = hints::hint(self.told, &self.left_out);
        reply
    }

    /// The first of a list, as many as its part of the room allows.
    fn some<T, R>(&mut self, list: &'static str, items: &[T], part: usize, tell: impl Fn(&Self, &T) -> R) -> Vec<R> {
        let told: Vec<R> = items.iter().take((self.room / part).max(1)).map(|item| tell(self, item)).collect();
        self.leave_out(list, items.len() - told.len());
        told
    }

    fn leave_out(&mut self, list: &'static str, count: usize) {
        if count > 0 {
            *self.left_out.entry(list).or_default() += count;
        }
    }

    /// From the first phase on: what comes later changes until then.
    fn phases(&mut self) -> Vec<Phase> {
        let (mut told, mut room, mut left_out) = (Vec::new(), self.room, 0);
        for tasks in &self.told.plan.phases {
            let shown = tasks.len().min(room);
            room -= shown;
            left_out += tasks.len() - shown;
            if shown > 0 {
                let names = tasks.iter().take(shown).map(|task| self.name(*task)).collect();
                told.push(Phase { tasks: names, more: tasks.len() - shown });
            }
        }
        self.leave_out("phases", left_out);
        told
    }

    fn step(&self, step: &Step) -> reply::Step {
        reply::Step {
            id: self.name(step.task),
            title: self.told.goal.task(step.task).map(|task| task.title.to_string()).unwrap_or_default(),
            minutes: minutes(step.seconds),
            basis: step.basis.into(),
        }
    }

    fn forecast(&self) -> Expected {
        let (forecast, lately) = (&self.told.plan.forecast, &self.told.question.lately);
        Expected {
            workers: forecast.workers,
            workers_from: self.told.workers.from(),
            minutes: minutes(forecast.seconds),
            basis: if forecast.finish.is_some() { "measured" } else { "too_few" },
            samples: forecast.samples,
            samples_of: (forecast.samples > 0).then_some(if lately.of_goal { "goal" } else { "workspace" }),
            p50: forecast.finish.map(|finish| finish.p50),
            p80: forecast.finish.map(|finish| finish.p80),
        }
    }

    fn risk(&self, risk: &Risk) -> reply::Risk {
        let id = risk.subject().map(|subject| self.subject(subject));
        let told = reply::Risk { kind: risk.kind(), id, ..reply::Risk::default() };
        let hits = |what: &str, tasks: &[TaskId]| reply::Risk {
            what: what.to_owned(),
            tasks: tasks.iter().take(RISK_TASKS_MAX).map(|task| self.name(*task)).collect(),
            more: tasks.len().saturating_sub(RISK_TASKS_MAX),
            ..told.clone()
        };
        let says = |what: String| reply::Risk { what, ..told.clone() };
        match risk {
            Risk::Overdue { due, .. } => says(format!("was due at {}", time(*due))),
            Risk::Late { due, expected, .. } => {
                says(format!("is due at {}, and expected at {}", time(*due), time(*expected)))
            }
            Risk::Failed { waiting, .. } => hits("failed, so these wait in vain: reopen or cancel it", waiting),
            Risk::Blocked { reason: Some(reason), .. } => says(format!("is blocked: {}", cut(reason, self.room))),
            Risk::Blocked { reason: None, .. } => says("is blocked, and nobody said why".to_owned()),
            Risk::Lapsed { holder, until, .. } => {
                says(format!("was held by {holder}, whose lease ended at {}", time(*until)))
            }
            Risk::HoldsUp { tasks, .. } => says(format!("{tasks} tasks have to wait for it")),
            Risk::Unestimated { tasks } => hits("are on the critical path and have no estimate", tasks),
        }
    }

    fn calls(&self) -> Vec<Tried> {
        let calls = self.told.supposed.as_ref().map_or(&[][..], |supposed| &supposed.calls);
        let shorten = |call: &Tried| {
            let mut call = call.clone();
            call.refused.values_mut().for_each(|said| shorten(said, self.room.max(REFUSAL_CHARACTERS_MIN)));
            call
        };
        calls.iter().map(shorten).collect()
    }

    fn difference(&mut self, difference: &Difference) -> Differences {
        let Difference { added, gone, joins_path, leaves_path, new_risks, gone_risks, .. } = difference;
        let finish = difference.finish.and_then(|finish| Some((finish.from?, finish.to?)));
        let name = |teller: &Self, task: &TaskId| teller.name(*task);
        Differences {
            critical_minutes: difference.critical_seconds.and_then(in_minutes),
            minutes: difference.seconds.and_then(in_minutes),
            workers: difference.workers.and_then(|workers| turn(workers.from.into(), workers.to.into())),
            p50: finish.and_then(|(from, to)| delay(from.p50, to.p50)),
            p80: finish.and_then(|(from, to)| delay(from.p80, to.p80)),
            added: self.some("added", added, 8, name),
            gone: self.some("gone", gone, 8, name),
            moved: self.some("moved", &difference.moved, 8, |teller, moved| Move {
                task: teller.name(moved.task),
                from: moved.phase.from,
                to: moved.phase.to,
            }),
            joins_critical_path: self.some("joins_critical_path", joins_path, 8, name),
            leaves_critical_path: self.some("leaves_critical_path", leaves_path, 8, name),
            new_risks: self.some("new_risks", new_risks, 16, Self::risk),
            gone_risks: self.some("gone_risks", gone_risks, 16, Self::risk),
        }
    }

    fn subject(&self, subject: Subject) -> String {
        match subject {
            Subject::Goal(goal) => goal.to_string(),
            Subject::Task(task) => self.name(task),
        }
    }

    fn name(&self, task: TaskId) -> String {
        self.told.supposed.as_ref().map_or_else(|| task.to_string(), |supposed| supposed.names.of(task))
    }
}

/// Whole minutes, rounded up: what takes seconds takes time.
fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60)
}

fn in_minutes(seconds: Shift<u64>) -> Option<Turn> {
    turn(minutes(seconds.from), minutes(seconds.to))
}

fn turn(from: u64, to: u64) -> Option<Turn> {
    (from != to).then_some(Turn { from, to })
}

fn delay(from: Timestamp, to: Timestamp) -> Option<Delay> {
    (from != to).then_some(Delay { from, to })
}

fn time(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn shorten(said: &mut Value, characters: usize) {
    match said {
        Value::String(text) => *text = cut(text, characters),
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, characters)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shorten(field, characters)),
        _ => {}
    }
}
