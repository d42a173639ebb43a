//! Patterns that Rust compares with the value itself: constants, and `&` inside of others. Declared types that an
//! expression is coerced to.
#![deny(warnings)]
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::sync::Arc;
use workflow_runtime::workflow;

const NOT_FOUND: u16 = 404;
const MOVED: std::ops::RangeInclusive<u16> = 300..=399;
const HELLO: &str = "hello";

fn status(of: &str) -> u16 {
    of.parse().unwrap_or(0)
}

async fn one(number: u64) -> u64 {
    tokio::task::yield_now().await;
    number
}

workflow! {
    workflow Constants(status: u16, text: String, numbers: Vec<Option<u64>>) -> Vec<u64> {
        stage place: u64 = match *status {
            NOT_FOUND | 410 => 1,
            u16::MAX => 2,
            500..=599 => 3,
            other if MOVED.contains(other) => u64::from(*other),
            _ => 5,
        };
        stage name: u64 = match status { NOT_FOUND => 1, other => u64::from(*other) };
        stage kept: u64 = match crate::status(text) { NOT_FOUND => 1, other if *other > 500 => 2, other => u64::from(*other) };
        stage words: u64 = match text.as_str() { HELLO => 1, other if other.len() > 9 => 2, other => one(other.len() as u64) };
        #[when(let NOT_FOUND = *status)]
        stage when: Option<u64> = one(7);
        stage tasks: u64 = match crate::status(text) {
            NOT_FOUND => 1,
            other => {
                #[spawn]
                stage task: u64 = async { u64::from(*other) };
                *task
            }
        };
        stage first: u64 = match numbers.first() { Some(&Some(number)) => number, Some(None) => 1, None => 0 };
        stage last: u64 = if let Some(&Some(number)) = numbers.last() && number > 3 { number } else { 0 };
        stage pairs: Vec<u64> = for (place, &number) in numbers.iter().enumerate() {
            number.unwrap_or(*place as u64)
        };
        #[when(let Some(&Some(number)) = numbers.first())]
        stage when_some: Option<u64> = one(number);
        stage copied: Vec<u64> = for &number in numbers.iter() {
            #[spawn]
            stage task_of_each: u64 = async { number.unwrap_or(1) };
            *task_of_each
        };
        vec![*place, *name, *kept, *words, when.unwrap_or(0), *tasks, *first, *last, pairs.iter().sum::<u64>(),
            when_some.unwrap_or(0), copied.iter().sum::<u64>()]
    }
}

trait Client: Send + Sync {
    fn number(&self) -> u64;
}
impl Client for u64 {
    fn number(&self) -> u64 {
        *self
    }
}
type Shared = Arc<dyn Client>;

fn twice(number: u64) -> u64 {
    number * 2
}

workflow! {
    workflow Coercions(start: u64) -> Box<dyn Client> {
        stage boxed: Box<dyn Client> = Box::new(*start);
        stage shared: Arc<dyn Client> = Arc::new(boxed.number() + 1);
        stage alias: Shared = Arc::new(*start);
        stage bytes: &'static [u8] = b"abc";
        stage numbers: &'static [u64] = &[1, 2, 3];
        stage owned: Box<[u8]> = Box::new([1, 2]);
        stage function: fn(u64) -> u64 = twice;
        stage closure: Box<dyn Fn(u64) -> u64 + Send + Sync> = Box::new(|n| n + 1);
        stage list: Vec<Box<dyn Client>> = vec![Box::new(1_u64), Box::new(2_u64)];
        #[when(*start > 1)]
        stage optional: Option<Box<dyn Client>> = Box::new(*start);
        stage chosen: Box<dyn Client> = if *start > 1 { Box::new(1_u64) } else { Box::new(2_u64) };
        stage each: Vec<Arc<dyn Client>> = for n in 0..*start { Arc::new(n + 1) };
        #[spawn]
        stage spawned: Box<dyn Client> = Box::new(*start);
        #[blocking]
        stage blocking: Box<dyn Client> = Box::new(*start);
        #[max(9)]
        stage rounds: Arc<dyn Client> = loop client: Arc<dyn Client> = Arc::new(0_u64) {
            if client.number() > 3 { break Arc::new(client.number() + 1) } else { continue Arc::new(client.number() + 1) }
        };
        // None of these is coerced: a future, and a name's value.
        stage later: Box<dyn Client> = async { let boxed: Box<dyn Client> = Box::new(5_u64); boxed };
        Box::new(shared.number() + alias.number() + bytes.len() as u64 + numbers.len() as u64 + owned.len() as u64
            + function(3) + closure(1) + list.iter().map(|client| client.number()).sum::<u64>()
            + optional.as_ref().map_or(0, |client| client.number()) + chosen.number()
            + each.iter().map(|client| client.number()).sum::<u64>() + spawned.number() + blocking.number()
            + rounds.number() + later.number())
    }
}

workflow! {
    workflow Driven(start: u64) -> u64 {
        stage a: u64 = one(*start);
        stage b: u64 = one(*start);
        stage c: Arc<dyn Client> = Arc::new(*a);
        stage d: Box<dyn Client> = Box::new(a + b);
        stage e: u64 = c.number() + d.number();
        stage f: &'static [u8] = b"abc";
        stage g: u64 = d.number() + f.len() as u64;
        e + g
    }
}

#[tokio::test]
async fn constants_and_references_are_patterns() {
    let of = |status: u16, text: &str, numbers: &[Option<u64>]| {
        Constants::new().run(status, text.to_owned(), numbers.to_vec())
    };
    assert_eq!(of(404, "404", &[]).await.unwrap(), [1, 1, 1, 3, 7, 1, 0, 0, 0, 0, 0]);
    let given = of(301, "hello", &[Some(4), None, Some(9)]).await.unwrap();
    assert_eq!(given, [301, 301, 0, 1, 0, 0, 4, 9, 14, 4, 14]);
    assert_eq!(of(u16::MAX, "501", &[None]).await.unwrap(), [2, 65535, 2, 3, 0, 501, 1, 0, 0, 0, 1]);
}

#[tokio::test]
async fn a_declared_type_reaches_its_expression() {
    assert_eq!(
        Coercions::new().run(2).await.unwrap().number(),
        3 + 2 + 3 + 3 + 2 + 6 + 2 + 3 + 2 + 1 + 3 + 2 + 2 + 5 + 5
    );
    assert_eq!(Driven::new().run(2).await.unwrap(), 2 + 4 + 4 + 3);
}
