//! The output of progress in front of a terminal.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use workflow_runtime::{StageContext, observe::Progress, workflow};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn on_second(ctx: &StageContext) -> Result<(), &'static str> {
    if ctx.attempt() < 2 { Err("too early") } else { Ok(()) }
}

workflow! {
    workflow Two() {
        stage fetched = sleep(Duration::from_millis(30));
        #[retry(1, fixed(10ms))]
        #[after(fetched)]
        stage stored = on_second(ctx);
    }
}

#[tokio::test(start_paused = true)]
async fn lines() {
    let written = Written::default();
    Two::new().observed_by(Progress::for_logs(written.clone())).run().await.unwrap();
    let expected = "\
Two: started
Two: fetched completed in 30 ms
Two: stored attempt 1 failed, next in 10 ms: stage 'stored' of workflow 'Two' failed: too early
Two: stored attempt 2
Two: stored completed in 10 ms
Two: completed in 40 ms
";
    assert_eq!(written.text(), expected);
}

#[tokio::test(start_paused = true)]
async fn one_line_drawn_anew() {
    let written = Written::default();
    Two::new().observed_by(Progress::for_terminal(written.clone(), 20)).run().await.unwrap();
    let text = written.text();
    let mut drawn: Vec<&str> = text.split("\r\x1b[2K").collect();
    drawn.dedup();
    let expected =
        ["", "Two: 0 done", "Two: 0 done | fetc…", "Two: 1 done", "Two: 1 done | stor…", "Two: 1 done, 1 fai…"];
    assert_eq!(drawn[..expected.len()], expected);
    assert_eq!(drawn[drawn.len() - 1], "Two: completed in 40 ms\n");
}
