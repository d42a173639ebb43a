//! A `#[lazy]` stage is requested by stages of its block, and by nothing else.

use crate::{
    diagnostics::messages,
    model::{Model, NameId, NameKind, StageId},
};
use workflow_syntax::diagnostics::Diagnostics;

/// `whole`: all of the workflow is known, so that what nothing names is named nowhere.
pub(super) fn check(model: &Model<'_>, whole: bool, diagnostics: &Diagnostics) {
    let mut asked = vec![false; model.stages.len()];
    for code in &model.codes {
        for (&name, &span) in code.uses.iter().zip(&code.spans) {
            let Some(lazy) = lazy_stage(model, name) else { continue };
            asked[lazy] = true;
            let text = model.names[name].ident.to_string();
            if let Some(binding) = code.of_let {
                let binding = model.lets[binding].syntax.name.to_string();
                diagnostics.error(span, messages::let_of_lazy(&binding, &text));
            } else if model.stage_of(model.stages[lazy].scope, code.scope, code.around).is_none() {
                diagnostics.error(span, messages::tail_of_lazy(&text));
            }
        }
    }
    for (stage, asked) in model.stages.iter().zip(asked) {
        let name = stage.syntax.name.to_string();
        if whole && stage.lazy && !asked && !name.starts_with('_') && !model.declared_twice.contains_key(&name) {
            diagnostics.error(stage.syntax.name.span(), messages::never_asked(&name));
        }
    }
}

fn lazy_stage(model: &Model<'_>, name: NameId) -> Option<StageId> {
    match model.names[name].kind {
        NameKind::Stage(stage) if model.stages[stage].lazy => Some(stage),
        _ => None,
    }
}
