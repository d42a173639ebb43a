use std::borrow::Cow;
use workflow_runtime::workflow;

struct Text<'a>(&'a str);

workflow! {
    workflow Parameters<'a, T: 'a + Clone>(text: &'a str, item: T) -> &'a T where T: PartialEq<&'a str> {
        stage found: &'a str = *text;
        stage other: T = item.clone();
        other
    }

    workflow Elided(text: &str, cow: Cow<'_, str>) -> Vec<&u32> with service: Text<'_> {
        stage first: &str = "";
        stage block: usize = {
            stage named: Option<&'other str> = None;
            named.map_or(0, str::len)
        };
        stage fine: fn(&str) -> usize = str::len;
        Vec::new()
    }
}

fn main() {
    let _ = Parameters::<&'static str>::new().run("", "");
    let _ = Elided::new(Text("")).run("", Cow::Borrowed(""));
}
