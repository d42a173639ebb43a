use workflow_runtime::workflow;

fn number() -> u32 { 1 }
async fn later() -> Result<u32, String> { Ok(1) }

workflow! {
    workflow OutputType(start: u32) -> String {
        stage plain: String = number();
        stage async_one: String = later();
        stage unit = number();
        stage block: String = {
            stage inner: u32 = number();
            inner
        };
        stage arm: String = match *start {
            0 => "zero".to_owned(),
            _ => number(),
        };
        stage branch: String = if *start > 3 { number() } else { "".to_owned() };
        stage without_else: u32 = if *start > 3 { number() };
        stage no_tail: u32 = { stage only = (); };
        let bound: String = number();
        stage raced: String = race { later(), async { "".to_owned() } };
        stage list: Vec<String> = for item in 0..*start { number() };
        stage quorums: Vec<String> = quorum(1) { later(), async { "".to_owned() } };
        format!("{plain}{async_one}{unit:?}{block}{arm}{branch}{without_else}{no_tail}{bound}{raced}{list:?}{quorums:?}")
    }
}

fn main() {
    let _ = OutputType::new().run(1);
}
