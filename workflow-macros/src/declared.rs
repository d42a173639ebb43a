//! Stages, by what is declared of them.

use crate::model::Stage;
use syn::{GenericArgument, PathArguments, Type};

impl Stage<'_> {
    /// Whether the stage's future owns all that it needs: it runs on a task of its own, or outlives its scope.
    pub(crate) fn owns(&self) -> bool {
        self.spawn || self.blocking || self.policies.undo.is_some()
    }

    /// Whether it may give nothing.
    pub(crate) fn is_optional(&self) -> bool {
        self.when.is_some() || self.policies.until.is_some()
    }

    /// The declared type; where the stage may give nothing, what its `Option` holds.
    pub(crate) fn caught_type(&self) -> Option<&Type> {
        let ty = self.syntax.ty.as_ref()?;
        match ty {
            Type::Path(path) if self.is_optional() => match &path.path.segments.last()?.arguments {
                PathArguments::AngleBracketed(content) => match content.args.first() {
                    Some(GenericArgument::Type(content)) => Some(content),
                    _ => Some(ty),
                },
                _ => Some(ty),
            },
            _ => Some(ty),
        }
    }

    /// Whether its `#[catch]` is of every failure: the declared error is `Failure`.
    pub(crate) fn catches_all(&self) -> bool {
        let Some(Type::Path(path)) = self.caught_type() else { return true };
        let Some(last) = path.path.segments.last() else { return true };
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return true };
        let Some(GenericArgument::Type(Type::Path(error))) = arguments.args.iter().nth(1) else {
            return false;
        };
        error.path.segments.last().is_some_and(|segment| segment.ident == "Failure")
    }
}
