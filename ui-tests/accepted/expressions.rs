//! Every form of expression that a stage takes.
#![deny(warnings)]
use std::future::Future;
use std::sync::{Arc, Mutex};
use workflow_runtime::workflow;

#[derive(Debug, Clone, PartialEq)]
struct Profile(u32);

fn plain(number: &u32) -> u32 { *number }
fn fallible(number: &u32) -> Result<u32, String> { Ok(*number) }
async fn asynchronous(number: &u32) -> u32 { *number }
async fn both(number: &u32) -> Result<u32, std::io::Error> { Ok(*number) }
fn profile(number: &u32) -> Profile { Profile(*number) }
fn opaque(number: &u32) -> impl Future<Output = u32> + Send + use<> { std::future::ready(*number) }
fn boxed(number: u32) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, String>> + Send>> {
    Box::pin(async move { Ok(number) })
}

workflow! {
    workflow Expressions(start: u32, shared: Arc<Mutex<u32>>, words: Vec<String>) -> String with factor: u32 {
        // A stage named like the function that it calls.
        stage profile: Profile = profile(start);
        stage same: u32 = plain(start);
        stage tried: u32 = fallible(start);
        stage awaited: u32 = asynchronous(start);
        stage tried_later: u32 = both(start);
        stage opaquely: u32 = opaque(start);
        stage boxed_up: u32 = boxed(*start);
        stage block: u32 = async { plain(start) + asynchronous(start).await };
        stage tried_inside: u32 = async { let value = fallible(start)?; Ok::<_, String>(value) };
        stage moved: u32 = async move { *start };
        stage method: usize = words.len();
        stage closure: Vec<usize> = words.iter().map(|word| word.len()).collect::<Vec<_>>();
        stage guarded: u32 = *shared.lock().unwrap();
        stage arithmetic: u32 = (start + 1) * *factor;
        stage formatted: String = format!("{start} {same:>4} {}", tried);
        stage tuple: (u32, String) = (*start, words.concat());
        stage array: [u32; 2] = [*start, 1];
        stage literal: &'static str = "literal";
        stage unsafe_free: Option<u32> = words.first().map(|word| word.len() as u32);
        stage result: Result<u32, String> = Ok(Ok::<u32, String>(1)).map_err(|never: String| never);
        stage casted: u64 = u64::from(*start);
        stage chain: String = words.iter().cloned().reduce(|left, right| left + &right).unwrap_or_default();
        stage todo: u32 = if *start == 7 { unreachable!("never {start}") } else { 1 };
        let length: usize = words.len();
        let twice: usize = *length * 2;
        let text: &str = words[0].trim();
        stage unit = assert_eq!(*twice, 4);
        stage unit_declared: () = ();
        stage from_let: usize = text.len() + *length;
        #[after(unit, unit_declared)]
        stage last: u32 = same + tried + awaited + tried_later + opaquely + boxed_up + block + tried_inside + moved
            + guarded + arithmetic + todo;
        format!(
            "{profile:?} {method} {closure:?} {formatted} {tuple:?} {array:?} {literal} {unsafe_free:?} {result:?} {casted} {chain} \
             {from_let} {last}"
        )
    }
}

#[tokio::main]
async fn main() {
    let output = Expressions::new(2).run(3, Arc::default(), vec!["a".into(), "b".into()]).await.unwrap();
    assert!(output.starts_with("Profile(3) 2 [1, 1] 3    3 3"), "{output}");
}
