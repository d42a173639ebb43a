use workflow_runtime::workflow;

workflow! {
    workflow Input(start: impl AsRef<str>) -> usize {
        stage a: usize = start.as_ref().len();
        *a
    }
}

workflow! {
    workflow Service(start: u64) -> u64
    with store: Vec<impl Fn(u64) -> u64>
    {
        stage a: u64 = store.iter().map(|add| add(*start)).sum::<u64>();
        *a
    }
}

workflow! {
    workflow Others(start: u64) -> impl Iterator<Item = u64> {
        signal more: impl Into<u64>;
        let twice: impl Into<u64> = *start;
        stage a: impl Into<u64> = *start;
        #[max(3)]
        stage b: u64 = loop state: impl Into<u64> = *start { if *start > 3 { break 1 } else { continue state } };
        [*b].into_iter().chain([a.clone().into(), more.clone().into(), twice.clone().into()])
    }
}

fn main() {
    let _ = (Input::new(), Others::new());
}
