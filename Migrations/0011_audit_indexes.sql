-- yonjo: no transaction
-- Finds audit events in the order of the log, by kind and by actor; built without holding writers up. One that was left unfinished is begun anew.
drop index concurrently if exists audit_events_in_order;
create index concurrently audit_events_in_order on audit_events (tenant_id, transaction_id, event_id);
drop index concurrently if exists audit_events_by_kind;
create index concurrently audit_events_by_kind on audit_events (tenant_id, kind, event_id);
drop index concurrently if exists audit_events_by_actor;
create index concurrently audit_events_by_actor on audit_events (tenant_id, actor, event_id);
