//! LANGUAGE.md's first workflow.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unused_async,
    clippy::large_futures,
    reason = "written as a user would"
)]
use workflow_runtime::workflow;

#[derive(Debug)]
pub struct Application(String);
#[derive(Debug)]
pub struct Profile(String);
#[derive(Debug)]
pub struct Documents(u32);
#[derive(Debug)]
pub struct Background(bool);
#[derive(Debug)]
pub struct Dossier(String, u32);
#[derive(Debug)]
pub enum Verdict {
    Valid,
    Invalid(Vec<String>),
}
#[derive(Debug, PartialEq)]
pub struct Account(String);
#[derive(Default)]
pub struct Services {
    calls: std::sync::Mutex<Vec<String>>,
}
impl Services {
    fn say(&self, what: &str) {
        self.calls.lock().unwrap().push(what.to_owned());
    }
}

async fn data_entry(services: &Services, application: &Application) -> Profile {
    services.say("data_entry");
    tokio::task::yield_now().await;
    Profile(application.0.clone())
}
async fn collect_documents(services: &Services, _: &Application) -> Result<Documents, std::io::Error> {
    services.say("collect_documents");
    Ok(Documents(2))
}
async fn background_check(services: &Services, _: &Application) -> Result<Background, String> {
    services.say("background_check");
    Ok(Background(true))
}
fn assemble(profile: &Profile, documents: &Documents, background: &Background) -> Dossier {
    assert!(background.0);
    Dossier(profile.0.clone(), documents.0)
}
async fn verify(dossier: &Dossier) -> Verdict {
    if dossier.1 < 4 { Verdict::Invalid(vec!["more".into()]) } else { Verdict::Valid }
}
async fn correct(dossier: &Dossier, problems: &[String]) -> Dossier {
    Dossier(dossier.0.clone(), dossier.1 + u32::try_from(problems.len()).unwrap())
}
async fn create_account(services: &Services, dossier: &Dossier) -> Result<Account, String> {
    services.say("create_account");
    Ok(Account(format!("{}:{}", dossier.0, dossier.1)))
}
async fn welcome_email(services: &Services, _: &Account) {
    services.say("welcome");
}
async fn grant_access(services: &Services, _: &Account) -> Result<(), String> {
    services.say("access");
    Ok(())
}

workflow! {
    /// Onboards one customer, from application to first login.
    pub workflow CustomerOnboarding(application: Application) -> Account
    with services: Services
    {
        // Nothing connects these three, so they run side by side.
        stage profile: Profile = data_entry(services, application);
        stage documents: Documents = collect_documents(services, application);

        stage background: Background = background_check(services, application);

        // Verify, correct, verify again: a loop with an exit condition.
        #[max(3)]
        stage verified: Dossier = loop dossier: Dossier = assemble(profile, documents, background) {
            stage verdict: Verdict = verify(dossier);
            match verdict {
                Verdict::Valid => break dossier,
                Verdict::Invalid(problems) => continue correct(dossier, problems),
            }
        };

        stage account: Account = create_account(services, verified);

        // What must run in order, though no data says so.
        stage opened = seq {
            stage welcome = welcome_email(services, account);
            stage access = grant_access(services, account);
        };

        account
    }
}

#[tokio::test]
async fn runs() {
    let onboarding = CustomerOnboarding::new(Services::default());
    let account = onboarding.run(Application("ann".into())).await.unwrap();
    assert_eq!(account, Account("ann:4".into()));
}

#[tokio::test]
async fn starts() {
    let onboarding = CustomerOnboarding::new(Services::default());
    let handle = onboarding.start(Application("ann".into()));
    let account = handle.await.unwrap();
    assert_eq!(account, Account("ann:4".into()));
}
