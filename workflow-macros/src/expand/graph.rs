//! The workflow's graph: as `static` data in the generated code, and as a picture in its docs.

use super::Expansion;
use crate::{
    model::ScopeId,
    naming::bare,
    resolve::{text, told_waits},
};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use workflow_graph::{Awaited, Edge, Graph, Policy, Scope, Signal, Stage, Value, Wait};
use workflow_syntax::{Attributes, Binding, PolicyKind, text::of_tokens};

impl Expansion<'_, '_> {
    /// The `Graph` literal.
    pub(super) fn graph(&self) -> TokenStream {
        let (runtime, alias) = (&self.runtime, self.named("runtime"));
        self.with_graph(&|graph| {
            let Graph { name, version, docs, inputs, services, signals, output, stages, scopes, edges, waits, .. } =
                graph;
            let values = |values: &[Value<'_>]| {
                let values = values
                    .iter()
                    .map(|Value { name, type_name }| quote!(#alias::GraphValue { name: #name, type_name: #type_name }));
                quote!(&[#(#values),*])
            };
            let (inputs, services) = (values(inputs), values(services));
            let signals = signals.iter().map(|Signal { name, type_name, scope, after }| {
                quote!(#alias::GraphSignal { name: #name, type_name: #type_name, scope: #scope, after: &[#(#after),*] })
            });
            let stages = stages.iter().map(|stage| {
                let Stage { name, type_name, docs, line, scope, kind, policies } = stage;
                let kind = format_ident!("{kind:?}");
                let policies = if policies.is_empty() {
                    quote!(#alias::NO_POLICIES)
                } else {
                    let policies = policies.iter().map(
                        |Policy { name, arguments }| quote!(#alias::Policy { name: #name, arguments: #arguments }),
                    );
                    quote!(&[#(#policies),*])
                };
                quote!(#alias::Stage {
                    name: #name, type_name: #type_name, docs: #docs, line: #line, scope: #scope,
                    kind: #alias::StageKind::#kind, policies: #policies,
                })
            });
            let option = |value: Option<u32>| match value {
                Some(value) => quote!(#alias::Option::Some(#value)),
                None => quote!(#alias::Option::None),
            };
            let scopes = scopes.iter().map(|Scope { stage, parent, kind, label }| {
                let (stage, parent, kind) = (option(*stage), option(*parent), format_ident!("{kind:?}"));
                quote!(#alias::Scope { stage: #stage, parent: #parent, kind: #alias::ScopeKind::#kind, label: #label })
            });
            let edges = edges.iter().map(|Edge { from, to, kind }| {
                let kind = format_ident!("{kind:?}");
                quote!(#alias::Edge { from: #from, to: #to, kind: #alias::EdgeKind::#kind })
            });
            let waits = waits.iter().map(|Wait { on, kind, stage, scope }| {
                let (on, kind, stage) = (awaited(*on, &alias), format_ident!("{kind:?}"), option(*stage));
                quote!(#alias::GraphWait { on: #on, kind: #alias::WaitKind::#kind, stage: #stage, scope: #scope })
            });
            quote!({
            #[allow(unused_imports)]
            use #runtime as #alias;
            #alias::Graph {
                            name: #name, version: #version, docs: #docs, file: ::core::file!(),
                            inputs: #inputs, services: #services, signals: &[#(#signals),*], output: #output,
                            stages: &[#(#stages),*], scopes: &[#(#scopes),*], edges: &[#(#edges),*],
                            waits: &[#(#waits),*],
                        }})
        })
    }

    /// The picture for the workflow's own page.
    pub(super) fn picture(&self) -> TokenStream {
        self.with_graph(&|graph| Literal::string(&format!("\n\n{}\n", graph.to_rustdoc())).to_token_stream())
    }

    fn with_graph(&self, use_graph: &dyn Fn(&Graph<'_>) -> TokenStream) -> TokenStream {
        let workflow = self.model.workflow;
        let name = bare(&workflow.name);
        let version = workflow.attributes.policies.iter().find_map(|policy| match policy.kind {
            PolicyKind::Version(version) => Some(version),
            _ => None,
        });
        let docs = documentation(&workflow.attributes);
        let output = text(&workflow.output);
        let inputs = named_types(&workflow.inputs);
        let services = named_types(&workflow.services);
        let after = |name| self.model.stage_named(name).map(number);
        let after: Vec<Vec<u32>> = self
            .model
            .signals
            .iter()
            .map(|signal| signal.after.iter().filter_map(|&name| after(name)).collect())
            .collect();
        let signals: Vec<(String, String)> =
            self.model.signals.iter().map(|signal| (bare(&signal.syntax.name), text(&signal.syntax.ty))).collect();
        let signals: Vec<Signal<'_>> = signals
            .iter()
            .zip(&self.model.signals)
            .zip(&after)
            .map(|(((name, type_name), signal), after)| {
                let scope = number(signal.scope);
                Signal { name, type_name, scope, after }
            })
            .collect();
        let stages: Vec<StageText> = (0..self.model.stages.len()).map(|stage| self.stage_text(stage)).collect();
        let policies: Vec<Vec<Policy<'_>>> = stages.iter().map(StageText::policies).collect();
        let stages: Vec<Stage<'_>> = stages
            .iter()
            .zip(&policies)
            .zip(&self.model.stages)
            .map(|((text, policies), stage)| Stage {
                name: &text.name,
                type_name: &text.type_name,
                docs: &text.docs,
                line: u32::try_from(stage.syntax.name.span().start().line).unwrap_or(u32::MAX),
                scope: number(stage.scope),
                kind: stage.kind,
                policies,
            })
            .collect();
        let scopes: Vec<Scope<'_>> = self
            .model
            .scopes
            .iter()
            .map(|scope| Scope {
                stage: scope.around.map(number),
                parent: scope.parent.map(number),
                kind: scope.kind,
                label: &scope.label,
            })
            .collect();
        let edges: Vec<Edge> = self
            .model
            .edges
            .iter()
            .map(|edge| Edge { from: number(edge.from), to: number(edge.to), kind: edge.kind })
            .collect();
        let waits: Vec<Wait> = told_waits(self.model)
            .into_iter()
            .map(|wait| Wait { on: wait.on, kind: wait.kind, stage: wait.stage.map(number), scope: number(wait.scope) })
            .collect();
        let (inputs, services) = (values(&inputs), values(&services));
        use_graph(&Graph {
            name: &name,
            version: version.unwrap_or(0),
            docs: &docs,
            file: "",
            inputs: &inputs,
            services: &services,
            signals: &signals,
            output: &output,
            stages: &stages,
            scopes: &scopes,
            edges: &edges,
            waits: &waits,
        })
    }

    fn stage_text(&self, stage: usize) -> StageText {
        let syntax = self.model.stages[stage].syntax;
        StageText {
            name: bare(&syntax.name),
            type_name: syntax.ty.as_ref().map_or_else(|| "()".to_owned(), text),
            docs: documentation(&syntax.attributes),
            policies: syntax
                .attributes
                .policies
                .iter()
                .map(|policy| (policy.name.to_string(), of_tokens(policy.arguments.clone())))
                .collect(),
        }
    }
}

struct StageText {
    name: String,
    type_name: String,
    docs: String,
    policies: Vec<(String, String)>,
}

impl StageText {
    fn policies(&self) -> Vec<Policy<'_>> {
        self.policies.iter().map(|(name, arguments)| Policy { name, arguments }).collect()
    }
}

fn awaited(on: Awaited, alias: &Ident) -> TokenStream {
    match on {
        Awaited::Stage(stage) => quote!(#alias::Awaited::Stage(#stage)),
        Awaited::Signal(signal) => quote!(#alias::Awaited::Signal(#signal)),
        Awaited::Scope(scope) => quote!(#alias::Awaited::Scope(#scope)),
    }
}

fn number(index: ScopeId) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn named_types(bindings: &[Binding]) -> Vec<(String, String)> {
    bindings.iter().map(|binding| (bare(&binding.name), text(&binding.ty))).collect()
}

fn values(values: &[(String, String)]) -> Vec<Value<'_>> {
    values.iter().map(|(name, type_name)| Value { name, type_name }).collect()
}

/// The text of the doc comments, a line each.
fn documentation(attributes: &Attributes) -> String {
    let lines = attributes.docs.iter().filter_map(|attribute| {
        let syn::Meta::NameValue(doc) = &attribute.meta else { return None };
        let syn::Expr::Lit(literal) = &doc.value else { return None };
        let syn::Lit::Str(text) = &literal.lit else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').map(ToOwned::to_owned).unwrap_or(text))
    });
    lines.collect::<Vec<_>>().join("\n")
}
