//! A workflow of more stages than one body takes: whatever a stage may be, it starts in a function of its own then.
#![allow(missing_docs, unreachable_pub, clippy::unused_async, clippy::large_futures, reason = "what users write")]
use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};
use workflow_runtime::{StageContext, StageStatus, workflow};

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

async fn later<T>(value: T) -> T {
    tokio::time::sleep(Duration::from_millis(1)).await;
    value
}

async fn failing(fails: bool) -> Result<u32, String> {
    if fails { Err("asked to".to_owned()) } else { Ok(7) }
}

fn stage_of(context: &StageContext) -> String {
    context.stage().to_owned()
}

workflow! {
    pub workflow Large<G: Clone + Debug>(given: G, fails: bool, names: Vec<String>) -> String with log: Log, step: u32 {
        let first: &str = names[0].trim();
        let double: u32 = *number * 2;
        signal answer: u32;
        stage plain: u32 = 1;
        stage number: u32 = later(*plain + *step);
        stage doubled: u32 = *double + 1;
        stage named: String = format!("{first}{doubled}");
        stage copied: G = given.clone();
        stage context: String = stage_of(ctx);
        stage answered: u32 = *answer + *number;
        stage quick: Option<u32> = Some(*number);
        #[when(*doubled > 1_000_000)]
        stage skipped: Option<u32> = *doubled;
        #[lazy]
        stage asked_for: u32 = later(5);
        #[lazy]
        stage never: u32 = panic!("nobody asks");
        stage chosen: u32 = if *plain == 1 { later(*asked_for) } else { *never };
        #[undo(log.note(format!("undo {reserved}")))]
        stage reserved: u32 = later(11);
        #[spawn]
        stage elsewhere: u32 = later(*reserved + *doubled);
        #[blocking]
        stage blocked: u32 = *number + *double;
        #[retry(2)]
        #[timeout(1s)]
        stage policied: u32 = failing(false);
        stage items: Vec<u32> = for name in names { stage length: usize = name.len(); *length as u32 };
        stage awaited: String = select { stage named => named.clone(), sleep(1h) => "late".to_owned() };
        stage block: u32 = { stage a: u32 = *plain; stage b: u32 = *a + *number; *b };
        stage locked: usize = log.0.lock().unwrap().len();
        stage _joined: () = log.note(format!("{copied:?} {context} {answered} {quick:?} {skipped:?} {chosen} {locked}"));
        #[after(_joined)]
        stage tried: u32 = failing(*fails);
        stage ended: () = match *block { 0 => (), 1 => return "early".to_owned(), _ => () };
        #[after(ended)]
        stage told: String = format!("{named} {elsewhere} {blocked} {policied} {items:?} {awaited} {tried}");
        told
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_stage_starts_and_ends() {
    let log = Log::default();
    let large = Large::new(log.clone(), 2);
    let run = large.start("given", false, vec![" ab ".to_owned(), "cde".to_owned()]);
    run.signal(LargeSignal::Answer(30)).unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(run.state().number.get().as_deref(), Some(&3));
    assert_eq!(run.state().never.status(), StageStatus::Skipped);
    assert_eq!(run.state().copied.get().as_deref(), Some(&"given"));
    assert_eq!(run.state().length.get(1).unwrap().get().as_deref(), Some(&3));
    assert!(format!("{:?}", run.state()).contains("never: Skipped"));
    assert_eq!(run.await.unwrap(), "ab7 18 9 7 [4, 3] ab7 7");
    assert_eq!(log.lines(), [r#""given" context 33 Some(3) None 5 0"#]);
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_undone() {
    let log = Log::default();
    let run = Large::new(log.clone(), 2).start((), true, vec![String::new()]);
    run.signal(LargeSignal::Answer(1)).unwrap();
    let failure = run.await.unwrap_err();
    assert_eq!(failure.stage(), Some("tried"));
    assert_eq!(log.lines().last().map(String::as_str), Some("undo 11"));
}

#[test]
fn stages_know_their_names() {
    assert_eq!(LargeStage::ALL.len(), 27);
    for stage in LargeStage::ALL {
        assert_eq!(stage.to_string().parse(), Ok(stage));
    }
    assert_eq!(format!("{:>8}", LargeStage::Told), "    told");
    assert!("nothing".parse::<LargeStage>().is_err());
}
