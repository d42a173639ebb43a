//! A workflow of the size and shape of a scientific one gives what its graph gives when it is evaluated plainly.
#![deny(warnings)]
use workflow_runtime::workflow;
use workflow_tests::generator::dag::Dag;

/// The work of every stage: a number that depends on all its inputs, and on their order.
fn work(number: u64, inputs: &[&u64]) -> u64 {
    inputs.iter().fold(number ^ 0xCBF2_9CE4_8422_2325, |hash, input| {
        (hash.rotate_left(5) ^ **input).wrapping_mul(0x0100_0000_01B3)
    })
}
async fn project(number: u64, sky: &u64) -> Result<u64, std::io::Error> {
    for _ in 0..number % 3 {
        tokio::task::yield_now().await;
    }
    Ok(work(number, &[sky]))
}
async fn later<const N: usize>(number: u64, inputs: [&u64; N]) -> u64 {
    for _ in 0..number % 4 {
        tokio::task::yield_now().await;
    }
    work(number, &inputs)
}
fn fallible(number: u64, inputs: &[&u64]) -> Result<u64, String> {
    if inputs.is_empty() { Err("no images".to_owned()) } else { Ok(work(number, inputs)) }
}

include!(concat!(env!("OUT_DIR"), "/montage.rs"));

#[test]
fn the_graph_is_as_large_as_it_should_be() {
    let dag = Dag::montage(2_000);
    assert_eq!((dag.stages.len(), dag.fan_in()), (2_000, 600));
    assert!((5_900..6_400).contains(&dag.edges()), "{} edges", dag.edges());
    assert_eq!(Montage::GRAPH.stages.len(), 2_000);
    assert_eq!(MontageStage::Mosaic.to_string(), "mosaic");
    assert_eq!("background_599".parse(), Ok(MontageStage::Background599));
}

#[tokio::test]
async fn it_gives_what_a_plain_evaluation_gives() {
    let dag = Dag::montage(2_000);
    let montage = Montage::new();
    for sky in [0, 1, 77, u64::MAX] {
        assert_eq!(Box::pin(montage.run(sky)).await.unwrap(), dag.evaluate(sky, work));
    }
    assert_eq!(montage.start(5).await.unwrap(), dag.evaluate(5, work));
}
