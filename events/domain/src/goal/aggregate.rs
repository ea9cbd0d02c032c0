//! The goal behind the traits of cqrs-es: its fold and its decisions, nothing more.

use cqrs_es::{Aggregate, event_sink::EventSink};

use super::{Goal, GoalEvent, Instruction, decide};
use crate::Rejection;

impl Aggregate for Goal {
    const TYPE: &'static str = "goal";
    type Command = Instruction;
    type Event = GoalEvent;
    type Error = Rejection;
    type Services = ();

    async fn handle(&mut self, instruction: Instruction, _: &(), sink: &EventSink<Self>) -> Result<(), Rejection> {
        for event in decide(self, &instruction)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: GoalEvent) {
        self.evolve(&event);
    }
}
