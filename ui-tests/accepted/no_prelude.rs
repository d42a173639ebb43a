//! A crate without the prelude, with a constant of each name that emitted code could have for its own.
#![no_implicit_prelude]
#![deny(warnings)]
#![allow(non_upper_case_globals, dead_code)]

const stage: u64 = 1;
const text: u64 = 1;
const name: u64 = 1;
const found: u64 = 1;
const formatter: u64 = 1;
const observers: u64 = 1;
const value: u64 = 1;
const limit: u64 = 1;

::workflow_runtime::workflow! {
    workflow Plain(start: u64, list: ::std::vec::Vec<u64>) -> u64 {
        #[retry(2)]
        #[timeout(1s)]
        stage tried: u64 = async { ::std::result::Result::<u64, ::std::fmt::Error>::Ok(*start) };
        signal go: u64;
        stage limit: u64 = *tried + 1;
        stage raced: u64 = race { async { *limit }, async { *go } };
        stage each: ::std::vec::Vec<u64> = for one in list { *one };
        stage chosen: u64 = select { signal go => 1, sleep(1s) => 2 };
        #[max(3)]
        stage rounds: u64 = loop n: u64 = 0 { if *n > 1 { break n } else { continue n + 1 } };
        #[catch]
        stage caught: ::std::result::Result<u64, ::workflow_runtime::Failure> = async {
            ::std::result::Result::<u64, ::std::fmt::Error>::Ok(*start)
        };
        match caught { ::std::result::Result::Ok(caught) => raced + caught + chosen + rounds, _ => each.len() as u64 }
    }
}

fn main() {
    ::std::mem::drop(Plain::new());
}
