#![deny(warnings)]
use std::time::SystemTime;
use workflow_runtime::workflow;

async fn send(offer: &u32) -> u32 {
    *offer
}

fn is_late(now: &SystemTime) -> bool {
    now.elapsed().is_ok()
}

workflow! {
    #[durable]
    workflow Reminders(offer: u32) -> u32 {
        signal agreed: u32;
        let now: SystemTime = SystemTime::now();
        #[timeout(30d)]
        stage reminded: u32 = {
            stage week = sleep(7d);
            #[after(week)]
            stage sent: u32 = send(offer);
            *sent
        };
        // A deadline is on the store, and a short timeout is meant for one process.
        #[deadline(30d)]
        stage again: u32 = {
            stage rest = sleep(7d);
            #[after(rest)]
            #[timeout(5s)]
            stage sent_again: u32 = send(offer);
            *sent_again
        };
        #[after(again)]
        stage answer: u32 = select {
            signal agreed => *agreed,
            at_once: u32 = *offer + 1 => *at_once,
            later: u32 = send(offer) => *later,
        };
        #[allow(deprecated)]
        let quiet: SystemTime = SystemTime::now();
        stage late: u32 = if is_late(now) && is_late(quiet) { 1 } else { 2 };
        reminded + answer + late
    }
}

mod in_memory {
    use super::send;

    workflow_runtime::workflow! {
        workflow Once(offer: u32) -> u32 {
            let now: std::time::Instant = std::time::Instant::now();
            #[timeout(30d)]
            stage reminded: u32 = {
                stage week = sleep(7d);
                #[after(week)]
                stage sent: u32 = send(offer);
                *sent
            };
            reminded + u32::from(now.elapsed().is_zero())
        }
    }
}

fn main() {}
