//! The workflow: seven steps, each of which knows how it is undone.

use workflow_runtime::workflow;

use crate::bank::{
    Bank, ask_for_approval, assess_risk, check_compliance, execute, note_approval, reconcile, report, undo, validate,
};
use crate::domain::{Answer, Approval, Clearance, Hold, Order, Receipt, Reconciliation, Reply, Risk, Step, Transfer};
use crate::problem::Problem;

workflow! {
    /// Moves money from one account to another. Where a step fails for good, or the customer cancels, all that was done
    /// before is undone, the last first.
    #[deadline(4d)]
    pub workflow Payment(order: Order) -> Receipt
    with bank: Bank
    {
        /// Checks the order, and holds the amount on the payer's account.
        #[retry(3, exponential(1s..10s), jitter = none, if = Problem::is_passing)]
        #[undo(undo(bank, ctx, Step::Validation), retry(3, fixed(1min)), timeout(30s))]
        #[timeout(30s)]
        stage validation: Hold = validate(bank, ctx, order);

        // Side by side: both need the hold, and not each other.

        /// Books the payment against what the bank risks with this payer.
        #[retry(3, exponential(1s..10s), jitter = none, if = Problem::is_passing)]
        #[undo(undo(bank, ctx, Step::Risk), retry(3, fixed(1min)), timeout(30s))]
        #[timeout(30s)]
        stage risk: Risk = assess_risk(bank, ctx, order, validation);

        /// Opens a case with the compliance office, which knows the sanctions lists.
        #[retry(5, exponential(1s..1min), jitter = none, if = Problem::is_passing)]
        #[undo(undo(bank, ctx, Step::Compliance), retry(3, fixed(1min)), timeout(30s))]
        #[timeout(2min)]
        stage compliance: Clearance = check_compliance(bank, ctx, order, validation);

        /// A payment above the limit needs the answer of an approver, within three days.
        stage approval: Approval = if bank.needs_approval(order) {
            stage asked = ask_for_approval(bank, ctx, order, risk, compliance);
            #[accept(answer.is_from_an_approver())]
            #[after(asked)]
            signal answer: Answer;
            select {
                signal answer => match answer {
                    Answer::Granted { by } => {
                        // Not on the whole stage: a wait for an answer has nothing to undo.
                        #[undo(undo(bank, ctx, Step::Approval), retry(3, fixed(1min)), timeout(30s))]
                        stage noted: Approval = note_approval(bank, ctx, by);
                        noted
                    }
                    Answer::Denied { by, reason } => fail Problem::Denied { by: by.clone(), reason: reason.clone() },
                },
                sleep(3d) => fail Problem::Expired,
            }
        } else {
            Approval::NotNeeded
        };

        /// Moves the money. Without a reply it is unknown whether it moved: another call with the same key does no
        /// harm, and the undo counts from the first attempt.
        #[undo(
            undo(bank, ctx, Step::Execution),
            retry(5, exponential(1min..1h), jitter = none),
            timeout(30s),
            on = attempt,
        )]
        stage execution: Transfer = {
            #[retry(2, fixed(30s))]
            #[timeout(1min)]
            stage sending: Reply = execute(bank, ctx, order, validation, approval);
            match sending {
                Reply::Sent(transfer) => transfer.clone(),
                Reply::Refused(problem) => fail problem.clone(),
            }
        };

        // The other bank's statement is there an hour later.
        #[after(execution)]
        stage settled = sleep(1h);

        /// Compares the transfer with that statement.
        #[retry(3, fixed(12h), if = Problem::is_passing)]
        #[undo(undo(bank, ctx, Step::Reconciliation), retry(3, fixed(1min)), timeout(30s))]
        #[timeout(10min)]
        #[after(settled)]
        stage reconciliation: Reconciliation = reconcile(bank, ctx, order, execution);

        /// Tells the payer, and the authorities where they want to know.
        #[retry(5, exponential(10s..10min), jitter = none, if = Problem::is_passing)]
        #[timeout(30s)]
        stage reporting: Receipt = report(bank, ctx, order, approval, reconciliation);

        reporting
    }
}
