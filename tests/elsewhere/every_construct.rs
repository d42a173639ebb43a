// Included by packages that reach the runtime in other ways: `workflow` is in scope, and nothing else of it.

/// A number that a stage has made.
#[derive(Debug, PartialEq)]
pub struct Made(pub u32);

async fn make(number: &u32) -> Result<Made, std::num::TryFromIntError> {
    std::future::ready(()).await;
    u32::try_from(u64::from(*number)).map(Made)
}
fn plain(number: &impl ToString) -> Result<u32, std::num::ParseIntError> {
    number.to_string().parse()
}

workflow! {
    /// Every construct.
    pub workflow Every<T: Clone>(number: u32, numbers: Vec<u32>, item: T) -> (Made, T) with factor: u32 {
        stage a: Made = make(number);
        stage b: u32 = a.0 * factor;
        let sum: u32 = *b + a.0;
        stage n: u32 = *sum;
        stage crossed: u32 = n + b;
        stage block: Made = { stage inner: Made = make(n); inner };
        stage ordered = seq { stage first = (); stage second = async {}; };
        stage branch: u32 = if *n > 300 { 1 } else if let Some(first_number) = numbers.first() { plain(first_number) } else { 0 };
        stage arm: u32 = match (*n, numbers.first()) {
            (0, _) => fail "zero",
            (_, Some(7)) => return (Made(7), item.clone()),
            (_, Some(head)) if **head > 1000 => **head,
            _ => plain(n),
        };
        #[when(let Some(last) = numbers.last())]
        stage maybe: Option<u32> = plain(last);
        #[max(9)]
        stage rounds: u32 = loop round: u32 = 0 {
            stage next: Made = make(round);
            if next.0 > 2 { break next.0 } else { continue next.0 + 1 }
        };
        #[concurrency(2)]
        stage items: Vec<Made> = for one in numbers { stage made: Made = make(one); made };
        stage raced: Made = race { make(n), { stage racer: Made = make(b); racer } };
        stage voted: Vec<Made> = quorum(1) for vote in numbers { make(vote) };
        #[lazy]
        stage lazy: u32 = plain(n);
        stage asks: u32 = if *n > 0 { *lazy } else { 0 };
        stage keyed: u32 = u32::from(ctx.stage() == "keyed");
        #[after(ordered)]
        stage late: Made = make(keyed);
        stage all: Made = Made(
            crossed + block.0 + branch + arm + maybe.unwrap_or(0) + rounds + raced.0 + asks + late.0
                + u32::try_from(items.len() + voted.len()).unwrap_or(0),
        );
        stage output: (Made, T) = (Made(all.0), item.clone());
        output
    }
}

/// Runs workflows of another crate, and returns their number.
///
/// # Panics
/// When a workflow is not what it should be.
pub async fn gives(number: u32, numbers: Vec<u32>) -> u32 {
    let every = Every::new(2);
    let (made, item) = every.run(number, numbers, "item").await.expect("it does not fail");
    assert_eq!(item, "item");
    assert_eq!(Every::<&str>::GRAPH.name, "Every");
    assert_eq!(EveryStage::Late.to_string(), "late");
    made.0
}
