//! The runtime renamed in `Cargo.toml`, the macro through another crate, the edition of 2021: the same workflow gives
//! the same everywhere.
#![deny(warnings)]
use workflow_tests_edition2021 as edition2021;
use workflow_tests_importing as importing;
use workflow_tests_renamed as renamed;

#[tokio::test]
async fn the_same_everywhere() {
    for (number, numbers) in [(1, vec![1]), (2, vec![5, 6]), (3, vec![7]), (200, vec![2000])] {
        let expected = renamed::gives(number, numbers.clone()).await;
        assert_eq!(importing::gives(number, numbers.clone()).await, expected);
        assert_eq!(edition2021::gives(number, numbers).await, expected);
    }
    assert_eq!(renamed::gives(3, vec![7]).await, 7);
    assert_eq!(importing::Renamed::new().run(4).await.unwrap(), 4);
}
