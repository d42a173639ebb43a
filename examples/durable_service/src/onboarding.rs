//! Onboardings: verify, ask for what is missing, verify again, until a customer's papers are complete.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workflow_runtime::{StageContext, workflow};

use crate::bank::{Bank, Problem};
use crate::served::{Offered, UnknownSignal, read, stage};

/// Papers that a new customer has to send in.
const PAPERS: [&str; 2] = ["passport", "proof of address"];

/// A person's application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Name of the applicant.
    pub name: String,
    /// Where letters go.
    pub email: String,
    /// Papers enclosed with the application.
    #[serde(default)]
    pub papers: Vec<String>,
}

/// A paper that comes later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paper {
    /// As `passport`.
    pub kind: String,
}

/// Everything about one applicant in one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dossier {
    /// Name of the customer.
    pub name: String,
    /// The papers so far.
    pub papers: Vec<String>,
}

impl Dossier {
    fn with(&self, paper: &Paper) -> Self {
        let mut dossier = self.clone();
        dossier.papers.push(paper.kind.clone());
        dossier
    }

    fn missing(&self) -> Option<String> {
        PAPERS.into_iter().find(|kind| !self.papers.iter().any(|paper| paper == kind)).map(ToOwned::to_owned)
    }
}

/// A customer's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub number: String,
    /// Whose.
    pub holder: String,
}

workflow! {
    /// Onboards one customer, from application to first login.
    #[durable]
    pub workflow Onboarding(application: Application) -> Account
    with bank: Bank
    {
        // Nothing connects these two, so they run side by side.
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        stage profile: String = enter_data(bank, ctx, application);
        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        stage background = ask_registers(bank, ctx, application);

        /// Verify, ask for what is missing, verify again.
        #[max(10)]
        #[after(background)]
        stage dossier: Dossier = loop draft: Dossier = first_draft(profile, application) {
            stage missing: Option<String> = draft.missing();
            match missing {
                None => break draft,
                Some(kind) => continue {
                    #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
                    stage asked = ask_for(bank, ctx, kind);
                    #[after(asked)]
                    signal paper: Paper;
                    draft.with(paper)
                },
            }
        };

        #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
        #[undo(close_account(bank, ctx, account), retry(5, exponential(200ms..10s)))]
        stage account: Account = open_account(bank, ctx, dossier);

        // What must run in order, though no data says so.
        stage opened = seq {
            #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
            stage welcome = write_welcome(bank, ctx, application);
            #[retry(5, exponential(200ms..10s), if = Problem::is_passing)]
            stage access = bank.has_done(ctx, format!("access granted to {}", account.number));
        };

        account
    }
}

async fn enter_data(bank: &Bank, ctx: &StageContext, application: &Application) -> Result<String, Problem> {
    let name = application.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Problem::Refused("the application has no name".to_owned()));
    }
    bank.has_done(ctx, format!("data of {name} entered")).await?;
    Ok(name)
}

async fn ask_registers(bank: &Bank, ctx: &StageContext, application: &Application) -> Result<(), Problem> {
    bank.has_done(ctx, format!("registers asked about {}", application.name)).await
}

fn first_draft(name: &str, application: &Application) -> Dossier {
    Dossier { name: name.to_owned(), papers: application.papers.clone() }
}

async fn ask_for(bank: &Bank, ctx: &StageContext, kind: &str) -> Result<(), Problem> {
    bank.has_done(ctx, format!("letter written: the {kind} is missing")).await
}

async fn open_account(bank: &Bank, ctx: &StageContext, dossier: &Dossier) -> Result<Account, Problem> {
    bank.has_done(ctx, format!("account opened for {}", dossier.name)).await?;
    Ok(Account { number: format!("A-{}", ctx.instance()), holder: dossier.name.clone() })
}

async fn close_account(bank: &Bank, ctx: &StageContext, account: &Account) -> Result<(), Problem> {
    bank.has_done(ctx, format!("account {} closed", account.number)).await
}

async fn write_welcome(bank: &Bank, ctx: &StageContext, application: &Application) -> Result<(), Problem> {
    bank.has_done(ctx, format!("{} welcomed", application.email)).await?;
    // Reserved for addresses that never work: RFC 2606.
    if application.email.ends_with(".invalid") {
        return Err(Problem::Refused(format!("the letter to {} came back", application.email)));
    }
    Ok(())
}

impl Offered for Onboarding {
    const PATH: &'static str = "onboarding";
    const SIGNALS: &'static [&'static str] = &["paper"];

    fn read_signal(name: &str, body: &[u8]) -> Result<OnboardingSignal, UnknownSignal> {
        match name {
            "paper" => Ok(OnboardingSignal::Paper(read(body)?)),
            _ => Err(UnknownSignal::Name),
        }
    }

    fn show(state: &OnboardingState) -> Value {
        json!({
            "profile": stage(&state.profile),
            "background": stage(&state.background),
            "dossier": stage(&state.dossier),
            "account": stage(&state.account),
            "opened": stage(&state.opened),
        })
    }
}
