use workflow_runtime::workflow;

struct Problem;
fn fails(_: &u32) -> Result<u32, Problem> { Err(Problem) }
async fn not_send(_: &u32) -> u32 {
    let shared = std::rc::Rc::new(1);
    std::future::ready(()).await;
    *shared
}

workflow! {
    workflow Lists(start: u32) -> u32 {
        stage dropped = for item in 0..*start { fails(item) };
        #[when(*start > 3)]
        stage dropped_too = async { fails(start) };
        #[when(*start > 3)]
        stage not_sent = not_send(start);
        #[after(dropped, dropped_too, not_sent)]
        #[when(*start > 3)]
        stage skipped: u32 = *start;
        stage items: u32 = for item in 0..*start { *item };
        stage quorum_of: u32 = quorum(1) { async { 1 }, async { 2 } };
        stage numbers: Vec<u32> = for item in *start { *item };
        stage one_of: u32 = match *start { 0 => for item in 0..3u32 { *item }, _ => 1 };
        #[concurrency("three")]
        stage bounded: Vec<u32> = for item in 0..*start { *item };
        stage texts: Vec<u32> = quorum("two") { async { 1 }, async { 2 } };
        skipped + items + quorum_of + numbers.len() as u32 + one_of + bounded.len() as u32 + texts.len() as u32
    }
}

fn main() {}
