-- yonjo: no transaction
-- Indexes of the consents' queries, built without holding writers up. Each statement can be repeated; one left unfinished is begun anew.
drop index concurrently if exists consents_by_selection;
create index concurrently consents_by_selection on consents (tenant_id, selection_id, state, consent_id);
drop index concurrently if exists consents_by_period;
create index concurrently consents_by_period on consents (tenant_id, selection_id, state, given_at, consent_id) where given_at is not null;
drop index concurrently if exists consents_to_remind;
create index concurrently consents_to_remind on consents (tenant_id, remind_at) where state in ('given', 'renewed');
drop index concurrently if exists consents_to_prompt;
create index concurrently consents_to_prompt on consents (tenant_id, prompt_at) where state in ('given', 'renewed') and prompt_at is not null;
drop index concurrently if exists consents_to_expire;
create index concurrently consents_to_expire on consents (tenant_id, valid_until) where state in ('given', 'renewed', 'pendingAtSource');
drop index concurrently if exists consents_of_session;
create index concurrently consents_of_session on consents (tenant_id, session_id);
drop index concurrently if exists consent_events_by_time;
create index concurrently consent_events_by_time on consent_events (tenant_id, at);
drop index concurrently if exists evidence_of_subject;
create index concurrently evidence_of_subject on evidence_envelopes (tenant_id, subject_id) where shredded_at is null;
drop index concurrently if exists evidence_to_shred;
create index concurrently evidence_to_shred on evidence_envelopes (tenant_id, retain_until) where shredded_at is null;
