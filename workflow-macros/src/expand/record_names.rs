//! Names under which a durable workflow's decisions are recorded, and the names that these had before.

use super::{Expansion, fingerprint::all_names, renames::former};
use crate::model::{Members, Scope, ScopeId, StageId};
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};
use workflow_graph::ScopeKind;
use workflow_syntax::text;

/// The names of members and of their decisions.
impl Expansion<'_, '_> {
    /// Returns the keys of a race's or quorum's members, and the key of the race within its stage. A member's key is
    /// its first stage, or its own words, so the order of members does not matter. (Members of a `for` have the keys of
    /// their items.)
    pub(super) fn race_sites(&self, stage: Option<StageId>, members: &Members<'_>) -> (Vec<String>, String) {
        let durable = self.is_durable();
        match members {
            Members::Listed(scopes) if !durable => (vec![String::new(); scopes.len()], String::new()),
            Members::For(_) if !durable => (Vec::new(), String::new()),
            Members::For(_) => {
                let site = self.site(stage, &quote!(race for));
                let won = site.split_once('-').map_or_else(|| "won".to_owned(), |(_, count)| format!("won-{count}"));
                (Vec::new(), won)
            }
            Members::Listed(scopes) => {
                let sites = self.member_names(scopes);
                let won = format!("won-{}", self.site(stage, &all_names(&sites)));
                (sites, won)
            }
        }
    }

    /// The first stage of each, or its words; where others before it are written alike, which of them.
    fn member_names(&self, scopes: &[ScopeId]) -> Vec<String> {
        self.member_names_before(scopes, &BTreeMap::new())
    }

    /// Returns the same with former names in them; `renamed` has these by today's.
    pub(super) fn member_names_before(&self, scopes: &[ScopeId], renamed: &BTreeMap<String, String>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for &scope in scopes {
            let name = self.member_name(scope, renamed);
            let before = names.iter().filter(|before| before.split('-').next() == Some(&name)).count();
            names.push(if before == 0 { name } else { format!("{name}-{}", before + 1) });
        }
        names
    }

    fn member_name(&self, member: ScopeId, renamed: &BTreeMap<String, String>) -> String {
        let is_inside = |scope: ScopeId| self.is_within(scope, member);
        if let Some(stage) = self.model.stages.iter().find(|stage| is_inside(stage.scope)) {
            let name = crate::naming::bare(&stage.syntax.name);
            return renamed.get(&name).cloned().unwrap_or(name);
        }
        let words = self.model.codes.iter().filter(|code| is_inside(code.scope));
        let words: Vec<String> = words
            .map(|code| text::of_tokens(former(code.expr.to_token_stream(), renamed, &mut BTreeSet::new())))
            .collect();
        format!("{:08x}", text::hash(&words.join(" ")))
    }

    /// Returns the former keys of members' records: for each the stage, the former key and the present one. A member is
    /// found by a stage of that name, in whatever order its stages stand; earlier versions went by position. A key that
    /// ends with `*` stands for all keys with that prefix, because a stage has one race, whatever its members are. A
    /// stage with several races is left out: their former keys do not tell them apart.
    pub(super) fn former_sites(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        let races: Vec<_> = (0..self.model.scopes.len()).filter_map(|scope| self.members_with_first(scope)).collect();
        for scopes in &races {
            let stage = self.model.scopes[scopes[0]].around;
            if races.iter().filter(|other| self.model.scopes[other[0]].around == stage).count() > 1 {
                continue;
            }
            let stage = stage.map_or_else(String::new, |stage| crate::naming::bare(self.stage_name(stage)));
            let names = self.member_names(scopes);
            let words = text::of_tokens(all_names(&names).to_token_stream());
            let won = format!("won-{:08x}", text::hash(&words));
            found.push((stage.clone(), "won".to_owned(), won.clone()));
            found.push((stage.clone(), "won-*".to_owned(), won));
            for (place, (name, &scope)) in names.into_iter().zip(scopes).enumerate() {
                let others = self.stages_within(scope).filter(|other| *other != name);
                for before in [place.to_string()].into_iter().chain(others) {
                    let (before, now) = (format!("member-{before}"), format!("member-{name}"));
                    found.push((stage.clone(), format!("thrown-{before}"), format!("thrown-{now}")));
                    found.push((stage.clone(), before, now));
                }
            }
        }
        found
    }

    /// The names of the stages in a member.
    fn stages_within(&self, member: ScopeId) -> impl Iterator<Item = String> {
        let inside = self.model.stages.iter().filter(move |stage| self.is_within(stage.scope, member));
        inside.map(|stage| crate::naming::bare(&stage.syntax.name))
    }

    fn is_within(&self, scope: ScopeId, member: ScopeId) -> bool {
        std::iter::successors(Some(scope), |&scope| self.model.scopes[scope].parent).any(|scope| scope == member)
    }

    /// Returns the number of races and quorums of listed members in a stage.
    pub(super) fn races_in(&self, stage: Option<StageId>) -> usize {
        let first = |scope: &&Scope<'_>| scope.kind == ScopeKind::Member && scope.label == "1" && scope.around == stage;
        self.model.scopes.iter().filter(first).count()
    }

    /// The members of which that scope is the first.
    pub(super) fn members_with_first(&self, scope: ScopeId) -> Option<Vec<ScopeId>> {
        let first = &self.model.scopes[scope];
        if first.kind != ScopeKind::Member || first.label != "1" {
            return None;
        }
        let next = |after: ScopeId, label: String| {
            (after + 1..self.model.scopes.len()).find(|&other| {
                let other = &self.model.scopes[other];
                other.kind == ScopeKind::Member && other.parent == first.parent && other.label == label
            })
        };
        let mut members = vec![scope];
        while let Some(another) = next(members[members.len() - 1], (members.len() + 1).to_string()) {
            members.push(another);
        }
        Some(members)
    }
}
