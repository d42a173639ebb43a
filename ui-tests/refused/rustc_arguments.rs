use workflow_runtime::workflow;

fn takes(_: &str, _: u32) -> u32 { 1 }
async fn later(_: &String) -> u32 { 1 }

workflow! {
    workflow Arguments(start: u32, text: String) -> u32 {
        stage wrong: u32 = takes(start, 1);
        stage count: u32 = takes(text);
        stage missing: u32 = no_such_function(start);
        stage name: u32 = later(txt);
        stage method: u32 = text.no_such_method();
        stage async_wrong: u32 = later(start);
        stage reference: u32 = takes(text, start);
        let bound: u32 = takes(start);
        stage called: u32 = wrong(3);
        wrong + count + missing + name + method + async_wrong + reference + bound + called
    }
}

fn main() {}
