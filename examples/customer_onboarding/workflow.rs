//! The workflow, as the language's guide has it.

use workflow_runtime::workflow;

use crate::domain::{Account, Application, Background, Documents, Dossier, Profile, Verdict};
use crate::services::{
    Services, assemble, background_check, close_account, collect_documents, correct, create_account, data_entry,
    grant_access, verify, welcome_email,
};

workflow! {
    /// Onboards one customer, from application to first login.
    pub workflow CustomerOnboarding(application: Application) -> Account
    with services: Services
    {
        // Nothing connects these three, so they run side by side.
        stage profile: Profile = data_entry(services, application);
        stage documents: Documents = collect_documents(services, application);

        #[retry(5, exponential(200ms..30s))]
        #[timeout(2min)]
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

        #[undo(close_account(services, account))]
        stage account: Account = create_account(services, verified);

        // What must run in order, though no data says so.
        stage opened = seq {
            stage welcome = welcome_email(services, account);
            stage access = grant_access(services, account);
        };

        account
    }
}
