//! Every construct, written as it should be.

use super::{around, read_clean};

/// The body of a workflow without mistakes.
fn body(source: &str) -> String {
    let described = read_clean(&around(source));
    let body = described.strip_prefix("workflow W()->T with() where() {").and_then(|rest| rest.strip_suffix('}'));
    body.expect("the header of a test is known").to_owned()
}

#[track_caller]
fn node(source: &str, expected: &str) {
    for (before, after) in [
        ("stage x: T = ", ";"),
        ("", ""),
        ("stage x = race { ", ", b };"),
        ("stage x = match y { _ => ", " };"),
        ("stage x = race { b, ", " };"),
    ] {
        let described = body(&format!("{before}{source}{after}"));
        assert!(described.contains(expected), "{before}{source}{after}\n{described}\n{expected}");
    }
}

#[test]
fn the_example_of_the_language() {
    let read = read_clean(
        "
        /// Onboards one customer.
        pub workflow CustomerOnboarding(application: Application) -> Account
        with services: Services
        {
            stage profile: Profile = data_entry(services, application);
            #[retry(5, exponential(200ms..30s))]
            #[timeout(2min)]
            stage background: Background = background_check(services, application);
            #[max(3)]
            stage verified: Dossier = loop dossier: Dossier = assemble(profile, background) {
                stage verdict: Verdict = verify(dossier);
                match verdict {
                    Verdict::Valid => break dossier,
                    Verdict::Invalid(problems) => continue correct(dossier, problems),
                }
            };
            #[undo(close_account(services, account))]
            stage account: Account = create_account(services, verified);
            stage opened = seq {
                stage welcome = welcome_email(services, account);
                stage access = grant_access(services, account);
            };
            account
        }",
    );
    assert_eq!(
        read,
        "#[doc=\"Onboardsonecustomer.\"]pubworkflow CustomerOnboarding(application:Application)->Account \
         with(services:Services) where() {stage profile:Profile=`data_entry(services,application)`; \
         #retry[5 exponential 200000000ns..30000000000ns]#timeout[120000000000ns]\
         stage background:Background=`background_check(services,application)`; \
         #max[3 else]stage verified:Dossier=loop dossier:Dossier=`assemble(profile,background)`\
         {stage verdict:Verdict=`verify(dossier)`; match verdict[Verdict::Valid=>break `dossier`,\
         Verdict::Invalid(problems)=>continue `correct(dossier,problems)`]}; \
         #undo[close_account(services,account) retries() timeout() attempt(false)]\
         stage account:Account=`create_account(services,verified)`; \
         stage opened=seq{stage welcome=`welcome_email(services,account)`; stage access=`grant_access(services,account)`;}; \
         `account`}"
    );
}
