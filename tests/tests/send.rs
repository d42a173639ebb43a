//! The future of a run: it goes to any thread, borrows nothing, and is no larger than its content.
#![deny(warnings)]
use std::{
    fmt::Debug,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use workflow_runtime::{Failure, workflow};

async fn number(number: &u32) -> u32 {
    std::future::ready(*number + 1).await
}
async fn text<T: Debug>(value: &T) -> Result<String, std::fmt::Error> {
    std::future::ready(Ok(format!("{value:?}"))).await
}

workflow! {
    workflow One(input: u32) -> u32 { stage a: u32 = number(input); a }
    workflow Chain(input: u32) -> u32 {
        stage a: u32 = number(input);
        stage b: u32 = number(a);
        stage c: u32 = number(b);
        stage d: u32 = number(c);
        stage e: u32 = number(d);
        e
    }
    workflow Diamond(input: u32) -> u32 {
        stage a: u32 = number(input);
        stage b: u32 = number(a);
        stage c: u32 = number(a);
        stage d: u32 = number(&(b + c));
        d
    }
    workflow Graph(input: u32) -> u32 {
        stage a: u32 = number(input);
        stage b: u32 = number(input);
        stage c: u32 = number(a);
        stage d: u32 = number(&(a + b));
        c + d
    }
    workflow Generic<T: Clone + Debug, const N: usize>(input: T) -> [T; N] with others: Vec<T> where T: PartialEq {
        stage a: String = text(input);
        stage items: Vec<String> = for other in others { text(other) };
        stage raced: String = race { text(input), text(a) };
        #[max(3)]
        stage looped: String = loop state: String = text(raced) {
            stage same: bool = others.contains(input);
            if *same { break state } else { continue format!("{state}{}", items.len()) }
        };
        stage made: Vec<T> = vec![input.clone(); N + looped.len() - looped.len()];
        stage output: [T; N] = <[T; N]>::try_from(made.clone()).map_err(|_| "another length");
        output
    }
}

fn on_a_thread<T: Send + 'static>(run: impl Future<Output = Result<T, Failure>> + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let mut run = pin!(run);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = run.as_mut().poll(&mut context) {
                return output.unwrap();
            }
        }
    });
    thread.join().unwrap()
}

fn generic<T: Clone + Debug + PartialEq + Send + Sync + 'static>(value: T) -> [T; 3] {
    on_a_thread(Generic::<T, 3>::new(vec![value.clone()]).run(value))
}

fn is_send<T: Send + Sync + 'static>(_: fn() -> T) {}

fn shared<T: Send + Sync + Clone + Debug + 'static>(_: &T) {}

#[test]
fn a_run_goes_to_any_thread() {
    // The workflow itself is dropped before its run begins.
    assert_eq!(on_a_thread(One::new().run(1)), 2);
    assert_eq!(on_a_thread(Chain::new().run(1)), 6);
    assert_eq!(on_a_thread(Diamond::new().run(1)), 7);
    assert_eq!(on_a_thread(Graph::new().run(1)), 3 + 5);
    assert_eq!(generic("x"), ["x", "x", "x"]);
    assert_eq!(generic(vec![1]), [vec![1], vec![1], vec![1]]);
    shared(&Generic::<u8, 1>::new(Vec::new()));
    let handle: fn() -> workflow_runtime::Handle<Graph> = || unreachable!("only its type counts");
    is_send(handle);
    is_send::<Failure>(|| unreachable!("only its type counts"));
}

#[test]
fn a_run_is_small() {
    let sizes = [
        ("one stage", size_of_val(&One::new().run(1)), 600),
        ("a chain of five", size_of_val(&Chain::new().run(1)), 800),
        ("a diamond", size_of_val(&Diamond::new().run(1)), 1_000),
        ("a graph of four", size_of_val(&Graph::new().run(1)), 1_000),
        ("generic", size_of_val(&Generic::<u8, 1>::new(Vec::new()).run(1)), 3_000),
    ];
    for (what, size, most) in sizes {
        println!("{what}: {size} bytes");
        assert!(size <= most, "{what} takes {size} bytes");
    }
}
