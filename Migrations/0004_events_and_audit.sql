-- No foreign key to tenants here: every look writes a row, and a shared lock on one tenant row for each would be the bottleneck.
-- What happened, for tenants (events) and for auditors (audit events); what was answered (idempotency keys).

create table events (
  tenant_id uuid not null,
  event_id uuid not null,
  -- Readers page by (transaction, id) below the oldest running transaction: a late commit can never slip in behind a cursor.
  transaction_id xid8 not null default pg_current_xact_id(),
  kind text not null,
  subject_id uuid,
  pair_id uuid,
  consent_id uuid,
  at timestamptz not null,
  primary key (tenant_id, event_id)
);
create index events_in_order on events (tenant_id, transaction_id, event_id);

create table audit_events (
  tenant_id uuid not null,
  event_id uuid not null,
  at timestamptz not null,
  kind text not null,
  actor text not null,
  subject_id uuid,
  object text,
  purpose text,
  outcome text not null,
  request_id text,
  detail jsonb,
  primary key (tenant_id, event_id)
);
create index audit_events_by_subject on audit_events (tenant_id, subject_id, event_id) where subject_id is not null;

create table idempotency_keys (
  tenant_id uuid not null,
  client_id text not null,
  key_digest bytea not null,
  operation text not null,
  fingerprint bytea not null,
  state text not null check (state in ('inProgress', 'done')),
  instance_lock bigint not null,
  attempt integer not null default 1,
  status integer,
  answer jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, client_id, key_digest)
);
create index idempotency_keys_expired on idempotency_keys (tenant_id, expires_at);
create index used_sessions_expired on used_sessions (tenant_id, expires_at);

-- Every table with a tenant column: row-level security, forced, fail closed.
do $$
declare t text;
begin
  foreach t in array array['notices', 'subjects', 'bindings', 'sessions', 'used_sessions', 'verifications', 'status_checks', 'consents', 'consent_events',
    'intents', 'pairs', 'pair_tags', 'ledger_jobs', 'ledger_lines', 'events', 'audit_events', 'idempotency_keys'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_isolation on %I using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant())', t);
  end loop;
end $$;

grant select, insert on notices, verifications, status_checks, consent_events, events, audit_events to yonjo_app, yonjo_jobs;
grant select, insert, update on subjects, bindings, sessions, consents, intents, ledger_jobs to yonjo_app, yonjo_jobs;
grant select, insert, update, delete on pairs, pair_tags, ledger_lines, idempotency_keys, used_sessions to yonjo_app, yonjo_jobs;
grant delete on bindings to yonjo_app;
grant delete on sessions to yonjo_jobs;
grant select, insert on audit_events to yonjo_operator;
grant select on audit_events, consents, consent_events, notices, verifications to yonjo_reader;
