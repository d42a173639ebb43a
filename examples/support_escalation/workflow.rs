//! The workflow: levels of support, each with its timers, and a customer who may say something at any time.

use workflow_runtime::workflow;

use crate::desk::{Desk, acknowledge, ask_to_rate, hand_to_manager, propose, remind, send_update};
use crate::domain::{Answer, Ending, Level, Rating, Reply, Resolution, Talk, Thread, Ticket, Turn, Withdrawal};

workflow! {
    /// Takes one ticket through the levels of support, until the customer is content, takes it back or is not heard of
    /// any more, or the manager decides.
    pub workflow SupportEscalation(ticket: Ticket) -> Resolution
    with desk: Desk
    {
        /// The customer takes the ticket back.
        signal withdrawal: Withdrawal;

        stage acknowledged = acknowledge(desk, ticket);

        /// Level by level, each better and slower than the one before.
        #[until(withdrawal)]
        #[max(3)]
        #[after(acknowledged)]
        stage handled: Option<Ending> = loop level: Level = desk.first_level(ticket) {
            /// One agent and the customer, in turns.
            #[max(8, else = Talk::Escalate("they go round in circles"))]
            stage talk: Talk = loop thread: Thread = Thread::new(*level) {
                /// The customer's reply; each turn takes the next.
                signal reply: Reply;

                stage turn: Turn = select {
                    answer: Answer = propose(desk, ctx, thread) if !thread.is_answered() => Turn::Agent(*answer),
                    signal reply => Turn::Customer(reply.clone()),
                    sleep(thread.level().answers_within()) if !thread.is_answered() => Turn::Overdue,
                    sleep(thread.customer_has()) if thread.is_answered() => Turn::Silence,
                };
                match turn {
                    Turn::Agent(Answer::GivesUp) => break Talk::Escalate("the agent knows no more"),
                    Turn::Agent(came) => continue thread.answered(*came),
                    Turn::Customer(Reply::Solved) => break Talk::Solved,
                    Turn::Customer(Reply::Manager) => break Talk::Escalate("the customer asks for someone else"),
                    Turn::Customer(said) => continue thread.replied(said),
                    Turn::Overdue => break Talk::Escalate("no answer in time"),
                    // A question that gets no answer is asked once more.
                    Turn::Silence if thread.asks() && !thread.is_reminded() => {
                        stage reminded = remind(desk, thread);
                        continue thread.reminded()
                    }
                    Turn::Silence => break Talk::Silent,
                }
            };
            match talk {
                Talk::Solved => break Ending::Solved(*level),
                Talk::Silent => break Ending::Silent(*level),
                Talk::Escalate(why) if *level == Level::Third => break hand_to_manager(desk, ctx, why),
                Talk::Escalate(why) => continue desk.escalate(*level, why),
            }
        };

        /// The customer hears once a day that the ticket is not forgotten.
        #[until(handled)]
        #[max(30, else = ())]
        #[after(acknowledged)]
        stage updates: Option<()> = loop day: u32 = 1 {
            stage night = sleep(1d);
            #[after(night)]
            stage told = send_update(desk, *day);
            if *day == 30 { break } else { continue day + 1 }
        };

        /// The customer may rate the help within a week.
        #[when(matches!(handled, Some(Ending::Solved(_) | Ending::ByManager(_))))]
        #[after(updates)]
        stage rated: Option<Option<Rating>> = {
            stage asked = ask_to_rate(desk);
            #[accept((1..=5).contains(&rating.stars))]
            #[timeout(7d)]
            #[fallback(Rating { stars: 0 })]
            #[after(asked)]
            signal rating: Rating;
            if rating.stars == 0 { None } else { Some(*rating) }
        };

        Resolution { ending: handled.clone(), rating: rated.flatten() }
    }
}
