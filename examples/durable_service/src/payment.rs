//! Payments: with an approval that may take days, money that takes its time, and an undo for what was done.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_runtime::{StageContext, workflow};

use crate::bank::{Bank, Problem};
use crate::served::{Offered, UnknownSignal, read, stage};

/// Amount in cents up to which a payment needs no approval.
const APPROVAL_ABOVE: u64 = 100_000;

/// Names with whom no trade is allowed.
const SANCTIONED: [&str; 2] = ["Auric Goldfinger", "Viktor Drago"];

/// Asks the bank to move money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Name of the payer.
    pub payer: String,
    /// Name of the payee.
    pub payee: String,
    /// How much.
    pub cents: u64,
}

impl Order {
    fn needs_approval(&self) -> bool {
        self.cents > APPROVAL_ABOVE
    }
}

/// An approver's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Yes.
    Granted {
        /// Name of the approver.
        by: String,
    },
    /// No.
    Denied {
        /// Name of the approver.
        by: String,
        /// And why.
        reason: String,
    },
}

impl Answer {
    fn is_signed(&self) -> bool {
        let (Self::Granted { by } | Self::Denied { by, .. }) = self;
        !by.trim().is_empty()
    }
}

/// The approval of a payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Approval {
    /// The amount is small.
    NotNeeded,
    /// The named person has approved.
    By(String),
}

/// The payer's receipt at the end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// Of the transfer.
    pub reference: String,
    /// How much.
    pub cents: u64,
    /// Approval of the payment.
    pub approval: Approval,
}

workflow! {
    /// Moves money from one account to another. Where a step fails for good, or the payment is cancelled, all that was
    /// done before is undone, the last first.
    #[durable]
    pub workflow Payment(order: Order) -> Receipt
    with bank: Bank
    {
        /// Holds the amount on the payer's account.
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        #[undo(release(bank, ctx, order), retry(5, exponential(200ms..10s)))]
        stage hold = hold_amount(bank, ctx, order);

        /// Looks both sides up in the sanctions list.
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        #[after(hold)]
        stage compliance = check_compliance(bank, ctx, order);

        /// A payment above the limit needs an approval within three days.
        #[after(compliance)]
        stage approval: Approval = if order.needs_approval() {
            #[accept(answer.is_signed())]
            signal answer: Answer;
            select {
                signal answer => match answer {
                    Answer::Granted { by } => Approval::By(by.clone()),
                    Answer::Denied { by, reason } => fail format!("{by} denied it: {reason}"),
                },
                sleep(3d) => fail "nobody approved it within three days",
            }
        } else {
            Approval::NotNeeded
        };

        /// Moves the money. Without a reply it is unknown whether it moved, so the undo counts from the first attempt.
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        #[timeout(1min)]
        #[undo(send_back(bank, ctx, order), retry(5, exponential(200ms..10s)), on = attempt)]
        stage transfer: String = send(bank, ctx, order, approval);

        /// The money is on its way.
        #[after(transfer)]
        stage settled = sleep(bank.settling());

        /// Tells the payer.
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        #[after(settled)]
        stage receipt: Receipt = report(bank, ctx, order, transfer, approval);

        receipt
    }
}

async fn hold_amount(bank: &Bank, ctx: &StageContext, order: &Order) -> Result<(), Problem> {
    if order.cents == 0 {
        return Err(Problem::Refused("there is nothing to pay".to_owned()));
    }
    bank.has_done(ctx, format!("{} cents of {} held", order.cents, order.payer)).await
}

async fn release(bank: &Bank, ctx: &StageContext, order: &Order) -> Result<(), Problem> {
    bank.has_done(ctx, format!("{} cents of {} released", order.cents, order.payer)).await
}

async fn check_compliance(bank: &Bank, ctx: &StageContext, order: &Order) -> Result<(), Problem> {
    bank.has_done(ctx, format!("{} and {} looked up", order.payer, order.payee)).await?;
    match [&order.payer, &order.payee].into_iter().find(|name| SANCTIONED.contains(&name.as_str())) {
        Some(name) => Err(Problem::Refused(format!("{name} is on the sanctions list"))),
        None => Ok(()),
    }
}

async fn send(bank: &Bank, ctx: &StageContext, order: &Order, approval: &Approval) -> Result<String, Problem> {
    let approved = match approval {
        Approval::NotNeeded => String::new(),
        Approval::By(name) => format!(", approved by {name}"),
    };
    bank.has_done(ctx, format!("{} cents sent to {}{approved}", order.cents, order.payee)).await?;
    Ok(format!("T-{}", ctx.instance()))
}

async fn send_back(bank: &Bank, ctx: &StageContext, order: &Order) -> Result<(), Problem> {
    bank.has_done(ctx, format!("{} cents back to {}, if they were sent", order.cents, order.payer)).await
}

async fn report(
    bank: &Bank,
    ctx: &StageContext,
    order: &Order,
    transfer: &str,
    approval: &Approval,
) -> Result<Receipt, Problem> {
    bank.has_done(ctx, format!("{} told of {transfer}", order.payer)).await?;
    Ok(Receipt { reference: transfer.to_owned(), cents: order.cents, approval: approval.clone() })
}

impl Offered for Payment {
    const PATH: &'static str = "payment";
    const SIGNALS: &'static [&'static str] = &["answer"];

    fn read_signal(name: &str, body: &[u8]) -> Result<PaymentSignal, UnknownSignal> {
        match name {
            "answer" => Ok(PaymentSignal::Answer(read(body)?)),
            _ => Err(UnknownSignal::Name),
        }
    }

    fn show(state: &PaymentState) -> Value {
        json!({
            "hold": stage(&state.hold),
            "compliance": stage(&state.compliance),
            "approval": stage(&state.approval),
            "transfer": stage(&state.transfer),
            "settled": stage(&state.settled),
            "receipt": stage(&state.receipt),
        })
    }
}
