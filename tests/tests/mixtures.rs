//! Constructs inside constructs.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::sleep;
use workflow_runtime::{Failure, Pool, StageStatus, workflow};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>, Arc<AtomicU32>);
impl Log {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
    async fn step(&self, what: impl Into<String>, takes: u64) -> Result<u32, String> {
        let what = what.into();
        sleep(Duration::from_millis(takes)).await;
        self.note(&what);
        if what.starts_with("bad") { Err(what) } else { Ok(self.1.fetch_add(1, Relaxed)) }
    }
}

workflow! {
    /// An undo in an item in a racer on a task of its own, retried.
    workflow Deep(items: Vec<String>) -> Vec<Result<u32, Failure>> with log: Log {
        #[catch]
        #[tolerate(50%)]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            #[retry(1)]
            #[timeout(5s)]
            stage tried: u32 = race {
                {
                    #[spawn]
                    stage spawned: u32 = {
                        #[undo(log.note(format!("undo {item} {first}")))]
                        stage first: u32 = log.step(format!("first {item}"), 5);
                        #[after(first)]
                        stage second: u32 = log.step(item.clone(), 5);
                        first + second
                    };
                    spawned
                },
                {
                    #[undo(log.note(format!("undo slow {item}")))]
                    stage slow: u32 = log.step(format!("slow {item}"), 2_000);
                    slow
                },
            };
            tried
        };
        all
    }
    /// Signals in rounds in a select in a task.
    workflow Talk(seats: Pool) -> Vec<u32> with log: Log {
        signal stop: ();
        stage sums: Vec<u32> = loop heard: Vec<u32> = Vec::new() {
            signal number: u32;
            #[acquire(seats)]
            stage next: Option<u32> = select {
                signal number => Some(*number),
                signal stop => None,
                sleep(1h) => fail "nobody speaks",
            };
            stage more: Vec<u32> = heard.iter().copied().chain(*next).collect::<Vec<_>>();
            match next {
                Some(_) => continue more,
                None => break more,
            }
        };
        #[until(sums)]
        stage ticking: Option<u32> = loop count: u32 = 0 {
            stage tick = sleep(10ms);
            #[after(tick)]
            stage ticked: u32 = log.step("tick", 0);
            if *ticked > 1_000 { break count } else { continue count + 1 }
        };
        #[when(ticking.is_none())]
        stage _done: Option<()> = log.note("done");
        sums
    }
    /// A lazy stage requested by a fallback, a let of a signal, a return out of a nest.
    workflow Ends(number: u32) -> u32 with log: Log {
        signal extra: u32;
        let doubled: u32 = *extra * 2;
        #[lazy]
        stage costly: u32 = log.step("costly", 1);
        #[fallback(*costly + 100)]
        stage cheap: u32 = log.step(if *number == 1 { "bad" } else { "cheap" }, 1);
        #[after(cheap)]
        stage nested: Vec<u32> = for round in 0..3u32 {
            match *round {
                1 if *number == 2 => return 42,
                other => *other + *doubled,
            }
        };
        cheap + nested.iter().sum::<u32>()
    }
}

#[tokio::test(start_paused = true)]
async fn deep() {
    let log = Log::default();
    let items = vec!["good".to_owned(), "bad".to_owned()];
    let all = Deep::new(log.clone()).run(items).await.unwrap();
    // The bad item is won by the slow racer, whose undo does not keep its output from being handed over.
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let noted = log.all();
    // The slow racer of the good item may finish (it has an undo), and is undone before its race goes on.
    assert_eq!(noted.iter().filter(|line| *line == "undo slow good").count(), 1, "{noted:?}");
    assert!(!noted.contains(&"undo slow bad".to_owned()), "{noted:?}");
    assert!(noted.iter().any(|line| line.starts_with("undo bad ")), "{noted:?}");
    assert!(!noted.iter().any(|line| line.starts_with("undo good ")), "{noted:?}");
}

#[tokio::test(start_paused = true)]
async fn talk() {
    let log = Log::default();
    let run = Talk::new(log.clone()).start(Pool::new(1));
    for number in [3, 4, 5] {
        sleep(Duration::from_millis(25)).await;
        run.signal(TalkSignal::Number(number)).unwrap();
    }
    sleep(Duration::from_millis(25)).await;
    assert_eq!(run.state().ticking.status(), StageStatus::Running);
    run.signal(TalkSignal::Stop(())).unwrap();
    assert_eq!(run.await.unwrap(), [3, 4, 5]);
    assert_eq!(log.all().last().unwrap(), "done");
}
