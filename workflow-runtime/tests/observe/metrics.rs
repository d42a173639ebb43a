//! The calls that a recorder of metrics receives.

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use workflow_runtime::{StageContext, observe::Metrics, workflow};

type Numbers = Arc<Mutex<BTreeMap<String, f64>>>;

#[derive(Default)]
struct Sums(Numbers);

struct Sum(Numbers, String);

impl Sum {
    fn add(&self, number: f64) {
        *self.0.lock().unwrap().entry(self.1.clone()).or_default() += number;
    }
}

impl CounterFn for Sum {
    fn increment(&self, value: u64) {
        self.add(f64::from(u32::try_from(value).unwrap()));
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Sum {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Sums {
    fn sum(&self, key: &Key) -> Arc<Sum> {
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        let name = key.name().trim_start_matches("workflow_");
        Arc::new(Sum(Arc::clone(&self.0), format!("{name} {}", labels.join(" "))))
    }
}

impl Recorder for Sums {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.sum(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.sum(key))
    }
}

async fn on_second(ctx: &StageContext) -> Result<(), &'static str> {
    sleep(Duration::from_millis(250)).await;
    if ctx.attempt() < 2 { Err("too early") } else { Ok(()) }
}

workflow! {
    workflow Order() {
        #[undo(sleep(Duration::from_millis(5)))]
        #[retry(1, fixed(500ms))]
        stage paid = on_second(ctx);

        #[allow(deprecated)]
        #[when(false)]
        #[after(paid)]
        stage insured: Option<()> = sleep(Duration::from_millis(5));

        #[after(insured)]
        stage sent = { fail "no carrier" };

        #[after(insured)]
        stage told = sleep(Duration::from_millis(5));
    }
}

#[test]
fn counts_and_durations() {
    let sums = Sums::default();
    metrics::with_local_recorder(&sums, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(Order::new().observed_by(Metrics::new()).run()).unwrap_err();
    });
    let sums = sums.0.lock().unwrap();
    let lines: Vec<String> = sums.iter().map(|(name, sum)| format!("{name}: {sum}")).collect();
    let expected = [
        "attempt_duration_seconds Order paid completed: 0.25",
        "attempt_duration_seconds Order paid failed: 0.25",
        "attempt_duration_seconds Order sent failed: 0",
        "attempt_duration_seconds Order told cancelled: 0",
        "run_duration_seconds Order failed: 1.005",
        "runs_ended_total Order failed: 1",
        "runs_started_total Order: 1",
        "stage_duration_seconds Order paid completed: 1",
        "stage_duration_seconds Order sent failed: 0",
        "stage_duration_seconds Order told cancelled: 0",
        "stages_cancelled_total Order told: 1",
        "stages_completed_total Order paid: 1",
        "stages_failed_total Order sent Failed: 1",
        "stages_retried_total Order paid: 1",
        "stages_skipped_total Order insured: 1",
        "stages_started_total Order insured: 1",
        "stages_started_total Order paid: 1",
        "stages_started_total Order sent: 1",
        "stages_started_total Order told: 1",
        "stages_undone_total Order paid: 1",
    ];
    assert_eq!(lines, expected, "\n{}", lines.join("\n"));
}
