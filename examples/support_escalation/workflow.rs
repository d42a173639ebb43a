//! The workflow: levels of support, each with its timers, and a customer who may say something at any time.

use workflow_runtime::workflow;

use crate::desk::{Desk, acknowledge, ask_to_rate, hand_to_manager, propose, remind, send_update};
use crate::domain::{Answer, Ending, Level, Rating, Reply, Resolution, Talk, Thread, Ticket, Turn, Withdrawal};

workflow! {
    /// Takes one ticket through the levels of support, until the customer is content, gives up, or is not heard of any
    /// more.
    pub workflow SupportEscalation(ticket: Ticket) -> Resolution
    with desk: Desk
    {
        /// The customer takes the ticket back.
        signal withdrawal: Withdrawal;

        stage acknowledged = acknowledge(desk, ticket);

        /// Level by level, each better and slower than the one before.
        #[until(withdrawal)]
        #[max(3, else = hand_to_manager(desk, level))]
        #[after(acknowledged)]
        stage handled: Option<Ending> = loop level: Level = desk.first_level(ticket) {
            /// One agent and the customer, in turns.
            #[max(8, else = Talk::Escalate("they go round in circles"))]
            stage talk: Talk = loop thread: Thread = Thread::new(level) {
                /// What the customer writes; each turn takes the next.
                signal reply: Reply;

                stage turn: Turn = select {
                    answer: Answer = propose(desk, ctx, ticket, thread) if !thread.is_answered() => Turn::Agent(answer.clone()),
                    signal reply => Turn::Customer(reply.clone()),
                    sleep(thread.level().answers_within()) if !thread.is_answered() => Turn::Overdue,
                    sleep(thread.customer_has()) if thread.is_answered() => Turn::Silence,
                };
                match turn {
                    Turn::Agent(Answer::GivesUp) => break Talk::Escalate("the agent knows no more"),
                    Turn::Agent(answer) => continue thread.answered(answer),
                    Turn::Customer(Reply::Solved) => break Talk::Solved,
                    Turn::Customer(Reply::Manager) => break Talk::Escalate("the customer wants the manager"),
                    Turn::Customer(reply) => continue thread.replied(reply),
                    Turn::Overdue => break Talk::Escalate("no answer in time"),
                    // Silence is no answer to a first question: it is asked once more.
                    Turn::Silence if thread.asks() && !thread.is_reminded() => {
                        stage reminded = remind(desk, ctx, thread);
                        #[after(reminded)]
                        stage again: Thread = thread.reminded();
                        continue again
                    },
                    Turn::Silence => break thread.after_silence(),
                }
            };
            match talk {
                Talk::Solved => break Ending::Solved(*level),
                Talk::Silent => break Ending::Silent(*level),
                Talk::Escalate(why) => continue desk.escalate(*level, why),
            }
        };

        /// The customer hears once a day that the ticket is not forgotten.
        #[until(handled)]
        #[max(30, else = *day)]
        #[after(acknowledged)]
        stage updates: Option<u32> = loop day: u32 = 1 {
            stage night = sleep(1d);
            #[after(night)]
            stage told: bool = send_update(desk, ctx, day);
            if *told { continue day + 1 } else { break *day }
        };

        /// Whoever was helped may say how well, within a week.
        #[when(matches!(handled, Some(Ending::Solved(_) | Ending::ByManager(_))))]
        stage rated: Option<Option<Rating>> = {
            stage asked = ask_to_rate(desk, ctx);
            #[accept((1..=5).contains(&rating.stars))]
            #[timeout(7d)]
            #[fallback(Rating { stars: 0 })]
            #[after(asked)]
            signal rating: Rating;
            if rating.stars == 0 { None } else { Some(rating.clone()) }
        };

        Resolution { ending: handled.clone(), updates: *updates, rating: rated.clone().flatten() }
    }
}
